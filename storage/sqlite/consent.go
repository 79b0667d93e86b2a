package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	consentColumns = `contact, ` + consentRest
	consentRest    = `topic, status, cadence, interests, active_since, snoozed_until, changed_at, last_sent, carrier, body`
	permitColumns  = `contact, ` + permitRest
	permitRest     = `lane, topic, token, body, next_eligible, expires_at, updated_at`

	sqlConsents = `SELECT ` + consentColumns + ` FROM consents WHERE contact = ?1 ORDER BY topic`
	sqlPermits  = `SELECT ` + permitColumns + ` FROM permits WHERE contact = ?1 ORDER BY lane, topic`

	// The zones are few and the consents many: each step looks for the next zone.
	sqlZones = `WITH RECURSIVE
		active (zone) AS (
			SELECT min(zone) FROM consents
			WHERE topic = ?1 AND status = 'active'
			UNION ALL
			SELECT (SELECT min(zone) FROM consents
				WHERE topic = ?1 AND status = 'active' AND zone > active.zone)
			FROM active WHERE zone IS NOT NULL
		),
		snoozed (zone) AS (
			SELECT min(zone) FROM consents
			WHERE topic = ?1 AND status = 'snoozed'
			UNION ALL
			SELECT (SELECT min(zone) FROM consents
				WHERE topic = ?1 AND status = 'snoozed' AND zone > snoozed.zone)
			FROM snoozed WHERE zone IS NOT NULL
		)
		SELECT zone FROM active WHERE zone IS NOT NULL
		UNION
		SELECT zone FROM snoozed WHERE zone IS NOT NULL
		ORDER BY zone`

	sqlConsentState = `SELECT status, active_since, interests, terms FROM consents WHERE contact = ?1 AND topic = ?2`
	sqlNewConsent   = `INSERT INTO consents (contact, topic, status, cadence, interests, active_since, snoozed_until,
			changed_at, last_sent, body, terms, carrier, zone)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
			coalesce((SELECT timezone FROM contacts WHERE id = ?1), ''))`
	// Most changes leave all that is indexed alone, and say so: they need not look
	// first what there was.
	sqlNoteConsent = `UPDATE consents SET cadence = ?3, snoozed_until = ?4, changed_at = ?5, last_sent = ?6, body = ?7, carrier = ?11
		WHERE contact = ?1 AND topic = ?2 AND status = ?8 AND active_since = ?9 AND interests IS ?10`
	sqlNoteSent   = `UPDATE consents SET last_sent = ?3, carrier = ?4 WHERE contact = ?1 AND topic = ?2`
	sqlSetConsent = `UPDATE consents SET cadence = ?3, interests = ?4, snoozed_until = ?5, changed_at = ?6, last_sent = ?7,
			body = ?8, terms = ?9, carrier = ?10
		WHERE contact = ?1 AND topic = ?2`
	sqlMoveConsent = `UPDATE consents SET cadence = ?3, interests = ?4, snoozed_until = ?5, changed_at = ?6, last_sent = ?7,
			body = ?8, terms = ?9, carrier = ?10, status = ?11, active_since = ?12
		WHERE contact = ?1 AND topic = ?2`

	sqlContactTerms = `SELECT topic, terms FROM consents WHERE contact = ?1`
	sqlPutTerm      = `INSERT INTO interest_terms (topic, term, contact, interest) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`
	sqlDeleteTerm   = `DELETE FROM interest_terms WHERE topic = ?1 AND term = ?2 AND contact = ?3 AND interest = ?4`

	sqlPutPermit = `INSERT INTO permits (` + permitColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
		ON CONFLICT (contact, lane, topic) DO UPDATE SET token = ?4, body = ?5, next_eligible = ?6, expires_at = ?7,
			updated_at = ?8`
	sqlDeletePermit = `DELETE FROM permits WHERE contact = ?1 AND lane = ?2 AND topic = ?3`
)

func scanConsent(row scanner) (c storage.Consent, err error) {
	var active, snoozed, changed, sent int64
	err = row.Scan(&c.Contact, &c.Topic, &c.Status, &c.Cadence, &c.Interests, &active, &snoozed, &changed, &sent, &c.Carrier, &c.Body)
	c.ActiveSince, c.SnoozedUntil = instant(active), instant(snoozed)
	c.ChangedAt, c.LastSent = instant(changed), instant(sent)
	return c, err
}

// scanConsentOf reads the consent of a contact that stands at a place in a list.
func scanConsentOf(row scanner, ids []string) (c storage.Consent, err error) {
	var place int
	var active, snoozed, changed, sent int64
	err = row.Scan(&place, &c.Topic, &c.Status, &c.Cadence, &c.Interests, &active, &snoozed, &changed, &sent, &c.Carrier, &c.Body)
	if err != nil {
		return c, err
	}
	c.Contact = ids[place]
	c.ActiveSince, c.SnoozedUntil = instant(active), instant(snoozed)
	c.ChangedAt, c.LastSent = instant(changed), instant(sent)
	return c, nil
}

func (r reader) Consents(contact string) ([]storage.Consent, error) {
	return many(r.c, scanConsent, sqlConsents, contact)
}

func (r reader) Zones(topic string) ([]string, error) {
	return many(r.c, scanText, sqlZones, topic)
}

func (t *transaction) PutConsent(c storage.Consent) error {
	t.wrote(c.Contact)
	if c.Terms == nil {
		n, err := t.c.change(sqlNoteConsent, c.Contact, c.Topic, c.Cadence, millis(c.SnoozedUntil), millis(c.ChangedAt),
			millis(c.LastSent), c.Body, c.Status, millis(c.ActiveSince), c.Interests, c.Carrier)
		if err != nil || n > 0 {
			return err
		}
	}
	var (
		status    string
		active    int64
		interests []byte
		was       string
	)
	err := t.c.row(sqlConsentState, args{c.Contact, c.Topic}, &status, &active, &interests, &was)
	fresh := errors.Is(err, storage.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	terms := was
	if fresh || c.Terms != nil || !bytes.Equal(c.Interests, interests) {
		if terms, err = packTerms(c.Terms); err != nil {
			return err
		}
	}

	since := millis(c.ActiveSince)
	switch {
	case fresh:
		err = t.c.exec(sqlNewConsent, c.Contact, c.Topic, c.Status, c.Cadence, c.Interests, since, millis(c.SnoozedUntil),
			millis(c.ChangedAt), millis(c.LastSent), c.Body, terms, c.Carrier)
	case status == c.Status && active == since:
		err = t.c.exec(sqlSetConsent, c.Contact, c.Topic, c.Cadence, c.Interests, millis(c.SnoozedUntil),
			millis(c.ChangedAt), millis(c.LastSent), c.Body, terms, c.Carrier)
	default:
		err = t.c.exec(sqlMoveConsent, c.Contact, c.Topic, c.Cadence, c.Interests, millis(c.SnoozedUntil),
			millis(c.ChangedAt), millis(c.LastSent), c.Body, terms, c.Carrier, c.Status, since)
	}
	if err != nil || terms == was {
		return err
	}
	if err := t.eachTerm(sqlDeleteTerm, c.Contact, c.Topic, was); err != nil {
		return err
	}
	return t.eachTerm(sqlPutTerm, c.Contact, c.Topic, terms)
}

func (t *transaction) NoteSent(contact, topic string, at time.Time, carrier int64) error {
	t.wrote(contact)
	return t.c.exec(sqlNoteSent, contact, topic, millis(at), carrier)
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

// eachTerm runs a statement for every term that was packed.
func (t *transaction) eachTerm(query, contact, topic, packed string) error {
	if packed == "" {
		return nil
	}
	var terms [][]string
	if err := json.Unmarshal([]byte(packed), &terms); err != nil {
		return fmt.Errorf("unpacking the terms of a consent: %w", err)
	}
	for interest, list := range terms {
		for _, term := range list {
			if err := t.c.exec(query, topic, term, contact, interest); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseTerms removes a contact from the index of interests.
func (t *transaction) eraseTerms(contact string) error {
	consents, err := many(t.c, func(row scanner) (pair [2]string, err error) {
		err = row.Scan(&pair[0], &pair[1])
		return pair, err
	}, sqlContactTerms, contact)
	if err != nil {
		return err
	}
	for _, c := range consents {
		if err := t.eachTerm(sqlDeleteTerm, contact, c[0], c[1]); err != nil {
			return err
		}
	}
	return nil
}

func scanPermit(row scanner) (p storage.Permit, err error) {
	var next, expires, updated int64
	err = row.Scan(&p.Contact, &p.Lane, &p.Topic, &p.Token, &p.Body, &next, &expires, &updated)
	p.NextEligible, p.ExpiresAt, p.UpdatedAt = instant(next), instant(expires), instant(updated)
	return p, err
}

// scanPermitOf reads the permit of a contact that stands at a place in a list.
func scanPermitOf(row scanner, ids []string) (p storage.Permit, err error) {
	var place int
	var next, expires, updated int64
	if err = row.Scan(&place, &p.Lane, &p.Topic, &p.Token, &p.Body, &next, &expires, &updated); err != nil {
		return p, err
	}
	p.Contact = ids[place]
	p.NextEligible, p.ExpiresAt, p.UpdatedAt = instant(next), instant(expires), instant(updated)
	return p, nil
}

func (r reader) Permits(contact string) ([]storage.Permit, error) {
	return many(r.c, scanPermit, sqlPermits, contact)
}

func (t *transaction) PutPermit(p storage.Permit) error {
	t.wrote(p.Contact)
	return t.c.exec(sqlPutPermit, p.Contact, p.Lane, p.Topic, p.Token, p.Body,
		millis(p.NextEligible), millis(p.ExpiresAt), millis(p.UpdatedAt))
}

func (t *transaction) DeletePermit(contact, lane, topic string) error {
	t.wrote(contact)
	return t.c.exec(sqlDeletePermit, contact, lane, topic)
}
