package cmd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/messenger"
)

func (a *app) connectCommand() *cobra.Command {
	var o connectOptions
	c := &cobra.Command{
		Use:   "connect [DIR]",
		Short: "Connect a Page to the bot, and say what is missing",
		Long: `Looks at everything that has to fit together before the messages of a Page, or of an
account of Instagram, reach the bot: the access token and its permissions, the app secret,
the webhook of the app and its fields, whether the bot's server answers at PUBLIC_URL as
the platform wants it, and the Page's own subscription, which it makes if it is missing or
lacks a field. Of an account that its owner logged in with the platform tells less, and
what it does not tell is said.

Run it beside the bot: 'relance run' first, then 'relance connect'. Each thing that is
wrong is said with where to click. Exits with 1 if anything is.`,
		Example: "  relance connect shop\n  relance connect shop --check\n  relance connect shop --webhook",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.connect(c.Context(), folder(args), o)
		},
	}
	c.Flags().BoolVar(&o.asJSON, "json", false, "print what was found as JSON")
	c.Flags().BoolVar(&o.look, "check", false, "only look: subscribe nothing")
	c.Flags().BoolVar(&o.webhook, "webhook", false, "point the app's webhook at PUBLIC_URL, for all of its Pages")
	channelFlag(c, &o.only)
	c.MarkFlagsMutuallyExclusive("check", "webhook")
	return c
}

type connectOptions struct {
	only                  string // the channel
	asJSON, look, webhook bool
}

func (a *app) connect(ctx context.Context, dir string, o connectOptions) error {
	pages, err := a.realPages(dir, o.only, "an emulated Page is connected from the start, and a real one needs its credentials")
	if err != nil {
		return err
	}
	all := pages[0].env.misspelt(settingsRead(pages[0].program))
	var who []string
	for _, page := range pages {
		l := &connection{realPage: page, connectOptions: o, now: a.clock.Now()}
		if err := l.look(ctx); err != nil {
			return failed(err)
		}
		all, who = append(all, l.found...), append(who, l.who())
	}
	well := who[0] + " is connected."
	if len(who) > 1 {
		well = strings.Join(who, ", ") + " are connected."
	}
	return a.printFindings(all, o.asJSON, well)
}

// connection is one look at how a Page, an app and a bot fit together.
type connection struct {
	*realPage
	connectOptions
	now    time.Time
	found  findings
	access messenger.Access
	public string // PUBLIC_URL
}

// look looks at everything, each thing only if what it hangs on is well.
func (l *connection) look(ctx context.Context) (err error) {
	if l.public, err = l.env.publicURL(); err != nil {
		return err
	}
	switch {
	case !l.token(ctx):
		l.reach(ctx, l.address())
	case l.channel.LoggedIn():
		l.untold(ctx)
		l.subscription(ctx)
	default:
		l.linked(ctx)
		l.scopes()
		if hook, ok := l.appWebhook(ctx); ok {
			l.webhook(ctx, hook)
		}
		l.subscription(ctx)
	}
	return nil
}

// address is where the platform is to bring its webhooks; "" if nobody said.
func (l *connection) address() string {
	if l.public == "" {
		return ""
	}
	return strings.TrimRight(l.public, "/") + l.hookPath()
}

// token says whether the access token is good, and is the Page's.
func (l *connection) token(ctx context.Context) bool {
	token := l.variable("ACCESS_TOKEN")
	access, err := l.channel.Access(ctx)
	l.access = access
	if err != nil {
		l.refusedToken(err)
		return false
	}
	newOne := "make a new one: " + l.at().tokens
	kind, owner := l.owner()
	id := l.variable("PAGE_ID")
	if kind == "Page" && l.instagram() {
		id = l.variable("LINKED_PAGE_ID")
	}
	switch {
	case !access.Valid:
		l.found.fail(token, "token-dead", newOne, "the access token is dead: %s", whyDead(access.Code, access.Sub))
		return false
	case access.Owner != owner && access.Kind != "PAGE" && kind == "Page":
		l.found.fail(token, "token-kind", "take the Page's own: "+l.at().tokens, "the access token is not a Page's: it is one of kind %s, of %q (%s)", printableWord(access.Kind), access.OwnerName, access.Owner)
		return false
	case access.Owner != owner:
		l.found.fail(token, "token-page", "set "+id+" to "+printableWord(access.Owner)+", or take the token of the "+kind+" you mean: "+l.at().tokens, "the access token is that of %q (%s), and not of %s %s", access.OwnerName, access.Owner, kind, owner)
		return false
	case access.App == "":
		l.found.ok(token, "the access token is that of %q (%s)", access.OwnerName, access.Owner)
		return true
	}
	l.found.ok(token, "the access token is that of %q (%s), for the app %q (%s)", access.OwnerName, access.Owner, access.AppName, access.App)
	for _, end := range []struct {
		at   time.Time
		what string
	}{{access.Ends, "the access token"}, {access.DataEnds, "the app's access to people's data"}} {
		switch left := end.at.Sub(l.now); {
		case end.at.IsZero():
		case left <= 0:
			l.found.fail(token, "token-ended", newOne, "%s ended on %s", end.what, end.at.Format(time.DateOnly))
		case left < tokenSoon:
			l.found.warn(token, "token-ends", newOne+"; one made from a long-lived token of a person, or a system user's, does not end", "%s ends on %s", end.what, end.at.Format(time.DateOnly))
		}
	}
	return true
}

