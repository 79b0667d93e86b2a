package messenger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

// DefaultGraphURL is where the platform answers. The version is pinned: a call
// without one is served by the oldest that lives.
const DefaultGraphURL = "https://graph.facebook.com/v25.0"

// Config is one Page. PageID and the three secrets are needed.
type Config struct {
	PageID      string
	AccessToken Secret // of the Page
	AppSecret   Secret // signs webhooks and proves our calls
	VerifyToken Secret // of the webhook handshake

	// GraphURL is the base of all calls; DefaultGraphURL if empty.
	GraphURL string
	// Dial connects to the platform. If nil the system does, through the proxy that
	// HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, if any.
	Dial Dial

	// Lanes are the mechanisms this Page has, in order of preference, without
	// "window". None if empty. See LaneNames.
	Lanes []string
	// AdAccount and Campaign are where paid messages go out from: the ids of an ad account
	// and of a message campaign in it. Without both the lane marketing stays closed.
	AdAccount, Campaign string
	// AdToken is the access token for them, of a system user or a person with rights to
	// the ad account; the Page's if empty.
	AdToken Secret
	// Price is what one paid message is likely to cost, in Currency: the platform
	// publishes no rates, and bills by the recipient's country. 0: not said.
	Price    float64
	Currency string

	// Dialect is of an account on another platform that speaks this wire format; the zero
	// Dialect is Messenger's own.
	Dialect Dialect

	// Region is the Page's, used where bot.LaneFacts names none: EU, UK, JP, KR, AU …
	Region string

	// Pause waits while typing dots show, and returns early when ctx ends: the
	// function of that name, in earnest. If nil the message follows the dots at
	// once, as tests and emulated time want it.
	Pause func(ctx context.Context, d time.Duration)
}

// Channel is one Page on Messenger.
type Channel struct {
	page     string
	dialect  Dialect
	lanes    []bot.Lane
	keys     keys
	graph    *graph
	messages string // the path of the Send API
	paid     *paid  // what the lane marketing goes by; nil: the Page has none
	// batchHead begins each call of a batch.
	batchHead string
	pause     func(context.Context, time.Duration)
	// asApp makes a client of the app's own; a function, that nothing can print.
	asApp func(app string) (*graph, error)
}

var (
	_ bot.Channel  = (*Channel)(nil)
	_ bot.Profiler = (*Channel)(nil)

	_ bot.BatchChannel = (*Channel)(nil)
)

// New returns the channel of a Page. The error names everything that is missing
// or wrong, and no secret.
func New(c Config) (*Channel, error) {
	c.Dialect = c.Dialect.whole(c.PageID)
	var problems []error
	if !isPathWord(c.PageID) || !isPathWord(c.Dialect.Sender) {
		problems = append(problems, errors.New("page id is missing or not an id"))
	}
	token, err := cleanSecret("access token", c.AccessToken)
	problems = append(problems, err)
	secret, err := cleanSecret("app secret", c.AppSecret)
	problems = append(problems, err)
	verify := strings.TrimSpace(string(c.VerifyToken))
	if verify == "" {
		problems = append(problems, errors.New("verify token is missing"))
	}
	graph, err := newGraph(c.GraphURL, c.Dial, token, secret)
	problems = append(problems, err)
	lanes, err := lanesOf(&c)
	problems = append(problems, err)
	ads, err := newPaid(&c, graph, secret)
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Dialect.Name, err)
	}
	return &Channel{
		page: c.PageID, dialect: c.Dialect, lanes: lanes, graph: graph, paid: ads, pause: c.Pause, keys: newKeys(string(secret), verify),
		messages:  graph.base + c.Dialect.Sender + "/messages",
		batchHead: batchHead(graph.version() + c.Dialect.Sender + "/messages"),
		asApp:     appClient(c.GraphURL, c.Dial, secret),
	}, nil
}

// edge is the path of a call of the account's own.
func (c *Channel) edge(name string) string { return c.graph.base + c.dialect.Sender + "/" + name }

// Name is the first part of contact ids.
func (c *Channel) Name() string { return c.dialect.Name }

// Page is the Page's id.
func (c *Channel) Page() string { return c.page }

// Lanes are those of Config.Lanes, in that order.
func (c *Channel) Lanes() []bot.Lane { return slices.Clone(c.lanes) }

// String names the Page; it keeps %v from printing what is inside.
func (c *Channel) String() string { return c.dialect.Name + ":" + c.page }

// SetAccessToken replaces a dead token by a good one, for all calls that begin
// afterwards.
func (c *Channel) SetAccessToken(token Secret) error {
	clean, err := cleanSecret("access token", token)
	if err != nil {
		return fmt.Errorf("%s: %w", c.dialect.Name, err)
	}
	c.graph.setToken(clean)
	return nil
}

// cleanSecret drops the line break a file ends with, and refuses what no token or
// key of the platform can hold and no header can carry.
func cleanSecret(what string, s Secret) (Secret, error) {
	clean := strings.TrimSpace(string(s))
	if clean == "" {
		return "", fmt.Errorf("%s is missing", what)
	}
	if strings.ContainsFunc(clean, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("%s holds blanks or characters outside ASCII", what)
	}
	return Secret(clean), nil
}

// isPathWord reports whether an id can stand in a path as it is.
func isPathWord(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	})
}
