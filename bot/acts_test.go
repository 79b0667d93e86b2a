package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// id is a person's contact id on the home page.
func (w *world) id(person string) string { return bot.ContactID("messenger", w.home.page, person) }

// event is one event of a person on the home page, now.
func (w *world) event(kind bot.EventKind, person string) bot.Event {
	w.acts++
	return bot.Event{Kind: kind, Page: w.home.page, Person: person, At: w.clock.Now(), Key: fmt.Sprintf("k%d", w.acts)}
}

// receipt tells that a message was delivered just now.
func (w *world) receipt(person, mid string) bot.Event {
	e := w.event(bot.EventDelivery, person)
	e.MIDs, e.Watermark = []string{mid}, w.clock.Now()
	return e
}

// receive brings one webhook.
func (w *world) receive(events ...bot.Event) error {
	w.t.Helper()
	body, err := json.Marshal(events)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.bot.Receive(context.Background(), "messenger", http.Header{"Signature": {"good"}}, body)
}

// comes is receive that must work.
func (w *world) comes(events ...bot.Event) {
	w.t.Helper()
	if err := w.receive(events...); err != nil {
		w.t.Fatalf("receiving: %v", err)
	}
}

func (w *world) writes(person, text string) bot.Event {
	e := w.event(bot.EventMessage, person)
	e.Text = text
	return e
}

// taps is a tap on the newest button or quick reply of that label.
func (w *world) taps(person, label string) bot.Event {
	w.t.Helper()
	shown := w.home.shown(person)
	for i := len(shown) - 1; i >= 0; i-- {
		m := shown[i].Message
		for _, button := range m.Buttons {
			if button.Label == label {
				e := w.event(bot.EventPostback, person)
				e.Payload, e.Label = button.Payload, label
				return e
			}
		}
		for _, reply := range m.QuickReplies {
			if reply.Label == label {
				e := w.writes(person, label)
				e.Payload = reply.Payload
				return e
			}
		}
	}
	w.t.Fatalf("%s has no message with [%s]", person, label)
	return bot.Event{}
}

// accepts is a yes to the newest request of the platform.
func (w *world) accepts(person string) bot.Event {
	w.t.Helper()
	shown := w.home.shown(person)
	for i := len(shown) - 1; i >= 0; i-- {
		if m := shown[i].Message; m.OptIn != nil {
			e := w.event(bot.EventOptIn, person)
			e.Payload = m.OptIn.Request
			e.Permit = &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + m.OptIn.Topic, Title: m.Text}
			return e
		}
	}
	w.t.Fatalf("%s has no opt-in request", person)
	return bot.Event{}
}

// switches is the platform's own switch for a topic's messages: a stop or a resume.
func (w *world) switches(kind bot.EventKind, person, topic string) bot.Event {
	e := w.event(kind, person)
	e.Permit = &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + topic}
	return e
}

// echo is the platform's echo of a post.
func (w *world) echo(made post) bot.Event {
	e := w.event(bot.EventEcho, made.Person)
	e.MID, e.Send, e.Key = made.mid, made.ID, "echo-"+made.mid
	return e
}

// does lets events come and everything happen that follows.
func (w *world) does(events ...bot.Event) {
	w.t.Helper()
	w.comes(events...)
	w.settle()
}

// sells is an event of the shop that must be taken.
func (w *world) sells(events ...bot.ShopEvent) {
	w.t.Helper()
	if _, _, err := w.bot.Events(context.Background(), events); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// back is the event that the 42 is back.
func back(id string) bot.ShopEvent {
	return bot.ShopEvent{ID: id, Name: "restock", Data: map[string]any{"model": "Gazelle", "size": 42, "url": "https://foulee.example/g42"}}
}

// meets makes a person known.
func (w *world) meets(person string, who flows.Contact) {
	w.t.Helper()
	if err := w.bot.Meet(context.Background(), w.id(person), who); err != nil {
		w.t.Fatal(err)
	}
}

// subscribes lets a person have said yes already, to watch the 42.
func (w *world) subscribes(person, topic, cadence string) {
	w.t.Helper()
	w.meets(person, flows.Contact{FirstName: strings.ToUpper(person[:1]) + person[1:]})
	s := bot.Subscription{
		Topic: topic, Cadence: cadence, At: w.clock.Now(), Wording: topic,
	}
	if takes := func(l bot.Lane) bool { return slices.Contains(bot.TraitsOf(l).Permits, "recurring") }; slices.ContainsFunc(w.home.lanes, takes) {
		s.Permit = &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + topic}
	}
	if topic == "restock" {
		s.Interest = map[string]any{"model": "Gazelle", "size": 42.0}
	}
	if err := w.bot.Import(context.Background(), w.id(person), s); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}
