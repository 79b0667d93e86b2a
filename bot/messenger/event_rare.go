package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// rare are the parts of items that come seldom, in the order in which they count.
var rare = []struct {
	part string
	fill func(e *bot.Event, v value) error
}{
	{"message_edit", fillEdit},
	{"account_linking", fillLink},
	{"policy_enforcement", fillPolicy},
	{"policy-enforcement", fillPolicy}, // seen in the wild
	{"request_thread_control", fillAsked},
	{"app_roles", only(bot.EventRoles)},
	{"messaging_feedback", fillFeedback},
	{"response_feedback", fillResponse},
	{"order", fillOrder},
	{"template", fillCoupon},
	{"game_play", fillGame},
}

// fillRare finds what an item is that has none of the usual parts; one of none we know is
// kept as it came.
func fillRare(e *bot.Event, raw value) error {
	first, found := len(rare), value(nil)
	for name, field := range raw.fields {
		for i := range rare[:first] {
			if string(name) == rare[i].part {
				first, found = i, field
				break
			}
		}
	}
	if first == len(rare) {
		e.Kind, e.Reason = bot.EventUnknown, "unrecognised"
		return nil
	}
	return rare[first].fill(e, found)
}

// only is for a part that says all by being there.
func only(kind bot.EventKind) func(e *bot.Event, v value) error {
	return func(e *bot.Event, v value) error {
		e.Kind = kind
		return nil
	}
}

// fillEdit reads that a message of the person reads otherwise now.
func fillEdit(e *bot.Event, v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	e.Kind = bot.EventEdited
	for name, field := range v.fields {
		switch string(name) {
		case "mid":
			e.MID, err = field.ident()
		case "text":
			e.Text, err = field.text()
		case "num_edit": // a number, or a text in old bodies
			e.Edits = field.code()
		}
		if err != nil {
			return err
		}
	}
	e.Text = clean(e.Text, maxText)
	return nil
}

// fillLink reads that somebody has linked an account of the shop's, or ended that. The
// code that comes with it stays in the body.
func fillLink(e *bot.Event, v value) error {
	status, err := v.textIn("status")
	e.Kind, e.Action = bot.EventLink, strings.ToLower(clean(status, maxWord))
	return err
}

// fillPolicy reads what the platform does about the Page's conduct. It names nobody.
func fillPolicy(e *bot.Event, v value) error {
	action, err := v.textIn("action")
	if err != nil {
		return err
	}
	reason, err := v.textIn("reason")
	e.Kind, e.Action, e.Text, e.Person = bot.EventPolicy, strings.ToLower(clean(action, maxWord)), clean(reason, maxText), ""
	return err
}

// fillAsked reads that another app would like to have the conversation.
func fillAsked(e *bot.Event, v value) error {
	app, err := v.identIn("requested_owner_app_id")
	e.Kind, e.App = bot.EventAsked, app
	return err
}

// fillOrder reads a cart that the person sent.
func fillOrder(e *bot.Event, v value) error {
	note, err := v.textIn("note")
	if err != nil {
		return err
	}
	source, err := v.textIn("source")
	e.Kind, e.Text, e.Source = bot.EventOrder, clean(note, maxText), clean(source, maxWord)
	return err
}

// fillCoupon reads that somebody took a coupon. The part is named as the thing that
// showed it.
func fillCoupon(e *bot.Event, v value) error {
	what, err := v.textIn("type")
	if err != nil {
		return err
	}
	if what != "coupon" {
		e.Kind, e.Reason = bot.EventUnknown, "template"
		return nil
	}
	payload, err := v.textIn("payload")
	e.Kind, e.Payload = bot.EventCoupon, clean(payload, maxWord)
	return err
}

// fillGame reads that somebody played the Page's game.
func fillGame(e *bot.Event, v value) error {
	payload, err := v.textIn("payload")
	e.Kind, e.Payload = bot.EventGame, clean(payload, maxWord)
	return err
}

// templateFields are the changes that report on messages the platform is to approve: its
// pages spell the name in two ways.
var templateFields = []string{"messenger_template_status_update", "message_template_status_update"}

// template turns such a report into an event about the Page.
func (p *parser) template(at place, v value) {
	e := bot.Event{Kind: bot.EventTemplate, Page: at.page, At: at.at.or(p.now), Body: []byte(at.raw)}
	for name, field := range v.fields {
		word, err := field.word()
		if err != nil {
			continue // of what it reports the name and the status count
		}
		switch string(name) {
		case "message_template_name", "name":
			e.Name = word
		case "event", "status":
			e.Action = word
		}
	}
	e.Key = hashKey(e.Kind, at.page, at.at, at.raw)
	p.add(e)
}
