package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// optinItem is a yes to one of the platform's own questions, the later stop and
// resume of it, or an entry by a plugin.
type optinItem struct {
	Type    string `json:"type"`
	Payload string `json:"payload"`
	Ref     string `json:"ref"`
	Source  string `json:"source"`
	UserRef ident  `json:"user_ref"`

	// Recurring notifications, and paid marketing messages, which took over their
	// tokens.
	Title     string `json:"title"`
	Topic     string `json:"notification_messages_topic"` // by an m.me/rn link
	Token     string `json:"notification_messages_token"`
	Frequency string `json:"notification_messages_frequency"` // none since February 2023
	Timezone  string `json:"notification_messages_timezone"`
	Expiry    stamp  `json:"token_expiry_timestamp"` // none since August 2023
	Status    string `json:"notification_messages_status"`

	OneTimeToken string `json:"one_time_notif_token"`
}

func (o *optinItem) fill(e *bot.Event) {
	switch kind := strings.ToLower(o.Type); {
	case len(o.Token) > maxWord || len(o.OneTimeToken) > maxWord:
		e.Kind, e.Reason = bot.EventUnknown, "optin_token" // cut, it would be another's
	case kind == "notification_messages" || kind == "" && (o.Token != "" || o.Status != ""):
		e.Kind, e.Reason = statusKind(o.Status)
		e.Permit = o.permit(e)
	case kind == "one_time_notif_req":
		e.Kind = bot.EventOptIn
		e.Permit = &bot.Permit{Lane: "one_time", Token: clean(o.OneTimeToken, maxWord), Title: clean(o.Title, maxWord)}
	case o.UserRef != "":
		e.Kind, e.Reason = bot.EventUnknown, "user_ref" // the checkbox plugin: nobody we could write to yet
	case kind == "":
		e.Kind = bot.EventReferral // the Send to Messenger plugin: an entry with a ref, no permission
	default:
		e.Kind, e.Reason = bot.EventUnknown, "optin"
	}
	if e.Kind == bot.EventUnknown {
		e.Permit = nil
		return
	}
	e.Payload, e.Ref, e.Source = clean(o.Payload, maxWord), clean(o.Ref, maxWord), clean(o.Source, maxWord)
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
		Lane: laneRecurring, Topic: clean(o.Topic, maxWord), Token: clean(o.Token, maxWord), Title: clean(o.Title, maxWord),
		Frequency: strings.ToLower(clean(o.Frequency, maxWord)), Zone: clean(o.Timezone, maxWord),
	}
	if t, ok := o.Expiry.time(); ok {
		p.ExpiresAt = t
	} else if e.Kind == bot.EventOptIn {
		p.ExpiresAt = tokenExpiry(p.Frequency, e.At)
	}
	return p
}
