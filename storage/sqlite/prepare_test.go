package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/relance-bot/relance/storage"
)

// TestStatementsArePreparedOnce guards the hot path. SQLite compiles a statement
// anew when a parameter it planned by is bound again (see opaque).
func TestStatementsArePreparedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "relance.db"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	seen := make(map[string]int)
	compiled := 0
	count := func(tx *transaction) {
		tx.c.raw.(*sqlite3.SQLiteConn).RegisterAuthorizer(func(int, string, string, string) int {
			compiled++
			return sqlite3.SQLITE_OK
		})
	}
	for round := range 3 {
		err := s.Write(ctx, func(tx storage.Tx) error {
			if round == 0 {
				count(tx.(*transaction))
			}
			for _, m := range everyMethod(tx, round) {
				before := compiled
				if err := m.run(); err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
				if round == 2 && compiled > before {
					seen[m.name] = compiled - before
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range seen {
		t.Errorf("%s compiles a statement each time it runs", name)
	}
}

type method struct {
	name string
	run  func() error
}

// everyMethod calls each method of a transaction, in an order that finds
// something each round.
func everyMethod(tx storage.Tx, round int) []method {
	var (
		now     = time.UnixMilli(1_790_000_000_000 + int64(round)).UTC()
		contact = fmt.Sprintf("messenger:1:%d", round)
		list    []method
		seq     int64
		entry   storage.Entry
		add     = func(name string, run func() error) { list = append(list, method{name, run}) }
		found   = func(n int, err error) error {
			if err == nil && n == 0 {
				return storage.ErrNotFound
			}
			return err
		}
		known = func(ok bool, err error) error {
			if err == nil && !ok {
				return storage.ErrNotFound
			}
			return err
		}
		send = storage.Send{
			ID: "s" + contact, Contact: contact, Page: "messenger:1", State: storage.SendPending, Ready: now, At: now,
		}
	)
	add("PutContact", func() error {
		return tx.PutContact(storage.Contact{ID: contact, Timezone: fmt.Sprintf("Zone/%d", round)})
	})
	add("PutContact again", func() error {
		return tx.PutContact(storage.Contact{ID: contact, Timezone: fmt.Sprintf("Area/%d", round)})
	})
	add("PutUnique", func() error { return tx.PutUnique(contact, "email", contact) })
	add("PutUnique moved", func() error { return tx.PutUnique(contact, "email", "x"+contact) })
	add("Contact", func() error { _, err := tx.Contact(contact); return err })
	add("ContactByField", func() error { _, err := tx.ContactByField("email", "x"+contact); return err })
	add("Contacts", func() error { l, err := tx.Contacts("", 10); return found(len(l), err) })

	for range 2 {
		add("Enqueue", func() (err error) {
			seq, err = tx.Enqueue(storage.Input{Contact: contact, Ready: now})
			return err
		})
	}
	add("PutInput", func() error { return tx.PutInput(storage.Input{Contact: contact, Seq: seq, Ready: now}) })
	add("Pending", func() error { l, err := tx.Pending(now, 10); return found(len(l), err) })
	add("Inputs", func() error { l, err := tx.Inputs(contact, 2); return found(len(l)-1, err) })
	add("NextReady", func() error { _, ok, err := tx.NextReady(now.Add(-1)); return known(ok, err) })
	for range 2 {
		add("DeleteInput", func() error {
			l, err := tx.Inputs(contact, 1)
			if err != nil {
				return err
			}
			return tx.DeleteInput(contact, l[0].Seq)
		})
	}
	add("Once", func() error { ok, err := tx.Once(contact, now); return known(ok, err) })
	add("ForgetOnce", func() error { _, err := tx.ForgetOnce(now.Add(time.Hour), 100); return err })

	consent := storage.Consent{
		Contact: contact, Topic: "t", Status: "active", Interests: []byte("[1]"), Terms: [][]string{{"a=1", "b=2"}}, ActiveSince: now,
	}
	add("PutConsent", func() error { return tx.PutConsent(consent) })
	add("PutConsent again", func() error { consent.LastSent = now; return tx.PutConsent(consent) })
	add("NoteSent", func() error { return tx.NoteSent(contact, "t", now, 1) })
	add("Consents", func() error { l, err := tx.Consents(contact); return found(len(l), err) })
	for _, q := range []storage.Subscribers{
		{Topic: "t", Limit: 9},
		{Topic: "t", ActiveAt: now, Limit: 9},
		{Topic: "t", Zone: fmt.Sprintf("Area/%d", round), Limit: 9},
		{Topic: "t", Zone: fmt.Sprintf("Area/%d", round), DefaultZone: fmt.Sprintf("Area/%d", round), ActiveAt: now, Limit: 9},
		{Topic: "t", Terms: []string{"a=1"}, Limit: 9},
		{Topic: "t", Terms: []string{"a=1", "b=2"}, ActiveAt: now, Zone: fmt.Sprintf("Area/%d", round), Limit: 9},
	} {
		add(fmt.Sprintf("Subscribers zone=%t default=%t at=%t terms=%d",
			q.Zone != "", q.DefaultZone != "", !q.ActiveAt.IsZero(), len(q.Terms)),
			func() error { l, err := tx.Subscribers(q); return found(len(l), err) })
	}
	add("Zones", func() error { l, err := tx.Zones("t"); return found(len(l), err) })
	add("PutConsent stopped", func() error {
		consent.Status, consent.Terms, consent.Interests = "stopped", nil, nil
		return tx.PutConsent(consent)
	})
	add("PutPermit", func() error { return tx.PutPermit(storage.Permit{Contact: contact, Lane: "recurring"}) })
	add("Permits", func() error { l, err := tx.Permits(contact); return found(len(l), err) })
	add("DeletePermit", func() error { return tx.DeletePermit(contact, "recurring", "") })

	add("PutTimer", func() error { return tx.PutTimer(storage.Timer{Contact: contact, Kind: "wait", At: now}) })
	add("DueTimers", func() error { l, err := tx.DueTimers(now, 10); return found(len(l), err) })
	add("NextTimer", func() error { _, ok, err := tx.NextTimer(); return known(ok, err) })
	add("Timers", func() error { l, err := tx.Timers(contact); return found(len(l), err) })
	add("DeleteTimer", func() error { return tx.DeleteTimer(contact, "wait", "") })

	occurrence := storage.Occurrence{Trigger: "monday", ID: contact, State: "running", At: now}
	add("PutOccurrence", func() error { return tx.PutOccurrence(occurrence) })
	add("Occurrence", func() error { _, err := tx.Occurrence("monday", contact); return err })
	add("Occurrences", func() error { l, err := tx.Occurrences("running", 10); return found(len(l), err) })
	add("RecentOccurrences", func() error { l, err := tx.RecentOccurrences(10); return found(len(l), err) })
	add("PutDecision", func() error {
		return tx.PutDecision(storage.Decision{
			Contact: contact, Trigger: "monday", Occurrence: contact, Kind: "sent", Send: send.ID, MID: "m" + contact, At: now,
		})
	})
	add("PutDecision accepted and read", func() error {
		accepted := storage.Decision{
			Contact: contact, Trigger: "monday", Occurrence: "accepted", Kind: "sent", Send: "a" + contact, At: now,
		}
		err1 := tx.PutDecision(accepted)
		accepted.MID = "a" + contact
		err2 := tx.PutDecision(accepted)
		accepted.Read = now
		return errors.Join(err1, err2, tx.PutDecision(accepted))
	})
	add("Decision", func() error { _, err := tx.Decision(contact, "monday", contact); return err })
	add("Decisions", func() error { l, err := tx.Decisions(storage.DecisionQuery{}); return found(len(l), err) })
	add("Decisions filtered", func() error {
		l, err := tx.Decisions(storage.DecisionQuery{Contact: contact, Trigger: "monday", Kinds: []string{"sent"}, Since: now})
		return found(len(l), err)
	})
	add("AcceptNotification", func() error {
		return tx.AcceptNotification("gone", []storage.Decision{{Contact: contact, Trigger: "monday", Occurrence: contact, MID: "m" + contact}})
	})
	add("DecisionsBySend", func() error { l, err := tx.DecisionsBySend(send.ID); return found(len(l), err) })
	add("DecisionsByMID", func() error { l, err := tx.DecisionsByMID(contact, "m"+contact); return found(len(l), err) })

	add("PutSend", func() error { return tx.PutSend(send) })
	add("PutSend second", func() error { second := send; second.ID += "b"; return tx.PutSend(second) })
	add("NextSend", func() error { _, ok, err := tx.NextSend(nil); return known(ok, err) })
	add("ClaimSends", func() error { l, err := tx.ClaimSends(now, 10, nil); return found(len(l), err) })
	add("Send", func() error { _, err := tx.Send(send.ID); return err })
	add("Sends", func() error { l, err := tx.Sends(contact); return found(len(l), err) })
	add("SendsIn claimed", func() error { l, err := tx.SendsIn(storage.SendClaimed, 10); return found(len(l), err) })
	add("Orphans", func() error { _, err := tx.Orphans(10); return err })
	add("SendsIn waiting", func() error { _, err := tx.SendsIn(storage.SendWaiting, 10); return err })
	add("SendsIn pending", func() error { l, err := tx.SendsIn(storage.SendPending, 10); return found(len(l), err) })
	add("PutSend settled", func() error {
		send.State, send.MID = storage.SendSent, "m"+contact
		return tx.PutSend(send)
	})
	add("AcceptSend", func() error { return tx.AcceptSend(send) })
	add("SettledSends", func() error { _, err := tx.SettledSends(contact, 9); return err })
	add("SendByMID", func() error { _, err := tx.SendByMID(contact, "m"+contact); return err })
	add("DeleteSend", func() error { return tx.DeleteSend(send.ID + "b") })
	add("PruneSends", func() error { _, err := tx.PruneSends(now.Add(time.Hour), 100); return err })

	add("Append", func() (err error) {
		entry = storage.Entry{Page: fmt.Sprintf("messenger:%d", round), Contact: contact, At: now}
		entry.ID, err = tx.Append(entry)
		return err
	})
	add("Unsealed", func() error { l, err := tx.Unsealed(10); return found(len(l), err) })
	add("Seal", func() error { entry.Seq, entry.Hash = 1, []byte("h"); return tx.Seal(entry) })
	add("Sealed", func() error { l, err := tx.Sealed(entry.Page, 0, 10); return found(len(l), err) })
	add("ChainHead", func() error { _, err := tx.ChainHead(entry.Page); return err })
	add("Chains", func() error { l, err := tx.Chains(); return found(len(l), err) })
	add("Entries", func() error { l, err := tx.Entries(contact); return found(len(l), err) })
	add("PutSalt", func() error { return tx.PutSalt(contact, []byte("salt")) })
	add("Salt", func() error { _, err := tx.Salt(contact); return err })

	add("SetMeta", func() error { return tx.SetMeta("k", []byte(contact)) })
	add("Meta", func() error { _, err := tx.Meta("k"); return err })
	add("PutProgram", func() error { return tx.PutProgram(contact, []byte("{}"), now) })
	add("Program", func() error { _, err := tx.Program(contact); return err })
	add("PutStray", func() error { return tx.PutStray(storage.Stray{At: now}) })
	add("Strays", func() error { l, err := tx.Strays(int64(round), 10); return found(len(l), err) })
	add("Erase", func() error { return tx.Erase(contact) })
	return list
}

// TestQueriesUseIndexes reads the plans of all statements: none walks a table
// that grows, but for those that are asked for everything.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "relance.db"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var queries []string
	err = s.Write(ctx, func(tx storage.Tx) error {
		for round := range 2 {
			for _, m := range everyMethod(tx, round) {
				if err := m.run(); err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
			}
		}
		for query := range tx.(*transaction).c.stmts {
			queries = append(queries, query)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Asked for all of them, or for a state no index keeps; in order of a key, so
	// the limit stops the walk. The index of campaigns that are swept holds no others,
	// and what is in flight is little. The writer reads once whose inputs there are.
	walks := []string{sqlSendsIn, sqlEraseSweep, sqlInflight, sqlRemembered}
	// Steps through what a common table expression found, not through a table.
	found := []string{"SCAN pages", "SCAN active", "SCAN snoozed", "SCAN sealed", "SCAN unsealed", "SCAN json_each", "SCAN CONSTANT ROW", "SCAN (subquery"}
	for _, query := range queries {
		if slices.Contains(walks, query) {
			continue
		}
		for _, step := range plan(t, s, query) {
			// A walk along an index is one too, unless a limit ends it.
			walked := strings.HasPrefix(step, "SCAN") && !(strings.Contains(step, "USING") && strings.Contains(query, "LIMIT"))
			for _, ok := range found {
				walked = walked && !strings.HasPrefix(step, ok)
			}
			if walked || strings.Contains(step, "TEMP B-TREE") && !strings.Contains(step, "LAST") && !smallSort(query) {
				t.Errorf("%s\n  of %s", step, query)
			}
		}
	}
}

// smallSort reports whether what a query sorts is bounded by its nature: one
// contact's, one message's, what is in flight.
func smallSort(query string) bool {
	return slices.Contains([]string{
		sqlZones, sqlChains, sqlClaimed, sqlSendByMID, sqlTimers,
	}, query) || strings.Contains(query, "INDEXED BY decisions_contact")
}

func plan(t *testing.T, s *Store, query string) (steps []string) {
	t.Helper()
	n := strings.Count(query, "?")
	in := make([]any, n)
	for n > 0 && strings.Contains(query, "?1") && !strings.Contains(query, fmt.Sprintf("?%d", n)) {
		n--
	}
	c, err := openConn(s.reading)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	steps, err = many(c, func(row scanner) (detail string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	}, "EXPLAIN QUERY PLAN "+query, in[:n]...)
	if err != nil {
		t.Fatalf("%v\n  of %s", err, query)
	}
	return steps
}
