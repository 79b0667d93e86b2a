package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/singleflight"

	"github.com/relance-bot/relance/bot"
)

// Config is what a Server is made of. Bot is needed.
type Config struct {
	Bot      Bot
	Webhooks []Webhook

	// APIKey opens /v1 and the console: Authorization: Bearer KEY. Without one they
	// are open to this machine in emulator mode, and to nobody otherwise.
	APIKey string

	// Checks are asked for /readyz, in this order: database, program, schedule loop.
	Checks []Check

	// Metrics are served at /metrics; nil: no such page.
	Metrics *Metrics

	// Deletions takes the platform's requests to delete what is kept about a person, at
	// /webhooks/CHANNEL/deletion, and shows at /deletion/CODE that it is done. nil: no
	// such addresses.
	Deletions Deletions
	// Links leads on whoever opens a tracked link, at /l/CODE. nil: no such addresses.
	Links Links
	// PublicURL is how people reach the server: https://bot.example. Without it links
	// are made of the request's Host.
	PublicURL string

	// Emulator is set when the platform is pretended. It opens /phone, /dev/clock
	// and, without an APIKey, /v1 to requests from this machine.
	Emulator bool
	// Phone serves /phone and everything below it, in emulator mode; it gets the
	// whole path. It may stream. nil: no such page.
	Phone http.Handler
	// Advance moves the emulator's clock and returns when what came due is done:
	// "24h", or "next" for the next thing due. An error that wraps ErrAdvance is the
	// caller's, and its text is shown to them. nil: no such address.
	Advance func(ctx context.Context, spec string) error

	// Console serves /console and everything below it, behind the same door as /v1, or a
	// session that begins at /console/login. Its /console/style.css dresses the form and is
	// for everybody. nil: no such page.
	Console http.Handler

	// Log gets what goes wrong, and at debug a line for each request; discards if nil.
	Log *slog.Logger
	// Drain is how long requests under way may take when the server stops; 10 s if 0.
	Drain time.Duration
	// Clock is the machine's clock, for deadlines and durations; bot.SystemClock if nil.
	Clock func() time.Time
}

// Server is one bot on the web. Its methods may be called from any goroutine.
type Server struct {
	app     *fiber.App
	bot     Bot
	log     *slog.Logger
	now     func() time.Time
	drain   time.Duration
	advance func(ctx context.Context, spec string) error
	metrics *Metrics
	checks  []Check
	refused refused
	probes  singleflight.Group

	key      [sha256.Size]byte // of the API key
	keyed    bool
	emulator bool
	sessions *sessions
	guesses  guesses
	secure   bool // people come by https

	instance string   // first part of request ids
	idHeader []byte   // their header's name
	clothes  []header // of every answer
	requests atomic.Uint64
	underway atomic.Int64
	stopping atomic.Bool
	started  atomic.Bool
	streams  streams
	hooks    map[string]*hook // by path
	terms    bot.Terms        // of webhooks
}

// New returns a Server that does not listen yet.
func New(c Config) (*Server, error) {
	if c.Bot == nil {
		return nil, errors.New("a server needs a bot")
	}
	s := &Server{
		bot: c.Bot, log: c.Log, now: c.Clock, drain: c.Drain, advance: c.Advance, metrics: c.Metrics, checks: c.Checks,
		key: sha256.Sum256([]byte(c.APIKey)), keyed: c.APIKey != "", emulator: c.Emulator,
		hooks: map[string]*hook{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = bot.SystemClock{}.Now
	}
	if s.drain <= 0 {
		s.drain = drainTimeout
	}
	for _, one := range c.Checks {
		if one.Name == "" || one.Probe == nil {
			return nil, errors.New("a readiness check needs a name and a probe")
		}
	}
	var err error
	if s.sessions, err = newSessions(c.APIKey, s.now); err != nil {
		return nil, fmt.Errorf("sessions of the console: %w", err)
	}
	s.secure = strings.HasPrefix(c.PublicURL, "https://")
	var id [4]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("request ids: %w", err)
	}
	s.instance, s.idHeader, s.clothes = fmt.Sprintf("%x", id), []byte(requestIDHeader), clothing()
	s.app = fiber.New(fiber.Config{
		// Strings and bodies are copies: they may outlive the request.
		Immutable: true,
		// The signature covers the bytes as they came, so no form is parsed ahead.
		DisablePreParseMultipartForm: true,
		StrictRouting:                true,
		CaseSensitive:                true,
		DisableStartupMessage:        true,
		BodyLimit:                    bodyLimit,
		ReadBufferSize:               headerLimit,
		Concurrency:                  maxConnections,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		ErrorHandler:                 s.fail,
	})
	if err := s.route(c); err != nil {
		return nil, err
	}
	served := s.app.Server()
	served.Handler = s.front(s.app.Handler())
	served.ExpectHandler = s.expect
	served.CloseOnShutdown = true
	return s, nil
}

