package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// changes are one for each kind of record: put replaces what keep has put before, or
// takes it away, and look says what is there, "kept" if it is as it was.
var changes = []struct {
	name string
	keep func(tx storage.Tx) error
	put  func(tx storage.Tx) error
	look func(tx storage.Tx) (string, error)
}{
	{
		"a contact",
		func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", FirstName: "kept"}) },
		func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", FirstName: "lost"}) },
		func(tx storage.Tx) (string, error) {
			c, err := tx.Contact("a")
			return c.FirstName, err
		},
	},
	{
		"a consent",
		func(tx storage.Tx) error {
			return tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "kept"})
		},
		func(tx storage.Tx) error {
			return tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "lost"})
		},
		func(tx storage.Tx) (string, error) {
			list, err := tx.Consents("a")
			return fmt.Sprint(ids(list, func(c storage.Consent) string { return c.Status })), err
		},
	},
	{
		"a message noted in a consent",
		func(tx storage.Tx) error {
			return tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "active", Carrier: 1})
		},
		func(tx storage.Tx) error { return tx.NoteSent("a", "t", at(1), 2) },
		func(tx storage.Tx) (string, error) {
			list, err := tx.Consents("a")
			if len(list) == 1 && list[0].Carrier == 1 && list[0].LastSent.IsZero() {
				return "kept", err
			}
			return fmt.Sprint(list), err
		},
	},
	{
		"a permit",
		func(tx storage.Tx) error { return tx.PutPermit(storage.Permit{Contact: "a", Lane: "l", Token: "kept"}) },
		func(tx storage.Tx) error { return tx.PutPermit(storage.Permit{Contact: "a", Lane: "l", Token: "lost"}) },
		permitOfA,
	},
	{
		"a permit that was deleted",
		func(tx storage.Tx) error { return tx.PutPermit(storage.Permit{Contact: "a", Lane: "l", Token: "kept"}) },
		func(tx storage.Tx) error { return tx.DeletePermit("a", "l", "") },
		permitOfA,
	},
	{
		"a timer",
		func(tx storage.Tx) error {
			return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wake", At: at(1), Body: []byte("kept")})
		},
		func(tx storage.Tx) error {
			return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wake", At: at(2), Body: []byte("lost")})
		},
		timerOfA,
	},
	{
		"a timer that was deleted",
		func(tx storage.Tx) error {
			return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wake", At: at(1), Body: []byte("kept")})
		},
		func(tx storage.Tx) error { return tx.DeleteTimer("a", "wake", "") },
		timerOfA,
	},
	{
		"a salt",
		func(tx storage.Tx) error { return tx.PutSalt("a", []byte("kept")) },
		func(tx storage.Tx) error { return tx.PutSalt("a", []byte("lost")) },
		func(tx storage.Tx) (string, error) {
			salt, err := tx.Salt("a")
			return string(salt), err
		},
	},
	{
		"a decision",
		func(tx storage.Tx) error { return tx.PutDecision(held("kept")) },
		func(tx storage.Tx) error { return tx.PutDecision(held("lost")) },
		func(tx storage.Tx) (string, error) {
			d, err := tx.Decision("a", "monday", "1")
			return d.Rule, err
		},
	},
	{
		"a decision among those held",
		func(tx storage.Tx) error { return tx.PutDecision(held("kept")) },
		func(tx storage.Tx) error { return tx.PutDecision(held("lost")) },
		func(tx storage.Tx) (string, error) {
			list, err := tx.Decisions(storage.DecisionQuery{Contact: "a", Kinds: []string{"held"}})
			return fmt.Sprint(ids(list, func(d storage.Decision) string { return d.Rule })), err
		},
	},
	{
		"a decision that was accepted",
		func(tx storage.Tx) error { return tx.PutDecision(held("kept")) },
		func(tx storage.Tx) error {
			lost := held("kept")
			lost.MID = "lost"
			return tx.AcceptNotification("gone", []storage.Decision{lost})
		},
		func(tx storage.Tx) (string, error) {
			d, err := tx.Decision("a", "monday", "1")
			return d.Rule + d.MID, err
		},
	},
	{
		"a send that is settled",
		func(tx storage.Tx) error { return tx.PutSend(settled("kept")) },
		func(tx storage.Tx) error { return tx.PutSend(settled("lost")) },
		func(tx storage.Tx) (string, error) {
			s, err := tx.Send("s1")
			return s.Error, err
		},
	},
	{
		"what a send carried",
		func(tx storage.Tx) error {
			d := held("kept")
			d.Send = "s1"
			return all(tx.PutDecision(d), tx.PutSend(settled("kept")))
		},
		func(tx storage.Tx) error { return tx.PutSend(settled("lost")) },
		func(tx storage.Tx) (string, error) {
			list, err := tx.DecisionsBySend("s1")
			return fmt.Sprint(ids(list, func(d storage.Decision) string { return d.Rule })), err
		},
	},
	{
		"a send that waits",
		func(tx storage.Tx) error {
			s := waiting("s1", "a")
			s.Error = "kept"
			return tx.PutSend(s)
		},
		func(tx storage.Tx) error { return tx.DeleteSend("s1") },
		func(tx storage.Tx) (string, error) {
			list, err := tx.Sends("a")
			return fmt.Sprint(ids(list, func(s storage.Send) string { return s.Error })), err
		},
	},
	{
		"an occurrence",
		func(tx storage.Tx) error {
			return tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "running", Flow: "kept"})
		},
		func(tx storage.Tx) error {
			return tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "running", Flow: "lost"})
		},
		func(tx storage.Tx) (string, error) {
			o, err := tx.Occurrence("monday", "1")
			return o.Flow, err
		},
	},
	{
		"a named value",
		func(tx storage.Tx) error { return tx.SetMeta("k", []byte("kept")) },
		func(tx storage.Tx) error { return tx.SetMeta("k", []byte("lost")) },
		func(tx storage.Tx) (string, error) {
			value, err := tx.Meta("k")
			return string(value), err
		},
	},
	{
		"an input",
		func(tx storage.Tx) error { return enqueue(tx, "a", at(0), "kept") },
		func(tx storage.Tx) error {
			list, err := tx.Inputs("a", 10)
			if err != nil || len(list) == 0 {
				return err
			}
			return tx.DeleteInput("a", list[0].Seq)
		},
		func(tx storage.Tx) (string, error) {
			list, err := tx.Inputs("a", 10)
			for _, in := range list {
				err = all(err, tx.PutInput(in))
			}
			return fmt.Sprint(ids(list, body)), err
		},
	},
}

