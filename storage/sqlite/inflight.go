package sqlite

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/klauspost/compress/s2"

	"github.com/relance-bot/relance/storage"
)

// Most sends are claimed as they are put, are all there is in their contact's line, and
// are settled a moment later. As rows of the outbox they would be put into three indexes and
// taken out again. So they go to a log, those of a commit in one row, and are looked for in the
// memory of the writer. A reply gets its row in the outbox when it is settled; a notification
// never does, and its decisions, which stand in the log with it (carried.go), get theirs then.
// Whatever else is to happen to one lands it first: it gets the rows it would have had, and all
// goes on from there.
//
//	PutSend ─────────► fresh ──commit──► inflight, a row ──► AcceptSend ─────────► outbox, settled
//	PutNotification                                   ├────► AcceptNotification ─► decisions
//	                                                  ├────► DeleteSend
//	                                                  └land► outbox, claimed; decisions ──► …
const (
	sqlHasSend   = `SELECT 1 FROM outbox WHERE id = ?1`
	sqlHasLine   = `SELECT 1 FROM outbox WHERE contact = ?1 AND ` + unsettled + ` LIMIT 1`
	sqlHaveLines = `SELECT place` + listed + `outbox ON contact = one AND ` + unsettled

	unknownInflight = -1
)

// flight is a send in flight. What it is stands packed in the log, and is read there by the
// few who want it.
type flight struct {
	id, contact string
	seq         int64
	row         *flightRow // nil until it is in one
	from, to    int        // where it stands there, or among what is fresh
	gone        bool
	followed    bool // sends may stand behind it in its contact's line
	carries     int  // how many decisions stand with it
}

// flightRow is a row of the log.
type flightRow struct {
	number, opening int64
	flights         []*flight
	left            int // how many are not gone
	// repack says that what is gone must not stay in it: it was somebody's who is erased.
	repack bool
}

// flightChange is a send that came or went since the last commit.
type flightChange struct {
	*flight
	came bool
}

// inflight is what the writer remembers of the log.
type inflight struct {
	number    int64  // of the last change to the log that it knows; unknownInflight while it knows nothing
	place     int64  // the last that was given in the outbox
	lastID    string // no send in the outbox has a greater one
	byID      map[string]*flight
	byContact map[string]*flight
	rows      map[int64]*flightRow

	changes []flightChange
	fresh   []byte // what came, packed
	flushed bool   // it may have what is not kept

	packed, squeezed []byte // the row that is bound to a statement, which copies it
}

func newInflight() *inflight {
	return &inflight{number: unknownInflight, byID: map[string]*flight{}, byContact: map[string]*flight{}, rows: map[int64]*flightRow{}}
}

func (i *inflight) list(f *flight)   { i.byID[f.id], i.byContact[f.contact] = f, f }
func (i *inflight) unlist(f *flight) { delete(i.byID, f.id); delete(i.byContact, f.contact) }

// add takes a send of which packed is what is fresh with it at the end.
func (i *inflight) add(s *storage.Send, packed []byte, carries int) {
	f := &flight{id: s.ID, contact: s.Contact, seq: s.Seq, from: len(i.fresh), to: len(packed), carries: carries}
	i.fresh = packed
	i.list(f)
	i.changes = append(i.changes, flightChange{f, true})
}

func (i *inflight) remove(f *flight) {
	i.unlist(f)
	if f.gone = true; f.row != nil {
		f.row.left--
	}
	i.changes = append(i.changes, flightChange{f, false})
}

// undo forgets the changes but the first n.
func (i *inflight) undo(n int) {
	for _, c := range slices.Backward(i.changes[n:]) {
		switch {
		case c.came:
			i.unlist(c.flight)
			i.fresh = i.fresh[:c.from]
		default:
			i.list(c.flight)
			if c.gone = false; c.row != nil {
				c.row.left++
			}
		}
	}
	i.changes = i.changes[:n]
}

// kept makes what was flushed lasting.
func (i *inflight) kept(number, place int64) {
	i.number, i.place, i.flushed = number, place, false
	for _, c := range i.changes {
		if c.row != nil && c.row.left == 0 {
			delete(i.rows, c.row.number)
		}
	}
	clear(i.changes)
	i.changes, i.fresh = i.changes[:0], i.fresh[:0]
}

