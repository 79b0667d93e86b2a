package instagram

import (
	"context"
	"slices"

	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
)

// ProfileOf is what bot.yaml lets an account show beside conversations: ice breakers and
// the menu, with messenger.ProfileOf's locales. left names what has no place there.
func ProfileOf(program *flows.Program, channel string) (p messenger.PageProfile, left []string) {
	p, left = messenger.ProfileOf(program, channel)
	if len(p.Greeting) > 0 {
		left = append([]string{"the greeting: Instagram shows none"}, left...)
	}
	p.GetStarted, p.Greeting = "", nil
	return p, left
}

// PageProfile asks the platform what the account shows now, by two calls.
func (c *Channel) PageProfile(ctx context.Context) (messenger.PageProfile, error) {
	return c.via.PageProfile(ctx)
}

// PushProfile makes the account show what is wanted, as on Messenger.
func (c *Channel) PushProfile(ctx context.Context, have, want messenger.PageProfile) error {
	return c.via.PushProfile(ctx, have, want)
}

// Access asks the platform about the access token: all that it tells of a Page's, and of
// one of the Instagram Login whose it is.
func (c *Channel) Access(ctx context.Context) (messenger.Access, error) { return c.via.Access(ctx) }

// LinkedAccount asks which account Config.PageID is linked to; "" is none.
func (c *Channel) LinkedAccount(ctx context.Context) (id, name string, err error) {
	return c.via.LinkedAccount(ctx)
}

// LoggedIn says whether the account is reached by the Instagram Login, and not through a
// Page.
func (c *Channel) LoggedIn() bool { return c.via.LoggedIn() }

// Object is what webhooks are about: "instagram".
func (c *Channel) Object() string { return c.via.Object() }

// Subscription lists the webhook fields that the account, or its Page, sends our app.
func (c *Channel) Subscription(ctx context.Context, app string) (fields []string, connected bool, err error) {
	return c.via.Subscription(ctx, app)
}

// Subscribe makes the account, or its Page, send our app webhooks.
func (c *Channel) Subscribe(ctx context.Context, fields []string) error {
	return c.via.Subscribe(ctx, fields)
}

// AppWebhook asks where the app's webhooks of accounts go. There is no such call for apps
// of the Instagram Login.
func (c *Channel) AppWebhook(ctx context.Context, app string) (messenger.AppWebhook, error) {
	return c.via.AppWebhook(ctx, app)
}

// SetAppWebhook makes the app's webhooks of accounts go to an address.
func (c *Channel) SetAppWebhook(ctx context.Context, app string, w messenger.AppWebhook, verify messenger.Secret) error {
	return c.via.SetAppWebhook(ctx, app, w, verify)
}

// Sign is the header that the platform proves a webhook with: its name and value.
func (c *Channel) Sign(body []byte) (name, value string) { return c.via.Sign(body) }

// neededFields are those of the object instagram ("Webhooks Reference" of the Graph API,
// Instagram), whose names are not all Messenger's. Echoes come with messages. The guide to
// webhooks of the Instagram Platform names messaging_policy_enforcement and
// response_feedback too, which neither the reference has nor the call that subscribes an
// account: one field too many, and the platform subscribes to none.
var neededFields = []string{
	"messages", "message_edit", "message_reactions", "messaging_postbacks", "messaging_optins", "messaging_referral", "messaging_seen",
	"messaging_handover", "standby",
}

// commentFields are those that bring comments: on posts, and on what is shown live.
var commentFields = []string{"comments", "live_comments"}

// NeededFields are the fields that the app's webhook of accounts needs for a bot to hear
// everything.
func NeededFields(program *flows.Program) []string {
	out := slices.Clone(neededFields)
	if hearsComments(program) {
		out = append(out, commentFields...)
	}
	return out
}

// SubscribedFields are what an account subscribes to for its webhooks to come. One field
// of any kind is enough, and those that come are the app's: through a Page that is the
// one of its posts, which is nobody's conversation.
func SubscribedFields(program *flows.Program, linked bool) []string {
	if linked {
		return []string{"feed"}
	}
	return NeededFields(program)
}

// NeededScopes are the permissions that a bot needs, on either road.
func NeededScopes(program *flows.Program, linked bool) [][]string {
	if linked {
		out := [][]string{{"instagram_basic"}, {"instagram_manage_messages"}, {"pages_manage_metadata"}}
		if hearsComments(program) {
			out = append(out, []string{"instagram_manage_comments"})
		}
		return out
	}
	out := [][]string{{"instagram_business_basic"}, {"instagram_business_manage_messages"}}
	if hearsComments(program) {
		out = append(out, []string{"instagram_business_manage_comments"})
	}
	return out
}

func hearsComments(program *flows.Program) bool {
	return slices.ContainsFunc(program.Triggers, func(t flows.Trigger) bool { return t.Kind == flows.OnComment })
}
