package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

func occurrences(t tester, s *store, state string, limit int) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Occurrence, error) { return r.Occurrences(state, limit) }),
		func(o storage.Occurrence) string { return o.ID })
}

func decisions(t tester, s *store, q storage.DecisionQuery) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.Decisions(q) }), decisionName)
}

func decisionName(d storage.Decision) string { return d.Contact + "/" + d.Occurrence }

// decided keeps decisions with what their names say, a second apart.
func decided(tx storage.Tx, list ...storage.Decision) error {
	for i, d := range list {
		if d.Trigger == "" {
			d.Trigger = "monday"
		}
		d.At = at(i)
		if err := tx.PutDecision(d); err != nil {
			return err
		}
	}
	return nil
}

var occurrenceCases = []testCase{
	{"an occurrence comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Occurrence{
			Trigger: "back_in_stock#0", ID: "restock-881", Flow: "back_in_stock", Topic: "restock", Zone: "Europe/Paris",
			Event: []byte(`{"model":"Gazelle","é":"👟"}`), At: at(1), Expires: at(2), State: "running", Cursor: "messenger:1:é",
			Counts: []byte(`{"passed":3}`),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutOccurrence(want) })
		same(t, "occurrence", get(t, s, occurrence("back_in_stock#0", "restock-881")), want)
		missing(t, s, occurrence("back_in_stock#0", "restock-882"))
		missing(t, s, occurrence("other", "restock-881"))
	}},
	{"an occurrence of a schedule has no event", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "2026-03-30T09:00 Europe/Paris", State: "running", At: at(0)})
		})
		if got := get(t, s, occurrence("monday", "2026-03-30T09:00 Europe/Paris")); got.Event != nil || got.Counts != nil {
			t.Errorf("event %v, counts %v, want nil", got.Event, got.Counts)
		}
	}},
	{"a peek at the occurrences in a state sees what the write has changed", func(t *testing.T, s *store) {
		peek := func(r storage.Reader) ([]string, error) {
			list, err := r.PeekOccurrences("running", 2)
			return ids(list, func(o storage.Occurrence) string { return o.ID + " " + o.Cursor }), err
		}
		s.write(t, func(tx storage.Tx) error {
			for i, id := range []string{"1", "2", "3"} {
				if err := tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: id, State: "running", At: at(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		same(t, "before", get(t, s, peek), []string{"1 ", "2 "})
		var inside []string
		s.write(t, func(tx storage.Tx) (err error) {
			err = all(
				tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "done", At: at(0)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "2", State: "running", At: at(1), Cursor: "b"}))
			if err == nil {
				inside, err = peek(tx)
			}
			return err
		})
		same(t, "inside", inside, []string{"2 b", "3 "})
	}},
	{"a cursor moves by putting the occurrence again", func(t *testing.T, s *store) {
		o := storage.Occurrence{Trigger: "monday", ID: "1", State: "running", At: at(0)}
		s.write(t, func(tx storage.Tx) error { return tx.PutOccurrence(o) })
		o.Cursor, o.State, o.Counts = "messenger:1:500", "done", []byte("{}")
		s.write(t, func(tx storage.Tx) error { return tx.PutOccurrence(o) })
		same(t, "occurrence", get(t, s, occurrence("monday", "1")), o)
		same(t, "running", occurrences(t, s, "running", 10), nil)
	}},
	{"occurrences of a state are listed oldest first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "third", State: "running", At: at(3)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "y", ID: "first", State: "running", At: at(1)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "second", State: "paused", At: at(2)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "z", ID: "fourth", State: "done", At: at(4)}))
		})
		same(t, "running", occurrences(t, s, "running", 10), []string{"first", "third"})
		same(t, "one", occurrences(t, s, "running", 1), []string{"first"})
		same(t, "cancelled", occurrences(t, s, "cancelled", 10), nil)
		same(t, "none of no state", occurrences(t, s, "", 10), nil)
		recent := func(limit int) []string {
			return ids(get(t, s, func(r storage.Reader) ([]storage.Occurrence, error) { return r.RecentOccurrences(limit) }),
				func(o storage.Occurrence) string { return o.ID })
		}
		same(t, "recent", recent(10), []string{"fourth", "third", "second", "first"})
		same(t, "two recent", recent(2), []string{"fourth", "third"})
	}},

	{"a decision comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Decision{
			Contact: "a", Trigger: "monday", Occurrence: "1", Flow: "monday", Topic: "nouveautes", Kind: "held", Rule: "cadence",
			Lane: "recurring", Values: []byte(`{"last":"é"}`), At: at(1), Next: at(2), FirstDue: at(3), Expires: at(4),
			Event: []byte("{}"), Send: "s1", MID: "m1", Delivered: at(5), Read: at(6),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutDecision(want) })
		same(t, "decision", get(t, s, decision("a", "monday", "1")), want)
		missing(t, s, decision("a", "monday", "2"))
		missing(t, s, decision("a", "tuesday", "1"))
		missing(t, s, decision("b", "monday", "1"))
	}},
	{"what a decision does not have stays unset", func(t *testing.T, s *store) {
		want := storage.Decision{Contact: "a", Trigger: "monday", Occurrence: "1", Kind: "skipped", At: at(0)}
		s.write(t, func(tx storage.Tx) error { return tx.PutDecision(want) })
		got := get(t, s, decision("a", "monday", "1"))
		same(t, "decision", got, want)
		if got.Event != nil || got.Values != nil {
			t.Errorf("event %v, values %v, want nil", got.Event, got.Values)
		}
	}},
	{"a held decision is rewritten when it is decided again", func(t *testing.T, s *store) {
		held := storage.Decision{Contact: "a", Trigger: "monday", Occurrence: "1", Kind: "held", Rule: "cadence", At: at(1), Next: at(60)}
		sent := storage.Decision{Contact: "a", Trigger: "monday", Occurrence: "1", Kind: "sent", At: at(60), Send: "s1", MID: "m1"}
		s.write(t, func(tx storage.Tx) error { return all(tx.PutDecision(held), tx.PutDecision(sent)) })
		same(t, "all", get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.Decisions(storage.DecisionQuery{}) }),
			[]storage.Decision{sent})
	}},
	{"decisions are listed newest first, a hundred unless more are asked for", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var list []storage.Decision
			for i := range 120 {
				list = append(list, storage.Decision{Contact: "a", Occurrence: fmt.Sprint(i)})
			}
			return decided(tx, list...)
		})
		got := decisions(t, s, storage.DecisionQuery{})
		if len(got) != 100 || got[0] != "a/119" || got[99] != "a/20" {
			t.Errorf("%d from %s to %s, want 100 from a/119 to a/20", len(got), got[0], got[len(got)-1])
		}
		same(t, "two", decisions(t, s, storage.DecisionQuery{Limit: 2}), []string{"a/119", "a/118"})
		same(t, "more", len(decisions(t, s, storage.DecisionQuery{Limit: 1000})), 120)
	}},
	{"decisions are filtered by each field, and by all together", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return decided(tx,
				storage.Decision{Contact: "a", Occurrence: "0", Flow: "f", Topic: "t", Kind: "sent"},
				storage.Decision{Contact: "b", Occurrence: "1", Flow: "f", Topic: "t", Kind: "held"},
				storage.Decision{Contact: "a", Occurrence: "2", Flow: "g", Topic: "t", Kind: "skipped"},
				storage.Decision{Contact: "a", Occurrence: "3", Flow: "f", Topic: "u", Kind: "held"},
				storage.Decision{Contact: "a", Occurrence: "4", Flow: "f", Topic: "t", Kind: "failed", Trigger: "other"})
		})
		for _, c := range []struct {
			name string
			q    storage.DecisionQuery
			want []string
		}{
			{"contact", storage.DecisionQuery{Contact: "b"}, []string{"b/1"}},
			{"flow", storage.DecisionQuery{Flow: "g"}, []string{"a/2"}},
			{"trigger", storage.DecisionQuery{Trigger: "other"}, []string{"a/4"}},
			{"topic", storage.DecisionQuery{Topic: "u"}, []string{"a/3"}},
			{"kinds", storage.DecisionQuery{Kinds: []string{"held", "skipped"}}, []string{"a/3", "a/2", "b/1"}},
			{"since", storage.DecisionQuery{Since: at(3)}, []string{"a/4", "a/3"}},
			{"together", storage.DecisionQuery{
				Contact: "a", Flow: "f", Trigger: "monday", Topic: "t", Kinds: []string{"sent", "held"}, Since: at(0), Limit: 5,
			}, []string{"a/0"}},
			{"nothing", storage.DecisionQuery{Contact: "a", Kinds: []string{"unknown"}}, nil},
		} {
			same(t, c.name, decisions(t, s, c.q), c.want)
		}
	}},
	{"decisions are found by the message that carried them", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return decided(tx,
				storage.Decision{Contact: "a", Occurrence: "1", Send: "s1", MID: "m1"},
				storage.Decision{Contact: "a", Occurrence: "2", Send: "s1", MID: "m1"},
				storage.Decision{Contact: "a", Occurrence: "3", Send: "s2"},
				storage.Decision{Contact: "a", Occurrence: "4"})
		})
		bySend := func(id string) []string {
			return ids(get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsBySend(id) }), decisionName)
		}
		byMID := func(mid string) []string {
			return ids(get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsByMID("a", mid) }), decisionName)
		}
		same(t, "by send", bySend("s1"), []string{"a/1", "a/2"})
		same(t, "by mid", byMID("m1"), []string{"a/1", "a/2"})
		same(t, "by another send", bySend("s2"), []string{"a/3"})
		same(t, "by unknown ones", append(bySend("s3"), byMID("m3")...), nil)
		same(t, "by none", append(bySend(""), byMID("")...), nil)
		same(t, "of somebody else", get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsByMID("b", "m1") }), nil)
	}},
	{"a decision is put again for another message", func(t *testing.T, s *store) {
		of := func(r storage.Reader) (storage.Decision, error) { return r.Decision("a", "monday", "1") }
		d := storage.Decision{
			Contact: "a", Trigger: "monday", Occurrence: "1", Flow: "f", Topic: "t", Kind: "sent", Lane: "window", Values: []byte(`{"n":1}`),
			At: at(1), FirstDue: at(0), Expires: at(9), Event: []byte(`{"id":"7"}`), Send: "s1", MID: "m_1", Delivered: at(2),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutDecision(d) })
		same(t, "delivered", get(t, s, of), d)
		d.Send, d.MID, d.Delivered = "s2", "", time.Time{}
		s.write(t, func(tx storage.Tx) error { return tx.PutDecision(d) })
		same(t, "decided again", get(t, s, of), d)
	}},
}

func occurrence(trigger, id string) func(r storage.Reader) (storage.Occurrence, error) {
	return func(r storage.Reader) (storage.Occurrence, error) { return r.Occurrence(trigger, id) }
}

func decision(contact, trigger, occurrence string) func(r storage.Reader) (storage.Decision, error) {
	return func(r storage.Reader) (storage.Decision, error) { return r.Decision(contact, trigger, occurrence) }
}