// flightOf is the send that a flight is, with what it carries.
func (t *transaction) flightOf(f *flight) (s storage.Send, carried []numbered, err error) {
	packed, opening := t.inflight.fresh, int64(0)
	if f.row != nil {
		opening = f.row.opening
		packed, err = one(t.c, scanPacked, sqlLoggedSends, f.row.number)
	} else {
		opening, err = t.claimer(stateClaimed)
	}
	if err != nil {
		return s, nil, err
	}
	s, carried, _, err = unpackFlight(packed[f.from:f.to], opening)
	return s, carried, err
}

// squeeze puts these flights, and nothing else, into a row, and compresses it: those of a
// commit are much alike. from is where they stand now.
func (i *inflight) squeeze(r *flightRow, from []byte, flights []*flight) []byte {
	i.packed = r.pack(i.packed[:0], from, flights)
	i.squeezed = s2.Encode(i.squeezed[:cap(i.squeezed)], i.packed)
	return i.squeezed
}

// pack puts flights into the row. packed is empty.
func (r *flightRow) pack(packed, from []byte, flights []*flight) []byte {
	for _, f := range flights {
		at := len(packed)
		packed = append(packed, from[f.from:f.to]...)
		f.row, f.from, f.to = r, at, len(packed)
	}
	r.flights, r.left, r.repack = flights, len(flights), false
	return packed
}

// mayFly says whether a claimed send that is put is new, and all there is in its line.
func (t *transaction) mayFly(s *storage.Send) (bool, error) {
	if t.inflight.byContact[s.Contact] != nil {
		return false, nil
	}
	// Our ids begin with the time, so that one is mostly greater than all before.
	if s.ID <= t.inflight.lastID {
		if found, err := t.any(sqlHasSend, s.ID); found || err != nil {
			return false, err
		}
	}
	if a := t.ahead[s.Contact]; a != nil && a.lineless {
		return true, nil
	}
	taken, err := t.any(sqlHasLine, s.Contact)
	return !taken, err
}

// any says whether a query finds something.
func (t *transaction) any(query string, in ...any) (bool, error) {
	_, err := one(t.c, func(scanner) (struct{}, error) { return struct{}{}, nil }, query, in...)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// fly puts a send that may fly.
func (t *transaction) fly(s *storage.Send, carried []storage.Decision) (err error) {
	if s.Seq, err = t.next(counterOutbox); err != nil {
		return err
	}
	packed := appendSend(t.inflight.fresh, s, len(carried))
	for i := range carried {
		words, err := t.numbers(&carried[i])
		if err != nil {
			return err
		}
		packed = appendDecision(packed, &carried[i], &words)
	}
	t.inflight.add(s, packed, len(carried))
	return nil
}

// land gives a send in flight, and what it carries, the rows that they would have had.
func (t *transaction) land(f *flight) error {
	s, carried, err := t.flightOf(f)
	if err != nil {
		return err
	}
	claimer, err := strconv.ParseInt(s.Claimer, 10, 64)
	if err != nil {
		return err
	}
	t.inflight.remove(f)
	if _, err := t.insertSend(&s, stateClaimed, claimer); err != nil {
		return err
	}
	for i := range carried {
		d, err := t.spell(&carried[i])
		if err != nil {
			return err
		}
		if err := t.insertDecision(&d); err != nil {
			return err
		}
	}
	return t.settleLine(f.contact)
}

// landAll lands all there is in flight.
func (t *transaction) landAll() error {
	if err := t.openInflight(); err != nil {
		return err
	}
	inOrder := func(a, b *flight) int { return cmp.Compare(a.seq, b.seq) }
	for _, f := range slices.SortedFunc(maps.Values(t.inflight.byID), inOrder) {
		if err := t.land(f); err != nil {
			return err
		}
	}
	return nil
}

// landContact lands what a contact has in flight.
func (t *transaction) landContact(contact string) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	if f := t.inflight.byContact[contact]; f != nil {
		return t.land(f)
	}
	return nil
}

// leave is for a send in flight that is settled, in a row of its own or in none.
func (t *transaction) leave(f *flight) error {
	t.inflight.remove(f)
	if !f.followed {
		return nil
	}
	return t.settleLine(f.contact)
}

// eraseFlights removes all that the log has of somebody, gone or not.
func (t *transaction) eraseFlights(contact string) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	if f := t.inflight.byContact[contact]; f != nil {
		t.inflight.remove(f)
	}
	for _, r := range t.inflight.rows {
		if slices.ContainsFunc(r.flights, func(f *flight) bool { return f.contact == contact }) {
			r.repack = true
		}
	}
	return nil
}
