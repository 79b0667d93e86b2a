package storagetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/relance-bot/relance/storage"
)

const (
	zoe      = "messenger:1:100"
	odd      = "messenger:1:bo\x00\xff\x01"
	stranger = "messenger:2:9" // of whom only what waits is known
	gone     = "messenger:1:7" // who was erased
)

func digestOf(text string) storage.Digest {
	sum := sha256.Sum256([]byte(text))
	return storage.Digest(sum[:16])
}

// filled is something of every kind, as it is dumped; Seqs and IDs are as they are given.
func filled() []storage.Record {
	decision := func(contact, occurrence, kind string) storage.Decision {
		return storage.Decision{
			Contact: contact, Trigger: "monday.1", Occurrence: occurrence, Flow: "monday", Topic: "t", Kind: kind, Rule: "cadence", Values: []byte(`{"n":1}`),
			At: at(5), Next: at(100), FirstDue: at(4), Expires: at(1000), Event: []byte(`{"size":42}`),
		}
	}
	sent := decision(zoe, "2", "sent")
	sent.Send, sent.MID, sent.Lane, sent.Delivered, sent.Read = "0a sent", "m_abc", "recurring", at(6), at(7)
	flown := decision(zoe, "3", "sent")
	flown.Send, flown.Lane = "0e flown", "recurring"
	send := func(id, contact, state string) storage.Send {
		return storage.Send{
			ID: id, Contact: contact, Page: "messenger:1", State: state, Ready: at(1), Attempt: 2, Topic: "t", Lane: "window", Body: []byte(`{}`), At: at(1),
			Error: "transient 2",
		}
	}
	claimed := send("0e flown", zoe, storage.SendClaimed)
	claimed.ClaimAt, claimed.Bulk, claimed.Error = at(2), true, ""
	accepted := send("0a sent", zoe, storage.SendSent)
	accepted.MID = "m_abc"
	return []storage.Record{
		storage.Contact{
			ID: zoe, FirstName: "Zoé", LastName: "B", Locale: "fr_FR", Timezone: "Europe/Paris", Fields: []byte(`{"size":42}`), CreatedAt: at(-9),
			LastAct: at(0), Unreachable: "blocked", Prefs: []byte(`{}`), Program: "h", Session: []byte(`{"flow":"restock"}`),
		},
		storage.Contact{ID: odd, FirstName: "\x00Zo\xff\x01", Fields: []byte{}},
		storage.UniqueValue{Contact: zoe, Field: "email", Digest: digestOf("zoe@shop.example")},
		storage.UniqueValue{Contact: odd, Field: "email", Digest: digestOf("\x00\xff")},
		storage.Input{Contact: zoe, Kind: "message", Body: []byte(`{"text":"\u0000"}`), At: at(0)},
		storage.Input{Contact: zoe, Kind: "tap", At: at(1), Ready: at(50), Attempt: 3},
		storage.Input{Contact: stranger, Kind: "message", Body: []byte{}, At: at(2)},
		storage.SeenKey{Digest: digestOf("webhook m_1"), At: at(0)},
		storage.SeenKey{Digest: digestOf("event restock-881\xff"), At: at(1)},
		storage.Subscription{Consent: storage.Consent{
			Contact: zoe, Topic: "t", Status: "active", Cadence: "weekly", Interests: []byte(`[{"size":42},{"size":43}]`), Terms: [][]string{{"size=42", "model=\x00"}, {"size=43"}},
			ActiveSince: at(-5), ChangedAt: at(-4), LastSent: at(-3), Carrier: 77, Body: []byte(`{"open":1}`),
		}, Zone: "Europe/Paris"},
		storage.Subscription{Consent: storage.Consent{Contact: zoe, Topic: "u", Status: "snoozed", SnoozedUntil: at(900), ActiveSince: at(-5)}, Zone: "Europe/Paris"},
		storage.Subscription{Consent: storage.Consent{Contact: odd, Topic: "t", Status: "stopped"}},
		storage.InterestTerm{Topic: "t", Contact: zoe, Interest: 0, Digest: digestOf("size=42")},
		storage.InterestTerm{Topic: "t", Contact: zoe, Interest: 0, Digest: digestOf("model=\x00")},
		storage.InterestTerm{Topic: "t", Contact: zoe, Interest: 1, Digest: digestOf("size=43")},
		storage.Permit{Contact: zoe, Lane: "recurring", Topic: "t", Token: "token", Body: []byte(`{}`), NextEligible: at(9), ExpiresAt: at(99), UpdatedAt: at(0)},
		storage.Permit{Contact: odd, Lane: "marketing"},
		storage.Timer{Kind: "cron", Key: "monday.1 Europe/Paris", At: at(0), Body: []byte(`{}`)},
		storage.Timer{Contact: zoe, Kind: "wait", Key: "1 \xff", At: at(60)},
		storage.Timer{Contact: stranger, Kind: "held", Key: "", At: at(70), Body: []byte{}},
		storage.Occurrence{
			Trigger: "monday.1", ID: "2 Europe/Paris", Flow: "monday", Topic: "t", Zone: "Europe/Paris", At: at(0), Expires: at(90), Campaign: "2",
			State: "running", Cursor: zoe, Counts: []byte(`{"passed":2}`),
		},
		storage.Occurrence{Trigger: "shoe.1", ID: "restock#881", Event: []byte(`{"size":42}`), At: at(3), State: "done", Campaign: "restock#881"},
		storage.Campaign{
			Trigger: "monday.1", ID: "2", Flow: "monday", Topic: "t", At: at(0), State: "paused", Rate: 2.5, By: "desk", Why: "a typo", Changed: at(8),
			Freed: true, Sweep: "cancel", Cursor: zoe,
		},
		storage.CampaignCount{Trigger: "monday.1", Campaign: "2", Name: "queued", N: -3},
		storage.CampaignCount{Trigger: "monday.1", Campaign: "2", Name: "told", N: 41},
		decision(zoe, "1", "held"), sent, decision(odd, "2", "skipped"), decision(stranger, "2", "unknown"), flown,
		claimed, send("0b first", odd, storage.SendWaiting), send("0c second", odd, storage.SendPending), send("0d alone", stranger, storage.SendPending),
		accepted, send("0f", odd, storage.SendUnknown), send("0g", odd, storage.SendFailed), send("0h", odd, storage.SendDropped),
		storage.Outcome{
			Contact: zoe, Kind: "purchased", Name: "rl", Value: 1.5, Flow: "monday", Step: "a", At: at(4), Input: "i\x00", Topic: "t", Trigger: "monday.1",
			Occurrence: "2", Lane: "recurring", Variant: "warm", Locale: "fr", Currency: "EUR", Amount: -12990,
		},
		storage.Outcome{Contact: odd, Kind: "goal", Name: "bought", At: at(4)},
		storage.Entry{Page: "messenger:1", Contact: zoe, Topic: "t", Action: "granted", At: at(-5), Body: []byte(`{}`), Commit: []byte{1}, Seq: 1, Hash: []byte{9}},
		storage.Entry{Page: "messenger:1", Topic: "t", Action: "granted", At: at(-5), Seq: 2, Prev: []byte{9}, Hash: []byte{8}}, // of who is gone
		storage.Entry{Page: "messenger:1", Contact: zoe, Topic: "t", Action: "cadence", At: at(-4)},
		storage.ContactSalt{Contact: zoe, Salt: []byte{1, 2, 3}},
		storage.NamedValue{Key: "k", Value: []byte("v")},
		storage.NamedValue{Key: "empty", Value: []byte{}},
		storage.ProgramSources{Program: storage.Program{Hash: "h", At: at(0)}, Text: []byte(`{"flows":1}`)},
		storage.Stray{At: at(0), Source: "messenger", Contact: zoe, Reason: "unknown kind", Body: []byte(`{}`)},
		storage.Stray{At: at(0), Source: "api", Reason: "no such event"},
	}
}

