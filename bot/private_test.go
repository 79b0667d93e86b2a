package bot_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// TestLogsAndDecisionsSayNothingPersonal tells a story full of trouble about somebody
// whose id, name and words are easily found.
func TestLogsAndDecisionsSayNothingPersonal(t *testing.T) {
	t.Parallel()
	const person, name, words, zone = "4711000815", "Zénobie", "Sesamöffnedich", "Pacific/Chatham"
	page := newPlatform("1", tokenLane{name: "recurring"})
	page.onProfile = func(context.Context, string) (bot.Profile, error) { panic(person) }
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\nbudget: {max: 1, per: 24h}\n"), page)
	say := func(d bot.Delivery) bool { return d.Person == person }
	w.does(w.writes(person, words))
	w.meets(person, flows.Contact{FirstName: name, Timezone: zone, Fields: map[string]any{"card": words}})
	w.subscribes(person, "restock", "daily")
	w.meets("other", flows.Contact{Fields: map[string]any{"card": words}}) // taken
	for _, o := range []bot.Outcome{
		{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, {Status: bot.Refused, Class: bot.ClassBackoff, Code: "4"},
		{Status: bot.Refused, Class: bot.ClassTooSoon, Code: "4/2018354"}, {Status: bot.Refused, Class: bot.ClassToken, Code: "190"},
		{Status: bot.Refused, Class: bot.ClassContent, Code: "100"}, {Status: bot.Unknown, Code: "timeout"},
	} {
		page.answers(1, say, o, false)
		w.does(w.writes(person, words))
		w.sells(named(words+o.Code, "Gazelle"), back(o.Code))
		w.passes(7 * time.Hour)
	}
	page.onSend = func(bot.Delivery) { panic(words) }
	w.does(w.writes(person, words))
	page.onSend = nil
	cut := w.writes(person, words)
	cut.Payload = "relance:{"
	w.does(cut)
	w.does(w.writes(person, "stop"))
	w.passes(day)

	log := w.log.String()
	if log == "" {
		t.Error("there is no log to look at")
	}
	var values strings.Builder
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1000)
	if err != nil || len(list) < 5 {
		t.Fatalf("%d decisions (%v), want some", len(list), err)
	}
	for _, d := range list {
		raw, err := json.Marshal(d.Values)
		if err != nil {
			t.Fatal(err)
		}
		values.Write(raw)
	}
	for _, secret := range []string{person, name, words, zone, "Gazelle", "token-"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q stands in the log:\n%s", secret, lineWith(log, secret))
		}
		if strings.Contains(values.String(), secret) {
			t.Errorf("%q stands among the values of decisions", secret)
		}
	}
}

func lineWith(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