func permitOfA(tx storage.Tx) (string, error) {
	list, err := tx.Permits("a")
	return fmt.Sprint(ids(list, func(p storage.Permit) string { return p.Token })), err
}

func timerOfA(tx storage.Tx) (string, error) {
	list, err := tx.Timers("a")
	return fmt.Sprint(ids(list, func(t storage.Timer) string { return string(t.Body) })), err
}

func held(rule string) storage.Decision {
	return storage.Decision{Contact: "a", Trigger: "monday", Occurrence: "1", Kind: "held", Rule: rule, At: at(1)}
}

func settled(said string) storage.Send {
	s := waiting("s1", "a")
	s.State, s.Error = storage.SendFailed, said
	return s
}

// undoneCases are about what others of a group see of a record after a write that failed
// has changed it: that one had not looked at it, or looked at it after it had changed it.
var undoneCases = func() (cases []testCase) {
	for _, c := range changes {
		for _, way := range []struct {
			name  string
			looks bool
		}{{"changed blindly", false}, {"changed and then read", true}} {
			cases = append(cases, testCase{c.name + ", " + way.name + " by a write that failed", func(t *testing.T, s *store) {
				s.write(t, c.keep)
				fail := func(tx storage.Tx) error {
					err := c.put(tx)
					if way.looks {
						_, _ = c.look(tx)
					}
					return all(err, errOnPurpose)
				}
				var want string
				s.write(t, func(tx storage.Tx) (err error) {
					want, err = c.look(tx)
					return err
				})
				looking := func(tx storage.Tx) error {
					found, err := c.look(tx)
					if err == nil && found != want {
						err = fmt.Errorf("found %q, want %q", found, want)
					}
					return err
				}
				// Whoever is started first or last comes first.
				for range 3 {
					for i, err := range group(t, s, fail, looking, looking, fail) {
						if fails := i%3 == 0; fails != errors.Is(err, errOnPurpose) || !fails && err != nil {
							t.Errorf("write %d: %v", i, err)
						}
					}
				}
				s.write(t, looking)
			}})
		}
	}
	return append(cases, testCase{"an input, deleted blindly by a write that failed", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", at(0), "first", "second") })
		want := inputs(t, s, "a")
		in := want[1]
		lost := func(tx storage.Tx) error { return all(tx.DeleteInput("a", in.Seq), errOnPurpose) }
		again := func(tx storage.Tx) error { return tx.PutInput(in) }
		errs := group(t, s, lost, again, again, lost)
		if err := all(errs[1:3]...); err != nil {
			t.Errorf("putting it again: %v", err)
		}
		same(t, "inputs", inputs(t, s, "a"), want)
	}})
}()
