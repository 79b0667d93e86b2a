package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Config is what is measured, and how much of it.
type Config struct {
	Messages  int      // webhooks, and people of the campaign
	Databases []string // sqlite, postgres, or the address of a PostgreSQL server
	Runs      int
	Only      []string  // names of parts; all if empty
	Profile   string    // folder for the bot's profiles of webhook, campaign and fanout, of the last run; none if empty
	Progress  io.Writer // what is going on, for whoever waits
}

// Bounds of a Config.
const (
	MaxMessages = 1_000_000
	MaxRuns     = 9
)

// Check says what is wrong with a Config.
func (c Config) Check() error {
	if c.Messages < 100 || c.Messages > MaxMessages {
		return fmt.Errorf("%d messages: want 100 to %d", c.Messages, MaxMessages)
	}
	if c.Runs < 1 || c.Runs > MaxRuns {
		return fmt.Errorf("%d runs: want 1 to %d", c.Runs, MaxRuns)
	}
	for _, name := range c.Only {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("nothing is called %q: want some of %s", name, strings.Join(PartNames(), ","))
		}
	}
	return nil
}

// PartNames are the names of what can be measured, in order.
func PartNames() []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.name)
	}
	return out
}

// part is one work that is measured. Both of its functions return the figures of one
// run by the keys of measures.
type part struct {
	name     string
	title    func(Config) string
	measures []measure
	ours     func(context.Context, *bench) (figures, error)
	floor    func(context.Context, *bench) (figures, error) // nil if nothing is comparable
	once     bool                                           // has no database: measured with the first
	only     string                                         // database that it is for; all if empty
}

// figures are what one run measured.
type figures map[string]float64

// parts, in the order of the table.
var parts = []part{webhookPart, steadyPart, latencyPart, acceptPart, campaignPart, fanoutPart, twoPart, startPart, schedulesPart, advancePart}

// bench is a benchmark under way.
type bench struct {
	Config
	dir      string
	launcher *launcher
	load     *process
	graph    string // base of the fake endpoint
	backend  backend
	now      time.Time
	names    int
	seeds    map[string]string // databases that others are copies of
}

// Run measures, and returns the table. A part that fails is left out of it, and is
// in the error. All processes it started have ended and its files are gone when it
// returns.
func Run(ctx context.Context, c Config) (_ *Table, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if c.Profile != "" {
		if err := os.MkdirAll(c.Profile, 0o755); err != nil {
			return nil, err
		}
	}
	b := &bench{Config: c, now: time.Now()}
	if b.dir, err = os.MkdirTemp("", "relance-bench-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := writeBot(filepath.Join(b.dir, "bot")); err != nil {
		return nil, err
	}
	if b.launcher, err = newLauncher(); err != nil {
		return nil, err
	}
	defer b.launcher.close()
	if err := b.startLoad(ctx); err != nil {
		return nil, err
	}
	table := newTable(c, b.launcher.pinned)
	var errs []error
	for i, name := range c.Databases {
		if ctx.Err() != nil {
			break
		}
		if err := b.measure(ctx, name, i == 0, table); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", kindOf(name), err))
		}
	}
	return table, errors.Join(errs...)
}

// kindOf is what may be shown of a database's address.
func kindOf(name string) string {
	if strings.HasPrefix(name, postgresURL) {
		return "postgres"
	}
	return name
}

func (b *bench) startLoad(ctx context.Context) (err error) {
	if b.load, err = b.launcher.child(loadCPU, nil, role("load")...); err != nil {
		return err
	}
	var said struct{ Graph string }
	err = b.load.answer(ctx, &said, readyPatience)
	b.graph = said.Graph
	return err
}

// measure does all parts on one database, again and again. In every other run the
// floor comes first.
func (b *bench) measure(ctx context.Context, database string, first bool, table *Table) (err error) {
	if b.backend, err = b.openBackend(ctx, database); err != nil {
		return err
	}
	b.seeds = map[string]string{}
	defer func() {
		for _, name := range b.seeds {
			err = errors.Join(err, b.backend.drop(context.WithoutCancel(ctx), name))
		}
		err = errors.Join(err, b.backend.close())
	}()
	failed := map[string]bool{}
	for run := range b.Runs {
		for _, p := range parts {
			if failed[p.name] || len(b.Only) > 0 && !slices.Contains(b.Only, p.name) || p.once && !first || p.only != "" && p.only != b.backend.name() {
				continue
			}
			fmt.Fprintf(b.Progress, "%s, run %d of %d: %s\n", b.backend.name(), run+1, b.Runs, p.name)
			ours := func() error { return b.side(ctx, p, p.ours, table.ours) }
			floor := func() error { return b.side(ctx, p, p.floor, table.floors) }
			order := []func() error{ours, floor}
			if run%2 == 1 {
				slices.Reverse(order)
			}
			for _, do := range order {
				if one := do(); one != nil {
					if ctx.Err() != nil {
						return errors.New("interrupted")
					}
					failed[p.name] = true
					err = errors.Join(err, fmt.Errorf("%s: %w", p.name, one))
					break
				}
			}
		}
	}
	return err
}

func (b *bench) side(ctx context.Context, p part, do func(context.Context, *bench) (figures, error), into func(database, part string, f figures)) error {
	if do == nil {
		return nil
	}
	f, err := do(ctx, b)
	if err == nil {
		into(b.backend.name(), p.name, f)
	}
	return err
}

// openBackend is what a name of Config.Databases stands for.
func (b *bench) openBackend(ctx context.Context, name string) (backend, error) {
	if name == "sqlite" {
		return sqliteFiles{dir: b.dir}, nil
	}
	return b.openPostgres(ctx, name)
}

// database makes a database for one measurement: empty, or a copy of one that fill
// filled once. drop removes it.
func (b *bench) database(ctx context.Context, seed string, fill func(context.Context, storage.Store) error) (name, url string, drop func(), err error) {
	from := ""
	if seed != "" {
		if from, err = b.seeded(ctx, seed, fill); err != nil {
			return "", "", nil, err
		}
	}
	b.names++
	name = fmt.Sprintf("relance_bench_%d_%d", os.Getpid(), b.names)
	if url, err = b.backend.create(ctx, name, from); err != nil {
		return "", "", nil, err
	}
	return name, url, func() { _ = b.backend.drop(context.WithoutCancel(ctx), name) }, nil
}

// seeded is the database that others are copies of.
func (b *bench) seeded(ctx context.Context, seed string, fill func(context.Context, storage.Store) error) (string, error) {
	if name, ok := b.seeds[seed]; ok {
		return name, nil
	}
	name := fmt.Sprintf("relance_bench_%d_%s", os.Getpid(), seed)
	url, err := b.backend.create(ctx, name, "")
	if err != nil {
		return "", err
	}
	b.seeds[seed] = name
	store, err := b.backend.open(ctx, url)
	if err != nil {
		return "", err
	}
	return name, errors.Join(fill(ctx, store), store.Close())
}
