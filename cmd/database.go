package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/sealed"
	"github.com/relance-bot/relance/storage/sqlite"
)

// database is where a bot keeps what it knows: a file, or a PostgreSQL database
// that several processes may share.
type database struct {
	file string       // of SQLite
	url  string       // of PostgreSQL; may hold a password
	dir  string       // the bot's folder
	keys []sealed.Key // what is personal is sealed with; none: it stands in clear
}

// databaseOf is the database of RELANCE_DATABASE (or a flag). A file is in the bot's
// folder unless its path is absolute.
func databaseOf(dir, flag string, env *environment) (database, error) {
	secret, err := env.get("RELANCE_SECRET_KEY")
	if err != nil {
		return database{}, err
	}
	keys, err := sealed.ParseKeys(secret)
	if err != nil {
		return database{}, fmt.Errorf("RELANCE_SECRET_KEY: %w (make one with: openssl rand -base64 32)", err)
	}
	name := flag
	if name == "" {
		if name, err = env.or("RELANCE_DATABASE", "sqlite:relance.db"); err != nil {
			return database{}, err
		}
	}
	if isPostgres(name) {
		return database{url: name, dir: dir, keys: keys}, nil
	}
	path, ok := strings.CutPrefix(name, "sqlite:")
	if !ok || path == "" {
		return database{}, fmt.Errorf("the database %q is none this version knows: want sqlite:FILE or postgres://…", scheme(name))
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return database{file: path, dir: dir, keys: keys}, nil
}

func isPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// scheme is what may be shown of a database's address: a password may follow.
func scheme(name string) string {
	if end := strings.IndexAny(name, ":=@ "); end >= 0 { // host=… password=… is how others write it
		return name[:end+1] + "…"
	}
	return name
}

// use is what a database is opened for.
type use int

const (
	toRun    use = iota // by a bot; makes it if it is not there
	toLook              // beside a bot that may be running
	toChange            // while no bot has the file
)

// open opens the database, and reads and writes it under its keys.
func (d database) open(ctx context.Context, use use, now func() time.Time) (storage.Store, error) {
	bare, err := d.openBare(ctx, use, now)
	if err != nil {
		return nil, err
	}
	if err := d.stays(ctx, bare); err != nil {
		return nil, errors.Join(err, bare.Close())
	}
	store, err := sealed.Open(ctx, bare, d.keys)
	if err != nil {
		return nil, errors.Join(err, bare.Close())
	}
	return store, nil
}

func (d database) openBare(ctx context.Context, use use, now func() time.Time) (storage.Store, error) {
	if d.url != "" {
		store, err := postgres.Open(ctx, d.url, postgres.Config{Now: now, Existing: use != toRun})
		if errors.Is(err, postgres.ErrUnused) {
			return nil, &missingDatabase{}
		}
		if err != nil {
			return nil, err // not a nil *postgres.Store
		}
		return store, nil
	}
	store, err := sqlite.Open(ctx, d.file, sqlite.Config{Exclusive: use != toLook, Existing: use != toRun})
	switch {
	case errors.Is(err, fs.ErrNotExist) && use == toRun: // then a file is made
		return nil, fmt.Errorf("there is no folder %s for the database: make it first", filepath.Dir(d.file))
	case errors.Is(err, fs.ErrNotExist):
		return nil, &missingDatabase{d.file}
	case err != nil:
		return nil, err // not a nil *sqlite.Store
	}
	return store, nil
}

// beside is the path of a file that belongs to the database.
func (d database) beside(suffix string) string {
	if d.url != "" {
		return filepath.Join(d.dir, "relance"+suffix)
	}
	return d.file + suffix
}

// others is how many other processes use a database now.
func others(ctx context.Context, store storage.Store) (int, error) {
	if shared := store.Abilities().Shared; shared != nil {
		return shared.Others(ctx)
	}
	return 0, nil
}

// knowsNobody says that nobody has written to a bot on this database, nor was imported.
func knowsNobody(ctx context.Context, store storage.Store) (nobody bool, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		first, err := r.Contacts("", 1)
		nobody = len(first) == 0
		return err
	})
	return nobody, err
}

