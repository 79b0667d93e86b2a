package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
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

// observe gives f the bot that runs, if one answers and is that of the folder, which need
// not hold any; else one on the database. A database that a flag names is opened.
func (a *app) observe(ctx context.Context, in inspection, f func(ctx context.Context, b observed) error) error {
	if in.database == "" {
		running, err := a.running(ctx, in.dir)
		switch {
		case err == nil:
			return a.told(f(ctx, running), in.dir)
		case !errors.Is(err, errNoServer):
			return failed(err)
		case !holdsBot(in.dir):
			return failed(fmt.Errorf("%w, and %w", err, isBot(in.dir)))
		}
	}
	return a.inspect(ctx, in.dir, in.database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error { return f(ctx, b) })
}

// running is the bot that answers at RELANCE_LISTEN. errNoServer if none does, or another
// than the folder's.
func (a *app) running(ctx context.Context, dir string) (*running, error) {
	env, err := a.environment(dir)
	if err != nil {
		return nil, err
	}
	server, err := env.client()
	if err != nil {
		return nil, err
	}
	r := &running{client: server}
	err = server.call(ctx, http.MethodGet, "/v1/bot", nil, &r.about)
	var older *refusal
	var text *json.SyntaxError
	switch {
	case errors.As(err, &older), errors.As(err, &text), err == nil && r.about.Name == "":
		err = errNoServer
	case err == nil && holdsBot(dir):
		// One that has mistakes now may be this one.
		if program, _, _, fault := readBot(os.DirFS(dir), a.setup); fault == nil && program != nil && program.Bot.Name != r.about.Name {
			err = errNoServer
		}
	}
	if errors.Is(err, errNoServer) {
		return nil, fmt.Errorf("%w at %s", err, server.address)
	}
	return r, err
}

// running is a bot that is asked over HTTP.
type running struct {
	*client
	about bot.About
}

func (r *running) About() bot.About { return r.about }

// get asks for what is at an address.
func get[T any](ctx context.Context, r *running, path string) (out T, err error) {
	err = r.call(ctx, http.MethodGet, path, nil, &out)
	return out, err
}

func personAt(id string) string { return "/v1/contacts/" + url.PathEscape(id) }

func (r *running) Contact(ctx context.Context, id string) (bot.ContactView, error) {
	return get[bot.ContactView](ctx, r, personAt(id))
}

func (r *running) Contacts(ctx context.Context, after string, limit int) ([]bot.ContactView, error) {
	return get[[]bot.ContactView](ctx, r, "/v1/contacts?"+url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}.Encode())
}

func (r *running) Why(ctx context.Context, id, flow string) ([]bot.DecisionView, error) {
	return get[[]bot.DecisionView](ctx, r, personAt(id)+"/why?"+url.Values{"flow": {flow}}.Encode())
}

func (r *running) Export(ctx context.Context, id string) (bot.Export, error) {
	return get[bot.Export](ctx, r, personAt(id)+"/export")
}

func (r *running) Receipt(ctx context.Context, id string) (bot.Receipt, error) {
	return get[bot.Receipt](ctx, r, personAt(id)+"/receipt")
}

func (r *running) Day(text string, end bool) (time.Time, error) {
	zone, err := bot.Location(r.about.Timezone)
	if err != nil {
		return time.Time{}, err
	}
	return bot.ParseDay(text, end, zone)
}

func (r *running) Stats(ctx context.Context, q bot.StatsQuery) (bot.Stats, error) {
	return get[bot.Stats](ctx, r, "/v1/stats?"+figuresOf(q))
}

func (r *running) Experiments(ctx context.Context, q bot.StatsQuery) ([]bot.Experiment, error) {
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

func (r *running) VerifyLedger(ctx context.Context, noted map[string][]bot.Mark) (out []bot.Chain, err error) {
	ctx, cancel := context.WithTimeout(ctx, longTimeout)
	defer cancel()
	err = r.do(ctx, http.MethodPost, "/v1/consent/verify", noted, func(body io.Reader) error { return json.NewDecoder(body).Decode(&out) })
	return out, err
}

func (r *running) ExportLedger(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, longTimeout)
	defer cancel()
	return r.do(ctx, http.MethodGet, "/v1/consent/export", nil, func(body io.Reader) error {
		_, err := io.Copy(w, body)
		return err
	})
}
