package postgres

import "github.com/relance-bot/relance/storage"

// part is something of a contact that a transaction may have fetched.
type part uint8

const (
	partContact part = 1 << iota
	partInput
	partConsents
	partPermits
	partTimers
	partLine
	partHeld
	partSalt

	// partTurn is what a turn reads.
	partTurn = partContact | partInput | partConsents | partPermits | partTimers | partLine | partHeld
)

// nobody is whom schedules stand under. It is no contact: nothing locks it, and each
// of its timers is on its own.
const nobody = ""

// person is what a transaction knows of a contact.
type person struct {
	id       string
	locked   bool
	stranger bool // the row, if there is one, stands for the lock alone
	loaded   part
	zone     string // as stored

	contact   item[storage.Contact]
	first     *item[storage.Input] // of the inbox when it was loaded
	flight    *flight              // that stood for the line when the person was met
	consents  []*item[consent]
	permits   []*item[storage.Permit]
	timers    map[timerKey]*item[storage.Timer]
	sends     []*item[send]
	decisions []*item[decision]
	salt      item[salt]
}

func (t *transaction) person(id string) *person {
	p, ok := t.persons[id]
	if !ok {
		p = &person{id: id}
		if id == nobody {
			p.locked, p.loaded = true, partTurn|partSalt
		}
		p.contact.value.ID = id
		p.salt.value.contact = id
		t.persons[id] = p
		t.met = append(t.met, id)
	}
	return p
}

// touch is the person of something that is written. If it is not locked yet, it is
// before that goes out.
func (t *transaction) touch(id string) *person {
	p := t.person(id)
	if !p.locked && !p.rides() {
		t.unlocked = append(t.unlocked, id)
	}
	return p
}

// with is the person with a part fetched. What is missing of the others at hand is
// fetched with it: the function, or the next one, will most likely ask for that.
func (t *transaction) with(id string, want part) (*person, error) {
	p := t.person(id)
	if p.locked && p.loaded&want == want {
		return p, nil
	}
	if p.rides() {
		if want == partLine {
			return p, nil
		}
		if err := t.unseat(p); err != nil {
			return nil, err
		}
	}
	ids := []string{id}
	if p.locked {
		for _, other := range t.persons {
			if other.locked && other.loaded&want != want && other != p && len(ids) < maxTogether {
				ids = append(ids, other.id)
			}
		}
	} else {
		want |= partTurn
	}
	return p, t.load(wanted{parts: want, contacts: ids})
}

// maxTogether bounds what is fetched for others.
const maxTogether = 1000

// Need implements storage.Tx.
func (t *transaction) Need(n storage.Need) error {
	var w wanted
	w.add(n)
	return t.load(w)
}

// Has implements storage.Tx.
func (t *transaction) Has(contact string) bool {
	p, ok := t.persons[contact]
	return ok && p.locked
}
