package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/sqlite"
)

func (a *app) moveCommand() *cobra.Command {
	var in inspection
	var giveUp bool
	c := &cobra.Command{
		Use:   "move DATABASE",
		Short: "Move all that a bot knows from its file to PostgreSQL",
		Long: `Moves all that a stopped bot knows from its SQLite file into an empty PostgreSQL
database: people, consents with their proof, what waits and what was sent. Each record is
read back there before it counts. From then on the file is refused, so that no second bot
writes to the same people; set RELANCE_DATABASE to the new database and start the bot.

What is sealed under RELANCE_SECRET_KEY moves as it is: keep the key. A password need not
stand in the address: PGPASSWORD and ~/.pgpass are read. A move that breaks off is begun
again with the same command. If its database is lost for good before it ended, --give-up
lets the bot start on the file again.`,
		Example: "  relance move postgres://shop@db.example/shop --dir shop\n  relance move --give-up --dir shop",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case giveUp && len(args) == 0:
				return a.giveUpMove(c.Context(), in)
			case giveUp:
				return &exitError{exitUsage, errors.New("--give-up needs no database")}
			case len(args) == 0:
				return &exitError{exitUsage, errors.New("where to? relance move postgres://USER@HOST/DATABASE")}
			}
			return a.move(c.Context(), in, args[0])
		},
	}
	in.place(c)
	c.Flags().BoolVar(&giveUp, "give-up", false, "let the bot start on the file again, whose move did not end")
	c.Flags().Lookup("database").Usage = "the file to move (default RELANCE_DATABASE, else sqlite:relance.db in the folder)"
	return c
}

func (a *app) move(ctx context.Context, in inspection, to string) error {
	if !isPostgres(to) {
		return failed(errors.New("a bot moves into a PostgreSQL database: postgres://USER@HOST/DATABASE"))
	}
	source, from, err := a.movable(ctx, in)
	if err != nil {
		return failed(err)
	}
	defer from.Close()
	target := database{url: to, dir: source.dir, keys: source.keys}
	into, err := target.openWhenFree(ctx, a.clock.Now)
	if err != nil {
		return failed(err)
	}
	defer into.Close()
	m := &mover{app: a, file: filepath.Base(source.file), to: target.address(), from: from, into: into}
	if err := m.move(ctx); err != nil {
		return failed(err)
	}
	if err := movePhone(source, target); err != nil {
		fmt.Fprintln(a.stdout, "the chats of the emulated phone stay behind:", err)
	}
	fmt.Fprintf(a.stdout, `
Set RELANCE_DATABASE to the new database (in .env, or where the bot gets its environment) and start the bot.
%s is refused from now on. Do not put an older copy in its place: people may say stop from now on, and it would
not know. It still holds what people said, and whoever asks to be forgotten is not forgotten there: delete
%[1]s* once the new database is backed up.
`, m.file)
	return nil
}

// giveUpMove lets a bot start on its file again whose move did not end.
func (a *app) giveUpMove(ctx context.Context, in inspection) error {
	d, store, err := a.movable(ctx, in)
	if err != nil {
		return failed(err)
	}
	defer store.Close()
	file := filepath.Base(d.file)
	mark, err := movedOf(ctx, store)
	switch {
	case err != nil:
		return failed(err)
	case mark == nil:
		return failed(fmt.Errorf("no move of %s is under way", file))
	case mark.Done:
		return failed(&movedError{file, mark})
	}
	if err := (*moved)(nil).note(ctx, store); err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "The bot may be started on %s again. Should the move have arrived after all, no bot may ever be started on %s: drop it.\n", file, mark.To)
	return nil
}

// movable is the file of a bot that is stopped.
func (a *app) movable(ctx context.Context, in inspection) (d database, store storage.Store, err error) {
	if err := isBot(in.dir); err != nil {
		return d, nil, err
	}
	env, err := a.environment(in.dir)
	if err != nil {
		return d, nil, err
	}
	if d, err = databaseOf(in.dir, in.database, env); err != nil {
		return d, nil, err
	}
	if d.url != "" {
		return d, nil, errors.New("what this bot knows is in PostgreSQL already (RELANCE_DATABASE): name its file with --database sqlite:relance.db")
	}
	store, err = d.openBare(ctx, toChange, a.clock.Now)
	if errors.Is(err, sqlite.ErrInUse) {
		err = fmt.Errorf("%s is in use: stop the bot first", filepath.Base(d.file))
	}
	return d, store, err
}

// address is where a PostgreSQL database is, in the words of its address, without who uses it
// and how.
func (d database) address() string {
	u, err := url.Parse(d.url)
	if err != nil {
		return ""
	}
	host, query := u.Host, u.Query()
	if host == "" {
		host = query.Get("host")
	}
	if port := query.Get("port"); port != "" {
		host += ":" + port
	}
	return host + u.Path
}

// openWhenFree opens a database that somebody may hold who is gone, for as long as the server
// may take to notice.
func (d database) openWhenFree(ctx context.Context, now func() time.Time) (storage.Store, error) {
	enough := time.After(moveWaits)
	for {
		store, err := d.openBare(ctx, toRun, now)
		if !errors.Is(err, postgres.ErrMoving) {
			return store, err
		}
		select {
		case <-time.After(moveWaits / 40):
		case <-enough:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

const moveWaits = 40 * time.Second

// movePhone copies what the emulated platform knows of a bot beside its file to where it is
// looked for beside PostgreSQL: else the people whom the bot knows are not on its phone.
func movePhone(from, to database) error {
	beside, err := os.ReadDir(filepath.Dir(from.file))
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range beside {
		suffix, ours := strings.CutPrefix(entry.Name(), filepath.Base(from.file))
		if !ours || !strings.HasPrefix(suffix, phoneSuffix) {
			continue
		}
		state, err := os.ReadFile(filepath.Join(filepath.Dir(from.file), entry.Name()))
		if err == nil {
			err = os.WriteFile(to.beside(suffix), state, 0o600)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
