package bot_test

import (
	"context"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// expect compares what a person was shown since the last look.
func (w *world) expect(person string, want ...string) {
	w.t.Helper()
	shown := w.home.shown(person)
	var got []string
	for _, made := range shown[w.seen[person]:] {
		got = append(got, sketch(made.Message))
	}
	w.seen[person] = len(shown)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("what %s sees (-want +got):\n%s", person, diff)
	}
}

// ignore looks at everything a person was shown.
func (w *world) ignore(person string) { w.seen[person] = len(w.home.shown(person)) }

// decisions are a person's, oldest first: "sent lane=recurring", "held rule=cadence
// next=2026-03-28 18:00", in Paris.
func (w *world) decisions(person string) []string {
	w.t.Helper()
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, w.spell(list[i]))
	}
	return out
}

func (w *world) spell(d bot.DecisionView) string {
	text := d.Kind
	if d.Rule != "" {
		text += " rule=" + d.Rule
	}
	if d.Lane != "" {
		text += " lane=" + d.Lane
	}
	if !d.Next.IsZero() {
		zone, _ := time.LoadLocation("Europe/Paris")
		text += " next=" + d.Next.In(zone).Format("2006-01-02 15:04")
	}
	return text
}

// decided compares all of a person's decisions, oldest first.
func (w *world) decided(person string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.decisions(person)); diff != "" {
		w.t.Fatalf("decisions about %s (-want +got):\n%s", person, diff)
	}
}

// view is what the bot knows about a person.
func (w *world) view(person string) bot.ContactView {
	w.t.Helper()
	view, err := w.bot.Contact(context.Background(), w.id(person))
	if err != nil {
		w.t.Fatal(err)
	}
	return view
}

// consent is a person's consent to a topic; its zero value if there is none.
func (w *world) consent(person, topic string) bot.ConsentView {
	w.t.Helper()
	for _, c := range w.view(person).Consents {
		if c.Topic == topic {
			return c
		}
	}
	return bot.ConsentView{}
}

// stands compares a consent's status.
func (w *world) stands(person, topic, status string) {
	w.t.Helper()
	if got := w.consent(person, topic).Status; got != status {
		w.t.Fatalf("consent of %s to %s is %q, want %q", person, topic, got, status)
	}
}

// strays are the reasons of what was put aside.
func (w *world) strays() []string {
	w.t.Helper()
	var out []string
	w.read(func(r storage.Reader) error {
		strays, err := r.Strays(0, 1000)
		for _, s := range strays {
			out = append(out, s.Reason)
		}
		return err
	})
	return out
}
