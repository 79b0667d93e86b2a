package storagetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// hostile are strings that a backend must keep as they are and never read.
var hostile = []string{
	"Zoé 👟", "привет", "東京", "مرحبا", "e\u0301 is not \u00e9", "👩‍👩‍👧", `O'Brien "x" \ %_`, "'; DROP TABLE contacts; --",
	"?1 $1 :a @b", "line\nbreak\ttab", " blanks ", "NULL",
}

func contact(id string) func(r storage.Reader) (storage.Contact, error) {
	return func(r storage.Reader) (storage.Contact, error) { return r.Contact(id) }
}

var contactCases = []testCase{
	{"a contact comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Contact{
			ID: "messenger:1:2", FirstName: "Zoé", LastName: "Ångström", Locale: "fr_FR", Timezone: "Europe/Paris",
			Fields: []byte(`{"size":42,"name":"👟"}`), CreatedAt: at(0), LastAct: at(1), Unreachable: "blocked",
			Program: "abc123", Session: []byte(`{"stack":[]}`), Prefs: []byte(`{"variants":{"hello":"b"}}`),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(want) })
		same(t, "contact", get(t, s, contact("messenger:1:2")), want)
	}},
	{"what was not set comes back unset", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a"}) })
		got := get(t, s, contact("a"))
		same(t, "contact", got, storage.Contact{ID: "a"})
		if got.Fields != nil || got.Session != nil || got.Prefs != nil {
			t.Errorf("fields %v, session %v, prefs %v, want nil: nothing waits", got.Fields, got.Session, got.Prefs)
		}
		if !got.LastAct.IsZero() || !got.CreatedAt.IsZero() {
			t.Errorf("times %v and %v, want zero", got.LastAct, got.CreatedAt)
		}
	}},
	{"putting a contact again replaces all of it", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return tx.PutContact(storage.Contact{
				ID: "a", FirstName: "Ana", LastAct: at(5), Session: []byte("{}"), Fields: []byte("{}"), Prefs: []byte("{}"), Timezone: "Asia/Tokyo",
			})
		})
		want := storage.Contact{ID: "a", LastName: "Silva", CreatedAt: at(9)}
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(want) })
		same(t, "contact", get(t, s, contact("a")), want)
	}},
	{"an unknown contact is not found", func(t *testing.T, s *store) {
		missing(t, s, contact("nobody"))
		missing(t, s, contact(""))
	}},
	{"a time keeps its milliseconds and comes back in UTC", func(t *testing.T, s *store) {
		paris := time.FixedZone("", 2*60*60)
		s.write(t, func(tx storage.Tx) error {
			return tx.PutContact(storage.Contact{ID: "a", LastAct: at(0).Add(123*time.Millisecond + 456*time.Microsecond).In(paris)})
		})
		got := get(t, s, contact("a")).LastAct
		if want := at(0).Add(123 * time.Millisecond); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%v, want %v", got, want)
		}
	}},
	{"a time before 1970 comes back", func(t *testing.T, s *store) {
		want := time.Date(1931, time.May, 1, 0, 0, 0, 0, time.UTC)
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", CreatedAt: want}) })
		same(t, "created", get(t, s, contact("a")).CreatedAt, want)
	}},
	{"strings are kept as they are, whatever is in them", func(t *testing.T, s *store) {
		for i, text := range hostile {
			want := storage.Contact{ID: fmt.Sprintf("%d:%s", i, text), FirstName: text, Locale: text, Fields: []byte(text)}
			s.write(t, func(tx storage.Tx) error { return tx.PutContact(want) })
			same(t, "contact", get(t, s, contact(want.ID)), want)
		}
	}},
	{"ids are told apart by case, accents and blanks", func(t *testing.T, s *store) {
		names := []string{"a", "A", "á", "a ", " a"}
		s.write(t, func(tx storage.Tx) error {
			for _, name := range names {
				if err := tx.PutContact(storage.Contact{ID: name, FirstName: name}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, name := range names {
			same(t, "first name", get(t, s, contact(name)).FirstName, name)
		}
	}},
	{"a session of 16 KiB and fields of 1 MiB come back", func(t *testing.T, s *store) {
		want := storage.Contact{
			ID: "a", Session: bytes.Repeat([]byte("s"), 16<<10), Fields: bytes.Repeat([]byte{0, 255, 'x', '\n'}, 1<<18),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(want) })
		same(t, "contact", get(t, s, contact("a")), want)
	}},
	{"contacts are listed in order of id, a chunk at a time", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for _, n := range []int{4, 2, 5, 1, 3} {
				errs = append(errs, tx.PutContact(storage.Contact{ID: fmt.Sprintf("c%d", n)}))
			}
			return all(errs...)
		})
		list := func(after string, limit int) []string {
			return ids(get(t, s, func(r storage.Reader) ([]storage.Contact, error) { return r.Contacts(after, limit) }),
				func(c storage.Contact) string { return c.ID })
		}
		same(t, "first chunk", list("", 2), []string{"c1", "c2"})
		same(t, "second chunk", list("c2", 2), []string{"c3", "c4"})
		same(t, "last chunk", list("c4", 2), []string{"c5"})
		same(t, "after the end", list("c5", 2), nil)
		same(t, "without a limit", list("c1", 0), []string{"c2", "c3", "c4", "c5"})
	}},

	{"a unique value finds its contact", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a", FirstName: "Ana"}), tx.PutUnique("a", "email", "ana@foulee.example"))
		})
		same(t, "found", get(t, s, byField("email", "ana@foulee.example")).FirstName, "Ana")
		missing(t, s, byField("email", "bob@foulee.example"))
		missing(t, s, byField("phone", "ana@foulee.example"))
	}},
	{"a unique value of another contact is taken", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutContact(storage.Contact{ID: "b"}), tx.PutUnique("a", "n", "1"))
		})
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error { return tx.PutUnique("b", "n", "1") })
		same(t, "owner", get(t, s, byField("n", "1")).ID, "a")
	}},
	{"a refused unique value leaves the one before", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutContact(storage.Contact{ID: "b"}),
				tx.PutUnique("a", "n", "1"), tx.PutUnique("b", "n", "2"))
		})
		s.write(t, func(tx storage.Tx) error {
			if err := tx.PutUnique("b", "n", "1"); err == nil {
				t.Error("the value of another was given away")
			}
			return nil
		})
		same(t, "owner of 2", get(t, s, byField("n", "2")).ID, "b")
	}},
	{"a unique value may be put again", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutUnique("a", "n", "1"), tx.PutUnique("a", "n", "1"))
		})
		same(t, "owner", get(t, s, byField("n", "1")).ID, "a")
	}},
	{"a new unique value frees the old one", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutContact(storage.Contact{ID: "b"}),
				tx.PutUnique("a", "n", "1"), tx.PutUnique("a", "n", "2"), tx.PutUnique("b", "n", "1"))
		})
		same(t, "owner of 1", get(t, s, byField("n", "1")).ID, "b")
		same(t, "owner of 2", get(t, s, byField("n", "2")).ID, "a")
	}},
	{"an empty value removes a unique value", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutUnique("a", "n", "1"), tx.PutUnique("a", "m", "1"),
				tx.PutUnique("a", "n", ""), tx.PutUnique("a", "never set", ""))
		})
		missing(t, s, byField("n", "1"))
		missing(t, s, byField("n", ""))
		same(t, "other field", get(t, s, byField("m", "1")).ID, "a")
	}},

	{"erasing a contact leaves nothing but its ledger entries, which no longer name them", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return fillContact(tx, "a") })
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })

		missing(t, s, contact("a"))
		missing(t, s, byField("n", "a"))
		missing(t, s, func(r storage.Reader) ([]byte, error) { return r.Salt("a") })
		missing(t, s, func(r storage.Reader) (storage.Decision, error) { return r.Decision("a", "monday", "1") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send("a pending") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send("a sent") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("a", "mid a") })
		s.reading(t, func(r storage.Reader) error {
			inputs, err1 := r.Inputs("a", 10)
			pending, err2 := r.Pending(at(100), 10)
			consents, err3 := r.Consents("a")
			subscribers, err4 := r.Subscribers(storage.Subscribers{Topic: "t", Limit: 10})
			interested, err5 := r.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"x=1"}, Limit: 10})
			zones, err6 := r.Zones("t")
			permits, err7 := r.Permits("a")
			timers, err8 := r.Timers("a")
			_, due, err9 := r.NextTimer()
			sends, err10 := r.Sends("a")
			_, going, err11 := r.NextSend(nil)
			decisions, err12 := r.Decisions(storage.DecisionQuery{Contact: "a"})
			carried, err13 := r.DecisionsBySend("a sent")
			outcomes, err14 := r.Outcomes(storage.OutcomeQuery{Contact: "a"})
			if n := len(inputs) + len(pending) + len(consents) + len(subscribers) + len(interested) + len(zones) + len(permits) +
				len(timers) + len(sends) + len(decisions) + len(carried) + len(outcomes); n > 0 || due || going {
				t.Errorf("left: inputs %v %v, consents %v %v %v %v, permits %v, timers %v %v, sends %v %v, decisions %v %v, outcomes %v",
					inputs, pending, consents, subscribers, interested, zones, permits, timers, due, sends, going, decisions, carried, outcomes)
			}
			return all(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14)
		})
		entries := get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Entries("a") })
		same(t, "entries that name them", len(entries), 0)
		kept := get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Unsealed(10) })
		same(t, "entries kept", ids(kept, func(e storage.Entry) string { return e.Action + "/" + e.Contact }), []string{"granted/"})
	}},
	{"erasing a contact leaves the others alone", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(fillContact(tx, "a"), fillContact(tx, "ab"), tx.Erase("a")) })
		same(t, "contact", get(t, s, contact("ab")).FirstName, "Ana")
		s.reading(t, func(r storage.Reader) error {
			inputs, err1 := r.Inputs("ab", 10)
			subscribers, err2 := r.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"x=1"}, Limit: 10})
			permits, err3 := r.Permits("ab")
			timers, err4 := r.Timers("ab")
			sends, err5 := r.Sends("ab")
			decisions, err6 := r.Decisions(storage.DecisionQuery{Contact: "ab"})
			salt, err7 := r.Salt("ab")
			outcomes, err8 := r.Outcomes(storage.OutcomeQuery{Contact: "ab"})
			if len(inputs) != 1 || len(subscribers) != 1 || len(permits) != 1 || len(timers) != 1 || len(sends) != 1 ||
				len(decisions) != 1 || len(outcomes) != 1 || string(salt) != "salt" {
				t.Errorf("left: %v %v %v %v %v %v %v %v", inputs, subscribers, permits, timers, sends, decisions, outcomes, salt)
			}
			return all(err1, err2, err3, err4, err5, err6, err7, err8)
		})
	}},
	{"an erased contact is no occurrence's cursor, and who stood before them is", func(t *testing.T, s *store) {
		cursors := func(states ...string) (out []string) {
			for _, state := range states {
				o := get(t, s, occurrence("monday", state))
				out = append(out, state+" "+o.Cursor)
			}
			return out
		}
		s.write(t, func(tx storage.Tx) error {
			errs := []error{tx.PutContact(storage.Contact{ID: "a"}), tx.PutContact(storage.Contact{ID: "b"}), tx.PutContact(storage.Contact{ID: "c"})}
			for _, state := range []string{"running", "paused", "failed", "done"} {
				errs = append(errs, tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: state, State: state, At: at(0), Cursor: "b"}))
			}
			return all(append(errs, tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "other", State: "running", At: at(0), Cursor: "c"}))...)
		})
		s.write(t, func(tx storage.Tx) error { return tx.Erase("b") })
		same(t, "the one before", cursors("running", "paused", "failed", "other"), []string{"running a", "paused a", "failed a", "other c"})
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		same(t, "nobody before", cursors("running", "paused", "other"), []string{"running ", "paused ", "other c"})
		s.write(t, func(tx storage.Tx) error {
			o, err := tx.Occurrence("monday", "running")
			o.Cursor = "c"
			return all(err, tx.PutOccurrence(o), tx.Erase("c"))
		})
		same(t, "in the same transaction", cursors("running", "other"), []string{"running ", "other "})
	}},
	{"an erased contact is no campaign's cursor, and who stood before them is", func(t *testing.T, s *store) {
		swept := storage.Campaign{Trigger: "monday", ID: "1", State: "cancelled", At: at(0), Sweep: "cancel", Cursor: "b"}
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutContact(storage.Contact{ID: "b"}), tx.PutCampaign(swept))
		})
		for _, step := range []struct{ erased, cursor string }{{"b", "a"}, {"a", ""}} {
			s.write(t, func(tx storage.Tx) error { return tx.Erase(step.erased) })
			c := get(t, s, func(r storage.Reader) (storage.Campaign, error) { return r.Campaign("monday", "1") })
			same(t, "without "+step.erased, c.Cursor, step.cursor)
		}
	}},
	{"erasing an unknown contact does nothing", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.Erase("nobody") })
	}},
	{"erasing nobody leaves the schedules", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutTimer(storage.Timer{Kind: "schedule", Key: "monday", At: at(0)}), tx.Erase(""))
		})
		same(t, "timers", dueTimers(t, s, 0, 10), []string{"/schedule/monday"})
	}},
	{"an erased contact may come back and starts anew", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(fillContact(tx, "a"), tx.Erase("a"), fillContact(tx, "a")) })
		sends := get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.Sends("a") })
		same(t, "sends", ids(sends, func(s storage.Send) string { return s.ID }), []string{"a pending"})
	}},
	{"what an erased contact had is free, and not theirs when they come back", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return fillContact(tx, "a") })
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "b"}), tx.PutUnique("b", "n", "a"),
				tx.PutContact(storage.Contact{ID: "a"}), tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "active"}))
		})
		same(t, "whose value it is", get(t, s, byField("n", "a")).ID, "b")
		same(t, "subscribers", subscribers(t, s, storage.Subscribers{Topic: "t", Limit: 9}), []string{"a"})
		same(t, "interested", subscribers(t, s, storage.Subscribers{Topic: "t", Terms: []string{"x=1"}, Limit: 9}), nil)
	}},
	{"a unique value of 1,000 characters is kept", func(t *testing.T, s *store) {
		long := strings.Repeat("é", 1000)
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutUnique("a", "n", long))
		})
		same(t, "owner", get(t, s, byField("n", long)).ID, "a")
		missing(t, s, byField("n", long[:len(long)-2]))
	}},
}

