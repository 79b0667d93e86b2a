package lives

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// peopleStay is how long people may have a conversation that the bot gave them.
const peopleStay = 12 * time.Hour

// handing lets people of the shop have somebody's conversation, asked for or not, and
// perhaps give it back.
func (l *life) handing(p *person, x, y int) {
	if x%7 == 3 {
		l.juggling(p, x, y)
		return
	}
	if y%4 == 0 { // in the middle of something
		for _, do := range []func() error{
			func() error { return l.platform.Write(p.psid, "news") },
			func() error { return l.platform.Tap(p.psid, "Every day") },
		} {
			l.acts(do)
			l.passes(time.Second)
		}
	}
	if x%3 > 0 {
		l.acts(func() error { return l.platform.Write(p.psid, "people") })
	} else {
		l.acts(func() error { return l.platform.TakeOver(p.psid) })
	}
	if y%7 > 0 { // else what follows is on its way at once
		l.passes(time.Second)
	}
	for i := range x % 4 {
		switch (y + i) % 9 {
		case 8:
			l.answers(p, x, y)
		case 0:
			l.stopping(p, x, y)
		case 1:
			l.selling(p, x, y)
		case 2:
			l.tapping(p, x+i, y)
		case 3:
			l.accepting(p, x, y)
		case 4:
			l.switching(p, x, y)
		default:
			l.writing(p, 2, y) // say
		}
		l.passes([]time.Duration{time.Second, time.Hour, 5 * time.Hour}[(x+i)%3])
	}
	if y%3 > 0 {
		l.acts(func() error { return l.platform.HandBack(p.psid) })
		l.passes(time.Second)
		l.writing(p, 2, y)
	}
}

// juggling lets a conversation change hands twice or more before the bot hears of it,
// perhaps in another order.
func (l *life) juggling(p *person, x, y int) {
	l.note(trouble, "keeps webhooks back")
	l.platform.Hold()
	for i := range 2 + x%2 {
		l.acts(func() error {
			if i%2 == 0 {
				return l.platform.TakeOver(p.psid)
			}
			return l.platform.HandBack(p.psid)
		})
		l.clock.Set(l.clock.Now().Add(time.Second))
	}
	l.note(trouble, "lets them go")
	l.platform.Release(y%2 == 0)
	l.passes(time.Second)
	l.writing(p, 2, y) // say
}

// answers lets people write to somebody in the Page's inbox, of which the bot is told too.
func (l *life) answers(p *person, x, _ int) {
	l.events++
	text := []string{"stop", "people", "news", "say 0"}[x%4]
	body := fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"time":%d,"standby":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":%d,`+
		`"message":{"mid":"m_people_%d","text":%q,"is_echo":true,"app_id":263902037430900}}]}]}`,
		pageID, l.clock.Now().UnixMilli(), pageID, p.psid, l.clock.Now().UnixMilli(), l.events, text)
	l.acts(func() error {
		_, err := l.platform.Post(context.Background(), []byte(body))
		return err
	})
}

// givesBack lets people give back what they have.
func (l *life) givesBack(p *person, x, y int) {
	for i := range crowd {
		who := l.people[(slices.Index(l.people, p)+i)%crowd]
		if l.platform.HandBack(who.psid) == nil {
			l.passes(time.Second)
			l.writing(who, 2, y)
			return
		}
	}
}

// controls puts a call on the tape that gives a conversation away or takes it.
func (l *life) controls(n note, body, said []byte) {
	var s sending
	if err := json.Unmarshal(body, &s); err != nil {
		l.t.Fatalf("a call that nobody can read: %v: %s", err, body)
	}
	outcome := "no answer"
	if said != nil {
		outcome = string(said)
	}
	l.tape.add(line{at: l.clock.Now(), who: s.Recipient.ID, note: n, text: outcome})
}

// thread is a time in which people have a conversation as the bot knows it: it may be so
// from the line from until the line to, and is for sure between sure and until.
type thread struct {
	from, sure, until, to int
	asked                 bool // for by the person
	took                  bool // the bot took it back
	at                    time.Time
	stamp                 time.Time // of what led to it, by the platform's clock
}

