package bot

import "time"

// slots are the slots of the pages' paces that one chunk uses.
type slots struct {
	b       *Bot
	tx      *txn
	now     time.Time
	used    map[string]int            // by page
	own     *pace                     // of the campaign; nil: it has none
	all     int                       // used, of any page
	blocked func(time.Time) time.Time // until when, if the chunk was ended
}

// next says whether the next contact may be decided about now, and whether a slot
// is there for them. On a page that rests, or is near a limit, they are, and will wait by themselves.
func (s *slots) next(contact string) (slot, may bool, err error) {
	page, _, _ := splitID(contact)
	p := s.b.paces[page]
	if p == nil || s.b.pages.opens(page, s.now).After(s.now) {
		return false, true, nil
	}
	alone := len(s.b.channels) == 1 // else nobody waits for another page's trouble
	if !s.b.desk.room(page) {
		return false, !alone, nil
	}
	tried, err := s.b.tried(s.tx, page, s.now)
	switch {
	case err != nil:
		return false, false, err
	case tried && !alone:
		return false, true, nil
	case tried:
		s.blocked = func(now time.Time) time.Time { return now.Add(trialWait) }
		return false, false, nil
	case p.free(s.now) <= s.used[page]:
		s.blocked = p.opens
		return false, false, nil
	case s.own != nil && s.own.free(s.now) <= s.all:
		return false, false, nil // nextRunning knows when it goes on
	}
	return true, true, nil
}

func (s *slots) took(contact string, one bool) {
	if one {
		page, _, _ := splitID(contact)
		s.used[page]++
		s.all++
	}
}

// take takes the slots once what used them is stored.
func (s *slots) take() {
	for page, n := range s.used {
		s.b.paces[page].take(s.now, n)
	}
	if s.own != nil {
		s.own.take(s.now, s.all)
	}
	if s.blocked != nil {
		s.b.stalled.set(s.blocked(s.now))
	}
}