// Fill puts something of every kind into a store: messages on their way among it, texts
// that are no texts, and somebody who was erased.
func Fill(t testing.TB, s storage.Store) {
	t.Helper()
	ctx := context.Background()
	err := s.Write(ctx, func(tx storage.Tx) error {
		errs := []error{tx.PutContact(storage.Contact{ID: gone, FirstName: "Al"}), tx.PutSalt(gone, []byte{4})}
		for _, r := range filled() {
			errs = append(errs, fill(tx, r))
		}
		for _, key := range []string{"webhook m_1", "event restock-881\xff"} {
			_, err := tx.Once(key, at(len(key)/len("event restock-881\xff")))
			errs = append(errs, err)
		}
		last, err := tx.Enqueue(storage.Input{Contact: zoe})
		return all(errors.Join(errs...), err, tx.DeleteInput(zoe, last),
			tx.PutUnique(zoe, "email", "zoe@shop.example"), tx.PutUnique(odd, "email", "\x00\xff"), tx.Erase(gone))
	})
	if err == nil {
		err = s.Write(ctx, func(tx storage.Tx) error { return takeOff(tx) })
	}
	if err != nil {
		t.Fatalf("filling the store: %v", err)
	}
}

// fill puts one record; those of the digests and of what is on its way come otherwise.
func fill(tx storage.Tx, r storage.Record) (err error) {
	switch r := r.(type) {
	case storage.Contact:
		return tx.PutContact(r)
	case storage.Input:
		_, err = tx.Enqueue(r)
	case storage.Subscription:
		return tx.PutConsent(r.Consent)
	case storage.Permit:
		return tx.PutPermit(r)
	case storage.Timer:
		return tx.PutTimer(r)
	case storage.Occurrence:
		return tx.PutOccurrence(r)
	case storage.Campaign:
		return tx.PutCampaign(r)
	case storage.CampaignCount:
		return tx.AddCampaignCounts(r.Trigger, r.Campaign, map[string]int{r.Name: r.N, "none": 0})
	case storage.Decision:
		if r.Send != "0e flown" {
			return tx.PutDecision(r)
		}
	case storage.Send:
		if r.ID != "0e flown" {
			return tx.PutSend(r)
		}
	case storage.Outcome:
		return tx.PutOutcome(r)
	case storage.Entry:
		return fillEntry(tx, r)
	case storage.ContactSalt:
		return tx.PutSalt(r.Contact, r.Salt)
	case storage.NamedValue:
		return tx.SetMeta(r.Key, r.Value)
	case storage.ProgramSources:
		return tx.PutProgram(r.Hash, r.Text, r.At)
	case storage.Stray:
		return tx.PutStray(r)
	}
	return err
}

func fillEntry(tx storage.Tx, e storage.Entry) (err error) {
	seal := e
	if e.Seq, e.Prev, e.Hash = 0, nil, nil; e.Contact == "" {
		e.Contact = gone
	}
	if seal.ID, err = tx.Append(e); err != nil || seal.Seq == 0 {
		return err
	}
	return tx.Seal(seal)
}

// takeOff puts the notification that is on its way.
func takeOff(tx storage.Tx) error {
	var s storage.Send
	var d storage.Decision
	for _, r := range filled() {
		switch r := r.(type) {
		case storage.Send:
			if r.ID == "0e flown" {
				s = r
			}
		case storage.Decision:
			if r.Send == "0e flown" {
				d = r
			}
		}
	}
	return tx.PutNotification(s, []storage.Decision{d})
}