// route is the table of addresses.
func (s *Server) route(c Config) error {
	app := s.app
	app.Use(s.edge)
	app.Get("/healthz", s.healthz)
	app.Get("/readyz", s.readyz)
	if c.Metrics != nil {
		figures, err := c.Metrics.handler(newGauges(s))
		if err != nil {
			return err
		}
		app.Get("/metrics", s.bridge(figures))
	}

	seen := map[string]bool{}
	for _, hook := range c.Webhooks {
		if hook.Handshake == nil || !plainWord(hook.Channel) || seen[hook.Channel] {
			return fmt.Errorf("webhook of channel %q: a plain name that stands once, and a handshake, are needed", hook.Channel)
		}
		seen[hook.Channel] = true
		app.Get("/webhooks/"+hook.Channel, s.handshake(hook))
		taking := s.newHook(hook)
		s.hooks[taking.path] = taking
		// front takes them first; the router tells others what the address takes.
		app.Post(taking.path, func(c *fiber.Ctx) error { return taking.take(c.Context()) })
		if c.Deletions != nil {
			app.Post("/webhooks/"+hook.Channel+"/deletion", s.deletion(c, hook.Channel))
			app.Post("/webhooks/"+hook.Channel+"/deauthorise", s.deauthorised(c.Deletions, hook.Channel))
		}
	}

	if c.Deletions != nil {
		app.Get("/deletion/:code", s.deleted(c.Deletions))
	}

	if c.Links != nil {
		app.Get("/l/:code", s.link(c.Links))
	}

	app.Use("/v1/", s.admit)
	app.Post("/v1/events", s.events)
	app.Post("/v1/subscriptions", s.subscriptions)
	app.Get("/v1/bot", s.about)
	app.Get("/v1/contacts", s.contacts)
	app.Get("/v1/contacts/:id", s.contact)
	app.Delete("/v1/contacts/:id", s.forget)
	app.Get("/v1/contacts/:id/export", s.export)
	app.Get("/v1/contacts/:id/why", s.why)
	app.Get("/v1/contacts/:id/receipt", s.receipt)
	app.Post("/v1/contacts/:id/withdraw", s.withdraw)
	app.Post("/v1/consent/verify", s.verify)
	app.Get("/v1/consent/export", s.bridge(http.HandlerFunc(s.ledger)))
	app.Get("/v1/decisions", s.decisions)
	app.Get("/v1/stats", s.stats)
	app.Get("/v1/stats/experiments", s.experiments)
	app.Get("/v1/campaigns", s.campaigns)
	app.Get("/v1/campaigns/show", s.campaign)
	app.Post("/v1/campaigns/preview", s.preview)
	app.Post("/v1/campaigns/test", s.try)
	for _, verb := range []string{"pause", "resume", "cancel", "throttle"} {
		app.Post("/v1/campaigns/"+verb, s.steer(verb))
	}

	if c.Console != nil {
		app.Use("/console", s.sameSite)
		app.Get(loginPath, s.loginForm)
		app.Post(loginPath, s.login)
		app.Post(logoutPath, s.logout)
		s.mount("/console", s.signedIn, c.Console)
	}
	if c.Emulator && c.Phone != nil {
		s.mount("/phone", s.here, c.Phone)
	}
	if c.Emulator && c.Advance != nil {
		app.Post("/dev/clock", s.here, s.moveClock)
	}
	return nil
}

// mount puts an http.Handler at a path and below it, behind a door.
func (s *Server) mount(path string, door fiber.Handler, h http.Handler) {
	s.app.All(path, door, s.bridge(h))
	s.app.All(path+"/*", door, s.bridge(h))
}

// plainWord reports whether a name can stand in an address as it is.
func plainWord(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return name != ""
}

// Test answers one request without a listener. The peer of such a request is not
// this machine.
func (s *Server) Test(req *http.Request) (*http.Response, error) {
	return s.app.Test(req, int(writeTimeout.Milliseconds()))
}