// tokenSoon is how long before its end a token is warned of.
const tokenSoon = 14 * 24 * time.Hour

// refusedToken says why the platform told nothing about the token.
func (l *connection) refusedToken(err error) {
	var call *messenger.CallError
	if !errors.As(err, &call) {
		l.found.fail(l.about("platform"), "platform", "look at "+l.variable("GRAPH_URL"), "%v", err)
		return
	}
	switch {
	case call.Fault != "":
		l.found.fail(l.about("platform"), "platform-unreachable", "look whether this machine reaches "+l.host()+", or the proxy of HTTPS_PROXY", "the platform does not answer: %s", strings.ReplaceAll(call.Fault, "_", " "))
	case call.Code == 190 && call.What == "debug_token", call.Code == 100 && call.Subcode == 0:
		// The first call has no parameter that could be wrong but the proof, and the last
		// goes with the app's own token: its id and its secret.
		l.found.fail(l.variable("APP_SECRET"), "app-secret", "copy it from "+l.at().secret, "the platform does not take the app secret: it is not that of the app the access token is for")
	case call.Code == 190 || call.Code == 102:
		l.found.fail(l.variable("ACCESS_TOKEN"), "token-dead", "make a new one: "+l.at().tokens, "the access token is dead: %s (error %s)", whyDead(call.Code, call.Subcode), call.Name())
	case call.Code != 0:
		l.found.fail(l.about("platform"), "platform", "try again in some minutes; if it stays so, look at the app: developers.facebook.com/apps", "the platform refuses to say anything: error %s, %s", call.Name(), call.Meaning)
	default:
		l.found.fail(l.about("platform"), "platform", "look at "+l.variable("GRAPH_URL")+": it names another server, or the platform has trouble", "what answers is not the platform: status %d", call.Status)
	}
}

// whyDead is what killed an access token.
func whyDead(code, subcode int) string {
	if subcode == 0 {
		return "the platform does not know it"
	}
	return messenger.Meaning(code, subcode)
}

// scopes says which permissions are missing.
func (l *connection) scopes() {
	missing := false
	for _, scope := range l.neededScopes() {
		if !slices.ContainsFunc(scope, func(one string) bool { return slices.Contains(l.access.Scopes, one) }) {
			missing = true
			l.found.fail(l.about("permissions"), "permission", "ask for it: "+atPermissions+"; then make a new token: "+l.at().tokens, "the access token lacks the permission %s", strings.Join(scope, " or "))
		}
	}
	if !missing {
		l.found.ok(l.about("permissions"), "the access token has every permission that this bot needs")
	}
}

func (l *connection) lanes() []string { return l.account.Channel.Notifications }

// lacking are those of the fields that are needed and not there.
func lacking(needed, there []string) (out []string) {
	for _, field := range needed {
		if !slices.Contains(there, field) {
			out = append(out, field)
		}
	}
	return out
}

// union is a list with what it lacked.
func union(there, needed []string) []string {
	return append(slices.Clone(there), lacking(needed, there)...)
}

// appWebhook asks where the app's webhooks go.
func (l *connection) appWebhook(ctx context.Context) (messenger.AppWebhook, bool) {
	hook, err := l.channel.AppWebhook(ctx, l.access.App)
	if err != nil {
		l.found.fail(l.about("webhook"), "webhook-unknown", "look at it yourself: "+l.at().webhooks, "the platform does not say where the app's webhooks go: %v", err)
		return hook, false
	}
	return hook, true
}

