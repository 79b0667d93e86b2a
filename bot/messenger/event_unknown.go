package messenger

import (
	"slices"

	"github.com/relance-bot/relance/bot"
)

// ignored are the parts of items that are known and not acted on, with the reason
// they are kept under. The first that is there counts.
var ignored = []struct{ part, reason string }{
	{"message_edit", "message_edit"},
	{"account_linking", "account_linking"},
	{"policy_enforcement", "policy_enforcement"},
	{"policy-enforcement", "policy_enforcement"},
	{"request_thread_control", "request_thread_control"},
	{"app_roles", "app_roles"},
	{"messaging_feedback", "messaging_feedback"},
	{"response_feedback", "response_feedback"},
	{"order", "order"},
	{"template", "coupon"},
	{"game_play", "game_play"},
}

// ignoredFields are the fields of changes that are known and not acted on.
var ignoredFields = []string{
	"inbox_labels", "messenger_template_status_update", "message_template_status_update",
	"marketing_messages_subscriber_upload_status",
}

// fillUnknown names an item that has none of the parts we act on.
func fillUnknown(e *bot.Event, raw value) {
	e.Kind, e.Reason = bot.EventUnknown, "unrecognised"
	first := len(ignored)
	for name, field := range raw.fields {
		for i, known := range ignored[:min(first+1, len(ignored))] {
			if string(name) == known.part {
				first, e.Reason, e.App = i, known.reason, threadApp(field)
			}
		}
	}
}

// threadApp is the app that a handover concerns: the new owner, or who asks.
func threadApp(part value) string {
	owner, asking := "", ""
	for name, field := range part.fields {
		var err error
		switch string(name) {
		case "new_owner_app_id":
			owner, err = field.ident()
		case "requested_owner_app_id":
			asking, err = field.ident()
		}
		if err != nil {
			return ""
		}
	}
	if owner != "" {
		return owner
	}
	return asking
}

// change turns one item of the older form, a field and its value, into one event.
// Some hold the items of messaging.
func (p *parser) change(at place) {
	if p.full {
		return
	}
	bad := !at.raw.isObject() && !at.raw.absent()
	var what string
	var v value
	for name, field := range at.raw.fields {
		switch string(name) {
		case "field":
			text, err := field.text()
			what, bad = text, bad || err != nil
		case "value":
			v = field
		}
	}
	if bad {
		p.stray(at, "malformed")
		return
	}
	created, isItem := stamp(0), false
	for name, field := range v.fields {
		switch string(name) {
		case "created_time":
			created = field.stamp()
		case "sender", "recipient":
			isItem = true
		}
	}
	switch {
	case what == "feed":
		p.feed(at, v)
	case p.media && (what == "comments" || what == "live_comments"):
		p.comment(at, v)
	case slices.Contains(paidFields, what):
		p.paid(at, what, v)
	case slices.Contains(ignoredFields, what):
		if created != 0 {
			at.at = created
		}
		p.stray(at, what)
	case isItem:
		at.raw, at.standby = v, what == "standby"
		p.item(at)
	default:
		p.stray(at, "change")
	}
}

// stray keeps something that is no item, or none we could read.
func (p *parser) stray(at place, reason string) {
	e := bot.Event{Kind: bot.EventUnknown, Page: at.page, At: at.at.or(p.now), Reason: reason, Body: []byte(at.raw)}
	e.Key = hashKey(e.Kind, at.page, at.at, at.raw)
	p.add(e)
}
