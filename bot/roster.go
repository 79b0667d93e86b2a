package bot

import (
	"sync"

	"github.com/relance-bot/relance/storage"
)

// roster knows which contacts may have something in the store: messages that are not
// settled, or inputs. Of a contact who is not on it nobody needs to ask. That holds
// where no other process writes to the store.
//
// A contact is put on it before the transaction that leaves something is kept, and
// taken off after one that found nothing left is, unless they were put on it again
// meanwhile. So it may name a contact too many, and never one too few.
type roster struct {
	mu     sync.Mutex
	known  bool // it is complete
	count  uint64
	marked map[string]uint64 // by contact: which touch was the last
}

// load begins a complete roster.
func (r *roster) load(contacts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known, r.marked = len(contacts) <= maxRoster, map[string]uint64{}
	if !r.known {
		return
	}
	for _, contact := range contacts {
		r.count++
		r.marked[contact] = r.count
	}
}

// touch puts a contact on it, and returns what to tell this touch from later ones.
func (r *roster) touch(contact string) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		return 0
	}
	r.count++
	r.marked[contact] = r.count
	if len(r.marked) > maxRoster {
		r.known, r.marked = false, nil
	}
	return r.count
}

// mark is the last touch of a contact; 0 if there was none, or nothing is known.
func (r *roster) mark(contact string) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.marked[contact]
}

// none says whether a contact certainly has nothing.
func (r *roster) none(contact string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known && r.marked[contact] == 0
}

// remove takes a contact off it who has nothing since a touch.
func (r *roster) remove(contact string, mark uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if mark != 0 && r.marked[contact] == mark {
		delete(r.marked, contact)
	}
}

// loadRosters reads whom the store has something of. With very many it is not worth
// keeping.
func (b *Bot) loadRosters(r storage.Reader) error {
	if b.shared != nil {
		return nil
	}
	var lines, inboxes []string
	for _, state := range []string{storage.SendPending, storage.SendClaimed, storage.SendWaiting} {
		sends, err := r.SendsIn(state, maxRoster/4)
		if err != nil {
			return err
		}
		for _, s := range sends {
			lines = append(lines, s.Contact)
		}
		if len(sends) == maxRoster/4 {
			return nil
		}
	}
	inputs, err := r.Pending(b.clock.Now().Add(lifetime), maxRoster/4)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		inboxes = append(inboxes, in.Contact)
	}
	b.lines.load(lines)
	if len(inputs) < maxRoster/4 {
		b.inboxes.load(inboxes)
	}
	return nil
}

// sends are a contact's that are not settled. Nobody is asked of a contact who has
// none.
func (x *txn) sends(contact string) ([]storage.Send, error) {
	if x.b.lines.none(contact) {
		return nil, nil
	}
	mark := x.b.lines.mark(contact)
	line, err := x.Sends(contact)
	if err == nil && len(line) == 0 {
		x.emptied = append(x.emptied, emptyLine{contact, mark})
	}
	return line, err
}

// awaits says whether a contact has an input.
func (x *txn) awaits(contact string) (bool, error) {
	if x.b.inboxes.none(contact) {
		return false, nil
	}
	mark := x.b.inboxes.mark(contact)
	inputs, err := x.Inputs(contact, 1)
	if err == nil && len(inputs) == 0 {
		x.whenKept(func() { x.b.inboxes.remove(contact, mark) })
	}
	return len(inputs) > 0, err
}

// untouched says whether nobody has touched a contact's line since a letter was
// claimed, and the letter is all there is in it.
func (x *txn) untouched(l *letter) bool {
	return l.mark != 0 && x.b.lines.mark(l.Contact) == l.mark
}
