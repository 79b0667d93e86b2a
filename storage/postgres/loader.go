package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	// All that records are kept in. A lease is not.
	loadedTables = `contacts, uniques, inbox, once, consents, interest_terms, permits, timers, occurrences, campaigns, campaign_counts,
		decisions, outbox, flights, outcomes, ledger, salts, meta, programs, strays`

	// Who waits for somebody that was never met has a row that stands for the lock, as who
	// is locked gets one.
	sqlStandIns = `INSERT INTO contacts (id, known)
		SELECT contact, false FROM (SELECT contact FROM timers WHERE contact <> '' UNION SELECT contact FROM inbox
			UNION SELECT contact FROM outbox WHERE ` + unsettled + `) w
		WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = w.contact)`
	sqlSetNumber = `SELECT setval($1::text::regclass, greatest($2::bigint, 1), $2::bigint > 0)`
	sqlSetOutput = `SELECT setval(pg_get_serial_sequence($1::text, $2::text), greatest($3::bigint, 1), $3::bigint > 0)`
)

// loader fills empty tables in one transaction.
type loader struct {
	ctx   context.Context
	c     *conn
	table string // that is copied into
	copy  *copying

	numbers               storage.Numbers
	decision              int64  // the place of the last one
	entry, outcome, stray int64  // the last IDs
	line                  string // of the contact whose send came last that is not settled
}

// Load implements [storage.Loader], on a connection of its own.
func (s *Store) Load(ctx context.Context, fill storage.Dump, check func(there storage.Dump) error) error {
	if err := s.alone(ctx); err != nil {
		return err
	}
	return s.moving(ctx, "", func(c *conn) error {
		if err := s.takeAll(c); err != nil {
			return err
		}
		l := &loader{ctx: ctx, c: c}
		if err := l.end(fill(ctx, l.put)); err != nil {
			return err
		}
		if err := l.finish(); err != nil {
			return err
		}
		if err := check(c.dump); err != nil {
			return err
		}
		if err := c.exec(sqlCommit); err != nil {
			return fmt.Errorf("%w: %w", storage.ErrInDoubt, err)
		}
		_ = c.exec(`VACUUM (ANALYZE) ` + loadedTables) // the server does it too, only later
		return nil
	})
}

// takeAll begins the transaction of a load: nobody takes a lease meanwhile, so that who opens
// the database finds it empty, or full.
func (s *Store) takeAll(c *conn) error {
	if err := c.exec(`BEGIN; LOCK TABLE processes IN EXCLUSIVE MODE; LOCK TABLE ` + loadedTables + ` IN ACCESS EXCLUSIVE MODE`); err != nil {
		return err
	}
	alive, err := one(c, (*row).int, sqlOthers, params{}.int(s.lease.id()))
	if err != nil {
		return err
	}
	if alive > 0 {
		return errShared
	}
	kept, err := one(c, (*row).bool, anyRow(), nil)
	if err == nil && kept {
		err = storage.ErrOccupied
	}
	return err
}

// errShared is that of a load where somebody else works.
var errShared = fmt.Errorf("%w: another process works on it", storage.ErrOccupied)

