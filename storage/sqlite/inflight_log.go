package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlInflight    = `SELECT number, opening, gone, packed, squeezed FROM inflight ORDER BY number`
	sqlLoggedSends = `SELECT packed, squeezed FROM inflight WHERE number = ?1`
	sqlLogSends    = `INSERT INTO inflight (number, opening, gone, packed, squeezed) VALUES (?1, ?2, zeroblob(?3), ?4, 1)`
	sqlMarkSends   = `UPDATE inflight SET gone = ?2 WHERE number = ?1`
	sqlRepackSends = `UPDATE inflight SET gone = zeroblob(?2), packed = ?3, squeezed = 1 WHERE number = ?1`
	sqlForgetSends = `DELETE FROM inflight WHERE number = ?1`
	sqlLastSend    = `SELECT coalesce(max(id), '') FROM outbox`
)

// openInflight makes sure that what is remembered of the log is what it has: others that
// write to the file count their changes as this one does.
func (t *transaction) openInflight() error {
	if t.inflightOpen {
		return nil
	}
	if err := errors.Join(t.load(counterInflight), t.load(counterOutbox)); err != nil {
		return err
	}
	number, place := t.counter[counterInflight].value, t.counter[counterOutbox].value
	if t.inflight.number != number || t.inflight.place != place {
		i := newInflight()
		rows, err := many(t.c, scanFlightRow, sqlInflight)
		if err != nil {
			return err
		}
		for _, logged := range rows {
			r := logged.flightRow
			i.rows[r.number] = r
			for _, f := range r.flights {
				if !f.gone {
					i.list(f)
				}
			}
		}
		if err := t.c.row(sqlLastSend, nil, &i.lastID); err != nil {
			return err
		}
		i.number, i.place = number, place
		t.inflight = i
	}
	t.inflightOpen = true
	return nil
}

// loggedRow is a row with what stands in it.
type loggedRow struct {
	*flightRow
	packed []byte
}

func scanPacked(row scanner) (packed []byte, err error) {
	var squeezed bool
	if err = row.Scan(&packed, &squeezed); err != nil {
		return nil, err
	}
	return stretched(packed, squeezed)
}

// stretched is a row as it was packed.
func stretched(packed []byte, squeezed bool) ([]byte, error) {
	if !squeezed { // by a version that did not
		return packed, nil
	}
	return s2.Decode(nil, packed)
}

func scanFlightRow(row scanner) (loggedRow, error) {
	r := loggedRow{flightRow: &flightRow{}}
	var gone []byte
	var squeezed bool
	err := row.Scan(&r.number, &r.opening, &gone, &r.packed, &squeezed)
	if err == nil {
		r.packed, err = stretched(r.packed, squeezed)
	}
	if err != nil {
		return r, fmt.Errorf("row %d of the sends in flight: %w", r.number, err)
	}
	for at := 0; at < len(r.packed); {
		s, carried, n, err := unpackFlight(r.packed[at:], r.opening)
		if err == nil && len(r.flights) == len(gone) {
			err = errPackedSend
		}
		if err != nil {
			return r, fmt.Errorf("row %d of the sends in flight: %w", r.number, err)
		}
		f := &flight{id: s.ID, contact: s.Contact, seq: s.Seq, row: r.flightRow, from: at, to: at + n, followed: true,
			carries: len(carried)}
		if f.gone = gone[len(r.flights)] != 0; !f.gone {
			r.left++
		}
		r.flights = append(r.flights, f)
		at += n
	}
	return r, nil
}

// flushInflight writes what came and went to the log.
func (t *transaction) flushInflight() error {
	i := t.inflight
	if !t.inflightOpen || len(i.changes) == 0 && !t.erased { // else what is remembered may be old
		return nil
	}
	var fresh []*flight
	var rows []*flightRow
	for _, c := range i.changes {
		switch {
		case c.row != nil:
			rows = append(rows, c.row)
		case c.came && !c.gone:
			fresh = append(fresh, c.flight)
		}
	}
	if t.erased {
		for _, r := range i.rows {
			if r.repack {
				rows = append(rows, r)
			}
		}
	}
	if len(rows)+len(fresh) == 0 {
		return nil
	}
	i.flushed = true
	number, err := t.next(counterInflight)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b *flightRow) int { return cmp.Compare(a.number, b.number) })
	for _, r := range slices.Compact(rows) { // first, so that what comes may use their room
		if err := t.flushRow(r); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	row := &flightRow{number: number}
	if row.opening, err = t.claimer(stateClaimed); err != nil {
		return err
	}
	i.rows[number] = row
	return t.c.exec(sqlLogSends, number, row.opening, len(fresh), i.squeeze(row, i.fresh, fresh))
}

// flushRow writes what is gone of a row.
func (t *transaction) flushRow(r *flightRow) error {
	if r.left == 0 {
		return t.c.exec(sqlForgetSends, r.number)
	}
	if r.repack {
		packed, err := one(t.c, scanPacked, sqlLoggedSends, r.number)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(r.flights, func(f *flight) bool { return f.gone })
		return t.c.exec(sqlRepackSends, r.number, len(left), t.inflight.squeeze(r, packed, left))
	}
	gone := make([]byte, len(r.flights))
	for n, f := range r.flights {
		if f.gone {
			gone[n] = 1
		}
	}
	return t.c.exec(sqlMarkSends, r.number, gone)
}

// aloft is a send in flight with what it carries.
type aloft struct {
	storage.Send
	carried []numbered
	flight  *flight
}

// flightLog is what a snapshot has in flight, read when somebody first asks.
type flightLog struct {
	read bool
	all  []aloft
}

// inFlight reads the sends in flight that are wanted, in the order they were put.
func (r reader) inFlight(wanted func(f *flight) bool) (found []aloft, err error) {
	if r.log == nil || !r.log.read {
		rows, err := many(r.c, scanFlightRow, sqlInflight)
		if err != nil {
			return nil, err
		}
		var all []aloft
		for _, row := range rows {
			for _, f := range row.flights {
				if f.gone {
					continue
				}
				s, carried, _, err := unpackFlight(row.packed[f.from:f.to], row.opening)
				if err != nil {
					return nil, err
				}
				all = append(all, aloft{s, carried, f})
			}
		}
		if r.log == nil { // the writer's, which changes
			r.log = new(flightLog)
		}
		*r.log = flightLog{true, all}
	}
	for i := range r.log.all {
		if wanted(r.log.all[i].flight) {
			found = append(found, r.log.all[i])
		}
	}
	return found, nil
}
