package messenger

import (
	"cmp"

	"github.com/relance-bot/relance/bot"
)

// Dialect is what differs on a platform whose accounts are reached by the same client and
// speak the same wire format. What is left out is as on Messenger; bot/instagram is one.
type Dialect struct {
	// Name is the first part of contact ids and of what New complains of: "messenger".
	Name string
	// Object is what the platform's webhooks are about: "page".
	Object string
	// Sender is the account in the paths of calls: Config.PageID, which stands in webhooks
	// and contact ids, unless messages go out through another.
	Sender string
	// Inbox is the number of the app in which people of the account have conversations.
	Inbox string
	// Login says that the account's owner logged in with it: no Page stands between.
	Login bool
	// Comments are the webhook fields that bring comments in a form of their own. A Page's
	// come with its feed.
	Comments []string
	// ProfilePlatform names the platform in calls about what the account shows, which is ice
	// breakers and a menu that never closes the conversation. Empty: all that a Page shows.
	ProfilePlatform string
	// Profile are the fields to ask for of a person, the next where those before are not
	// permitted.
	Profile []string
	// Lane makes a lane of Config.Lanes; nil: those of Messenger.
	Lane func(name string) (bot.Lane, error)
	// Refuse is a short fixed word for what the platform would refuse in a message beyond
	// what Messenger does, or "". nil: nothing.
	Refuse func(*bot.Delivery) string
}

// whole is the dialect with what was left out.
func (d Dialect) whole(page string) Dialect {
	d.Name, d.Object, d.Inbox = cmp.Or(d.Name, "messenger"), cmp.Or(d.Object, "page"), cmp.Or(d.Inbox, pageInbox)
	if d.Sender == "" {
		d.Sender = page
	}
	if d.Profile == nil {
		d.Profile = []string{profileFields, nameFields}
	}
	return d
}

// Recurring is the lane of recurring notifications of an account in a region.
func Recurring(region string) bot.TraitLane { return recurring{region: region} }