// webhook says whether the app's webhooks reach this bot, and with --webhook lets them.
func (l *connection) webhook(ctx context.Context, hook messenger.AppWebhook) {
	const setIt = "set it to the https address under which people reach the server"
	want := l.address()
	switch {
	case want == "" && l.connectOptions.webhook:
		l.found.fail("PUBLIC_URL", "public-url", setIt, "PUBLIC_URL is not set: where the app's webhook is to point is not known")
		return
	case want == "": // what the platform names may be a stranger's, who is told nothing
		l.found.warn("PUBLIC_URL", "public-url", setIt, "PUBLIC_URL is not set: whether the app's webhook is this bot's is not known")
	case !l.reach(ctx, want) && l.connectOptions.webhook:
		return // the platform would not take it either
	}
	if l.connectOptions.webhook && (hook.URL != want || !hook.Active || len(lacking(l.needed(), hook.Fields)) > 0) {
		set := messenger.AppWebhook{URL: want, Fields: union(hook.Fields, l.needed())}
		if err := l.channel.SetAppWebhook(ctx, l.access.App, set, messenger.Secret(l.account.VerifyToken)); err != nil {
			l.found.fail(l.about("webhook"), "webhook-refused", "set it by hand: "+l.at().webhooks, "the platform does not take %s as the app's webhook: %v", plainAddress(want), err)
			return
		}
		l.found.ok(l.about("webhook"), "the app's webhook is now %s", plainAddress(want))
		return
	}
	byHand := "set the callback URL " + l.orWhere(want) + " with your verify token: " + l.at().webhooks + "; or run 'relance connect --webhook'"
	switch missing := lacking(l.needed(), hook.Fields); {
	case hook.URL == "":
		l.found.fail(l.about("webhook"), "webhook-missing", byHand, "the app has no webhook for %ss", l.kind())
	case want != "" && hook.URL != want:
		l.found.fail(l.about("webhook"), "webhook-elsewhere", byHand, "the app's webhooks go to %s, and not to %s", plainAddress(hook.URL), plainAddress(want))
	case !hook.Active:
		l.found.fail(l.about("webhook"), "webhook-off", byHand, "the platform has switched the app's webhook off: too much of it was not answered with 200")
	case len(missing) > 0:
		l.found.fail(l.about("webhook"), "webhook-fields", "tick them: "+l.at().webhooks+l.below()+"; or run 'relance connect --webhook'", "the app's webhook lacks %s: %s", count(len(missing), "field"), strings.Join(missing, ", "))
	default:
		l.found.ok(l.about("webhook"), "the app's webhook is %s, with every field that this bot needs", plainAddress(hook.URL))
	}
}

func (l *connection) orWhere(address string) string {
	if address == "" {
		return "https://YOUR-HOST" + l.hookPath()
	}
	return plainAddress(address)
}

// subscription says whether the Page sends the app what the bot needs, and makes it.
func (l *connection) subscription(ctx context.Context) {
	kind, id := l.owner()
	page := kind + " " + id
	fields, connected, err := l.channel.Subscription(ctx, l.access.App)
	if err != nil {
		l.found.fail(page, "page-unknown", "a token with "+l.asking()+" may ask: "+l.at().tokens, "the platform does not say what the %s is subscribed to: %v", kind, err)
		return
	}
	missing := lacking(l.subscribed(), fields)
	switch {
	case connected && l.instagram() && len(fields) > 0:
		l.found.ok(page, "the %s sends the app what the app's webhook of accounts has", kind)
		return
	case connected && len(missing) == 0:
		l.found.ok(page, "the Page sends the app every field that this bot needs")
		return
	case l.connectOptions.look && !connected:
		l.found.fail(page, "page-unsubscribed", "run 'relance connect' without --check", "the %s sends the app nothing", kind)
		return
	case l.connectOptions.look:
		l.found.fail(page, "page-fields", "run 'relance connect' without --check", "the Page does not send the app %s: %s", count(len(missing), "field"), strings.Join(missing, ", "))
		return
	}
	if err := l.channel.Subscribe(ctx, union(fields, l.subscribed())); err != nil {
		l.found.fail(page, "page-refused", "the person who made the token needs a role on the Page: business.facebook.com → Settings → Pages → People", "the platform does not subscribe the %s: %v", kind, err)
		return
	}
	if l.instagram() {
		l.found.ok(page, "the %s is subscribed now, and sends the app what the app's webhook of accounts has", kind)
		return
	}
	l.found.ok(page, "the %s now sends the app %s", kind, strings.Join(missing, ", "))
}

// plainAddress is an address without what may be secret in it.
func plainAddress(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			rest = rest[at+1:]
		}
		address = scheme + "://" + rest
	}
	return printableWord(address)
}

// printableWord is what the platform wrote, on one line and of bounded length.
func printableWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
