package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// active is an active consent to topic "t" with these interests' terms.
func active(contact string, terms ...[]string) storage.Consent {
	return storage.Consent{
		Contact: contact, Topic: "t", Status: "active", Interests: []byte(fmt.Sprint(terms)), Terms: terms, ActiveSince: at(0),
	}
}

func subscribers(t tester, s *store, q storage.Subscribers) []string {
	t.Helper()
	if q.Topic == "" {
		q.Topic = "t"
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	return get(t, s, func(r storage.Reader) ([]string, error) { return r.Subscribers(q) })
}

func consents(t tester, s *store, contact string) []storage.Consent {
	t.Helper()
	return get(t, s, func(r storage.Reader) ([]storage.Consent, error) { return r.Consents(contact) })
}

// inZone is a contact with a consent, somewhere.
func inZone(tx storage.Tx, id, zone string) error {
	return all(tx.PutContact(storage.Contact{ID: id, Timezone: zone}), tx.PutConsent(active(id)))
}

var consentCases = []testCase{
	{"a consent comes back as it was put, without its terms", func(t *testing.T, s *store) {
		want := storage.Consent{
			Contact: "a", Topic: "restock", Status: "active", Cadence: "weekly",
			Interests: []byte(`[{"model":"Gazelle","size":42}]`), Terms: [][]string{{"model=Gazelle", "size=42"}},
			ActiveSince: at(1), SnoozedUntil: at(2), ChangedAt: at(3), LastSent: at(4), Carrier: 1<<31 - 1, Body: []byte(`{"é":1}`),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutConsent(want) })
		want.Terms = nil
		same(t, "consents", consents(t, s, "a"), []storage.Consent{want})
	}},
	{"what a consent does not have stays unset", func(t *testing.T, s *store) {
		want := storage.Consent{Contact: "a", Topic: "restock", Status: "asked"}
		s.write(t, func(tx storage.Tx) error { return tx.PutConsent(want) })
		same(t, "consents", consents(t, s, "a"), []storage.Consent{want})
		if got := consents(t, s, "a")[0]; got.Interests != nil || got.Body != nil {
			t.Errorf("interests %v, body %v, want nil", got.Interests, got.Body)
		}
	}},
	{"a message that went is noted in its consent, and nothing else", func(t *testing.T, s *store) {
		want := storage.Consent{
			Contact: "a", Topic: "restock", Status: "active", Cadence: "weekly", Interests: []byte("[1]"), Terms: [][]string{{"x=1"}},
			ActiveSince: at(1), SnoozedUntil: at(2), ChangedAt: at(3), LastSent: at(4), Carrier: 1, Body: []byte("{}"),
		}
		other := storage.Consent{Contact: "a", Topic: "other", Status: "stopped"}
		s.write(t, func(tx storage.Tx) error { return all(tx.PutConsent(want), tx.PutConsent(other)) })
		s.write(t, func(tx storage.Tx) error {
			return all(tx.NoteSent("a", "restock", at(9), 9), tx.NoteSent("a", "restock", at(5), 2)) // the last counts, be it earlier
		})
		want.LastSent, want.Carrier, want.Terms = at(5), 2, nil
		same(t, "noted", consents(t, s, "a"), []storage.Consent{other, want})
		same(t, "interested", subscribers(t, s, storage.Subscribers{Topic: "restock", Terms: []string{"x=1"}, Limit: 9}), []string{"a"})

		s.write(t, func(tx storage.Tx) error {
			err1 := tx.NoteSent("a", "restock", at(6), 3)
			want.Status, want.ActiveSince = "stopped", time.Time{}
			err2 := tx.PutConsent(want)
			err3 := tx.NoteSent("a", "restock", at(7), 4)
			want.LastSent, want.Carrier = at(7), 4
			now, err4 := tx.Consents("a")
			same(t, "in the transaction", now, []storage.Consent{other, want})
			return all(err1, err2, err3, err4)
		})
		same(t, "beside another change", consents(t, s, "a"), []storage.Consent{other, want})

		s.write(t, func(tx storage.Tx) error {
			fresh := storage.Consent{Contact: "b", Topic: "restock", Status: "asked"}
			return all(tx.PutConsent(fresh), tx.NoteSent("b", "restock", at(8), 5), tx.NoteSent("b", "other", at(8), 5), tx.NoteSent("c", "restock", at(8), 5))
		})
		same(t, "of one just put", consents(t, s, "b"), []storage.Consent{{Contact: "b", Topic: "restock", Status: "asked", LastSent: at(8), Carrier: 5}})
		same(t, "of nobody", len(consents(t, s, "c")), 0)
	}},
	{"a contact has one consent for each topic", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(storage.Consent{Contact: "a", Topic: "restock", Status: "asked"}),
				tx.PutConsent(storage.Consent{Contact: "a", Topic: "nouveautes", Status: "active"}),
				tx.PutConsent(storage.Consent{Contact: "a", Topic: "restock", Status: "active", ChangedAt: at(1)}),
				tx.PutConsent(storage.Consent{Contact: "b", Topic: "restock", Status: "stopped"}))
		})
		same(t, "consents", consents(t, s, "a"), []storage.Consent{
			{Contact: "a", Topic: "nouveautes", Status: "active"},
			{Contact: "a", Topic: "restock", Status: "active", ChangedAt: at(1)},
		})
		same(t, "of nobody", consents(t, s, "nobody"), nil)
	}},

	{"subscribers are those whose consent to the topic is active or snoozed", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for _, status := range []string{"asked", "active", "snoozed", "stopped"} {
				errs = append(errs, tx.PutConsent(storage.Consent{Contact: "is " + status, Topic: "t", Status: status}))
			}
			errs = append(errs, tx.PutConsent(storage.Consent{Contact: "other", Topic: "tt", Status: "active"}))
			return all(errs...)
		})
		same(t, "subscribers", subscribers(t, s, storage.Subscribers{}), []string{"is active", "is snoozed"})
	}},
	{"subscribers follow the changes of consent", func(t *testing.T, s *store) {
		for _, step := range []struct {
			status string
			want   []string
		}{{"asked", nil}, {"active", []string{"a"}}, {"snoozed", []string{"a"}}, {"active", []string{"a"}}, {"stopped", nil}} {
			s.write(t, func(tx storage.Tx) error {
				return tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: step.status, ActiveSince: at(0)})
			})
			same(t, "after "+step.status, subscribers(t, s, storage.Subscribers{}), step.want)
		}
	}},
	{"subscribers come in order of contact, a chunk at a time", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("c")), tx.PutConsent(active("a")), tx.PutConsent(active("B")), tx.PutConsent(active("é")))
		})
		same(t, "first", subscribers(t, s, storage.Subscribers{Limit: 2}), []string{"B", "a"})
		same(t, "second", subscribers(t, s, storage.Subscribers{After: "a", Limit: 2}), []string{"c", "é"})
		same(t, "after the end", subscribers(t, s, storage.Subscribers{After: "é", Limit: 2}), nil)
	}},
	{"a chunk may begin after a contact that is no subscriber", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(tx.PutConsent(active("a")), tx.PutConsent(active("c"))) })
		same(t, "after b", subscribers(t, s, storage.Subscribers{After: "b"}), []string{"c"})
	}},
	{"subscribers can be those who were active at an instant already", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			early, just, late := active("early"), active("just"), active("late")
			just.ActiveSince, late.ActiveSince = at(60), at(61)
			return all(tx.PutConsent(early), tx.PutConsent(just), tx.PutConsent(late))
		})
		same(t, "at 60", subscribers(t, s, storage.Subscribers{ActiveAt: at(60)}), []string{"early", "just"})
		same(t, "whenever", subscribers(t, s, storage.Subscribers{}), []string{"early", "just", "late"})
	}},
	{"one who stopped and came back counts from when they came back", func(t *testing.T, s *store) {
		back := active("a")
		back.ActiveSince = at(90)
		s.write(t, func(tx storage.Tx) error { return all(tx.PutConsent(active("a")), tx.PutConsent(back)) })
		same(t, "at 60", subscribers(t, s, storage.Subscribers{ActiveAt: at(60)}), nil)
		same(t, "at 90", subscribers(t, s, storage.Subscribers{ActiveAt: at(90)}), []string{"a"})
	}},

	{"subscribers of a zone are those whose contact is there", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(inZone(tx, "p", "Europe/Paris"), inZone(tx, "t", "Asia/Tokyo"), inZone(tx, "q", "Europe/Paris"))
		})
		same(t, "Paris", subscribers(t, s, storage.Subscribers{Zone: "Europe/Paris"}), []string{"p", "q"})
		same(t, "Tokyo", subscribers(t, s, storage.Subscribers{Zone: "Asia/Tokyo"}), []string{"t"})
		same(t, "elsewhere", subscribers(t, s, storage.Subscribers{Zone: "Europe/Rome"}), nil)
		same(t, "anywhere", subscribers(t, s, storage.Subscribers{}), []string{"p", "q", "t"})
	}},
	{"contacts without a zone count as the default zone, in order with the others", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(inZone(tx, "a", "Europe/Paris"), inZone(tx, "b", ""), inZone(tx, "c", "Europe/Paris"), inZone(tx, "d", ""),
				inZone(tx, "e", "Asia/Tokyo"))
		})
		in := func(zone string) storage.Subscribers {
			return storage.Subscribers{Zone: zone, DefaultZone: "Europe/Paris"}
		}
		same(t, "Paris", subscribers(t, s, in("Europe/Paris")), []string{"a", "b", "c", "d"})
		same(t, "Tokyo", subscribers(t, s, in("Asia/Tokyo")), []string{"e"})
		chunk := in("Europe/Paris")
		chunk.After, chunk.Limit = "a", 2
		same(t, "second chunk", subscribers(t, s, chunk), []string{"b", "c"})
	}},
	{"a zone and an instant can be asked together", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			late := active("b")
			late.ActiveSince = at(61)
			return all(inZone(tx, "a", ""), inZone(tx, "b", ""), tx.PutConsent(late))
		})
		same(t, "at 60", subscribers(t, s, storage.Subscribers{Zone: "Asia/Tokyo", DefaultZone: "Asia/Tokyo", ActiveAt: at(60)}),
			[]string{"a"})
	}},
	{"subscribers move with their contact's zone", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("a")), tx.PutContact(storage.Contact{ID: "a", Timezone: "Europe/Paris"}))
		})
		same(t, "Paris", subscribers(t, s, storage.Subscribers{Zone: "Europe/Paris"}), []string{"a"})
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", Timezone: "Asia/Tokyo"}) })
		same(t, "Paris", subscribers(t, s, storage.Subscribers{Zone: "Europe/Paris"}), nil)
		same(t, "Tokyo", subscribers(t, s, storage.Subscribers{Zone: "Asia/Tokyo"}), []string{"a"})
		s.write(t, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a"}) })
		same(t, "Tokyo", subscribers(t, s, storage.Subscribers{Zone: "Asia/Tokyo"}), nil)
	}},
	{"whoever snoozes keeps their place among the subscribers", func(t *testing.T, s *store) {
		x := []string{"x=1"}
		asleep := func(id string) storage.Consent {
			c := active(id, x)
			c.Status, c.SnoozedUntil = "snoozed", at(90)
			return c
		}
		s.write(t, func(tx storage.Tx) error {
			late := asleep("f")
			late.ActiveSince = at(61)
			return all(inZone(tx, "a", "Asia/Tokyo"), inZone(tx, "b", "Asia/Tokyo"), tx.PutConsent(asleep("b")),
				tx.PutConsent(active("c", x)), tx.PutConsent(asleep("d")), inZone(tx, "e", "Europe/Paris"), tx.PutConsent(late))
		})
		same(t, "all", subscribers(t, s, storage.Subscribers{}), []string{"a", "b", "c", "d", "e", "f"})
		same(t, "a chunk", subscribers(t, s, storage.Subscribers{After: "a", Limit: 3}), []string{"b", "c", "d"})
		same(t, "at 60", subscribers(t, s, storage.Subscribers{ActiveAt: at(60), After: "c"}), []string{"d", "e"})
		same(t, "a term", subscribers(t, s, storage.Subscribers{Terms: x}), []string{"b", "c", "d", "f"})
		tokyo := storage.Subscribers{Zone: "Asia/Tokyo", DefaultZone: "Asia/Tokyo", ActiveAt: at(60)}
		same(t, "Tokyo by default", subscribers(t, s, tokyo), []string{"a", "b", "c", "d"})
		tokyo.Limit = 2
		same(t, "its first", subscribers(t, s, tokyo), []string{"a", "b"})
		same(t, "Tokyo", subscribers(t, s, storage.Subscribers{Zone: "Asia/Tokyo"}), []string{"a", "b"})
	}},
	{"zones are those of active and snoozed consents", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			snoozed, stopped, asked := active("s"), active("x"), active("y")
			snoozed.Status, stopped.Status, asked.Status = "snoozed", "stopped", "asked"
			return all(inZone(tx, "p", "Europe/Paris"), inZone(tx, "q", "Europe/Paris"), inZone(tx, "n", ""),
				tx.PutContact(storage.Contact{ID: "s", Timezone: "Asia/Tokyo"}), tx.PutConsent(snoozed),
				tx.PutContact(storage.Contact{ID: "x", Timezone: "Europe/Rome"}), tx.PutConsent(stopped),
				tx.PutContact(storage.Contact{ID: "y", Timezone: "Europe/Oslo"}), tx.PutConsent(asked))
		})
		zones := func(topic string) []string {
			return get(t, s, func(r storage.Reader) ([]string, error) { return r.Zones(topic) })
		}
		same(t, "zones", zones("t"), []string{"", "Asia/Tokyo", "Europe/Paris"})
		same(t, "of another topic", zones("tt"), nil)
	}},

	{"terms keep those with one interest that has them all", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("both", []string{"model=Gazelle", "size=42"})),
				tx.PutConsent(active("spread", []string{"model=Gazelle", "size=41"}, []string{"model=Samba", "size=42"})),
				tx.PutConsent(active("second", []string{"model=Samba", "size=41"}, []string{"size=42", "model=Gazelle", "color=red"})),
				tx.PutConsent(active("one", []string{"size=42"})),
				tx.PutConsent(active("none")))
		})
		ask := func(terms ...string) []string { return subscribers(t, s, storage.Subscribers{Terms: terms}) }
		same(t, "two terms", ask("model=Gazelle", "size=42"), []string{"both", "second"})
		same(t, "in any order, with a repeat", ask("size=42", "model=Gazelle", "size=42"), []string{"both", "second"})
		same(t, "one term", ask("size=42"), []string{"both", "one", "second", "spread"})
		same(t, "three terms", ask("size=42", "model=Gazelle", "color=red"), []string{"second"})
		same(t, "an unknown term", ask("size=42", "size=43"), nil)
	}},
	{"terms of a contact with several fitting interests count once", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("a", []string{"x=1", "y=1"}, []string{"x=1", "y=2"}, []string{"x=1", "x=1"})),
				tx.PutConsent(active("b", []string{"x=1"})))
		})
		same(t, "limit 2", subscribers(t, s, storage.Subscribers{Terms: []string{"x=1"}, Limit: 2}), []string{"a", "b"})
	}},
	{"terms go with chunks, zones, instants and status", func(t *testing.T, s *store) {
		x := []string{"x=1", "y=1"}
		s.write(t, func(tx storage.Tx) error {
			late, stopped := active("late", x), active("stopped", x)
			late.ActiveSince, stopped.Status = at(61), "stopped"
			return all(
				tx.PutContact(storage.Contact{ID: "a", Timezone: "Asia/Tokyo"}), tx.PutConsent(active("a", x)),
				tx.PutContact(storage.Contact{ID: "b"}), tx.PutConsent(active("b", x)),
				tx.PutContact(storage.Contact{ID: "c", Timezone: "Asia/Tokyo"}), tx.PutConsent(active("c", x)),
				tx.PutConsent(late), tx.PutConsent(stopped))
		})
		same(t, "all", subscribers(t, s, storage.Subscribers{Terms: x}), []string{"a", "b", "c", "late"})
		same(t, "a chunk", subscribers(t, s, storage.Subscribers{Terms: x, After: "a", Limit: 1}), []string{"b"})
		same(t, "at 60", subscribers(t, s, storage.Subscribers{Terms: x, ActiveAt: at(60)}), []string{"a", "b", "c"})
		same(t, "Tokyo", subscribers(t, s, storage.Subscribers{Terms: x, Zone: "Asia/Tokyo"}), []string{"a", "c"})
		same(t, "Tokyo by default", subscribers(t, s, storage.Subscribers{Terms: x, Zone: "Asia/Tokyo", DefaultZone: "Asia/Tokyo", ActiveAt: at(60)}),
			[]string{"a", "b", "c"})
	}},
	{"new interests replace the terms of the old ones", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("a", []string{"x=1"}, []string{"x=2"})), tx.PutConsent(active("a", []string{"x=2"}, []string{"x=3"})))
		})
		for term, want := range map[string][]string{"x=1": nil, "x=2": {"a"}, "x=3": {"a"}} {
			same(t, term, subscribers(t, s, storage.Subscribers{Terms: []string{term}}), want)
		}
	}},
	{"a stop that clears the interests clears the terms", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutConsent(active("a", []string{"x=1"})),
				tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "stopped"}),
				tx.PutConsent(storage.Consent{Contact: "a", Topic: "t", Status: "active"}))
		})
		same(t, "with the old term", subscribers(t, s, storage.Subscribers{Terms: []string{"x=1"}}), nil)
		same(t, "without terms", subscribers(t, s, storage.Subscribers{}), []string{"a"})
	}},
	{"a consent put back as it was read keeps its terms", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.PutConsent(active("a", []string{"x=1"})) })
		s.write(t, func(tx storage.Tx) error {
			list, err := tx.Consents("a")
			if err != nil {
				return err
			}
			list[0].LastSent, list[0].Carrier = at(5), 7
			return tx.PutConsent(list[0])
		})
		same(t, "with the term", subscribers(t, s, storage.Subscribers{Terms: []string{"x=1"}}), []string{"a"})
		same(t, "last sent", consents(t, s, "a")[0].LastSent, at(5))
		same(t, "carrier", consents(t, s, "a")[0].Carrier, 7)
	}},
	{"terms hold any text", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.PutConsent(active("a", hostile)) })
		same(t, "all of them", subscribers(t, s, storage.Subscribers{Terms: hostile}), []string{"a"})
		for _, term := range hostile {
			same(t, term, subscribers(t, s, storage.Subscribers{Terms: []string{term}}), []string{"a"})
		}
	}},
}
