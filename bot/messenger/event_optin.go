package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// optinItem is a yes to one of the platform's own questions, the later stop and
// resume of it, or an entry by a plugin.
type optinItem struct {
	kind    string // type
	payload string
	ref     string
	source  string
	userRef string

	// Recurring notifications, and paid marketing messages, which took over their
	// tokens.
	title     string
	topic     string // by an m.me/rn link
	token     string
	frequency string // none since February 2023
	timezone  string
	expiry    stamp // none since August 2023
	status    string
	renewal   string // user_token_status

	oneTimeToken string
}

func (o *optinItem) take(v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "type":
			o.kind, err = field.text()
		case "payload":
			o.payload, err = field.text()
		case "ref":
			o.ref, err = field.text()
		case "source":
			o.source, err = field.text()
		case "user_ref":
			o.userRef, err = field.ident()
		case "title":
			o.title, err = field.text()
		case "notification_messages_topic":
			o.topic, err = field.text()
		case "notification_messages_token":
			o.token, err = field.text()
		case "notification_messages_frequency":
			o.frequency, err = field.text()
		case "notification_messages_timezone":
			o.timezone, err = field.text()
		case "token_expiry_timestamp":
			o.expiry = field.stamp()
		case "notification_messages_status":
			o.status, err = field.text()
		case "user_token_status":
			o.renewal, err = field.text()
		case "one_time_notif_token":
			o.oneTimeToken, err = field.text()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func fillOptin(e *bot.Event, v value) error {
	var o optinItem
	if err := o.take(v); err != nil {
		return err
	}
	switch kind := strings.ToLower(o.kind); {
	case len(o.token) > maxWord || len(o.oneTimeToken) > maxWord:
		e.Kind, e.Reason = bot.EventUnknown, "optin_token" // cut, it would be another's
	case kind == "notification_messages" || kind == "" && (o.token != "" || o.status != ""):
		e.Kind, e.Reason = statusKind(o.status)
		e.Permit = o.permit(e)
		e.Renewed = strings.EqualFold(strings.TrimSpace(o.renewal), "REFRESHED")
	case kind == "one_time_notif_req":
		e.Kind = bot.EventOptIn
		e.Permit = &bot.Permit{Lane: laneOneTime, Token: clean(o.oneTimeToken, maxWord), Title: clean(o.title, maxWord), ExpiresAt: e.At.AddDate(1, 0, 0)}
	case o.userRef != "":
		e.Kind, e.Reason = bot.EventUnknown, "user_ref" // the checkbox plugin: nobody we could write to yet
	case kind == "":
		e.Kind = bot.EventReferral // the Send to Messenger plugin: an entry with a ref, no permission
	default:
		e.Kind, e.Reason = bot.EventUnknown, "optin"
	}
	if e.Kind == bot.EventUnknown {
		e.Permit = nil
		return nil
	}
	e.Payload, e.Ref, e.Source = clean(o.payload, maxWord), clean(o.ref, maxWord), clean(o.source, maxWord)
	return nil
}

// statusKind tells a yes from a stop. The platform's pages print the status with
// a blank, running code compares with an underscore. A word that is not known is
// never taken for a yes.
func statusKind(status string) (kind bot.EventKind, reason string) {
	switch word := strings.TrimSpace(strings.ReplaceAll(strings.ToUpper(status), "_", " ")); {
	case word == "":
		return bot.EventOptIn, ""
	case word == "STOP" || strings.HasPrefix(word, "STOP "):
		return bot.EventStop, ""
	case word == "RESUME NOTIFICATIONS" || word == "RESUME":
		return bot.EventResume, ""
	}
	return bot.EventUnknown, "optin_status"
}

// permit leaves Topic empty unless the link named one: which topic a request was
// for, only who sent it knows, by its payload.
func (o *optinItem) permit(e *bot.Event) *bot.Permit {
	p := &bot.Permit{
		Lane: laneRecurring, Topic: clean(o.topic, maxWord), Token: clean(o.token, maxWord), Title: clean(o.title, maxWord),
		Frequency: strings.ToLower(clean(o.frequency, maxWord)), Zone: clean(o.timezone, maxWord),
	}
	if t, ok := o.expiry.time(); ok {
		p.ExpiresAt = t
	} else if e.Kind == bot.EventOptIn {
		p.ExpiresAt = tokenExpiry(p.Frequency, e.At)
	}
	return p
}
