package sqlite

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/relance-bot/relance/storage"
)

// A dump reads whole tables, in their own order where no other is asked for.
const (
	sqlAloft = `SELECT 1 FROM inflight LIMIT 1`

	sqlAllContacts    = `SELECT ` + contactColumns + ` FROM contacts`
	sqlAllUniques     = `SELECT contact, field, value FROM uniques`
	sqlAllInputs      = `SELECT ` + inputColumns + ` FROM inbox ORDER BY seq`
	sqlAllKeys        = `SELECT number, keys FROM once_log`
	sqlAllConsents    = `SELECT ` + consentColumns + `, terms, zone FROM consents`
	sqlAllTerms       = `SELECT topic, contact, interest, term FROM interest_terms`
	sqlAllPermits     = `SELECT ` + permitColumns + ` FROM permits`
	sqlAllTimers      = `SELECT ` + timerColumns + ` FROM timers t LEFT JOIN words p ON p.number = t.page LEFT JOIN words w ON w.number = t.what`
	sqlAllOccurrences = `SELECT ` + occurrenceColumns + ` FROM occurrences`
	sqlAllCampaigns   = `SELECT ` + campaignColumns + ` FROM campaigns`
	sqlAllCounts      = `SELECT trigger_id, id, name, n FROM campaign_counts WHERE n <> 0`
	sqlAllDecisions   = `SELECT ` + decisionColumns + ` FROM decisions ORDER BY number`
	sqlAllUnsettled   = `SELECT ` + sendColumns + ` FROM outbox WHERE ` + unsettled + ` ORDER BY contact, seq`
	sqlAllSettled     = `SELECT ` + sendColumns + ` FROM outbox WHERE ` + settled + ` ORDER BY contact, seq`
	sqlAllOutcomes    = `SELECT ` + outcomeColumns + ` FROM outcomes ORDER BY number`
	sqlAllEntries     = `SELECT ` + entryColumns + ` FROM ledger ORDER BY id`
	sqlAllSalts       = `SELECT contact, salt FROM salts`
	sqlAllValues      = `SELECT key, value FROM meta`
	sqlAllPrograms    = `SELECT hash, at, sources FROM programs`
	sqlAllStrays      = `SELECT id, at, source, reason, body, contact FROM strays ORDER BY id`
	sqlNumbers        = `SELECT coalesce(max(CASE name WHEN 'inbox' THEN value END), 0), coalesce(max(CASE name WHEN 'outbox' THEN value END), 0)
		FROM counters`
)

// Dump implements [storage.Dumper]. What an earlier opening left in flight gets its rows first.
func (s *Store) Dump(ctx context.Context, put func(storage.Record) error) error {
	err := s.Write(ctx, func(tx storage.Tx) error { return tx.(*transaction).landAll() })
	if err != nil {
		return err
	}
	return s.Read(ctx, func(r storage.Reader) error {
		return (&dump{r: r.(reader), put: put}).all()
	})
}

// dump is one under way.
type dump struct {
	r       reader
	put     func(storage.Record) error
	refused error // by put
}

