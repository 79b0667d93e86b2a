package cmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
	"github.com/relance-bot/relance/storage/transfer"
)

func (a *app) moveCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:   "move DATABASE",
		Short: "Move all that a bot knows from its file to PostgreSQL",
		Long: `Moves all that a stopped bot knows from its SQLite file into an empty PostgreSQL
database: people, consents with their proof, what waits and what was sent. Each record is
read back there before it counts. From then on the file is refused, so that no second bot
writes to the same people; set RELANCE_DATABASE to the new database and start the bot.

What is sealed under RELANCE_SECRET_KEY moves as it is: keep the key. If the move breaks
off, nothing is kept of it, and it may be begun again.`,
		Example: "  relance move postgres://shop@db.example/shop --dir shop",
		Args:    arguments(1, 1),
		RunE:    func(c *cobra.Command, args []string) error { return a.move(c.Context(), in, args[0]) },
	}
	in.place(c)
	c.Flags().Lookup("database").Usage = "the file to move (default RELANCE_DATABASE, else sqlite:relance.db in the folder)"
	return c
}

func (a *app) move(ctx context.Context, in inspection, to string) error {
	if err := isBot(in.dir); err != nil {
		return failed(err)
	}
	env, err := a.environment(in.dir)
	if err != nil {
		return failed(err)
	}
	source, err := databaseOf(in.dir, in.database, env)
	if err != nil {
		return failed(err)
	}
	target, err := databaseOf(in.dir, to, env)
	switch {
	case err != nil:
		return failed(err)
	case target.url == "":
		return failed(errors.New("a bot moves into a PostgreSQL database: postgres://USER@HOST/DATABASE"))
	case source.url != "":
		return failed(errors.New("what this bot knows is in PostgreSQL already (RELANCE_DATABASE): name its file with --database sqlite:relance.db"))
	}
	from, err := source.openBare(ctx, toChange, a.clock.Now)
	switch {
	case errors.Is(err, sqlite.ErrInUse):
		return failed(fmt.Errorf("%s is in use: stop the bot first", filepath.Base(source.file)))
	case err != nil:
		return failed(err)
	}
	defer from.Close()
	into, err := target.openBare(ctx, toRun, a.clock.Now)
	if err != nil {
		return failed(err)
	}
	defer into.Close()
	m := &mover{app: a, file: filepath.Base(source.file), from: from, into: into}
	if err := m.move(ctx); err != nil {
		return failed(err)
	}
	if err := movePhone(source, target); err != nil {
		fmt.Fprintln(a.stdout, "the chats of the emulated phone stay behind:", err)
	}
	fmt.Fprintf(a.stdout, `
Set RELANCE_DATABASE to the new database (in .env, or where the bot gets its environment) and start the bot.
%s is refused from now on. It still holds what people said, and whoever asks to be forgotten is not forgotten there:
delete %[1]s* once the new database is backed up.
`, m.file)
	return nil
}

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

// moved says, in the file, that what it keeps was moved, and in the database it went to that
// it came there.
type moved struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	Done bool      `json:"done"` // false in a file: whether the other one has it is not known
}

const metaMoved = "moved"

// movedOf is the mark of a store; nil without one.
func movedOf(ctx context.Context, store storage.Store) (m *moved, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		raw, err := r.Meta(metaMoved)
		if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &m)
	})
	return m, err
}

// value is the mark as it is kept; of nil, that there is none.
func (m *moved) value() (v storage.NamedValue, err error) {
	v.Key = metaMoved
	if m != nil {
		v.Value, err = json.Marshal(m)
	}
	return v, err
}

func (m *moved) note(ctx context.Context, store storage.Store) error {
	v, err := m.value()
	if err != nil {
		return err
	}
	return store.Write(ctx, func(tx storage.Tx) error { return tx.SetMeta(v.Key, v.Value) })
}

// movedError refuses a file that was moved.
type movedError struct {
	file string
	*moved
}

func (m *movedError) Error() string {
	if !m.Done {
		return fmt.Sprintf("%s was on its way to PostgreSQL on %s, and whether it arrived is not known: run the same 'relance move' again", m.file, instant(m.At))
	}
	return fmt.Sprintf("%s was moved to PostgreSQL on %s, and people may have said stop since then: set RELANCE_DATABASE to that database", m.file, instant(m.At))
}

