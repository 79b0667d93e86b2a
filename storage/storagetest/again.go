package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// againCases put a record again and again: nothing of what stood there before is left, be
// it something else or be it empty.
var againCases = []testCase{
	{"putting a contact again replaces all of it", func(t *testing.T, s *store) {
		replaced(t, s, storage.Tx.PutContact, contact("a"),
			storage.Contact{
				ID: "a", FirstName: "Zoé", LastName: "M", Locale: "fr_FR", Timezone: "Europe/Paris", Fields: []byte(`{"size":42}`), CreatedAt: at(0), LastAct: at(1),
				Unreachable: "gone", Prefs: []byte(`{"a":1}`), Program: "p", Session: []byte(`{"flow":"a"}`),
			},
			storage.Contact{
				ID: "a", FirstName: "Zoe", LastName: "N", Locale: "en_GB", Timezone: "Europe/London", Fields: []byte(`{"size":41}`), CreatedAt: at(0), LastAct: at(2),
				Unreachable: "blocked", Prefs: []byte(`{"b":2}`), Program: "q", Session: []byte(`{"flow":"b"}`),
			},
			storage.Contact{ID: "a", CreatedAt: at(0)})
	}},
	{"putting a consent again replaces all of it", func(t *testing.T, s *store) {
		replaced(t, s, storage.Tx.PutConsent, theConsent("a"),
			storage.Consent{
				Contact: "a", Topic: "t", Status: "snoozed", Cadence: "daily", Interests: []byte(`[{"size":42}]`), ActiveSince: at(1), SnoozedUntil: at(9), ChangedAt: at(2),
				LastSent: at(3), Carrier: 7, Body: []byte(`{"a":1}`),
			},
			storage.Consent{
				Contact: "a", Topic: "t", Status: "active", Cadence: "weekly", Interests: []byte(`[{"size":41}]`), ActiveSince: at(2), SnoozedUntil: at(8), ChangedAt: at(4),
				LastSent: at(5), Carrier: 8, Body: []byte(`{"b":2}`),
			},
			storage.Consent{Contact: "a", Topic: "t", Status: "stopped", ChangedAt: at(6)})
	}},
	{"putting an occurrence again replaces all of it", func(t *testing.T, s *store) {
		replaced(t, s, storage.Tx.PutOccurrence, occurrence("x", "1"),
			storage.Occurrence{
				Trigger: "x", ID: "1", Flow: "monday", Topic: "news", Zone: "Europe/Paris", Event: []byte(`{"a":1}`), At: at(1), Expires: at(2), Campaign: "c", State: "running",
				Cursor: "a", Counts: []byte(`{"passed":1}`),
			},
			storage.Occurrence{
				Trigger: "x", ID: "1", Flow: "sunday", Topic: "sales", Zone: "Asia/Tokyo", Event: []byte(`{"b":2}`), At: at(3), Expires: at(4), Campaign: "d", State: "paused",
				Cursor: "b", Counts: []byte(`{"passed":2}`),
			},
			storage.Occurrence{Trigger: "x", ID: "1", At: at(3), Expires: at(4), State: "done"})
	}},
	{"putting a decision again replaces all of it", func(t *testing.T, s *store) {
		replaced(t, s, storage.Tx.PutDecision, decision("a", "x", "1"),
			storage.Decision{
				Contact: "a", Trigger: "x", Occurrence: "1", Flow: "monday", Topic: "news", Kind: "held", Rule: "cadence", Lane: "window", Values: []byte(`{"a":1}`), At: at(1),
				Next: at(2), FirstDue: at(1), Expires: at(9), Event: []byte(`{"a":1}`), Send: "s1", MID: "m1", Delivered: at(3), Read: at(4),
			},
			storage.Decision{
				Contact: "a", Trigger: "x", Occurrence: "1", Flow: "sunday", Topic: "sales", Kind: "held", Rule: "budget", Lane: "recurring", Values: []byte(`{"b":2}`), At: at(5),
				Next: at(6), FirstDue: at(2), Expires: at(8), Event: []byte(`{"b":2}`), Send: "s2", MID: "m2", Delivered: at(6), Read: at(7),
			},
			storage.Decision{Contact: "a", Trigger: "x", Occurrence: "1", Kind: "skipped", At: at(6)})
	}},
}

// replaced puts each record over the one before, and asks for it.
func replaced[T any](t *testing.T, s *store, put func(tx storage.Tx, one T) error, of func(r storage.Reader) (T, error), versions ...T) {
	t.Helper()
	for _, want := range versions {
		s.write(t, func(tx storage.Tx) error { return put(tx, want) })
		same(t, "put again", get(t, s, of), want)
	}
}

// theConsent is the only one of a contact.
func theConsent(contact string) func(r storage.Reader) (storage.Consent, error) {
	return func(r storage.Reader) (storage.Consent, error) {
		all, err := r.Consents(contact)
		if err != nil || len(all) != 1 {
			return storage.Consent{}, errors.Join(err, fmt.Errorf("%d consents", len(all)))
		}
		return all[0], nil
	}
}
