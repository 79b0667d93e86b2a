package sqlite

import "slices"

// People write in no order. If the inputs stood by contact each would be a page to write,
// and so it would be with an index of their contacts. So they stand as they came, and the
// writer remembers who has which. What comes while it remembers maxRemembered inputs goes
// into an index after all. Others than the writer look through all there are.
const (
	sqlRemembered    = `SELECT contact, seq FROM inbox WHERE indexed = 0 ORDER BY seq`
	sqlIndexed       = `SELECT 1 FROM inbox WHERE indexed = 1 LIMIT 1`
	sqlIndexedInputs = `SELECT seq FROM inbox WHERE indexed = 1 AND contact = ?1 ORDER BY seq LIMIT ?2`
	maxRemembered    = 1 << 17 // some 20 MiB, if each is another person's
	unknownInboxes   = -1
)

// inboxes is what the writer remembers of the inputs.
type inboxes struct {
	number  int64              // of the last change to them that it knows; unknownInboxes while it knows nothing
	seqs    map[string][]int64 // by contact, rising
	count   int
	indexed bool // there may be some in the index

	changes []inputChange
}

// inputChange is an input that came or went since the last commit. Each has taken a number,
// so that whoever has not made it notices: this writer too, should a commit be kept that
// failed.
type inputChange struct {
	contact string
	seq     int64
	came    bool
}

func newInboxes() *inboxes {
	return &inboxes{number: unknownInboxes, seqs: map[string][]int64{}}
}

// list remembers an input.
func (i *inboxes) list(contact string, seq int64) {
	seqs := i.seqs[contact]
	at, _ := slices.BinarySearch(seqs, seq)
	i.seqs[contact] = slices.Insert(seqs, at, seq)
	i.count++
}

// unlist forgets an input; false if it does not know it.
func (i *inboxes) unlist(contact string, seq int64) bool {
	seqs := i.seqs[contact]
	at, found := slices.BinarySearch(seqs, seq)
	switch {
	case !found:
		return false
	case len(seqs) == 1:
		delete(i.seqs, contact)
	default:
		i.seqs[contact] = slices.Delete(seqs, at, at+1)
	}
	i.count--
	return true
}

func (i *inboxes) add(contact string, seq int64) {
	i.list(contact, seq)
	i.changes = append(i.changes, inputChange{contact, seq, true})
}

func (i *inboxes) remove(contact string, seq int64) bool {
	known := i.unlist(contact, seq)
	if known {
		i.changes = append(i.changes, inputChange{contact, seq, false})
	}
	return known
}

// undo forgets the changes but the first n.
func (i *inboxes) undo(n int) {
	for _, c := range slices.Backward(i.changes[n:]) {
		if c.came {
			i.unlist(c.contact, c.seq)
		} else {
			i.list(c.contact, c.seq)
		}
	}
	i.changes = i.changes[:n]
}

// kept makes the changes lasting.
func (i *inboxes) kept(number int64) {
	i.number = number
	clear(i.changes)
	i.changes = i.changes[:0]
}

// openInboxes makes sure that what is remembered of the inputs is what there are: whoever
// else writes to the file counts their changes as this one does.
func (t *transaction) openInboxes() error {
	if t.inboxesOpen {
		return nil
	}
	if err := t.load(counterInbox); err != nil {
		return err
	}
	if number := t.counter[counterInbox].value; t.inboxes.number != number {
		i := newInboxes()
		err := each(t.c, func(row scanner) error {
			var contact string
			var seq int64
			err := row.Scan(&contact, &seq)
			i.list(contact, seq)
			return err
		}, sqlRemembered)
		if err != nil {
			return err
		}
		i.number, i.indexed, t.inboxes = number, true, i
	}
	if t.inboxes.indexed {
		indexed, err := t.any(sqlIndexed)
		if err != nil {
			return err
		}
		t.inboxes.indexed = indexed
	}
	t.inboxesOpen = true
	return nil
}

func scanSeq(row scanner) (seq int64, err error) {
	err = row.Scan(&seq)
	return seq, err
}

// seqsOf are a contact's inputs in order.
func (t *transaction) seqsOf(contact string, limit int) ([]int64, error) {
	if err := t.openInboxes(); err != nil {
		return nil, err
	}
	seqs := t.inboxes.seqs[contact]
	if t.inboxes.indexed {
		indexed, err := many(t.c, scanSeq, sqlIndexedInputs, contact, bounded(limit))
		if err != nil {
			return nil, err
		}
		if len(indexed) > 0 {
			seqs = slices.Concat(seqs, indexed)
			slices.Sort(seqs)
		}
	}
	if limit > 0 {
		seqs = seqs[:min(len(seqs), limit)]
	}
	return seqs, nil
}
