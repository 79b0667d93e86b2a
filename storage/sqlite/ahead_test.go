package sqlite

import (
	"errors"
	"fmt"
	"testing"

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