func byField(field, value string) func(r storage.Reader) (storage.Contact, error) {
	return func(r storage.Reader) (storage.Contact, error) { return r.ContactByField(field, value) }
}

// fillContact keeps one of everything about a contact.
func fillContact(tx storage.Tx, id string) error {
	_, err1 := tx.Enqueue(storage.Input{Contact: id, Kind: "message", At: at(0)})
	_, err2 := tx.Append(storage.Entry{Page: "messenger:1", Contact: id, Topic: "t", Action: "granted", At: at(0)})
	return all(err1, err2,
		tx.PutContact(storage.Contact{ID: id, FirstName: "Ana", Timezone: "Europe/Paris"}),
		tx.PutUnique(id, "n", id),
		tx.PutConsent(storage.Consent{Contact: id, Topic: "t", Status: "active", Terms: [][]string{{"x=1", "y=2"}, {"x=2"}}}),
		tx.PutPermit(storage.Permit{Contact: id, Lane: "recurring", Topic: "t"}),
		tx.PutTimer(storage.Timer{Contact: id, Kind: "wait", At: at(9)}),
		tx.PutSend(storage.Send{ID: id + " pending", Contact: id, State: storage.SendPending, Ready: at(0)}),
		tx.PutSend(storage.Send{ID: id + " sent", Contact: id, State: storage.SendSent, MID: "mid " + id}),
		tx.PutDecision(storage.Decision{Contact: id, Trigger: "monday", Occurrence: "1", Kind: "sent", At: at(0), Send: id + " sent"}),
		tx.PutOutcome(storage.Outcome{Contact: id, Kind: "goal", Name: "bought", Value: 12.5, At: at(0)}),
		tx.PutSalt(id, []byte("salt")),
	)
}
