package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// TestAhead compares what is told of contacts that were read ahead with what is told
// of them without: of who is there and who is not, before and after they are written
// to, and where a function fails that wrote to them.
func TestAhead(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	write := func(f func(tx storage.Tx) error) {
		t.Helper()
		if err := s.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	ids := []string{"nobody", "bare\xff"}
	for n := range 2 * fewContacts {
		id := fmt.Sprintf("messenger:1:%02d", n)
		ids = append(ids, id, id) // a line may have several messages of one person
		write(func(tx storage.Tx) error {
			err := tx.PutContact(storage.Contact{ID: id, FirstName: "Ana"})
			for topic := range n % 4 {
				err = errors.Join(err,
					tx.PutConsent(storage.Consent{Contact: id, Topic: fmt.Sprint("t", topic), Status: "active"}),
					tx.PutPermit(storage.Permit{Contact: id, Lane: "recurring", Topic: fmt.Sprint("t", topic), Token: id}))
			}
			return err
		})
	}
	write(func(tx storage.Tx) error {
		return errors.Join(
			tx.PutContact(storage.Contact{ID: "bare\xff"}),
			tx.PutConsent(storage.Consent{Contact: "nobody", Topic: "t", Status: "active"}))
	})

	type told struct {
		Contact  storage.Contact
		Err      error
		Consents []storage.Consent
		Permits  []storage.Permit
	}
	tell := func(tx storage.Tx) (all []told, err error) {
		for _, id := range ids {
			var one told
			if one.Contact, one.Err = tx.Contact(id); one.Err != nil && !errors.Is(one.Err, storage.ErrNotFound) {
				return nil, one.Err
			}
			one.Consents, err = tx.Consents(id)
			if err != nil {
				return nil, err
			}
			if one.Permits, err = tx.Permits(id); err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		return all, nil
	}
	// both tells twice: with what was read ahead, and with nothing left of that.
	both := func(tx storage.Tx, between func() error) {
		t.Helper()
		if err := tx.Need(storage.Need{Contacts: ids}); err != nil {
			t.Fatal(err)
		}
		if n := len(tx.(*transaction).ahead); n < fewContacts {
			t.Errorf("%d contacts were read ahead", n)
		}
		if err := between(); err != nil {
			t.Fatal(err)
		}
		got, err1 := tell(tx)
		want, err2 := tell(tx)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Errorf("what was read ahead differs (-alone +ahead):\n%s", diff)
		}
	}
	last := ids[len(ids)-1]
	for name, between := range map[string]func(tx storage.Tx) error{
		"nothing":   func(storage.Tx) error { return nil },
		"a contact": func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: last, FirstName: "Bea"}) },
		"a consent": func(tx storage.Tx) error {
			return tx.PutConsent(storage.Consent{Contact: last, Topic: "t0", Status: "stopped"})
		},
		"a message noted":    func(tx storage.Tx) error { return tx.NoteSent(last, "t0", benchNow, 7) },
		"a permit":           func(tx storage.Tx) error { return tx.PutPermit(storage.Permit{Contact: last, Lane: "x", Token: "new"}) },
		"a permit that goes": func(tx storage.Tx) error { return tx.DeletePermit(last, "recurring", "t0") },
		"a person erased":    func(tx storage.Tx) error { return tx.Erase(last) },
	} {
		failed := errors.New(name)
		err := s.Write(t.Context(), func(tx storage.Tx) error {
			both(tx, func() error { return between(tx) })
			return failed
		})
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What a function wrote that failed is not what the next of its group is told.
	failed := errors.New("too late")
	errs := commitTogether(t, s,
		func(tx storage.Tx) error { both(tx, func() error { return nil }); return nil },
		func(tx storage.Tx) error {
			return errors.Join(tx.PutContact(storage.Contact{ID: last, FirstName: "Eve"}), failed)
		},
		func(tx storage.Tx) error { both(tx, func() error { return nil }); return nil },
		func(tx storage.Tx) error {
			c, err := tx.Contact(last)
			if c.FirstName != "Ana" {
				t.Errorf("%s is told of somebody else's failure", c.FirstName)
			}
			return err
		})
	if !errors.Is(errs[1], failed) || errors.Join(errs[0], errs[2], errs[3]) != nil {
		t.Error(errs)
	}
	// What a function needs is read before it runs.
	err := s.Write(t.Context(), func(tx storage.Tx) error {
		if n := len(tx.(*transaction).ahead); n < fewContacts {
			t.Errorf("%d contacts were read for a function that needs them", n)
		}
		return nil
	}, storage.Need{Contacts: ids[:len(ids)/2]}, storage.Need{Contacts: ids[len(ids)/2:]})
	if err != nil {
		t.Error(err)
	}
}