// threads reads who had conversations when.
func (c *checker) threads() {
	asked, back := map[*history]int{}, map[*history][]*act{}
	next := map[string]string{} // lifetimes
	for who, one := range c.records.lifetimes {
		next[one.before] = who
	}
	stamps := func(i int) time.Time { return c.tape.lines[i].act.stamp }
	for i, l := range c.tape.lines {
		if l.who == "" {
			continue
		}
		h := c.history(l.who)
		settled := far
		if l.act != nil && l.act.acked >= 0 {
			settled = c.tape.after(l.act.acked)
			if h.known > i { // who they are may be looked up first
				settled = c.tape.after(c.lineAt(c.tape.lines[max(0, l.act.acked-1)].at.Add(patience)))
			}
		}
		if later := next[l.who]; later != "" && l.act != nil && (l.act.acked < 0 || l.act.acked > h.to) { // it may be heard by then
			now := c.history(later)
			now.threads = append(now.threads, thread{from: h.to, sure: far, until: far, to: far, stamp: l.act.stamp})
		}
		switch {
		case l.act != nil && l.act.kind == "taken":
			one := thread{from: i, sure: settled, until: far, to: far, at: l.at, stamp: l.act.stamp}
			for _, b := range back[h] { // it may be told late
				if late := l.act.stamp.Before(b.stamp); late && b.acked >= 0 && b.acked <= i {
					one.sure, one.to = far, -1
				} else if late {
					one.sure = far
				}
			}
			h.threads = append(h.threads, one)
		case l.act != nil && l.act.kind == "given":
			h.returned(i, settled, false, l.act.stamp)
			back[h] = append(back[h], l.act)
		case l.act != nil && l.act.kind == "message" && folded(l.act.text) == "people":
			asked[h] = i
			h.threads = append(h.threads, thread{from: i, sure: far, until: far, to: far, at: l.at, stamp: l.act.stamp})
		case l.note == passed:
			from, ok := asked[h]
			one := thread{from: i, sure: i, until: far, to: far, asked: true, at: l.at}
			if ok {
				one.from, one.stamp = from, stamps(from)
			}
			h.threads = append(h.threads, one)
		case l.note == took:
			h.returned(i, c.tape.after(i), true, time.Time{})
		case l.note == moved:
			h.known = min(h.known, c.tape.after(i))
		}
	}
}

// returned ends what is open: perhaps at a line, and surely at another. A word of people
// of a stamp ends nothing that came later.
func (h *history) returned(first, settled int, took bool, stamp time.Time) {
	for i := range h.threads {
		if t := &h.threads[i]; t.to == far && (took || !stamp.Before(t.stamp)) {
			t.until = min(t.until, first)
			t.to, t.took = settled, t.took || took
		}
	}
}

// perhaps says whether people may have a conversation somewhere between two lines.
func (h *history) perhaps(from, to int) bool {
	return slices.ContainsFunc(h.threads, func(t thread) bool { return t.from <= to && t.to >= from })
}

// theirs says whether they surely have it all along.
func (h *history) theirs(from, to int) bool {
	return slices.ContainsFunc(h.threads, func(t thread) bool { return t.sure < from && to < t.until })
}

// overheard says whether an act may have been one that the bot only hears.
func (h *history) overheard(d deed) bool { return d.standby || h.perhaps(d.at, d.settled) }

// spoken says whether a message was written while people surely had the conversation: what
// was written before, and not taken, may be tried again.
func (c *checker) spoken(h *history, w word) bool {
	return slices.ContainsFunc(h.threads, func(t thread) bool {
		still := c.tape.after(min(t.sure, len(c.tape.lines)))
		n, err := strconv.Atoi(strings.TrimPrefix(w.metadata, "letter-"))
		return still < w.line && w.line < t.until && (err != nil || n > c.tape.lines[still].made)
	})
}

// silent wants the bot to hold its tongue while people have a conversation, and to come
// back after it.
func (c *checker) silent(h *history, promise string) {
	for _, w := range h.told {
		if c.spoken(h, w) {
			c.says(promise, h, w.line, "%q goes out while people have the conversation", w.text)
		}
	}
	for _, d := range h.acts {
		n, ok := strings.CutPrefix(d.text, "say ")
		if !ok || d.settled == far || !h.theirs(d.at, d.settled) {
			continue
		}
		for _, w := range h.told {
			if w.text == n+" first" {
				c.says(promise, h, w.line, "%q answers what was said to people", w.text)
			}
		}
	}
	end := min(h.to, len(c.tape.lines)) - 1
	over := c.tape.lines[end].at
	if h.ended || c.unwell(end) || slices.ContainsFunc(h.told, func(w word) bool { return !w.accepted() }) {
		return
	}
	for _, t := range h.threads {
		if t.asked && t.to == far && over.After(t.at.Add(peopleStay+20*time.Minute)) {
			c.says(promise, h, t.sure, "the bot gave the conversation away at line %d, and never took it back", t.sure)
		}
	}
	if h.perhaps(c.lineAt(over.Add(-20*time.Minute)), end) {
		return
	}
	for _, d := range c.records.decisions[h.who] {
		if d.Kind == "held" && d.Rule == "thread" && d.Next.IsZero() {
			c.says(promise, h, end, "%s %s is held for people still, who have nothing to do with it any more", d.Flow, d.Occurrence)
		}
	}
}