// alone waits until nobody else has a lease, for as long as a process that is gone may
// keep one.
func (s *Store) alone(ctx context.Context) error {
	enough := time.After(s.config.Lease + s.config.Lease/2)
	for {
		others, err := s.Others(ctx)
		if err != nil || others == 0 {
			return err
		}
		select {
		case <-time.After(s.config.Lease / 20):
		case <-enough:
			return errShared
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// anyRow asks whether any of the tables has a row.
func anyRow() string {
	var some []string
	for table := range strings.SplitSeq(loadedTables, ",") {
		some = append(some, `EXISTS (SELECT 1 FROM `+strings.TrimSpace(table)+`)`)
	}
	return `SELECT ` + strings.Join(some, ` OR `)
}

// put takes one record.
func (l *loader) put(r storage.Record) error {
	switch r := r.(type) {
	case storage.Contact:
		return l.into(`contacts`, contactColumns, func(c *copying) {
			c.text(r.ID).bool(true).text(r.FirstName).text(r.LastName).text(r.Locale).text(r.Timezone).bytes(r.Fields).
				time(r.CreatedAt).time(r.LastAct).text(r.Unreachable).text(r.Program).bytes(r.Session).bytes(r.Prefs)
		})
	case storage.UniqueValue:
		return l.into(`uniques`, `contact, field, digest`, func(c *copying) { c.text(r.Contact).text(r.Field).bytes(r.Digest[:]) })
	case storage.Input:
		return l.into(`inbox`, inputColumns, func(c *copying) {
			c.text(r.Contact).int(r.Seq).text(r.Kind).bytes(r.Body).time(r.At).int(readiness(r.Ready)).int4(r.Attempt)
		})
	case storage.SeenKey:
		return l.into(`once`, `digest, at`, func(c *copying) { c.bytes(r.Digest[:]).time(r.At) })
	case storage.Subscription:
		terms, err := packTerms(r.Terms)
		if err != nil {
			return err
		}
		return l.into(`consents`, consentColumns+`, terms, zone`, func(c *copying) {
			c.text(r.Contact).text(r.Topic).text(r.Status).text(r.Cadence).bytes(r.Interests).time(r.ActiveSince).time(r.SnoozedUntil).
				time(r.ChangedAt).time(r.LastSent).int(r.Carrier).bytes(r.Body).text(terms).text(r.Zone)
		})
	case storage.InterestTerm:
		return l.into(`interest_terms`, `topic, contact, interest, term`, func(c *copying) {
			c.text(r.Topic).text(r.Contact).int4(r.Interest).bytes(r.Digest[:])
		})
	case storage.Permit:
		return l.into(`permits`, permitColumns, func(c *copying) {
			c.text(r.Contact).text(r.Lane).text(r.Topic).text(r.Token).bytes(r.Body).time(r.NextEligible).time(r.ExpiresAt).time(r.UpdatedAt)
		})
	case storage.Timer:
		return l.into(`timers`, timerColumns, func(c *copying) { c.text(r.Contact).text(r.Kind).text(r.Key).time(r.At).bytes(r.Body) })
	case storage.Occurrence:
		return l.into(`occurrences`, occurrenceColumns, func(c *copying) {
			c.text(r.Trigger).text(r.ID).text(r.Flow).text(r.Topic).text(r.Zone).bytes(r.Event).time(r.At).time(r.Expires).
				text(r.State).text(r.Cursor).bytes(r.Counts).text(r.Campaign)
		})
	case storage.Campaign:
		return l.into(`campaigns`, campaignColumns, func(c *copying) {
			c.text(r.Trigger).text(r.ID).text(r.Flow).text(r.Topic).time(r.At).text(r.State).float(r.Rate).text(r.By).text(r.Why).
				time(r.Changed).bool(r.Freed).text(r.Sweep).text(r.Cursor)
		})
	case storage.CampaignCount: // of a process that never was
		return l.into(`campaign_counts`, `trigger_id, id, process, name, n`, func(c *copying) {
			c.text(r.Trigger).text(r.Campaign).int(0).text(r.Name).int(int64(r.N))
		})
	case storage.Decision:
		l.decision++
		return l.into(`decisions`, decisionColumns, func(c *copying) {
			c.text(r.Contact).text(r.Trigger).text(r.Occurrence).text(r.Flow).text(r.Topic).text(r.Kind).text(r.Rule).text(r.Lane).
				bytes(r.Values).time(r.At).time(r.Next).time(r.FirstDue).time(r.Expires).bytes(r.Event).text(r.Send).text(r.MID).
				time(r.Delivered).time(r.Read).int(l.decision)
		})
	case storage.Send:
		return l.send(&r)
	case storage.Outcome:
		l.outcome = max(l.outcome, r.ID)
		d := outcomeDigest(&r)
		return l.into(`outcomes`, outcomeColumns+`, digest`, func(c *copying) {
			c.int(r.ID).text(r.Contact).text(r.Kind).text(r.Name).float(r.Value).text(r.Flow).text(r.Step).time(r.At).text(r.Input).
				text(r.Topic).text(r.Trigger).text(r.Occurrence).text(r.Lane).text(r.Variant).text(r.Locale).text(r.Currency).
				int(r.Amount).bytes(d[:])
		})
	case storage.Entry:
		l.entry = max(l.entry, r.ID)
		return l.into(`ledger`, entryColumns, func(c *copying) {
			c.int(r.ID).text(r.Page).text(r.Contact).text(r.Topic).text(r.Action).time(r.At).bytes(r.Body).bytes(r.Commit).
				int(r.Seq).bytes(r.Prev).bytes(r.Hash)
		})
	case storage.ContactSalt:
		return l.into(`salts`, `contact, salt`, func(c *copying) { c.text(r.Contact).bytes(r.Salt) })
	case storage.NamedValue:
		return l.into(`meta`, `key, value`, func(c *copying) { c.text(r.Key).bytes(r.Value) })
	case storage.ProgramSources:
		return l.into(`programs`, `hash, at, sources`, func(c *copying) { c.text(r.Hash).time(r.At).bytes(r.Text) })
	case storage.Stray:
		l.stray = max(l.stray, r.ID)
		return l.into(`strays`, `id, at, source, reason, body, contact`, func(c *copying) {
			c.int(r.ID).time(r.At).text(r.Source).text(r.Reason).bytes(r.Body).text(r.Contact)
		})
	case storage.Numbers:
		l.numbers = r
		return nil
	}
	return fmt.Errorf("a record of a kind that is not known here: %T", r)
}

// send is claimed by nobody who lives, if it is claimed. Those that are not settled come
// in their lines' order: the first of each is its head.
func (l *loader) send(s *storage.Send) error {
	state, err := stateNumber(s.State)
	if err != nil {
		return err
	}
	head := state <= lastUnsettled && s.Contact != l.line
	if head {
		l.line = s.Contact
	}
	return l.into(`outbox`, sendColumns, func(c *copying) {
		c.text(s.ID).text(s.Contact).int(s.Seq).text(s.Page).int2(state).time(s.Ready).int4(s.Attempt).bool(s.Bulk).text(s.Topic).
			text(s.Lane).bytes(s.Body).time(s.At).time(s.ClaimAt).int(0).text(s.MID).text(s.Error).bool(head)
	})
}

// into writes a row of a table. Its COPY goes on for as long as such records come.
func (l *loader) into(table, columns string, row func(*copying)) error {
	if l.table != table {
		if err := l.end(nil); err != nil {
			return err
		}
		l.table, l.copy = table, copyInto(l.ctx, l.c.pg, table+` (`+columns+`)`)
	}
	l.copy.row(strings.Count(columns, ",") + 1)
	row(l.copy)
	return l.copy.whole()
}

// end ends the COPY there is.
func (l *loader) end(err error) error {
	if l.copy == nil {
		return err
	}
	ending := l.copy.end(err)
	l.table, l.copy = "", nil
	return ending
}

// finish sets what is no record: locks, and the numbers that are given next.
func (l *loader) finish() error {
	number := func(sequence string, last int64) step {
		return step{query: sqlSetNumber, params: params{}.text(sequence).int(last)}
	}
	identity := func(table, column string, last int64) step {
		return step{query: sqlSetOutput, params: params{}.text(table).text(column).int(last)}
	}
	return l.c.run(step{query: sqlStandIns},
		number("inbox_seq", l.numbers.Input), number("outbox_seq", l.numbers.Send),
		number("decision_seq", l.decision), number("ledger_seq", l.entry),
		identity("outcomes", "number", l.outcome), identity("strays", "id", l.stray))
}
