package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// paidFields are the changes that report what became of paid messages.
var paidFields = []string{
	"marketing_message_delivery_failed", "marketing_message_deliveries", "marketing_message_reads",
	"marketing_message_echoes", "marketing_message_clicks",
}

// paidItem is such a report. Its times and ids come as numbers or texts; who is known
// by an audience alone has no id (null, or 0 until January 2026).
type paidItem struct {
	person   string
	tracking string
	token    string
	fault    string
	at       stamp
}

func (i *paidItem) take(v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "recipient_id":
			if !field.absent() {
				i.person, err = field.ident()
			}
		case "marketing_message_tracking_id":
			i.tracking, err = field.ident()
		case "messenger_subscription_token":
			i.token, err = field.ident()
		case "error_message":
			i.fault, err = field.text()
		case "timestamp":
			i.at = field.stamp()
		}
		if err != nil {
			return err
		}
	}
	if i.person == "0" {
		i.person = ""
	}
	return nil
}

// paid turns a report about a paid message into an event. A message was accepted under
// its tracking id, which stands for its id in all of them. Their echo and their clicks
// say nothing that a bot acts on.
func (p *parser) paid(at place, what string, v value) {
	var i paidItem
	if err := i.take(v); err != nil {
		p.stray(at, "malformed")
		return
	}
	e := bot.Event{Kind: bot.EventIgnored, Page: at.page, Person: i.person, At: i.at.or(p.now, at.at)}
	who := i.person
	switch {
	case what == "marketing_message_deliveries" && i.tracking != "":
		e.Kind, e.MIDs = bot.EventDelivery, []string{i.tracking}
	case what == "marketing_message_reads" && (i.person != "" || i.token != ""):
		e.Kind, e.Watermark = bot.EventRead, e.At
	case what == "marketing_message_delivery_failed" && i.token != "":
		e.Kind, e.Reason, who = bot.EventUndelivered, clean(strings.TrimSpace(i.fault), maxReason), i.token
	}
	if i.token != "" && (i.person == "" && e.Kind != bot.EventIgnored || e.Kind == bot.EventUndelivered) {
		e.Permit = &bot.Permit{Lane: laneMarketing, Token: i.token}
	}
	e.Key = hashKey(e.Kind, who, i.at, at.raw)
	p.add(e)
}
