package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/storage"
)

// sqlProbe finds the contact a term reaches in so many rows.
const sqlProbe = `SELECT contact FROM interest_terms
	WHERE topic = $1::text AND term = $2::bytea AND contact > $3::text ORDER BY contact OFFSET $4::bigint LIMIT 1`

// probe is how many rows ahead terms are compared.
const probe = 64

func (r reader) Subscribers(q storage.Subscribers) ([]string, error) {
	if len(q.Terms) == 0 {
		query, in := subscribersSQL(q)
		return list(r, scanText, query, in)
	}
	terms, err := r.rarestFirst(q)
	if err != nil {
		return nil, err
	}
	query, in := interestedSQL(q, terms)
	return list(r, scanText, query, in)
}

func (r reader) CountSubscribers(q storage.Subscribers) (int, error) {
	q.Limit = 0
	query, in := subscribersSQL(q)
	if len(q.Terms) > 0 {
		terms, err := r.rarestFirst(q)
		if err != nil {
			return 0, err
		}
		query, in = interestedSQL(q, terms)
	}
	n, err := single(r, (*row).int, `SELECT count(*) FROM (`+query+`) AS s`, in)
	return int(n), err
}

func (t *transaction) CountSubscribers(q storage.Subscribers) (int, error) {
	if err := t.flush(); err != nil {
		return 0, err
	}
	return t.reader.CountSubscribers(q)
}

func (t *transaction) Subscribers(q storage.Subscribers) ([]string, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Subscribers(q)
}

// rarestFirst returns the terms without repeats, the rarest in front: its rows
// are the ones that are walked. Of two terms the rarer one gets farther in the
// same number of rows, or has no more rows.
func (r reader) rarestFirst(q storage.Subscribers) ([]digest, error) {
	var terms []digest
	for _, term := range q.Terms {
		if d := digestOf(term); !slices.Contains(terms, d) {
			terms = append(terms, d)
		}
	}
	farthest := ""
	for i := 0; i < len(terms) && len(terms) > 1; i++ {
		reached, err := list(r, scanText, sqlProbe, params{}.text(q.Topic).bytes(terms[i][:]).text(q.After).int(probe))
		if err != nil {
			return nil, err
		}
		if len(reached) == 0 || reached[0] > farthest {
			terms[0], terms[i] = terms[i], terms[0]
		}
		if len(reached) == 0 {
			break
		}
		farthest = max(farthest, reached[0])
	}
	return terms, nil
}

// subscribersSQL walks a range of an index for each status that counts, and merges
// them in order: of the topic or, for a zone, of that zone, and of the contacts
// without a zone if the zone is theirs by default.
func subscribersSQL(q storage.Subscribers) (string, params) {
	in := params{}.text(q.Topic).text(q.After).limit(q.Limit)
	since, own := "", "$4"
	if !q.ActiveAt.IsZero() {
		since, own = ` AND active_since <= $4::bigint`, "$5"
		in = in.time(q.ActiveAt)
	}
	ranges := make([]string, 0, 4)
	walk := func(condition string) {
		for _, status := range statuses {
			ranges = append(ranges, `(SELECT contact FROM consents
				WHERE status = '`+status+`' AND topic = $1::text`+condition+` AND contact > $2::text`+since+`
				ORDER BY contact LIMIT $3::bigint)`)
		}
	}
	if q.Zone == "" {
		walk("")
	} else {
		in = in.text(q.Zone)
		walk(` AND zone = ` + own + `::text`)
		if q.Zone == q.DefaultZone {
			walk(` AND zone = ''`)
		}
	}
	return `SELECT contact FROM (` + strings.Join(ranges, ` UNION ALL `) + `) z ORDER BY contact LIMIT $3::bigint`, in
}

// statuses are those of the consents that an occurrence is about.
var statuses = [...]string{"active", "snoozed"}

// interestedSQL walks the rows of the first term and looks for the others in the
// same interest of the same contact, then for the consent.
func interestedSQL(q storage.Subscribers, terms []digest) (string, params) {
	var b strings.Builder
	in := params{}.text(q.Topic).text(q.After).limit(q.Limit).bytes(terms[0][:])
	next := func() string { return "$" + strconv.Itoa(len(in)+1) }
	b.WriteString(`SELECT DISTINCT t.contact FROM interest_terms t WHERE t.topic = $1::text AND t.term = $4::bytea AND t.contact > $2::text`)
	for i := range terms[1:] {
		b.WriteString(` AND EXISTS (SELECT 1 FROM interest_terms o
			WHERE o.topic = t.topic AND o.term = ` + next() + `::bytea AND o.contact = t.contact AND o.interest = t.interest)`)
		in = in.bytes(terms[i+1][:])
	}
	b.WriteString(` AND EXISTS (SELECT 1 FROM consents c
		WHERE c.contact = t.contact AND c.topic = t.topic AND c.status IN ('active', 'snoozed')`)
	if !q.ActiveAt.IsZero() {
		b.WriteString(` AND c.active_since <= ` + next() + `::bigint`)
		in = in.time(q.ActiveAt)
	}
	if q.Zone != "" {
		b.WriteString(` AND (c.zone = ` + next() + `::text`)
		in = in.text(q.Zone)
		if q.Zone == q.DefaultZone {
			b.WriteString(` OR c.zone = ''`)
		}
		b.WriteString(`)`)
	}
	b.WriteString(`) ORDER BY t.contact LIMIT $3::bigint`)
	return b.String(), in
}
