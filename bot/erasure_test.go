package bot_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// confidant asks for a text, and says it back; people take over.
func confidant() map[string]string {
	files := with(flagship, "flows/confide.yaml", "triggers:\n  - keywords: [confier]\nsteps:\n  - ask: Quoi ?\n    save: contact.card\n  - say: 'Noté : {{ contact.card }}'\n  - hand_over: true\n")
	return files
}

// found are the words that stand in some file of a folder.
func found(t *testing.T, dir string, words ...string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if bytes.Contains(content, []byte(word)) {
				list = append(list, word+" in "+e.Name())
			}
		}
	}
	return list
}

// TestForgettingLeavesNothingInTheFile plants words that are easily found wherever
// something of a person can be, by way of the bot and in every record, and looks at the
// bytes of the database after they were forgotten.
func TestForgettingLeavesNothingInTheFile(t *testing.T) {
	t.Parallel()
	const person, name, words, card = "4711000815", "Zénobie", "Sesamöffnedich", "KARTE-4242"
	planted := []string{person, name, words, card, "token-"}
	w := newWorld(t, confidant())
	id := w.id(person)
	w.does(w.writes(person, words+" bonjour")) // a text that nobody understands
	w.does(w.writes(person, "confier"))
	w.does(w.writes(person, card)) // typed, saved, said back, handed over
	w.does(w.writes(person, words+" für die Leute"))
	w.meets(person, flows.Contact{FirstName: name, LastName: words, Timezone: "Europe/Paris"})
	w.subscribes(person, "restock", "daily")
	sold := named("a", words)
	sold.Contact = id
	w.sells(sold)
	stray := w.event(bot.EventUnknown, person)
	stray.Reason, stray.Body = "message_edit", []byte(`{"text":"`+words+`"}`)
	w.does(stray)
	raw := []byte(`{"note":"` + words + name + `"}`)
	at := w.clock.Now()
	w.write(func(tx storage.Tx) error { // what no story of this bot brings about
		c, err := tx.Contact(id)
		c.Prefs, c.Session = raw, bytes.Repeat(raw, 400) // on pages of its own
		_, err2 := tx.Enqueue(storage.Input{Contact: id, Kind: "event", Body: raw, At: at, Ready: at.Add(time.Hour)})
		return errors.Join(err, err2, tx.PutContact(c), tx.PutUnique(id, "card", card),
			tx.PutTimer(storage.Timer{Contact: id, Kind: "wake", Key: "k", At: at.Add(day), Body: raw}),
			tx.PutOutcome(storage.Outcome{Contact: id, Kind: "goal", Name: words, Input: words, At: at}),
			tx.PutDecision(storage.Decision{Contact: id, Trigger: "t", Occurrence: "o", Kind: "held", Event: raw, Values: raw, Send: "s", MID: "m_" + person, At: at}),
			tx.PutSend(storage.Send{ID: "waits", Contact: id, Page: "messenger:1", State: storage.SendPending, Ready: at.Add(day), Body: raw}),
			tx.PutSend(storage.Send{ID: "went", Contact: id, Page: "messenger:1", State: storage.SendSent, Body: raw, MID: "m_" + words}))
	})
	dir := filepath.Dir(w.path)
	if got := found(t, dir, planted...); len(got) < len(planted) {
		t.Fatalf("planted, but only found %v", got)
	}
	w.forgets(person)
	w.settle() // the ledger is sealed
	w.down()   // the log is folded into the file
	if got := found(t, dir, planted...); len(got) > 0 {
		t.Errorf("left in the file: %v", got)
	}
	if err := w.tryOpen(); err != nil {
		t.Fatal(err)
	}
	w.gone(person)
	for _, word := range planted[:4] {
		if line := lineWith(w.log.String(), word); line != "" {
			t.Errorf("%s stands in the log: %s", word, line)
		}
	}
}
