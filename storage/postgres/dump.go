package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

// A dump reads whole tables, in their own order where no other is asked for.
const (
	sqlAnyAloft = `SELECT EXISTS (SELECT 1 FROM flights)`

	sqlAllContacts    = `SELECT ` + contactColumns + ` FROM contacts WHERE known`
	sqlAllUniques     = `SELECT contact, field, digest FROM uniques`
	sqlAllInputs      = `SELECT ` + inputColumns + ` FROM inbox ORDER BY seq`
	sqlAllKeys        = `SELECT digest, at FROM once`
	sqlAllConsents    = `SELECT ` + consentColumns + `, terms, zone FROM consents`
	sqlAllTerms       = `SELECT topic, contact, interest, term FROM interest_terms`
	sqlAllPermits     = `SELECT ` + permitColumns + ` FROM permits`
	sqlAllTimers      = `SELECT ` + timerColumns + ` FROM timers`
	sqlAllOccurrences = `SELECT ` + occurrenceColumns + ` FROM occurrences`
	sqlAllCampaigns   = `SELECT ` + campaignColumns + ` FROM campaigns`
	sqlAllCounts      = `SELECT trigger_id, id, name, sum(n)::bigint FROM campaign_counts GROUP BY trigger_id, id, name HAVING sum(n) <> 0`
	sqlAllDecisions   = `SELECT ` + decisionColumns + ` FROM decisions ORDER BY id`
	sqlAllSends       = `SELECT ` + sendColumns + ` FROM outbox ORDER BY state > 3, contact, seq`
	sqlAllOutcomes    = `SELECT ` + outcomeColumns + ` FROM outcomes ORDER BY number`
	sqlAllEntries     = `SELECT ` + entryColumns + ` FROM ledger ORDER BY id`
	sqlAllSalts       = `SELECT contact, salt FROM salts`
	sqlAllValues      = `SELECT key, value FROM meta`
	sqlAllPrograms    = `SELECT hash, at, sources FROM programs`
	sqlAllStrays      = `SELECT id, at, source, reason, body, contact FROM strays ORDER BY id`
	sqlNumbers        = `SELECT CASE WHEN i.is_called THEN i.last_value ELSE 0 END, CASE WHEN o.is_called THEN o.last_value ELSE 0 END
		FROM inbox_seq i, outbox_seq o`

	// What moves is durable when that is answered, and takes the time that it takes; but what
	// somebody holds who is gone is free after half a minute.
	sqlMover = `SET enable_seqscan = on; SET enable_hashjoin = on; SET enable_mergejoin = on; SET idle_in_transaction_session_timeout = 0;
		SET lock_timeout = '15s'; SET tcp_user_timeout = '30s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4;
		SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`

	// longest is how long a statement may take that reads or fills a whole table.
	longest = 24 * time.Hour
)

// Dump implements [storage.Dumper]. What is in flight gets its rows first.
func (s *Store) Dump(ctx context.Context, put func(storage.Record) error) error {
	if err := s.aside.run(ctx, step{query: sqlLandAll}); err != nil {
		return err
	}
	return s.moving(ctx, sqlBeginRead, func(c *conn) error { return c.dump(ctx, put) })
}

// moving runs f on a connection for whole tables: those for turns are told never to read one
// from its beginning to its end. It ends with ctx, whatever the server does.
func (s *Store) moving(ctx context.Context, begin string, f func(c *conn) error) error {
	c, err := s.connect(ctx, begin)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = longest
	socket := c.pg.Conn()
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	if err = c.exec(sqlMover); err == nil {
		err = f(c)
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, storage.ErrInDoubt) {
		return ctx.Err()
	}
	return err
}

// exec runs statements that answer nothing, apart from the exchanges.
func (c *conn) exec(text string) error {
	_, err := c.pg.Exec(context.Background(), text).ReadAll()
	return failure(err)
}

// dump is one under way.
type dump struct {
	ctx     context.Context
	c       *conn
	put     func(storage.Record) error
	refused error // by put, or as ctx has ended
}

