package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// observed is what verbs look at: a bot of their own on what is stored, or the one that
// runs.
type observed interface {
	About() bot.About
	Contact(ctx context.Context, id string) (bot.ContactView, error)
	Contacts(ctx context.Context, after string, limit int) ([]bot.ContactView, error)
	Why(ctx context.Context, id, flow string) ([]bot.DecisionView, error)
	Export(ctx context.Context, id string) (bot.Export, error)
	Receipt(ctx context.Context, id string) (bot.Receipt, error)
	Day(text string, end bool) (time.Time, error)
	Stats(ctx context.Context, q bot.StatsQuery) (bot.Stats, error)
	Experiments(ctx context.Context, q bot.StatsQuery) ([]bot.Experiment, error)
	VerifyLedger(ctx context.Context, noted map[string][]bot.Mark) ([]bot.Chain, error)
	ExportLedger(ctx context.Context, w io.Writer) error
}

// observe gives f a bot to look at.
func (a *app) observe(ctx context.Context, in inspection, f func(ctx context.Context, b observed) error) error {
	return a.look(ctx, in,
		func(r *remote) error {
			err := f(ctx, r)
			var exit *exitError
			var no *refusal
			if err != nil && !errors.As(err, &exit) && !errors.As(err, &no) {
				err = fmt.Errorf("%w (with --database what is stored is opened instead)", err)
			}
			return a.told(err, in.dir)
		},
		func(ctx context.Context, b *bot.Bot, _ storage.Store) error { return f(ctx, b) })
}

// look looks at the bot that runs, if one answers to us and is that of the folder, which
// need not hold any; else at what is stored. A database that a flag names is opened.
func (a *app) look(ctx context.Context, in inspection, ask func(r *remote) error, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	if in.database == "" {
		server, none := a.running(ctx, in.dir)
		switch {
		case none == nil:
			return ask(server)
		case !errors.Is(none, errNoServer) && !errors.Is(none, errNoKey):
			return failed(none)
		case !holdsBot(in.dir):
			return failed(fmt.Errorf("%w, and %w", none, isBot(in.dir)))
		}
	}
	return a.inspect(ctx, in.dir, in.database, f)
}

// change changes something: by way of the bot that runs, and if none does, in the database,
// which f then has for itself, or shares as a bot would. A database that a flag names comes
// first, unless a bot has it.
func (a *app) change(ctx context.Context, in inspection, ask func(r *remote) error, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	open := func() error { return a.open(ctx, in.dir, in.database, toChange, f) }
	if in.database != "" {
		if err := open(); !errors.Is(err, sqlite.ErrInUse) {
			return err
		}
	}
	server, none := a.running(ctx, in.dir)
	switch {
	case none == nil:
		return ask(server)
	case !errors.Is(none, errNoServer):
		return failed(none)
	}
	err := isBot(in.dir)
	if err == nil {
		err = open()
	}
	switch {
	case errors.Is(err, sqlite.ErrInUse):
		return failed(fmt.Errorf("a bot runs on this database, but %w: set RELANCE_LISTEN to where it listens", none))
	case errors.Is(err, fs.ErrNotExist), !holdsBot(in.dir):
		return failed(fmt.Errorf("%w, and %w", none, err))
	}
	return err
}

// running is the bot that answers at RELANCE_LISTEN. errNoServer if none does, or another
// than the folder's; a folder that was named must be a bot's.
func (a *app) running(ctx context.Context, dir string) (*remote, error) {
	if !holdsBot(dir) && dir != "." {
		return nil, isBot(dir)
	}
	env, err := a.environment(dir)
	if err != nil {
		return nil, err
	}
	server, err := env.client()
	if err != nil {
		return nil, err
	}
	r := &remote{client: server}
	err = server.call(ctx, http.MethodGet, "/v1/bot", nil, &r.about)
	var older *refusal
	var text *json.SyntaxError
	if errors.As(err, &older) || errors.As(err, &text) || err == nil && r.another(dir) {
		err = errNoServer
	}
	if errors.Is(err, errNoServer) {
		return nil, fmt.Errorf("%w at %s", err, server.address)
	}
	return r, err
}

// another says whether a bot is none, or not the one of a folder.
func (r *remote) another(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "bot.yaml"))
	name := flows.BotName(text)
	return r.about.Name == "" || err == nil && name != "" && name != r.about.Name
}

// remote is a bot that is asked over HTTP.
type remote struct {
	*client
	about bot.About
}

func (r *remote) About() bot.About { return r.about }

// get asks for what is at an address.
func get[T any](ctx context.Context, r *remote, path string) (out T, err error) {
	err = r.call(ctx, http.MethodGet, path, nil, &out)
	return out, err
}

func personAt(id string) string { return "/v1/contacts/" + url.PathEscape(id) }

func (r *remote) Contact(ctx context.Context, id string) (bot.ContactView, error) {
	return get[bot.ContactView](ctx, r, personAt(id))
}

func (r *remote) Contacts(ctx context.Context, after string, limit int) ([]bot.ContactView, error) {
	return get[[]bot.ContactView](ctx, r, "/v1/contacts?"+url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}.Encode())
}

func (r *remote) Why(ctx context.Context, id, flow string) ([]bot.DecisionView, error) {
	return get[[]bot.DecisionView](ctx, r, personAt(id)+"/why?"+url.Values{"flow": {flow}}.Encode())
}

func (r *remote) Export(ctx context.Context, id string) (bot.Export, error) {
	return get[bot.Export](ctx, r, personAt(id)+"/export")
}

func (r *remote) Receipt(ctx context.Context, id string) (bot.Receipt, error) {
	return get[bot.Receipt](ctx, r, personAt(id)+"/receipt")
}

func (r *remote) Day(text string, end bool) (time.Time, error) {
	zone, err := bot.Location(r.about.Timezone)
	if err != nil {
		return time.Time{}, err
	}
	return bot.ParseDay(text, end, zone)
}

func (r *remote) Stats(ctx context.Context, q bot.StatsQuery) (bot.Stats, error) {
	return get[bot.Stats](ctx, r, "/v1/stats?"+figuresOf(q))
}

func (r *remote) Experiments(ctx context.Context, q bot.StatsQuery) ([]bot.Experiment, error) {
	return get[[]bot.Experiment](ctx, r, "/v1/stats/experiments?"+figuresOf(q))
}

// figuresOf is a query for figures as an address has it.
func figuresOf(q bot.StatsQuery) string {
	query := url.Values{}
	if q.By != "" {
		query.Set("by", q.By)
	}
	for name, at := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !at.IsZero() {
			query.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	if q.Window != 0 {
		query.Set("window", q.Window.String())
	}
	return query.Encode()
}

func (r *remote) VerifyLedger(ctx context.Context, noted map[string][]bot.Mark) (out []bot.Chain, err error) {
	ctx, cancel := context.WithTimeout(ctx, longTimeout)
	defer cancel()
	err = r.do(ctx, http.MethodPost, "/v1/consent/verify", noted, func(body io.Reader) error { return json.NewDecoder(body).Decode(&out) })
	return out, err
}

func (r *remote) ExportLedger(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, longTimeout)
	defer cancel()
	return r.do(ctx, http.MethodGet, "/v1/consent/export", nil, func(body io.Reader) error {
		_, err := io.Copy(w, body)
		return err
	})
}
