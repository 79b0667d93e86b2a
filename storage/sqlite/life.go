package sqlite

import (
	"cmp"
	"slices"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlLifeOf = `SELECT id, locale, timezone FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2`
	// A contact's own decisions are few enough to be sorted here.
	sqlLifeDecisions = `SELECT page, person, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, 0, first_due, 0,
			NULL, send, NULL, delivered, read
		FROM decisions INDEXED BY decisions_contact WHERE page = ?1 AND person = ?2 ORDER BY number`
	sqlLifeOutcomes = `SELECT ` + outcomeColumns + ` FROM outcomes INDEXED BY outcomes_contact WHERE contact = ?1`
)

// lives reads contact after contact. carried are the decisions that have no rows yet.
func (r reader) lives(after string, limit int, carried map[string][]storage.Decision) ([]storage.Life, error) {
	lives, err := many(r.c, func(row scanner) (l storage.Life, err error) {
		err = row.Scan(&l.Contact, &l.Locale, &l.Timezone)
		return l, err
	}, sqlLifeOf, after, bounded(limit))
	if err != nil {
		return nil, err
	}
	for i := range lives {
		l := &lives[i]
		page, person, found, err := r.c.findContact(l.Contact)
		if err != nil {
			return nil, err
		}
		if found {
			if l.Decisions, err = r.decisions(sqlLifeDecisions, page, person); err != nil {
				return nil, err
			}
			l.Decisions = append(l.Decisions, carried[l.Contact]...)
			slices.SortStableFunc(l.Decisions, func(a, b storage.Decision) int { return a.At.Compare(b.At) })
		}
		if l.Outcomes, err = many(r.c, scanOutcome, sqlLifeOutcomes, l.Contact); err != nil {
			return nil, err
		}
		slices.SortFunc(l.Outcomes, func(a, b storage.Outcome) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
	return lives, nil
}
