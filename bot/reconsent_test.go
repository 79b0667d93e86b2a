package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// agreeing is a bot whose one topic can be agreed to and left in every way there is.
var agreeing = map[string]string{
	"bot.yaml":            "name: B\nlocale: en\ntimezone: Europe/Paris\ntopics:\n  news: {title: News, cadence: [weekly, monthly]}\nevents:\n  issue: {}\n  moved_away: {}\n",
	"flows/ask.yaml":      "triggers:\n  - keywords: [news]\nsteps:\n  - opt_in: news\n    cadence: [weekly]\n    accepted: [{say: Noted.}]\n    declined: [{say: Fine.}]\n",
	"flows/settings.yaml": "triggers:\n  - keywords: [settings]\nsteps:\n  - preferences: true\n",
	"flows/issue.yaml":    "triggers:\n  - event: issue\n    topic: news\nsteps:\n  - say: An issue!\n    buttons: [{label: Stop, opt_out: news}]\n",
	"flows/moved.yaml":    "triggers:\n  - event: moved_away\nsteps:\n  - opt_out: news\n",
	"flows/back.yaml":     "triggers:\n  - opted_in: news\nsteps:\n  - say: Welcome back.\n",
}

// An ending is a way in which a consent ends, or loses what carries it.
type ending struct {
	name   string
	rule   string // what follows from it, and where that is said
	barred bool   // only the platform's own yes or resume counts then
	gone   bool   // nothing is known of the person any more
	stands bool   // the consent goes on; it only cannot be carried
	does   func(w *world)
}

func endings() []ending {
	issue := func(w *world) { w.sells(bot.ShopEvent{ID: "1", Name: "issue"}) }
	return []ending{
		{name: "the button Stop", rule: "ours: any later yes counts (design 4, Opt-in)", does: func(w *world) {
			issue(w)
			w.does(w.taps("zoe", "Stop"))
		}},
		{name: "a stop word", rule: "ours, of every topic", does: func(w *world) { w.does(w.writes("zoe", "stop")) }},
		{name: "the preference centre", rule: "ours", does: func(w *world) {
			w.does(w.writes("zoe", "settings"))
			w.does(w.taps("zoe", "News"))
			w.does(w.taps("zoe", "Turn off"))
			w.does(w.taps("zoe", "Done"))
		}},
		{name: "the shop, by an event with opt_out:", rule: "ours", does: func(w *world) {
			w.sells(bot.ShopEvent{ID: "2", Name: "moved_away", Contact: w.id("zoe")})
		}},
		{name: "the platform's switch", rule: "the platform's: only its own yes or resume counts (design 4, Opt-in; platform 1.5)", barred: true, does: func(w *world) {
			w.does(w.switches(bot.EventStop, "zoe", "news"))
		}},
		{name: "the platform's switch, told by a refusal", rule: "as the switch itself (10/1893015, platform 1.3)", barred: true, does: func(w *world) {
			w.home.answers(1, saying("An issue!"), bot.Outcome{Status: bot.Refused, Class: bot.ClassStopped, Code: "10/1893015"}, false)
			issue(w)
		}},
		{name: "a permit that is gone", rule: "no end of the consent: it waits for another permit (design 6, lane; platform 1.6)", stands: true, does: func(w *world) {
			w.passes(day) // else it goes in the window
			w.home.answers(1, saying("An issue!"), bot.Outcome{Status: bot.Refused, Class: bot.ClassPermit, Code: "100"}, false)
			issue(w)
			w.decided("zoe", "held rule=lane")
		}},
		{name: "forgotten", rule: "nobody knows anything: whoever comes is new (design 6, Consent)", gone: true, does: func(w *world) { w.forgets("zoe") }},
	}
}

// An opening is a way in which it may begin again.
type opening struct {
	name     string
	platform bool // the platform says it
	brings   bool // it can begin a consent; else it only brings one back, or none
	does     func(w *world)
}

