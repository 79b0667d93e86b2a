package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// What an import from a file refuses, a program in Go cannot get in either.
func TestWhatAnImportRefusesAGoProgramCannotTakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.meets("zoe", flows.Contact{})
	for name, tc := range map[string]struct {
		change func(*bot.Subscription)
		want   string
	}{
		"a cadence unknown":   {func(s *bot.Subscription) { s.Cadence = "hourly" }, "cadence must be one that the topic offers"},
		"no consent time":     {func(s *bot.Subscription) { s.At = time.Time{} }, "consented_at is missing"},
		"a time to come":      {func(s *bot.Subscription) { s.At = w.clock.Now().Add(time.Hour) }, "consented_at lies in the future"},
		"no wording":          {func(s *bot.Subscription) { s.Wording = "" }, "wording is missing"},
		"a long wording":      {func(s *bot.Subscription) { s.Wording = strings.Repeat("é", 2001) }, "wording must have at most 2000 characters"},
		"a wrong interest":    {func(s *bot.Subscription) { s.Interest = map[string]any{"size": "big"} }, "size must be a number"},
		"an unknown interest": {func(s *bot.Subscription) { s.Interest = map[string]any{"colour": "red"} }, `no interest "colour"`},
		"no token":            {func(s *bot.Subscription) { s.Permit.Token = "" }, "permit: token is missing"},
		"an expired permit":   {func(s *bot.Subscription) { s.Permit.ExpiresAt = w.clock.Now() }, "permit: it has expired"},
		"a lane unknown":      {func(s *bot.Subscription) { s.Permit.Lane = "recuring" }, `permit: this Page has no lane "recuring"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := bot.Subscription{
				Topic: "restock", At: w.clock.Now(), Wording: "Préviens-moi", Interest: map[string]any{"model": "Gazelle", "size": 42},
				Permit: &bot.Permit{Lane: "recurring", Token: "token-zoe"},
			}
			tc.change(&s)
			if err := w.bot.Import(context.Background(), w.id("zoe"), s); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
	w.stands("zoe", "restock", bot.StatusNone)
}

// A text where the topic has a number would never have matched an event.
func TestAnInterestFromGoIsFoundByItsEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.meets("zoe", flows.Contact{})
	err := w.bot.Import(context.Background(), w.id("zoe"), bot.Subscription{
		Topic: "restock", At: w.clock.Now(), Wording: "Préviens-moi", Interest: map[string]any{"model": "Gazelle", "size": "42"},
		Permit: &bot.Permit{Token: "token-zoe"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestNobodyIsMetOnAPageOfOthersOrInAZoneThatIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for name, tc := range map[string]struct {
		id   string
		who  flows.Contact
		want string
	}{
		"another Page":   {"messenger:2:zoe", flows.Contact{}, "contact is on no Page of this bot"},
		"a field":        {w.id("card=7"), flows.Contact{}, "contact must be a contact id"},
		"a shortened id": {w.id("7.01235E+15"), flows.Contact{}, "contact was shortened"},
		"a zone unknown": {w.id("zoe"), flows.Contact{Timezone: "Paris"}, "timezone must be the name of a zone"},
		"a long name":    {w.id("zoe"), flows.Contact{FirstName: strings.Repeat("é", 201)}, "first_name must have at most 200 characters"},
		"a long locale":  {w.id("zoe"), flows.Contact{Locale: strings.Repeat("f", 21)}, "locale must have at most 20 characters"},
	} {
		if err := w.bot.Meet(context.Background(), tc.id, tc.who); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	w.gone("zoe")
}
