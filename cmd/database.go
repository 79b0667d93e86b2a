package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// databasePath is the file of RELANCE_DATABASE (or a flag), in the bot's folder
// unless it is absolute.
func databasePath(dir, flag string, env *environment) (string, error) {
	name := flag
	if name == "" {
		var err error
		if name, err = env.or("RELANCE_DATABASE", "sqlite:relance.db"); err != nil {
			return "", err
		}
	}
	path, ok := strings.CutPrefix(name, "sqlite:")
	if !ok || path == "" {
		return "", fmt.Errorf("the database %q is none this version knows: want sqlite:FILE", scheme(name))
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return path, nil
}

// scheme is what may be shown of a database's address: a password may follow.
func scheme(name string) string {
	if s, _, ok := strings.Cut(name, ":"); ok {
		return s + ":…"
	}
	return name
}

// inspect opens what a bot has stored, beside a server that may be running, and
// gives f a bot that only answers questions. Its clock is the emulator's if there
// is one.
func (a *app) inspect(ctx context.Context, dir, flag string, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	return a.open(ctx, dir, flag, sqlite.Config{Existing: true}, f)
}

// change is inspect for verbs that change something and found no server at an
// address: f then has the database for itself.
func (a *app) change(ctx context.Context, dir, flag, address string, f func(ctx context.Context, b *bot.Bot) error) error {
	if err := isBot(dir); err != nil {
		return failed(fmt.Errorf("no bot answers at %s, and %w", address, err))
	}
	err := a.open(ctx, dir, flag, sqlite.Config{Existing: true, Exclusive: true}, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
		return f(ctx, b)
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed(fmt.Errorf("no bot answers at %s, and %w", address, err))
	case errors.Is(err, sqlite.ErrInUse):
		return failed(fmt.Errorf("a bot runs on this database, but none answers at %s: set RELANCE_LISTEN to where it listens", address))
	}
	return err
}

// missingDatabase says that a bot never ran. It is an fs.ErrNotExist.
type missingDatabase struct{ path string }

func (m *missingDatabase) Error() string {
	return fmt.Sprintf("there is no database %s yet: 'relance run' makes it", m.path)
}

func (*missingDatabase) Is(target error) bool { return target == fs.ErrNotExist }

// open opens what a bot has stored, and gives f a bot on it that does not run.
func (a *app) open(ctx context.Context, dir, flag string, config sqlite.Config, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	folder, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	env, err := a.environment(dir)
	if err != nil {
		return failed(err)
	}
	path, err := databasePath(dir, flag, env)
	if err != nil {
		return failed(err)
	}
	store, err := sqlite.Open(ctx, path, config)
	if errors.Is(err, fs.ErrNotExist) {
		err = &missingDatabase{path}
	}
	if err != nil {
		return failed(err)
	}
	defer store.Close()
	offset, err := clockOffset(ctx, store)
	if err != nil {
		return failed(err)
	}
	clock := bot.NewShiftedClock(bot.SystemClock{})
	clock.Advance(offset)
	channel, err := a.anyChannel(folder, env)
	if err != nil {
		return failed(err)
	}
	b, err := bot.Inspect(bot.Config{
		Program: folder.program, Data: folder.data, Store: store, Channels: []bot.Channel{channel}, Clock: clock,
	})
	if err != nil {
		return failed(err)
	}
	if err := f(ctx, b, store); err != nil {
		var exit *exitError
		if errors.As(err, &exit) {
			return err
		}
		return failed(err)
	}
	return nil
}

// metaClock is where the emulator's clock, as far as it is ahead of the machine's,
// is remembered: a bot's time never goes back.
const metaClock = "emulator-clock"

func clockOffset(ctx context.Context, store storage.Store) (offset time.Duration, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		raw, err := r.Meta(metaClock)
		if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		offset, err = time.ParseDuration(string(raw))
		return err
	})
	return offset, err
}
