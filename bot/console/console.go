// Package console is the bot's web pages for the people who run it: what came of it, who
// gets what and why, and a hand on what goes out. It serves package cmd, and developers
// who run a bot inside their own program.
//
//	request ─ (the server's door) ─ show ─ a page's handler ─► bot ─► pages/NAME.html in pages/layout.html
//
// A handler asks the bot and returns an answer; show gives it a deadline, makes a page of
// its errors, and writes nothing before all of it is there. Nothing works by script alone.
// Who may ask is the server's business, and so are sessions. Start reading at show.go.
package console

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// Bot is what the console needs of a bot.
type Bot interface {
	People
	Campaigns
	Figures
	Schedules
	// Now is the time on the bot's clock, Program what runs.
	Now() time.Time
	Program() *flows.Program
	// Condition is how what is stored stands; VerifyLedger reads the whole ledger.
	Condition(ctx context.Context) (bot.Condition, error)
	VerifyLedger(ctx context.Context, noted map[string][]bot.Mark) ([]bot.Chain, error)
}

// People tells what is known about people. bot.ErrUnknownContact if there is nobody by
// an id, which may be field=value of a unique field.
type People interface {
	Contact(ctx context.Context, id string) (bot.ContactView, error)
	Contacts(ctx context.Context, after string, limit int) ([]bot.ContactView, error)
	Why(ctx context.Context, id, flow string) ([]bot.DecisionView, error)
	Export(ctx context.Context, id string) (bot.Export, error)
	Receipt(ctx context.Context, id string) (bot.Receipt, error)
	Forget(ctx context.Context, id string) error
	// Withdraw ends consents. An error that wraps bot.ErrWithdrawal has words for people.
	Withdraw(ctx context.Context, id string, w bot.Withdrawal) ([]bot.ConsentView, error)
}

// Campaigns shows and steers campaigns. Errors are bot.ErrNoCampaign, bot.ErrOver, and
// bot.ErrOrder with words for people.
type Campaigns interface {
	Campaigns(ctx context.Context, flow string, limit int) ([]bot.CampaignView, error)
	Campaign(ctx context.Context, id string) (bot.CampaignView, error)
	PauseCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	ResumeCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	CancelCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	ThrottleCampaign(ctx context.Context, id string, rate float64, by bot.Order) (before, after bot.CampaignView, err error)
}

// Figures tells what came of it all. An error that wraps bot.ErrStats has words for people.
type Figures interface {
	Stats(ctx context.Context, q bot.StatsQuery) (bot.Stats, error)
	Experiments(ctx context.Context, q bot.StatsQuery) ([]bot.Experiment, error)
	Day(text string, end bool) (time.Time, error)
}

// Schedules tells what fires next.
type Schedules interface {
	Zones(ctx context.Context) ([]string, error)
	Forecast(ctx context.Context, zones []string, now time.Time, n int) ([]bot.Fire, error)
	FiresFor(ctx context.Context, id string, now time.Time, n int) ([]bot.Fire, error)
}

var _ Bot = (*bot.Bot)(nil)

// Config is what a console is made of. Bot is needed.
type Config struct {
	Bot Bot
	// Sessions says that people come in by /console/login, and may go by /console/logout.
	Sessions bool
	// Log gets what goes wrong; discards if nil.
	Log *slog.Logger
}

// Bounds of what is asked and shown.
const (
	maxID        = 500     // bytes of an id, or of what somebody is looked for by
	maxForm      = 8 << 10 // bytes of a form
	maxCampaigns = 20
	maxPeople    = 50 // on one page
	maxFires     = 200
	maxNext      = 5   // fires on the first page
	maxTheirs    = 20  // fires of one person
	maxGroups    = 400 // lines of a table of figures
	maxFindings  = 100 // of one chain

	pageTimeout  = 10 * time.Second // of what asks the bot
	countTimeout = 25 * time.Second // of what reads everybody, or the whole ledger
)

//go:embed pages style.css live.js
var files embed.FS

type console struct {
	Config
	counting counting
}

// New serves /console and everything below it; it is asked for whole paths.
func New(config Config) http.Handler {
	c := &console{Config: config, counting: newCounting()}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	pages := map[string]handler{
		"GET /console":                  c.overview,
		"GET /console/campaigns":        c.campaigns,
		"GET /console/campaigns/show":   c.campaign,
		"GET /console/campaigns/cancel": c.cancel,
		"POST /console/campaigns/steer": c.steer,
		"GET /console/people":           c.people,
		"POST /console/people/find":     c.find,
		"GET /console/people/show":      c.person,
		"GET /console/people/export":    c.export,
		"GET /console/people/receipt":   c.receipt,
		"GET /console/people/forget":    c.forgetting,
		"POST /console/people/forget":   c.forget,
		"GET /console/people/stop":      c.stopping,
		"POST /console/people/stop":     c.stop,
		"GET /console/schedule":         c.schedule,
		"GET /console/consent":          c.consent,
		"/console/":                     func(context.Context, *http.Request) (answer, error) { return answer{}, errNoPage },
	}
	for pattern, h := range pages {
		mux.Handle(pattern, c.show(pageTimeout, h))
	}
	counts := map[string]handler{
		"GET /console/figures":             c.figures,
		"GET /console/figures/experiments": c.experiments,
		"POST /console/consent":            c.verify,
	}
	for pattern, h := range counts {
		mux.Handle(pattern, c.show(countTimeout, h))
	}
	mux.Handle("GET /console/style.css", http.HandlerFunc(asset))
	mux.Handle("GET /console/live.js", http.HandlerFunc(asset))
	return mux
}

const home = "/console"
