package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/relance-bot/relance/storage"
)

// sqlProbe finds the contact a term reaches in so many rows.
const sqlProbe = `SELECT contact FROM interest_terms
	WHERE topic = ?1 AND term = ?2 AND contact > ?3 ORDER BY contact LIMIT 1 OFFSET ?4`

// probe is how many rows ahead terms are compared.
const probe = 64

func (r reader) Subscribers(q storage.Subscribers) ([]string, error) {
	if len(q.Terms) == 0 {
		query, in := subscribersSQL(q)
		return many(r.c, scanText, query, in...)
	}
	terms, err := r.rarestFirst(q)
	if err != nil {
		return nil, err
	}
	q.Terms = terms
	query, in := interestedSQL(q)
	return many(r.c, scanText, query, in...)
}

func (r reader) CountSubscribers(q storage.Subscribers) (n int, err error) {
	q.Limit = 0
	query, in := subscribersSQL(q)
	if len(q.Terms) > 0 {
		if q.Terms, err = r.rarestFirst(q); err != nil {
			return 0, err
		}
		query, in = interestedSQL(q)
	}
	err = r.c.row(`SELECT count(*) FROM (`+query+`)`, in, &n)
	return n, err
}

// rarestFirst returns the terms without repeats, the rarest in front: its rows
// are the ones that are walked. Of two terms the rarer one gets farther in the
// same number of rows, or has no more rows.
func (r reader) rarestFirst(q storage.Subscribers) ([]string, error) {
	terms := slices.Clone(q.Terms)
	slices.Sort(terms)
	terms = slices.Compact(terms)
	if len(terms) == 1 {
		return terms, nil
	}
	farthest := ""
	for i, term := range terms {
		var reached string
		err := r.c.row(sqlProbe, args{q.Topic, term, q.After, probe}, &reached)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		if err != nil || reached > farthest {
			terms[0], terms[i] = terms[i], terms[0]
			farthest = reached
		}
		if err != nil {
			break
		}
	}
	return terms, nil
}

// subscribersSQL walks a range of an index for each status that counts, and merges
// them in order: of the topic or, for a zone, of that zone, and of the contacts
// without a zone if the zone is theirs by default.
func subscribersSQL(q storage.Subscribers) (string, []any) {
	since, active := activeAt(q)
	ranges := make([]string, 0, 4)
	var in []any
	walk := func(condition string, zone ...any) {
		for _, status := range statuses {
			ranges = append(ranges, `SELECT contact FROM consents WHERE status = '`+status+`' AND topic = ?`+condition+` AND contact > ?`+since)
			in = append(append(append(append(in, q.Topic), zone...), q.After), active...)
		}
	}
	switch {
	case q.Zone == "":
		walk("")
	case q.Zone == q.DefaultZone:
		walk(` AND zone = ?`, q.Zone)
		walk(` AND zone = ?`, "")
	default:
		walk(` AND zone = ?`, q.Zone)
	}
	return strings.Join(ranges, ` UNION ALL `) + ` ORDER BY contact LIMIT ?`, append(in, bounded(q.Limit))
}

// statuses are those of the consents that an occurrence is about.
var statuses = [...]string{"active", "snoozed"}

// interestedSQL walks the rows of the first term and looks for the others in the
// same interest of the same contact, then for the consent.
func interestedSQL(q storage.Subscribers) (string, []any) {
	var b strings.Builder
	in := []any{q.Topic, q.Terms[0], q.After}
	b.WriteString(`SELECT DISTINCT t.contact FROM interest_terms t WHERE t.topic = ? AND t.term = ? AND t.contact > ?`)
	for _, term := range q.Terms[1:] {
		b.WriteString(` AND EXISTS (SELECT 1 FROM interest_terms o
			WHERE o.topic = t.topic AND o.term = ? AND o.contact = t.contact AND o.interest = t.interest)`)
		in = append(in, term)
	}
	since, active := activeAt(q)
	b.WriteString(` AND EXISTS (SELECT 1 FROM consents c
		WHERE c.contact = t.contact AND c.topic = t.topic AND (c.status = 'active' OR c.status = 'snoozed')` + since)
	in = append(in, active...)
	switch {
	case q.Zone == "":
	case q.Zone == q.DefaultZone:
		b.WriteString(` AND c.zone IN (?, '')`)
		in = append(in, q.Zone)
	default:
		b.WriteString(` AND c.zone = ?`)
		in = append(in, q.Zone)
	}
	b.WriteString(`) ORDER BY t.contact LIMIT ?`)
	return b.String(), append(in, bounded(q.Limit))
}

// activeAt is the condition of ActiveAt, if there is one.
func activeAt(q storage.Subscribers) (string, []any) {
	if q.ActiveAt.IsZero() {
		return "", nil
	}
	return ` AND active_since <= ?`, []any{millis(q.ActiveAt)}
}
