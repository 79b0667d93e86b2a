package messenger

import "github.com/relance-bot/relance/bot"

// The inboxes in which people of the Page have a conversation, by the numbers of their
// apps ("Conversation routing" of the Messenger Platform).
const (
	pageInbox      = "263902037430900"
	instagramInbox = "1217981644879628"
)

// fillPass reads that an app has given a conversation on. Who is given it is told; so
// one that names no inbox, and does not come by standby, is ours.
func fillPass(e *bot.Event, v value, standby bool) error {
	owner, err := newOwner(v)
	if e.Kind, e.App = bot.EventGiven, owner; owner == pageInbox || owner == instagramInbox || standby {
		e.Kind = bot.EventTaken
	}
	return err
}

// fillTake reads that an app has taken a conversation. Who loses it is told; without a
// new owner it is nobody's, and so ours again.
func fillTake(e *bot.Event, v value) error {
	owner, err := newOwner(v)
	if e.Kind, e.App = bot.EventTaken, owner; owner == "" {
		e.Kind = bot.EventGiven
	}
	return err
}

func newOwner(v value) (owner string, err error) {
	if !v.isObject() {
		return "", errShape
	}
	for name, field := range v.fields {
		if string(name) == "new_owner_app_id" {
			owner, err = field.ident()
		}
	}
	return owner, err
}
