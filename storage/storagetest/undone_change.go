package storagetest

import (
	"errors"
	"fmt"

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
	{
		"a value that is unique",
		func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutUnique("a", "email", "kept"))
		},
		func(tx storage.Tx) error { return tx.PutUnique("a", "email", "lost") },
		func(tx storage.Tx) (string, error) {
			c, err := tx.ContactByField("email", "kept")
			if _, lost := tx.ContactByField("email", "lost"); !errors.Is(lost, storage.ErrNotFound) {
				err = all(err, fmt.Errorf("by the value that was undone: %v", lost))
			}
			return c.ID, err
		},
	},
	{
		"what a consent is about",
		func(tx storage.Tx) error { return interested(tx, "kept") },
		func(tx storage.Tx) error { return interested(tx, "lost") },
		func(tx storage.Tx) (string, error) {
			kept, err1 := tx.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"model=kept"}})
			lost, err2 := tx.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"model=lost"}})
			return fmt.Sprint(kept, lost), all(err1, err2)
		},
	},
	{
		"a campaign",
		func(tx storage.Tx) error { return tx.PutCampaign(storage.Campaign{Trigger: "t", ID: "1", Why: "kept"}) },
		func(tx storage.Tx) error { return tx.PutCampaign(storage.Campaign{Trigger: "t", ID: "1", Why: "lost"}) },
		func(tx storage.Tx) (string, error) {
			c, err := tx.Campaign("t", "1")
			return c.Why, err
		},
	},
	{
		"an outcome",
		func(tx storage.Tx) error {
			return tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "kept", At: at(1)})
		},
		func(tx storage.Tx) error {
			return tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "lost", At: at(1)})
		},
		func(tx storage.Tx) (string, error) {
			list, err := tx.Outcomes(storage.OutcomeQuery{Contact: "a"})
			return fmt.Sprint(ids(list, func(o storage.Outcome) string { return o.Name })), err
		},
	},
	{
		"an entry of the ledger",
		func(tx storage.Tx) error { return noted(tx, "kept") },
		func(tx storage.Tx) error { return noted(tx, "lost") },
		func(tx storage.Tx) (string, error) {
			list, err1 := tx.Entries("a")
			open, err2 := tx.Unsealed(10)
			return fmt.Sprint(ids(list, said), ids(open, said)), all(err1, err2)
		},
	},
	{
		"an entry that was sealed",
		func(tx storage.Tx) error { return noted(tx, "kept") },
		func(tx storage.Tx) error {
			list, err := tx.Unsealed(1)
			if err != nil || len(list) == 0 {
				return err
			}
			list[0].Seq, list[0].Hash = 1, []byte("h")
			return tx.Seal(list[0])
		},
		func(tx storage.Tx) (string, error) {
			sealed, err1 := tx.Sealed("messenger:1", 0, 10)
			open, err2 := tx.Unsealed(10)
			return fmt.Sprint(len(sealed), len(open)), all(err1, err2)
		},
	},
	{
		"a program",
		func(tx storage.Tx) error { return tx.PutProgram("hash", []byte("kept"), at(1)) },
		func(tx storage.Tx) error { return tx.DeleteProgram("hash", at(2)) },
		func(tx storage.Tx) (string, error) {
			sources, err := tx.Program("hash")
			return string(sources), err
		},
	},
	{
		"a stray",
		func(tx storage.Tx) error { return tx.PutStray(storage.Stray{Reason: "kept", At: at(1)}) },
		func(tx storage.Tx) error { return tx.PutStray(storage.Stray{Reason: "lost", At: at(1)}) },
		func(tx storage.Tx) (string, error) {
			list, err := tx.Strays(0, 10)
			return fmt.Sprint(ids(list, func(s storage.Stray) string { return s.Reason })), err
		},
	},
	{
		"somebody who was erased",
		func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a", FirstName: "kept"}), tx.PutUnique("a", "email", "kept"), interested(tx, "kept"),
				tx.PutSalt("a", []byte("kept")), noted(tx, "kept"))
		},
		func(tx storage.Tx) error { return tx.Erase("a") },
		func(tx storage.Tx) (string, error) {
			c, err1 := tx.Contact("a")
			_, err2 := tx.ContactByField("email", "kept")
			list, err3 := tx.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"model=kept"}})
			salt, err4 := tx.Salt("a")
			entries, err5 := tx.Entries("a")
			return fmt.Sprint(c.FirstName, list, string(salt), ids(entries, said)), all(err1, err2, err3, err4, err5)
		},
	},
}

func interested(tx storage.Tx, model string) error {
	return tx.PutConsent(storage.Consent{
		Contact: "a", Topic: "t", Status: "active", Interests: []byte(`[{"model":"` + model + `"}]`), Terms: [][]string{{"model=" + model}},
	})
}

func noted(tx storage.Tx, body string) error {
	_, err := tx.Append(storage.Entry{Page: "messenger:1", Contact: "a", Action: "asked", At: at(1), Body: []byte(body)})
	return err
}

func said(e storage.Entry) string { return string(e.Body) }

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