func (d *dump) all() error {
	switch err := d.r.c.row(sqlAloft, nil, new(int)); {
	case err == nil:
		return storage.ErrSending
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	for _, tell := range []func() error{
		func() error { return tell(d, scanContact, sqlAllContacts) },
		func() error { return tell(d, scanUnique, sqlAllUniques) },
		func() error { return tell(d, scanInput, sqlAllInputs) },
		d.keys,
		func() error { return tell(d, scanSubscription, sqlAllConsents) },
		func() error { return tell(d, scanTerm, sqlAllTerms) },
		func() error { return tell(d, scanPermit, sqlAllPermits) },
		func() error { return tell(d, scanTimer, sqlAllTimers) },
		func() error { return tell(d, scanOccurrence, sqlAllOccurrences) },
		func() error { return tell(d, scanCampaign, sqlAllCampaigns) },
		func() error { return tell(d, scanCampaignCount, sqlAllCounts) },
		d.decisions,
		func() error { return tell(d, scanUnclaimed, sqlAllUnsettled) },
		func() error { return tell(d, scanUnclaimed, sqlAllSettled) },
		func() error { return tell(d, scanOutcome, sqlAllOutcomes) },
		func() error { return tell(d, scanEntry, sqlAllEntries) },
		func() error { return tell(d, scanSalt, sqlAllSalts) },
		func() error { return tell(d, scanValue, sqlAllValues) },
		func() error { return tell(d, scanSources, sqlAllPrograms) },
		func() error { return tell(d, scanStray, sqlAllStrays) },
		func() error { return tell(d, scanNumbers, sqlNumbers) },
	} {
		if err := tell(); err != nil {
			return err
		}
	}
	return nil
}

// each runs row on all rows of an answer, until one of its records is refused.
func (d *dump) each(query string, row func(scanner) error) error {
	err := each(d.r.c, func(r scanner) error { return errors.Join(row(r), d.refused) }, query)
	if d.refused != nil {
		return d.refused // as it is
	}
	return err
}

func (d *dump) tell(r storage.Record) {
	if d.refused == nil {
		d.refused = d.put(r)
	}
}

// tell puts what a query answers, row by row.
func tell[T storage.Record](d *dump, scan func(scanner) (T, error), query string) error {
	return d.each(query, func(row scanner) error {
		v, err := scan(row)
		if err == nil {
			d.tell(v)
		}
		return err
	})
}

func (d *dump) keys() error {
	return d.each(sqlAllKeys, func(row scanner) error {
		logged, err := scanLogRow(row)
		for _, key := range logged.keys {
			d.tell(storage.SeenKey{Digest: storage.Digest(key.digest), At: instant(key.at)})
		}
		return err
	})
}

// decisions asks for the words of each while it reads them: that statement must be there
// already, since to prepare one may close all others.
func (d *dump) decisions() error {
	if _, err := d.r.c.prepared(sqlWord); err != nil {
		return err
	}
	return tell(d, d.r.scanSpelt, sqlAllDecisions)
}

func scanUnique(row scanner) (u storage.UniqueValue, err error) {
	var value string
	err = row.Scan(&u.Contact, &u.Field, &value)
	u.Digest = storage.Digest(digestOf(value))
	return u, err
}

func scanSubscription(row scanner) (s storage.Subscription, err error) {
	rest := len(row) - 2
	if s.Consent, err = scanConsent(row[:rest]); err != nil {
		return s, err
	}
	var terms string
	if err = row[rest:].Scan(&terms, &s.Zone); err == nil && terms != "" {
		err = json.Unmarshal([]byte(terms), &s.Terms)
	}
	return s, err
}

func scanTerm(row scanner) (t storage.InterestTerm, err error) {
	var term string
	err = row.Scan(&t.Topic, &t.Contact, &t.Interest, &term)
	t.Digest = storage.Digest(digestOf(term))
	return t, err
}

func scanCampaignCount(row scanner) (c storage.CampaignCount, err error) {
	err = row.Scan(&c.Trigger, &c.Campaign, &c.Name, &c.N)
	return c, err
}

// scanSpelt is a decision with its words.
func (r reader) scanSpelt(row scanner) (d storage.Decision, err error) {
	n, err := scanDecision(row)
	if err != nil {
		return d, err
	}
	page, err := r.c.wordOf(n.page)
	if err != nil {
		return d, err
	}
	n.Contact = contactOf(page, n.person)
	return r.spell(&n)
}

func scanUnclaimed(row scanner) (storage.Send, error) {
	s, err := scanSend(row)
	s.Claimer = ""
	return s, err
}

func scanSalt(row scanner) (s storage.ContactSalt, err error) {
	err = row.Scan(&s.Contact, &s.Salt)
	return s, err
}

func scanValue(row scanner) (v storage.NamedValue, err error) {
	err = row.Scan(&v.Key, &v.Value)
	return v, err
}

func scanSources(row scanner) (p storage.ProgramSources, err error) {
	var at int64
	err = row.Scan(&p.Hash, &at, &p.Text)
	p.At = instant(at)
	return p, err
}

func scanNumbers(row scanner) (n storage.Numbers, err error) {
	err = row.Scan(&n.Input, &n.Send)
	return n, err
}