// TestWritesOfWhoWasReadAhead draws changes of people and their consents, and makes them
// in two files: in one after everybody was read ahead, in the other without. Both must
// keep the same.
func TestWritesOfWhoWasReadAhead(t *testing.T) {
	t.Parallel()
	with, without := openTest(t), openTest(t)
	var ids []string
	for n := range 2 * fewContacts {
		ids = append(ids, fmt.Sprint("messenger:1:", n))
	}
	random := rand.New(rand.NewPCG(7, 11))
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	for round := range 150 {
		var changes []func(tx storage.Tx) error
		for range 1 + random.IntN(40) {
			id, at := one(ids...), benchNow.Add(time.Duration(random.IntN(5))*time.Second)
			act, size, note := benchNow.Add(time.Duration(random.IntN(1e6))*time.Millisecond), one("41", "42"), one("a", "b")
			name, zone, status, topic := one("Ana", "Ana", "Ana", "Bea"), one("", "Europe/Paris", "Europe/Paris"), one("active", "active", "stopped"), one("t0", "t1")
			withTerms, kind := random.IntN(4) == 0, random.IntN(11)
			changes = append(changes, func(tx storage.Tx) error {
				switch kind {
				case 0:
					return tx.Erase(id)
				case 10:
					return tx.NoteSent(id, topic, act, int64(len(size)))
				case 1, 2, 3, 4:
					c, err := tx.Contact(id)
					if errors.Is(err, storage.ErrNotFound) {
						c, err = storage.Contact{ID: id, CreatedAt: at}, nil
					}
					if kind == 4 {
						c.FirstName, c.Timezone = name, zone
					}
					c.Fields, c.LastAct, c.Program, c.Session, c.Unreachable = []byte(size), act, note, []byte(note), note
					return errors.Join(err, tx.PutContact(c))
				}
				list, err := tx.Consents(id)
				c := storage.Consent{Contact: id, Topic: topic}
				for i := range list {
					if list[i].Topic == topic {
						c = list[i]
					}
				}
				c.ChangedAt, c.LastSent, c.Cadence, c.Body, c.Carrier = act, act, note, []byte(note), int64(len(size))
				switch kind {
				case 5:
					c.Status = status
				case 6:
					c.ActiveSince = at
				case 7:
					c.Interests = []byte(size)
					if withTerms {
						c.Terms = [][]string{{"size=" + size}}
					}
				case 8:
					for i := range c.Interests { // it belongs to whoever asked
						c.Interests[i] = '9'
					}
				}
				return errors.Join(err, tx.PutConsent(c))
			})
		}
		for _, s := range []*Store{with, without} {
			err := s.Write(t.Context(), func(tx storage.Tx) error {
				if s == with {
					if err := tx.Need(storage.Need{Contacts: ids}); err != nil {
						return err
					}
				}
				for _, change := range changes {
					if err := change(tx); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(tablesOf(t, without), tablesOf(t, with)); diff != "" {
			t.Fatalf("round %d (-without +with):\n%s", round, diff)
		}
	}
}

// tablesOf is what is kept of people and consents.
func tablesOf(t *testing.T, s *Store) (rows []string) {
	t.Helper()
	err := s.Read(t.Context(), func(r storage.Reader) error {
		c := r.(reader).c
		for _, query := range []string{
			`SELECT json_array(id, first_name, timezone, CAST(fields AS TEXT), created_at, last_act, unreachable, program, CAST(session AS TEXT)) FROM contacts ORDER BY id`,
			`SELECT json_array(contact, topic, status, zone, active_since, cadence, changed_at, last_sent, CAST(interests AS TEXT), terms, CAST(body AS TEXT), carrier)
				FROM consents ORDER BY contact, topic`,
			`SELECT json_array(topic, term, contact, interest) FROM interest_terms ORDER BY topic, term, contact, interest`,
		} {
			list, err := many(c, scanText, query)
			if err != nil {
				return err
			}
			rows = append(rows, list...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What is read ahead stands where that of the last group stood.
func TestNobodyIsTakenForWhoWasReadBefore(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var known, unknown []string
	for n := range 2 * fewContacts {
		known, unknown = append(known, fmt.Sprintf("messenger:1:%02d", n)), append(unknown, fmt.Sprintf("messenger:2:%02d", n))
	}
	write := func(f func(tx storage.Tx) error, needs ...storage.Need) {
		t.Helper()
		if err := s.Write(t.Context(), f, needs...); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx storage.Tx) (err error) {
		for _, id := range known {
			err = errors.Join(err, tx.PutContact(storage.Contact{ID: id, FirstName: id}))
		}
		return err
	})
	check := func(tx storage.Tx, ids []string, err error) error {
		for _, id := range ids {
			if c, got := tx.Contact(id); !errors.Is(got, err) || err == nil && c.FirstName != id {
				t.Errorf("%s is told for %s, %v", c.FirstName, id, got)
			}
		}
		return nil
	}
	half := len(known) / 2
	write(func(tx storage.Tx) error { // more is read while something is left to tell
		err := tx.Need(storage.Need{Contacts: known[half:]})
		return errors.Join(err, check(tx, known, nil))
	}, storage.Need{Contacts: known[:half]})
	write(func(tx storage.Tx) error { return check(tx, unknown, storage.ErrNotFound) }, storage.Need{Contacts: unknown})
}
