package postgres

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// line is what of a person's sends is not settled, in order.
func (p *person) line() []*item[send] {
	var line []*item[send]
	for _, it := range p.sends {
		if it.there && it.value.waits() {
			line = append(line, it)
		}
	}
	slices.SortFunc(line, func(a, b *item[send]) int {
		if (a.value.Seq == 0) != (b.value.Seq == 0) {
			return cmp.Compare(b.value.Seq, a.value.Seq) // those without a place are last
		}
		return cmp.Or(cmp.Compare(a.value.Seq, b.value.Seq), cmp.Compare(a.value.place, b.value.place))
	})
	return line
}

// Those that were flushed without one have theirs already.
const sqlSeatsOf = `SELECT id, seq FROM outbox WHERE id = ANY ($1::text[])`

// seat gives the sends of a person their numbers, for someone who wants to see
// them.
func (t *transaction) seat(p *person) error {
	var without []*item[send]
	var flushed []string
	for _, it := range p.sends {
		switch {
		case !it.there || it.value.Seq != 0 || it.value.inFlight():
		case it.stored:
			flushed = append(flushed, it.value.ID)
		default:
			without = append(without, it)
		}
	}
	var numbers []int64
	var steps []step
	if len(flushed) > 0 {
		steps = append(steps, step{query: sqlSeatsOf, params: params{}.texts(flushed), row: func(r *row) {
			id, seq := r.text(), r.int()
			for _, it := range p.sends {
				if it.value.ID == id {
					it.value.Seq = seq
				}
			}
		}})
	}
	if len(without) > 0 {
		steps = append(steps, take(&numbers, sqlOutboxNumbers, len(without)))
	}
	if len(steps) == 0 {
		return nil
	}
	if err := t.c.run(steps...); err != nil {
		return err
	}
	slices.SortFunc(without, func(a, b *item[send]) int { return cmp.Compare(a.value.place, b.value.place) })
	for i, it := range without {
		it.value.Seq = numbers[i]
	}
	return nil
}

// choose checks a place that the caller chose for a new send, and keeps it from
// being given again.
func (t *transaction) choose(p *person, s storage.Send) error {
	if err := t.flush(); err != nil {
		return err
	}
	other, err := list(t.reader, scanText, sqlSendInSeat, params{}.text(p.id).int(s.Seq))
	if err != nil {
		return err
	}
	if len(other) > 0 {
		return fmt.Errorf("place %d of a contact's sends: %w", s.Seq, storage.ErrTaken)
	}
	last, err := one(t.c, (*row).int, sqlLastPlace, nil)
	if err != nil {
		return err
	}
	if s.Seq-last > maxReach {
		return fmt.Errorf("place %d of a contact's sends is too far from the last, %d", s.Seq, last)
	}
	return t.c.run(step{query: sqlReach, params: params{}.int(s.Seq)})
}

// flushSends writes the changed sends, and who stands first in the lines they
// changed.
func (t *transaction) flushSends() (steps []step) {
	kept, gone := t.dirtySends.take()
	added, set, heads, deleted := t.table(), t.table(), t.table(), t.table()
	lines := make(map[*person]bool)
	for _, it := range gone {
		lines[t.person(it.value.Contact)] = true
		if it.stored && !it.value.inFlight() {
			deleted.text(it.value.ID).next()
			t.sent++
		}
		it.gone()
	}
	first, alone := make(map[*item[send]]bool), make(map[*item[send]]bool)
	changed := make(map[*item[send]]bool, len(kept))
	for _, it := range kept {
		lines[t.person(it.value.Contact)] = true
		changed[it] = true
	}
	flights := t.flushFlights(lines)
	for p := range lines {
		line := p.line()
		for i, it := range line {
			first[it], alone[it] = i == 0, len(line) == 1
			if !changed[it] && it.value.head != (i == 0) {
				it.value.head = i == 0
				heads.text(it.value.ID).bool(i == 0).next()
				t.left = true
			}
		}
	}
	var boards boarding
	for _, it := range kept {
		s := &it.value
		rows := &set
		if !it.stored && alone[it] && t.mayFly(t.person(s.Contact), s) {
			boards.add(t, it)
			continue
		}
		if !it.stored {
			rows = &added
			it.stored = true
		}
		s.head = first[it]
		t.left = t.left || s.state == statePending
		rows.text(s.ID).text(s.Contact).int(s.Seq).text(s.Page).int(s.state).time(s.Ready).int(int64(s.Attempt)).bool(s.Bulk).
			text(s.Topic).text(s.Lane).bytes(s.Body).time(s.At).time(s.ClaimAt).int(s.claimer).text(s.MID).text(s.Error).bool(s.head).next()
	}
	steps = tables(slices.Concat(flights, boards.steps(t)), sqlSetSends, set, sqlNewSends, added, sqlSetHeads, heads)
	if deleted.n > 0 {
		steps = append(steps, step{query: sqlDeleteSends, params: deleted.params()})
	}
	return steps
}