func openings() []opening {
	row := func(w *world, ago time.Duration) bot.ImportRow {
		return bot.ImportRow{
			Contact: "zoe", Topic: "news", Cadence: "monthly", ConsentedAt: w.clock.Now().Add(-ago), Wording: "Tell me the news", Source: "form",
			Permit: &bot.ImportPermit{Token: "token-zoe-news", ExpiresAt: w.clock.Now().Add(200 * day)},
		}
	}
	ask := func(w *world) { w.does(w.writes("zoe", "news")) }
	answer := func(w *world) {
		made := w.home.shown("zoe")
		switch last := made[len(made)-1].Message; {
		case last.OptIn != nil:
			w.does(w.accepts("zoe"))
		case slices.Contains(labels(last), "Yes"):
			w.does(w.taps("zoe", "Yes"))
		}
	}
	return []opening{
		{name: "opt_in within the week, the permit held", brings: true, does: func(w *world) { ask(w); answer(w) }},
		{name: "opt_in within the week, no permit", brings: false, does: func(w *world) {
			w.loses("zoe")
			ask(w)
			answer(w)
		}},
		{name: "and then the request above accepted", brings: true, platform: true, does: func(w *world) {
			w.loses("zoe")
			ask(w)
			answer(w)
			w.does(w.accepts("zoe"))
		}},
		{name: "opt_in a week later", brings: true, does: func(w *world) { w.passes(8 * day); ask(w); answer(w) }},
		{name: "the old request accepted", platform: true, brings: true, does: func(w *world) { w.does(w.accepts("zoe")) }},
		{name: "the platform's resume", platform: true, does: func(w *world) {
			e := w.switches(bot.EventResume, "zoe", "news")
			e.Permit.Title = "News"
			w.does(e)
		}},
		{name: "the platform's link", platform: true, brings: true, does: func(w *world) {
			e := w.event(bot.EventOptIn, "zoe")
			e.Source, e.Permit = "SHORTLINK", &bot.Permit{Lane: "recurring", Token: "link", Topic: "news", Title: "News"}
			w.does(e)
		}},
		{name: "an ad's subscription", platform: true, does: func(w *world) {
			e := w.event(bot.EventOptIn, "zoe")
			e.Source, e.Permit = "ADS", &bot.Permit{Lane: "recurring", Token: "ad", Title: "News"}
			w.does(e)
		}},
		{name: "the preference centre", brings: true, does: func(w *world) {
			w.does(w.writes("zoe", "settings"))
			w.does(w.taps("zoe", "News"))
			made := w.home.shown("zoe")
			if slices.Contains(labels(made[len(made)-1].Message), "Weekly") || slices.Contains(labels(made[len(made)-1].Message), "Every week") {
				w.does(w.taps("zoe", "Every week"))
			}
			answer(w)
		}},
		{name: "an import of a yes since", brings: true, does: func(w *world) { w.imports(row(w, 0)) }},
		{name: "an import of a yes before", does: func(w *world) { w.imports(row(w, 40*time.Hour)) }},
	}
}

// loses lets the platform's permits be gone.
func (w *world) loses(person string) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		permits, err := tx.Permits(w.id(person))
		for _, p := range permits {
			err = errors.Join(err, tx.DeletePermit(p.Contact, p.Lane, p.Topic))
		}
		return err
	})
}

// TestConsentBeginsAgain ends a consent in each way, and lets it begin again in each.
func TestConsentBeginsAgain(t *testing.T) {
	t.Parallel()
	ends, begins := endings(), openings()
	cells := make([][]string, len(ends))
	t.Run("lives", func(t *testing.T) {
		for i, end := range ends {
			cells[i] = make([]string, len(begins))
			for j, begin := range begins {
				t.Run(end.name+" – "+begin.name, func(t *testing.T) {
					t.Parallel()
					cells[i][j] = beginsAgain(t, end, begin)
				})
			}
		}
	})
	var b strings.Builder
	for i, end := range ends { // those after which everything is the same stand together
		fmt.Fprintf(&b, "# Ended by %s: %s\n", end.name, end.rule)
		if i+1 < len(ends) && slices.Equal(cells[i], cells[i+1]) {
			continue
		}
		for j, begin := range begins {
			fmt.Fprintf(&b, "%s: %s\n", begin.name, cells[i][j])
		}
		b.WriteString("\n")
	}
	golden(t, "reconsent.txt", strings.TrimSuffix(b.String(), "\n"))
}