// stays refuses a database that was moved elsewhere.
func (d database) stays(ctx context.Context, store storage.Store) error {
	if d.file == "" {
		return nil
	}
	m, err := movedOf(ctx, store)
	if err == nil && m != nil {
		err = &movedError{filepath.Base(d.file), m}
	}
	return err
}

// mover moves what one store keeps to another.
type mover struct {
	*app
	file       string
	from, into storage.Store
}

// move marks the file before anything can be kept elsewhere, and takes the mark away only
// if it is known that nothing was: at no time may two bots start.
func (m *mover) move(ctx context.Context) error {
	before, err := movedOf(ctx, m.from)
	if err != nil {
		return err
	}
	if before != nil {
		if before.Done {
			return &movedError{m.file, before}
		}
		arrived, err := m.arrived(ctx, before)
		if err != nil {
			return err
		}
		if arrived {
			return m.done(ctx, before, "It had arrived already.\n")
		}
	}
	mark := &moved{ID: rand.Text(), At: m.clock.Now().UTC()}
	if err := mark.note(ctx, m.from); err != nil {
		return err
	}
	fmt.Fprintln(m.stdout, "moving: this takes about a minute for each million people")
	there := *mark
	there.Done = true
	value, err := there.value()
	if err != nil {
		return err
	}
	tally, err := transfer.Move(ctx, m.from.Abilities().Dumper, m.into.Abilities().Loader, value)
	if err != nil {
		return m.failed(mark, err)
	}
	return m.done(ctx, mark, tallied(tally))
}

// arrived says whether what was on its way is there. It looks twice: the first look may have
// to wait for the server to keep it, or to drop it, and sees what there was before that.
func (m *mover) arrived(ctx context.Context, mark *moved) (bool, error) {
	_, err := movedOf(ctx, m.into)
	if err != nil {
		return false, err
	}
	there, err := movedOf(ctx, m.into)
	return there != nil && there.ID == mark.ID, err
}

// done notes that all of it is there.
func (m *mover) done(ctx context.Context, mark *moved, what string) error {
	mark.Done = true
	if err := mark.note(ctx, m.from); err != nil {
		return fmt.Errorf("it has arrived, but %s could not be marked: run the same 'relance move' again: %w", m.file, err)
	}
	fmt.Fprint(m.stdout, what)
	return nil
}

// failed is a move that ended with an error: most likely nothing was kept of it. Somebody who
// has cancelled it is told too.
func (m *mover) failed(mark *moved, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	arrived, unknown := m.arrived(ctx, mark)
	switch {
	case unknown != nil:
		return fmt.Errorf("%w; whether it has arrived is not known, so %s is refused: run the same 'relance move' again", err, m.file)
	case arrived:
		return m.done(ctx, mark, "It has arrived.\n")
	}
	if errors.Is(err, storage.ErrOccupied) {
		err = errors.New("that database is not empty, or in use: make a new one for this bot (createdb shop), and stop what uses it")
	}
	if unmarked := (*moved)(nil).note(ctx, m.from); unmarked != nil {
		return fmt.Errorf("%w; %s could not be unmarked: %w", err, m.file, unmarked)
	}
	return fmt.Errorf("%w. Nothing was moved", err)
}

// tallied says what was moved, in the words of those who run a bot.
func tallied(t transfer.Tally) string {
	var parts []string
	for _, kind := range []struct{ name, one, many string }{
		{"Contact", "person", "people"}, {"Subscription", "consent", "consents"}, {"Permit", "permit", "permits"},
		{"Entry", "entry of the consent ledger", "entries of the consent ledger"}, {"Decision", "decision", "decisions"},
		{"Send", "message", "messages"}, {"Input", "input that waits", "inputs that wait"}, {"Timer", "timer", "timers"},
	} {
		switch n := t[kind.name].N; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+kind.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.many))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "nobody yet")
	}
	return "moved: " + strings.Join(parts, ", ") + ", and what belongs to them.\nEach record was read back from PostgreSQL, and is the same.\n"
}
