package cmd

import (
	"github.com/relance-bot/relance/bot/instagram"
	"github.com/relance-bot/relance/bot/messenger"
)

// Where things are in the platform's App Dashboard and in the settings of a Page.
const (
	atTokens      = "developers.facebook.com/apps → your app → Messenger → Messenger API Settings → Generate access tokens"
	atWebhooks    = "developers.facebook.com/apps → your app → Messenger → Messenger API Settings → Configure webhooks"
	atAccounts    = "developers.facebook.com/apps → your app → Instagram → API setup with Instagram login"
	atSecret      = "developers.facebook.com/apps → your app → App settings → Basic → App secret"
	atPermissions = "developers.facebook.com/apps → your app → App Review → Permissions and features"
)

// places are where things are for a Page, or for an account of Instagram by either road.
type places struct{ tokens, webhooks, secret string }

func (l *connection) at() places {
	switch {
	case l.channel.LoggedIn():
		return places{atAccounts + " → Generate access tokens", atAccounts + " → Configure webhooks", atAccounts + " → Instagram app secret"}
	case l.instagram():
		return places{atTokens, "developers.facebook.com/apps → your app → Webhooks → Instagram", atSecret}
	}
	return places{atTokens, atWebhooks, atSecret}
}

// who names the Page or the account.
func (l *connection) who() string { return l.kind() + " " + l.account.PageID }

// owner is whose the access token has to be: the Page, through which an account may be
// reached too, or the account.
func (l *connection) owner() (kind, id string) {
	if l.account.LinkedPageID != "" && l.instagram() {
		return "Page", l.account.LinkedPageID
	}
	return l.kind(), l.account.PageID
}

// variable is the name of one of the Page's variables.
func (l *connection) variable(what string) string { return channelPrefix(l.name) + what }

// about names what a finding is about: with the channel's name, where there are several.
func (l *connection) about(what string) string {
	if l.alone {
		return what
	}
	return l.name + ": " + what
}

// hookPath is where the bot's server takes the webhooks of such a channel.
func (l *connection) hookPath() string { return "/webhooks/" + l.channel.Name() }

// needed are the fields of the app's webhook without which the bot is deaf to something.
func (l *connection) needed() []string {
	if l.instagram() {
		return instagram.NeededFields(l.program)
	}
	return messenger.NeededFields(l.program, l.lanes())
}

// subscribed are the fields to subscribe the Page or the account to.
func (l *connection) subscribed() []string {
	if l.instagram() {
		return instagram.SubscribedFields(l.program, !l.channel.LoggedIn())
	}
	return l.needed()
}

// neededScopes are the permissions without which the bot can do less; any spelling of each.
func (l *connection) neededScopes() [][]string {
	if l.instagram() {
		return instagram.NeededScopes(l.program, !l.channel.LoggedIn())
	}
	return messenger.NeededScopes(l.program, l.lanes())
}

// host is where the platform answers.
func (l *connection) host() string {
	if l.channel.LoggedIn() {
		return "graph.instagram.com"
	}
	return "graph.facebook.com"
}

// below is where the fields are, under the webhooks of the dashboard.
func (l *connection) below() string {
	if l.instagram() {
		return ""
	}
	return " → Page"
}

// asking is the permission to ask what a Page or an account is subscribed to.
func (l *connection) asking() string {
	if l.channel.LoggedIn() {
		return "instagram_business_basic"
	}
	return "pages_manage_metadata"
}
