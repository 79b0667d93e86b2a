package messenger

import (
	"slices"

	"github.com/relance-bot/relance/bot"
)

// ignoredFields are the fields of changes that are known and not acted on.
var ignoredFields = []string{
	"inbox_labels", "marketing_messages_subscriber_upload_status",
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
	case slices.Contains(p.comments, what):
		p.comment(at, v)
	case slices.Contains(paidFields, what):
		p.paid(at, what, v)
	case slices.Contains(templateFields, what):
		p.template(at, v)
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
