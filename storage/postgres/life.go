package postgres

import "github.com/relance-bot/relance/storage"

const (
	sqlLifeOf = `SELECT id, locale, timezone FROM contacts WHERE id > $1::text AND known ORDER BY id LIMIT $2::bigint`
	// The contacts of a page follow on each other in the index.
	sqlLifeDecisions = `SELECT contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, 0::bigint, first_due, 0::bigint,
			NULL::bytea, send, '', delivered, read, id
		FROM decisions WHERE contact >= $1::text AND contact <= $2::text
		UNION ALL SELECT contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, 0, first_due, 0, NULL, send, '', 0, 0, id
		FROM (` + flyingDecision + ` WHERE u.contact >= $1::text AND u.contact <= $2::text) f ORDER BY contact, at, id`
	sqlLifeOutcomes = `SELECT ` + outcomeColumns + ` FROM outcomes
		WHERE contact >= $1::text AND contact <= $2::text ORDER BY contact, at, number`
)

// Lives asks three times for all of a page together.
func (r reader) Lives(after string, limit int) ([]storage.Life, error) {
	lives, err := list(r, func(r *row) storage.Life {
		return storage.Life{Contact: r.text(), Locale: r.text(), Timezone: r.text()}
	}, sqlLifeOf, params{}.text(after).limit(limit))
	if err != nil || len(lives) == 0 {
		return nil, err
	}
	of := make(map[string]*storage.Life, len(lives))
	for i := range lives {
		of[lives[i].Contact] = &lives[i]
	}
	between := params{}.text(lives[0].Contact).text(lives[len(lives)-1].Contact)
	decisions, err := list(r, scanPlainDecision, sqlLifeDecisions, between)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		if l := of[d.Contact]; l != nil {
			l.Decisions = append(l.Decisions, d)
		}
	}
	outcomes, err := list(r, scanOutcome, sqlLifeOutcomes, between)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if l := of[o.Contact]; l != nil {
			l.Outcomes = append(l.Outcomes, o)
		}
	}
	return lives, nil
}

// Lives sees what the transaction wrote. Nobody is locked for figures.
func (t *transaction) Lives(after string, limit int) ([]storage.Life, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Lives(after, limit)
}
