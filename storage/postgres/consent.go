package postgres

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	consentColumns = `contact, topic, status, cadence, interests, active_since, snoozed_until, changed_at, last_sent, carrier, body`
	permitColumns  = `contact, lane, topic, token, body, next_eligible, expires_at, updated_at`

	sqlConsents = `SELECT ` + consentColumns + ` FROM consents WHERE contact = $1::text ORDER BY topic`
	sqlPermits  = `SELECT ` + permitColumns + ` FROM permits WHERE contact = $1::text ORDER BY lane, topic`

	// The zones are few and the consents many: each step looks for the next zone.
	sqlZones = `WITH RECURSIVE
		active (zone) AS (
			SELECT min(zone) FROM consents WHERE topic = $1::text AND status = 'active'
			UNION ALL
			SELECT (SELECT min(zone) FROM consents WHERE topic = $1::text AND status = 'active' AND zone > active.zone)
			FROM active WHERE zone IS NOT NULL
		),
		snoozed (zone) AS (
			SELECT min(zone) FROM consents WHERE topic = $1::text AND status = 'snoozed'
			UNION ALL
			SELECT (SELECT min(zone) FROM consents WHERE topic = $1::text AND status = 'snoozed' AND zone > snoozed.zone)
			FROM snoozed WHERE zone IS NOT NULL
		)
		SELECT zone FROM active WHERE zone IS NOT NULL
		UNION
		SELECT zone FROM snoozed WHERE zone IS NOT NULL
		ORDER BY zone`

	consentRows = ` FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[], $12::text[], $13::text[]) AS u (` + consentColumns + `, terms, zone)`
	sqlNewConsents = `INSERT INTO consents (` + consentColumns + `, terms, zone) SELECT * ` + consentRows
	sqlSetConsents = `UPDATE consents c SET status = u.status, cadence = u.cadence, interests = u.interests,
			active_since = u.active_since, snoozed_until = u.snoozed_until, changed_at = u.changed_at, last_sent = u.last_sent,
			carrier = u.carrier, body = u.body, terms = u.terms` + consentRows + ` WHERE c.contact = u.contact AND c.topic = u.topic`
	sqlNoteSent = `UPDATE consents c SET last_sent = u.last_sent, carrier = u.carrier
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS u (contact, topic, last_sent, carrier)
		WHERE c.contact = u.contact AND c.topic = u.topic`

	sqlPutTerms = `INSERT INTO interest_terms (topic, term, contact, interest)
		SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[]) ON CONFLICT DO NOTHING`
	sqlDeleteTerms = `DELETE FROM interest_terms t USING unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[])
			AS u (topic, term, contact, interest)
		WHERE t.topic = u.topic AND t.term = u.term AND t.contact = u.contact AND t.interest = u.interest`

	sqlPutPermits = `INSERT INTO permits AS p (` + permitColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[])
		ON CONFLICT (contact, lane, topic) DO UPDATE SET token = excluded.token, body = excluded.body,
			next_eligible = excluded.next_eligible, expires_at = excluded.expires_at, updated_at = excluded.updated_at`
	sqlSetPermits = `UPDATE permits p SET token = u.token, body = u.body, next_eligible = u.next_eligible,
			expires_at = u.expires_at, updated_at = u.updated_at
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[])
			AS u (` + permitColumns + `)
		WHERE p.contact = u.contact AND p.lane = u.lane AND p.topic = u.topic`
	sqlDeletePermits = `DELETE FROM permits p USING unnest($1::text[], $2::text[], $3::text[]) AS u (contact, lane, topic)
		WHERE p.contact = u.contact AND p.lane = u.lane AND p.topic = u.topic`
)

// consent is a consent with its terms as they are packed, and as its index has
// them.
type consent struct {
	storage.Consent
	terms, indexed string
	noted          bool // of what is stored only LastSent and Carrier changed
}

func scanConsent(r *row) (c storage.Consent) {
	c.Contact, c.Topic, c.Status, c.Cadence, c.Interests = r.text(), r.text(), r.text(), r.text(), r.bytes()
	c.ActiveSince, c.SnoozedUntil, c.ChangedAt, c.LastSent = r.time(), r.time(), r.time(), r.time()
	c.Carrier, c.Body = r.int(), r.bytes()
	return c
}

func scanConsentTerms(r *row) (c consent) {
	c.Consent = scanConsent(r)
	c.terms = r.text()
	c.indexed = c.terms
	return c
}

func (r reader) Consents(contact string) ([]storage.Consent, error) {
	return list(r, scanConsent, sqlConsents, params{}.text(contact))
}

func (r reader) Zones(topic string) ([]string, error) {
	return list(r, scanText, sqlZones, params{}.text(topic))
}

func (t *transaction) Zones(topic string) ([]string, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Zones(topic)
}

func (t *transaction) Consents(contact string) (found []storage.Consent, err error) {
	p, err := t.with(contact, partConsents)
	if err != nil {
		return nil, err
	}
	for _, it := range p.consents {
		if it.there {
			found = append(found, it.value.Consent)
		}
	}
	slices.SortFunc(found, func(a, b storage.Consent) int { return cmp.Compare(a.Topic, b.Topic) })
	return found, nil
}

// consentOf is the consent of a person to a topic.
func (p *person) consentOf(topic string) *item[consent] {
	for _, it := range p.consents {
		if it.value.Topic == topic {
			return it
		}
	}
	it := &item[consent]{value: consent{Consent: storage.Consent{Contact: p.id, Topic: topic}}}
	p.consents = append(p.consents, it)
	return it
}

func (t *transaction) keepConsent(c consent) {
	t.person(c.Contact).consentOf(c.Topic).refresh(c)
}

func (t *transaction) PutConsent(c storage.Consent) error {
	p, err := t.with(c.Contact, partConsents)
	if err != nil {
		return err
	}
	it := p.consentOf(c.Topic)
	next := consent{Consent: c, terms: it.value.terms, indexed: it.value.indexed}
	if !it.there || c.Terms != nil || !bytes.Equal(c.Interests, it.value.Interests) {
		if next.terms, err = packTerms(c.Terms); err != nil {
			return err
		}
	}
	next.Terms = nil
	t.dirtyConsents.put(t, it, next, true)
	return nil
}

func (t *transaction) NoteSent(contact, topic string, at time.Time, carrier int64) error {
	p, err := t.with(contact, partConsents)
	if err != nil {
		return err
	}
	it := p.consentOf(topic)
	if !it.there {
		return nil
	}
	next := it.value
	next.LastSent, next.Carrier = at, carrier
	next.noted = it.stored && (!it.dirty || next.noted)
	t.dirtyConsents.put(t, it, next, true)
	return nil
}

// packTerms writes terms the way their column keeps them; "" for none.
func packTerms(terms [][]string) (string, error) {
	if len(terms) == 0 {
		return "", nil
	}
	packed, err := json.Marshal(terms)
	if err != nil {
		return "", fmt.Errorf("packing the terms of a consent: %w", err)
	}
	return string(packed), nil
}

// eachTerm writes a row for every term that was packed.
func eachTerm(rows *table, c *consent, packed string) error {
	if packed == "" {
		return nil
	}
	var terms [][]string
	if err := json.Unmarshal([]byte(packed), &terms); err != nil {
		return fmt.Errorf("unpacking the terms of a consent: %w", err)
	}
	for interest, list := range terms {
		for _, term := range list {
			d := digestOf(term)
			rows.text(c.Topic).bytes(d[:]).text(c.Contact).int(int64(interest)).next()
		}
	}
	return nil
}

func (t *transaction) flushConsents() (steps []step, err error) {
	kept, _ := t.dirtyConsents.take()
	added, set, sent, terms, lost := t.table(), t.table(), t.table(), t.table(), t.table()
	for _, it := range kept {
		c := &it.value
		if c.noted {
			sent.text(c.Contact).text(c.Topic).time(c.LastSent).int(c.Carrier).next()
			continue
		}
		rows := &set
		if !it.stored {
			rows, it.stored = &added, true
		}
		zone := ""
		if p := t.person(c.Contact); p.contact.there {
			zone = p.contact.value.Timezone
		}
		rows.text(c.Contact).text(c.Topic).text(c.Status).text(c.Cadence).bytes(c.Interests).time(c.ActiveSince).
			time(c.SnoozedUntil).time(c.ChangedAt).time(c.LastSent).int(c.Carrier).bytes(c.Body).text(c.terms).text(zone).next()
		if c.terms == c.indexed {
			continue
		}
		if err := eachTerm(&lost, c, c.indexed); err != nil {
			return nil, err
		}
		if err := eachTerm(&terms, c, c.terms); err != nil {
			return nil, err
		}
		c.indexed = c.terms
	}
	return tables(steps, sqlNewConsents, added, sqlSetConsents, set, sqlNoteSent, sent, sqlDeleteTerms, lost, sqlPutTerms, terms), nil
}

func scanPermit(r *row) (p storage.Permit) {
	p.Contact, p.Lane, p.Topic, p.Token, p.Body = r.text(), r.text(), r.text(), r.text(), r.bytes()
	p.NextEligible, p.ExpiresAt, p.UpdatedAt = r.time(), r.time(), r.time()
	return p
}

func (r reader) Permits(contact string) ([]storage.Permit, error) {
	return list(r, scanPermit, sqlPermits, params{}.text(contact))
}

func (t *transaction) Permits(contact string) (found []storage.Permit, err error) {
	p, err := t.with(contact, partPermits)
	if err != nil {
		return nil, err
	}
	for _, it := range p.permits {
		if it.there {
			found = append(found, it.value)
		}
	}
	slices.SortFunc(found, func(a, b storage.Permit) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Topic, b.Topic))
	})
	return found, nil
}

func (p *person) permitOf(lane, topic string) *item[storage.Permit] {
	for _, it := range p.permits {
		if it.value.Lane == lane && it.value.Topic == topic {
			return it
		}
	}
	it := &item[storage.Permit]{value: storage.Permit{Contact: p.id, Lane: lane, Topic: topic}}
	p.permits = append(p.permits, it)
	return it
}

func (t *transaction) keepPermit(p storage.Permit) {
	t.person(p.Contact).permitOf(p.Lane, p.Topic).refresh(p)
}

func (t *transaction) PutPermit(p storage.Permit) error {
	t.dirtyPermits.put(t, t.touch(p.Contact).permitOf(p.Lane, p.Topic), p, true)
	return nil
}

func (t *transaction) DeletePermit(contact, lane, topic string) error {
	it := t.touch(contact).permitOf(lane, topic)
	t.dirtyPermits.put(t, it, it.value, false)
	return nil
}

func (t *transaction) flushPermits() (steps []step) {
	kept, gone := t.dirtyPermits.take()
	put, set, deleted := t.table(), t.table(), t.table()
	for _, it := range gone {
		deleted.text(it.value.Contact).text(it.value.Lane).text(it.value.Topic).next()
		it.stored = false
	}
	for _, it := range kept {
		p := &it.value
		rows := &set
		if !it.stored {
			rows, it.stored = &put, true
		}
		rows.text(p.Contact).text(p.Lane).text(p.Topic).text(p.Token).bytes(p.Body).time(p.NextEligible).time(p.ExpiresAt).time(p.UpdatedAt).next()
	}
	return tables(steps, sqlDeletePermits, deleted, sqlSetPermits, set, sqlPutPermits, put)
}