// whereElse says where the people of a bot may be whose database knows nobody.
func (d database) whereElse() string {
	if _, err := os.Stat(filepath.Join(d.dir, "relance.db")); d.url != "" && err == nil {
		return "relance.db in its folder, from which 'relance move' takes them into an empty PostgreSQL database"
	}
	return "look at RELANCE_DATABASE and --database, or for relance.db in the folder it ran in"
}

// strangersIn is a real page, CHANNEL:PAGE, of which a database knows people, if it knows
// nobody of pages; "" if there is none. Either is then another bot's, or pages have changed.
func strangersIn(ctx context.Context, store storage.Store, pages []string) (page string, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		for _, own := range pages {
			first, err := r.Contacts(own+":", 1)
			if err != nil || len(first) > 0 && strings.HasPrefix(first[0].ID, own+":") {
				pages = nil
				return err
			}
		}
		return nil
	})
	if err != nil || pages == nil {
		return "", err
	}
	return realPageIn(ctx, store)
}

// shown is where the database is, without what may be a password.
func (d database) shown() string {
	if d.url != "" {
		return "PostgreSQL"
	}
	return d.file
}

// anew says how to begin again with nothing.
func (d database) anew() string {
	if d.url != "" {
		return ""
	}
	return fmt.Sprintf("; delete %s* to begin anew", filepath.Base(d.file))
}

// missingDatabase says that a bot never ran. It is an fs.ErrNotExist.
type missingDatabase struct{ path string } // of a file

func (m *missingDatabase) Error() string {
	if m.path == "" {
		return "no bot has run on this PostgreSQL database yet, or its tables are in another schema: 'relance run' makes them"
	}
	return fmt.Sprintf("there is no database %s yet: 'relance run' makes it", m.path)
}

func (*missingDatabase) Is(target error) bool { return target == fs.ErrNotExist }

// inspect opens what a bot has stored, beside a server that may be running, and
// gives f a bot that only answers questions. Its clock is the emulator's if there
// is one.
func (a *app) inspect(ctx context.Context, dir, flag string, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	return a.open(ctx, dir, flag, toLook, f)
}

// open opens what a bot has stored, and gives f a bot on it that does not run.
func (a *app) open(ctx context.Context, dir, flag string, use use, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	folder, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	d, err := databaseOf(dir, flag, env)
	if err != nil {
		return failed(err)
	}
	store, err := d.open(ctx, use, a.clock.Now)
	if err != nil {
		return failed(err)
	}
	defer store.Close()
	b, _, err := a.inspected(ctx, folder, env, store)
	if err != nil {
		return failed(err)
	}
	return a.told(f(ctx, b, store), dir)
}

// told is an error of a verb that has looked at a bot, with what helps and the exit that
// it means.
func (a *app) told(err error, dir string) error {
	var exit *exitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	if errors.Is(err, bot.ErrUnknownContact) {
		err = fmt.Errorf("%w: people are named as messenger:PAGE:PERSON, or FIELD=VALUE of a unique field; 'relance why --dir %s' lists them", err, dir)
	}
	return failed(err)
}

// inspected is a bot that only answers, and the clock that it goes by.
func (a *app) inspected(ctx context.Context, folder *botFolder, env *environment, store storage.Store) (*bot.Bot, bot.Clock, error) {
	lines, real, err := a.anyLines(folder, env)
	if err != nil {
		return nil, nil, err
	}
	clock := bot.NewShiftedClock(commonClock(a.clock, store))
	if !real { // a real Page goes by the true time, whatever an emulated one was moved to
		offset, err := clockOffset(ctx, store)
		if err != nil {
			return nil, nil, err
		}
		clock.Begin(offset)
	}
	reach, err := env.network()
	if err != nil {
		return nil, nil, err
	}
	b, err := bot.Inspect(bot.Config{
		Program: folder.program, Data: folder.data, Store: store, Channels: lines.channels(), Accounts: lines.accounts, Clock: clock, Secret: reach.secret,
	})
	return b, clock, err
}