// dump tells what the connection sees.
func (c *conn) dump(ctx context.Context, put func(storage.Record) error) error {
	aloft, err := one(c, (*row).bool, sqlAnyAloft, nil)
	if err != nil {
		return err
	}
	if aloft {
		return storage.ErrSending
	}
	d := &dump{ctx: ctx, c: c, put: put}
	for _, tell := range []func() error{
		func() error { return tell(d, scanKnown, sqlAllContacts) },
		func() error { return tell(d, scanUnique, sqlAllUniques) },
		func() error { return tell(d, scanInput, sqlAllInputs) },
		func() error { return tell(d, scanSeenKey, sqlAllKeys) },
		func() error { return tell(d, scanSubscription, sqlAllConsents) },
		func() error { return tell(d, scanTerm, sqlAllTerms) },
		func() error { return tell(d, scanPermit, sqlAllPermits) },
		func() error { return tell(d, scanTimer, sqlAllTimers) },
		func() error { return tell(d, scanOccurrence, sqlAllOccurrences) },
		func() error { return tell(d, scanCampaign, sqlAllCampaigns) },
		func() error { return tell(d, scanCampaignCount, sqlAllCounts) },
		func() error { return tell(d, scanPlainDecision, sqlAllDecisions) },
		func() error { return tell(d, scanUnclaimed, sqlAllSends) },
		func() error { return tell(d, scanOutcome, sqlAllOutcomes) },
		func() error { return tell(d, scanEntry, sqlAllEntries) },
		func() error { return tell(d, scanSaltRecord, sqlAllSalts) },
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

// tell puts what a query answers, row by row.
func tell[T storage.Record](d *dump, scan func(*row) T, query string) error {
	err := d.c.run(step{query: query, row: func(r *row) {
		if d.refused == nil {
			d.refused = d.ctx.Err()
		}
		if d.refused != nil {
			return
		}
		if v := scan(r); r.err == nil {
			d.refused = d.put(v)
		}
	}})
	return errors.Join(d.refused, err)
}

func (r *row) digest() (d storage.Digest) {
	if v := r.value(); len(v) == len(d) {
		return storage.Digest(v)
	}
	r.err = errors.New("a digest has another length")
	return d
}

func scanUnique(r *row) storage.UniqueValue {
	return storage.UniqueValue{Contact: r.text(), Field: r.text(), Digest: r.digest()}
}

func scanSeenKey(r *row) storage.SeenKey {
	return storage.SeenKey{Digest: r.digest(), At: r.time()}
}

func scanSubscription(r *row) (s storage.Subscription) {
	s.Consent = scanConsent(r)
	if terms := r.text(); terms != "" {
		if err := json.Unmarshal([]byte(terms), &s.Terms); err != nil {
			r.err = err
		}
	}
	s.Zone = r.text()
	return s
}

func scanTerm(r *row) storage.InterestTerm {
	return storage.InterestTerm{Topic: r.text(), Contact: r.text(), Interest: int(r.int()), Digest: r.digest()}
}

func scanCampaignCount(r *row) storage.CampaignCount {
	return storage.CampaignCount{Trigger: r.text(), Campaign: r.text(), Name: r.text(), N: int(r.int())}
}

func scanUnclaimed(r *row) storage.Send {
	s := scanPlainSend(r)
	s.Claimer = ""
	return s
}

func scanSaltRecord(r *row) storage.ContactSalt {
	return storage.ContactSalt{Contact: r.text(), Salt: r.bytes()}
}

func scanValue(r *row) storage.NamedValue { return storage.NamedValue{Key: r.text(), Value: r.bytes()} }

func scanSources(r *row) (p storage.ProgramSources) {
	p.Hash, p.At, p.Text = r.text(), r.time(), r.bytes()
	return p
}

func scanNumbers(r *row) storage.Numbers { return storage.Numbers{Input: r.int(), Send: r.int()} }
