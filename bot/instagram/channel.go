package instagram

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
)

// Where the platform answers: of an account that its owner logged in with, and of one that
// is reached through the Page it is linked to.
const (
	DefaultGraphURL = "https://graph.instagram.com/v25.0"
	LinkedGraphURL  = messenger.DefaultGraphURL
)

// inbox is the number of the app in which people of the account have conversations.
const inbox = "1217981644879628"

// Config is one account. AccountID and the three secrets are needed.
type Config struct {
	// AccountID is the id of the professional account, as webhooks and contact ids name it.
	AccountID string
	// PageID is the Page that the account is linked to, if messages go out through it: then
	// AccessToken is the Page's. Empty for an account of the Instagram Login.
	PageID      string
	AccessToken messenger.Secret
	AppSecret   messenger.Secret // signs webhooks and proves our calls; of the Instagram app with its Login
	VerifyToken messenger.Secret // of the webhook handshake

	// GraphURL is the base of all calls; LinkedGraphURL with a PageID, else DefaultGraphURL,
	// if empty.
	GraphURL string
	Dial     messenger.Dial // as messenger.Config's

	// Lanes are the mechanisms this account has; see LaneNames.
	Lanes  []string
	Region string // of the account: EU, UK, JP, …
	// Recurring says that the platform goes on carrying recurring notifications for this
	// account in the regions where Pages have them. Nothing public says whether it does for
	// anybody; without, they end on 10 February 2026.
	Recurring bool

	// Pause is as messenger.Config's.
	Pause func(ctx context.Context, d time.Duration)
}

// Channel is one account on Instagram.
type Channel struct {
	via  *messenger.Channel
	asks recurring
}

var (
	_ bot.AskingChannel   = (*Channel)(nil)
	_ bot.Channel         = (*Channel)(nil)
	_ bot.Profiler        = (*Channel)(nil)
	_ bot.DeletionChannel = (*Channel)(nil)
)

// New returns the channel of an account. The error names everything that is missing or
// wrong, and no secret.
func New(c Config) (*Channel, error) {
	base := DefaultGraphURL
	if c.PageID != "" {
		base = LinkedGraphURL
	}
	via, err := messenger.New(messenger.Config{
		PageID: c.AccountID, AccessToken: c.AccessToken, AppSecret: c.AppSecret, VerifyToken: c.VerifyToken,
		GraphURL: cmp.Or(c.GraphURL, base), Dial: c.Dial, Lanes: c.Lanes, Region: c.Region, Pause: c.Pause,
		Dialect: messenger.Dialect{
			Name: "instagram", Object: "instagram", Sender: c.PageID, Inbox: inbox,
			Login: c.PageID == "", Comments: commentFields, ProfilePlatform: "instagram",
			Profile: []string{"name"}, Lane: c.lane, Refuse: refuse,
		},
	})
	if err != nil {
		return nil, err
	}
	return &Channel{via, c.recurring()}, nil
}

// Name is the first part of contact ids.
func (c *Channel) Name() string { return "instagram" }

// Page is the account's id.
func (c *Channel) Page() string { return c.via.Page() }

// String names the account; it keeps %v from printing what is inside.
func (c *Channel) String() string { return c.via.String() }

// Verify checks the signature of a webhook, as on Messenger.
func (c *Channel) Verify(header http.Header, body []byte) error { return c.via.Verify(header, body) }

// Parse reads a webhook body about accounts of Instagram. What is about Pages comes as
// bot.EventUnknown.
func (c *Channel) Parse(body []byte, now time.Time) ([]bot.Event, error) {
	return c.via.Parse(body, now)
}

// Handshake answers the platform's check of the webhook address, as on Messenger.
func (c *Channel) Handshake(query url.Values) (challenge string, err error) {
	return c.via.Handshake(query)
}

// Lanes are those of Config.Lanes, in that order.
func (c *Channel) Lanes() []bot.Lane { return c.via.Lanes() }

// Asks says whether the platform shows its request for recurring notifications.
func (c *Channel) Asks(f bot.LaneFacts) bool { return c.asks.Asks(f) }

// Send delivers one message by one request. What Instagram does not show is refused
// without one, but for what it can do without: a message in a persona's name goes in the
// account's own.
func (c *Channel) Send(ctx context.Context, d bot.Delivery) bot.Outcome {
	return c.via.Send(ctx, adapt(d))
}

// Profile asks the platform about a person: a name, if they gave one. Instagram tells no
// locale and no time zone.
func (c *Channel) Profile(ctx context.Context, person string) (bot.Profile, error) {
	return c.via.Profile(ctx, person)
}

// Deletion reads the signed_request of the data deletion callback, as on Messenger.
func (c *Channel) Deletion(signed string, now time.Time) (bot.Deletion, error) {
	return c.via.Deletion(signed, now)
}

// SetAccessToken replaces a dead token by a good one, for all calls that begin afterwards.
// One of the Instagram Login lives 60 days.
func (c *Channel) SetAccessToken(token messenger.Secret) error {
	return c.via.SetAccessToken(token)
}
