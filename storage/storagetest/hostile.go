package storagetest

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// strange are texts that people and platforms may send, and that must neither be
// lost nor stop the work of others.
var strange = []string{
	"a\x00b", "\x00", "\xff", "a\xc3", "\u2028", "🏳️‍🌈", `"'\%_`, strings.Repeat("é", 2500), strings.Repeat("x", 5000), noise(5000),
}

// noise is text of n bytes that no database can make shorter, as a run of one letter is.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, n)
	for i := range text {
		text[i] = byte('!' + random.IntN('~'-'!'))
	}
	return string(text)
}

// id is what of a text may be an id: those that come from outside are shorter. One that is
// a part of a key has to fit into an index, which PostgreSQL bounds at 2,700 bytes.
func id(text string) string {
	if len(text) > 600 {
		return text[:600]
	}
	return text
}

// hostileCases are about texts no one would write by hand.
var hostileCases = []testCase{
	{"strange texts of a contact come back as they were put", func(t *testing.T, s *store) {
		for i, text := range strange {
			want := storage.Contact{ID: "messenger:1:" + id(text), FirstName: text, LastName: text, Locale: text, Unreachable: text}
			s.write(t, func(tx storage.Tx) error { return tx.PutContact(want) })
			same(t, "contact", get(t, s, func(r storage.Reader) (storage.Contact, error) { return r.Contact(want.ID) }), want)
			same(t, "contacts", len(get(t, s, func(r storage.Reader) ([]storage.Contact, error) { return r.Contacts("", 0) })), i+1)
		}
	}},
	{"strange values are unique, and found", func(t *testing.T, s *store) {
		for _, text := range strange {
			s.write(t, func(tx storage.Tx) error {
				return all(names(tx, "of "+id(text)), tx.PutUnique("of "+id(text), "n", text))
			})
		}
		for _, text := range strange {
			found := get(t, s, func(r storage.Reader) (storage.Contact, error) { return r.ContactByField("n", text) })
			same(t, "found", found.ID, "of "+id(text))
			s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error { return tx.PutUnique("other", "n", text) })
		}
	}},
	{"strange inputs, keys and strays are kept", func(t *testing.T, s *store) {
		for _, text := range strange {
			s.write(t, func(tx storage.Tx) error {
				_, err := tx.Enqueue(storage.Input{Contact: id(text), Kind: "message", Body: []byte(text), At: at(0)})
				fresh, err2 := tx.Once(text, at(0))
				if !fresh {
					t.Errorf("key %q is not fresh", text)
				}
				return all(err, err2, tx.SetMeta("k "+id(text), []byte(text)), tx.PutStray(storage.Stray{Source: text, Reason: text, Body: []byte(text)}))
			})
			same(t, "inputs", ids(inputs(t, s, id(text)), body), []string{text})
			same(t, "meta", string(get(t, s, meta("k "+id(text)))), text)
		}
		strays := get(t, s, func(r storage.Reader) ([]storage.Stray, error) { return r.Strays(0, 0) })
		same(t, "reasons", ids(strays, func(s storage.Stray) string { return s.Reason }), strange)
	}},
	{"strange ids of the platform, and its strange errors, are kept", func(t *testing.T, s *store) {
		for _, text := range strange {
			contact := "messenger:1:" + id(text)
			s.write(t, func(tx storage.Tx) error {
				sent := waiting("s"+text[:1]+contact, contact)
				sent.State, sent.MID, sent.Error, sent.Topic = storage.SendSent, text, text, text
				return all(tx.PutSend(sent), tx.PutDecision(storage.Decision{
					Contact: contact, Trigger: id(text), Occurrence: id(text), Topic: text, Rule: text, Kind: "sent", Send: sent.ID, MID: text, At: at(0),
				}), tx.PutTimer(storage.Timer{Contact: contact, Kind: "held", Key: id(text), At: at(0)}))
			})
			found := get(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID(contact, text) })
			same(t, "found", [...]string{found.Contact, found.Error, found.Topic}, [...]string{contact, text, text})
			list := get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsByMID(contact, text) })
			same(t, "carried", ids(list, decisionName), []string{contact + "/" + id(text)})
			timers := get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.Timers(contact) })
			same(t, "timers", ids(timers, timerName), []string{contact + "/held/" + id(text)})
		}
	}},
	{"interests with long words are found", func(t *testing.T, s *store) {
		for _, text := range strange {
			if text == "\xff" || text == "a\xc3" {
				continue // interests are JSON, which holds no such text
			}
			s.write(t, func(tx storage.Tx) error {
				return tx.PutConsent(storage.Consent{
					Contact: "likes " + id(text), Topic: "t", Status: "active", Interests: []byte("[1]"), Terms: [][]string{{"model=" + text, "size=1"}},
				})
			})
			got := get(t, s, func(r storage.Reader) ([]string, error) {
				return r.Subscribers(storage.Subscribers{Topic: "t", Terms: []string{"size=1", "model=" + text}, Limit: 10})
			})
			same(t, "found", got, []string{"likes " + id(text)})
		}
	}},
	{"what a write that failed kept is free again for the others of its group", func(t *testing.T, s *store) {
		errs := group(t, s,
			func(tx storage.Tx) error {
				_, err := tx.Once("k", at(0))
				return all(err, names(tx, "a"), tx.PutUnique("a", "n", "1"), puts(tx, waiting("s1", "a")),
					tx.PutDecision(storage.Decision{Contact: "messenger:1:2", Trigger: "new word", At: at(0)}), errOnPurpose)
			},
			func(tx storage.Tx) error {
				fresh, err := tx.Once("k", at(0))
				if !fresh {
					t.Error("the key of a write that failed is not fresh")
				}
				_, missing := tx.Contact("a")
				if !errors.Is(missing, storage.ErrNotFound) {
					t.Errorf("the contact of a write that failed: %v, want %v", missing, storage.ErrNotFound)
				}
				return all(err, names(tx, "b"), tx.PutUnique("b", "n", "1"), puts(tx, waiting("s1", "b")),
					tx.PutDecision(storage.Decision{Contact: "messenger:1:3", Trigger: "new word", At: at(0)}))
			},
		)
		if !errors.Is(errs[0], errOnPurpose) || errs[1] != nil {
			t.Errorf("errors %v, want only the first", errs)
		}
		same(t, "kept", kept(t, s), []string{"b"})
		same(t, "the send is of", send(t, s, "s1").Contact, "b")
		same(t, "decided", ids(get(t, s, func(r storage.Reader) ([]storage.Decision, error) {
			return r.Decisions(storage.DecisionQuery{Trigger: "new word"})
		}), decisionName), []string{"messenger:1:3/"})
	}},
}
