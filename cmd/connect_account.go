package cmd

import (
	"context"
	"strings"
)

// linked says whether the account is that of the Page through which it is reached.
func (l *connection) linked(ctx context.Context) {
	if !l.instagram() {
		return
	}
	page := "Page " + l.account.LinkedPageID
	id, name, err := l.channel.LinkedAccount(ctx)
	switch {
	case err != nil:
		l.found.fail(page, "account-unknown", "a token with instagram_basic may ask: "+l.at().tokens, "the platform does not say which account the Page is linked to: %v", err)
	case id == "":
		l.found.fail(page, "account-missing", "link a professional account in the Page's settings → Linked accounts → Instagram", "the Page is linked to no account of Instagram")
	case id != l.account.PageID:
		l.found.fail(l.variable("PAGE_ID"), "account-other", "set it to "+printableWord(id)+", or name the Page of the account in "+l.variable("LINKED_PAGE_ID"), "the Page is linked to %q (%s), and not to account %s", printableWord(name), printableWord(id), l.account.PageID)
	default:
		l.found.ok(page, "the Page is linked to %q (%s)", printableWord(name), id)
	}
}

// untold says what nobody can ask about an account that its owner logged in with, and
// looks whether the bot answers.
func (l *connection) untold(ctx context.Context) {
	var scopes []string
	for _, scope := range l.neededScopes() {
		scopes = append(scopes, strings.Join(scope, " or "))
	}
	l.found.warn(l.about("permissions"), "permission-untold", "look at it yourself: "+atPermissions, "the platform does not tell what the token of an Instagram Login may do; it needs %s", strings.Join(scopes, ", "))
	if l.address() == "" {
		l.found.warn("PUBLIC_URL", "public-url", "set it to the https address under which people reach the server", "PUBLIC_URL is not set: whether the bot answers there is not known")
	}
	l.reach(ctx, l.address())
	if l.connectOptions.webhook {
		l.found.fail(l.about("webhook"), "webhook-refused", "set it by hand: "+l.at().webhooks+": the callback URL is "+l.orWhere(l.address())+", with your verify token and the fields "+strings.Join(l.needed(), ", "), "the webhook of an app of the Instagram Login cannot be set from here")
		return
	}
	l.found.warn(l.about("webhook"), "webhook-untold", "look at it yourself: "+l.at().webhooks+": the callback URL is "+l.orWhere(l.address())+", with your verify token", "the platform does not tell where the webhooks of such an app go; the bot needs the fields %s", strings.Join(l.needed(), ", "))
}