func beginsAgain(t *testing.T, end ending, begin opening) string {
	w := newWorld(t, agreeing)
	w.does(w.writes("zoe", "news"))
	w.does(w.accepts("zoe"))
	w.passes(time.Hour)
	end.does(w)
	before := 0
	if !end.gone {
		if got := w.consent("zoe", "news").Status; (got == "active") != end.stands {
			t.Fatalf("ended by %s, but it is %q", end.name, got)
		}
		before = len(w.export("zoe").Ledger)
	}
	w.ignore("zoe")
	w.passes(time.Hour)
	w.ignore("zoe")
	begin.does(w)

	status := "nobody"
	var ledger []string
	if _, err := w.bot.Contact(context.Background(), w.id("zoe")); err == nil {
		c := w.consent("zoe", "news")
		status = strings.TrimSpace(c.Status + " " + c.Cadence)
		for _, e := range w.export("zoe").Ledger[before:] {
			line := string(e.Action) + " by " + e.Source
			if e.None != "" {
				line += " (" + e.None + ")"
			}
			ledger = append(ledger, line)
		}
	}
	// What is allowed, as a rule that was written apart from the code.
	resume := begin.name == "the platform's resume"
	want := end.stands ||
		begin.brings && !begin.platform && !end.barred ||
		begin.brings && begin.platform ||
		resume && !end.gone ||
		end.gone && strings.HasPrefix(begin.name, "an import") ||
		end.gone && begin.name == "opt_in within the week, no permit" // the platform's request is shown, and accepted
	if got := strings.HasPrefix(status, "active"); got != want {
		t.Errorf("ended by %s, then %s: %s, want it active: %v", end.name, begin.name, status, want)
	}
	var saw []string
	shown := w.home.shown("zoe")
	for _, made := range shown[w.seen["zoe"]:] {
		saw = append(saw, strings.ReplaceAll(sketch(made.Message), "\n", " ⏎ "))
	}
	sees, proves := "sees nothing", "ledger has nothing"
	if len(saw) > 0 {
		sees = "sees " + strings.Join(saw, " / ")
	}
	if len(ledger) > 0 {
		proves = "ledger has " + strings.Join(ledger, ", ")
	}
	return fmt.Sprintf("%s\n    %s\n    %s", status, sees, proves)
}

func TestWhoPausedIsAskedBeforeTheyAreToldThatTheyWillHearOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings)
	w.subscribes("zoe", "restock", "weekly")
	w.pauses("zoe")
	w.passes(20 * day)
	const ask = "Je peux t'écrire à propos de « Ta pointure est de retour » ?  [Oui] [Non]"
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "41"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", ask)
	w.does(w.taps("zoe", "Non"))
	w.expect("zoe", "Pas de souci.")
	w.stands("zoe", "restock", "snoozed")
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "41"))
	w.does(w.taps("zoe", "Oui"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", ask, "C'est noté !")
	w.stands("zoe", "restock", "active")
	if c := w.consent("zoe", "restock"); c.Cadence != "weekly" || len(c.Interests) != 2 {
		t.Errorf("the consent: %s, about %v", c.Cadence, c.Interests)
	}
	e := back("1")
	e.Data["size"] = 41
	w.sells(e)
	w.passes(15 * time.Minute)
	w.expect("zoe", "La Gazelle en 41 est de retour !  [Stop]")
	w.does(w.writes("zoe", "stock")) // awake, she is not asked again
	w.does(w.taps("zoe", "41"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", "C'est noté !")
}
