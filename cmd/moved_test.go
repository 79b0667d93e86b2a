package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestAMoveThatBrokeOffIsFinished: the process died behind the commit, before the file knew of
// it; and before the commit, so that nothing is there.
func TestAMoveThatBrokeOffIsFinished(t *testing.T) {
	t.Parallel()
	for name, arrived := range map[string]bool{"it had arrived": true, "it had not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			dir := copyBot(t, exampleRestock)
			place := database{file: filepath.Join(dir, "relance.db"), dir: dir}
			const id = "messenger:1000000000000001:7"
			from, err := place.open(t.Context(), toRun, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = from.Write(t.Context(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: id, FirstName: "Al"}) })
			if err != nil {
				t.Fatal(err)
			}
			if arrived {
				into, err := database{url: url}.open(t.Context(), toRun, nil)
				if err != nil {
					t.Fatal(err)
				}
				m := &mover{app: newApp(nil, &output{}), file: "relance.db", to: database{url: url}.address(), from: from, into: into}
				if err := errors.Join(m.move(t.Context()), into.Close()); err != nil {
					t.Fatal(err)
				}
			}
			mark, err := movedOf(t.Context(), from)
			if err != nil {
				t.Fatal(err)
			}
			if mark == nil {
				mark = &moved{ID: "one", At: time.Now(), To: database{url: url}.address()}
			}
			mark.Done = false // as before the end
			if err := errors.Join(mark.note(t.Context(), from), from.Close()); err != nil {
				t.Fatal(err)
			}

			if code, out := cli(t, nil, "run", dir); code != exitFailed || !strings.Contains(out, "run the same 'relance move' again") {
				t.Errorf("exit %d:\n%s", code, out)
			}
			for _, elsewhere := range []string{"postgres://127.0.0.1:1/shop", strings.Replace(url, "?", "2?", 1)} {
				if code, out := cli(t, nil, "move", elsewhere, "--dir", dir); code != exitFailed || strings.Contains(out, "moved:") {
					t.Errorf("to %s meanwhile: exit %d:\n%s", elsewhere, code, out)
				}
			}
			want := "moved: 1 person"
			if arrived {
				want = "It had arrived already."
			}
			if code, out := cli(t, nil, "move", url, "--dir", dir); code != exitFine || !strings.Contains(out, want) {
				t.Fatalf("exit %d:\n%s", code, out)
			}
			if code, out := cli(t, nil, "why", "--dir", dir, "--database", url); code != exitFine || !strings.Contains(out, id) {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

// TestAMoveWhoseAnswerIsLostAsksWhatBecameOfIt, and any other that fails leaves the file as it was.
func TestAMoveWhoseAnswerIsLostAsksWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		loads bool
		err   error
		want  string // of its error
	}{
		"it was kept":     {true, storage.ErrInDoubt, ""},
		"it was not kept": {false, storage.ErrInDoubt, "Nothing was moved"},
		"it broke off":    {false, storage.ErrUnavailable, "Nothing was moved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyBot(t, exampleRestock)
			from, err := database{file: filepath.Join(dir, "relance.db"), dir: dir}.open(t.Context(), toRun, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			into, err := database{url: pgtest.URL(t)}.open(t.Context(), toRun, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer into.Close()
			m := &mover{app: newApp(nil, &output{}), file: "relance.db", from: from, into: mute{into, test.loads, test.err}}
			got := ""
			if err := m.move(t.Context()); err != nil {
				got = err.Error()
			}
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			mark, err := movedOf(t.Context(), from)
			if err != nil || (mark != nil) != test.loads || mark != nil && !mark.Done {
				t.Errorf("the file is marked %v, %v", mark, err)
			}
		})
	}
}

// mute is a store of which nobody hears whether it was loaded.
type mute struct {
	storage.Store
	loads bool
	err   error
}

func (m mute) Abilities() storage.Abilities {
	a := m.Store.Abilities()
	a.Loader = m
	return a
}

func (m mute) Load(ctx context.Context, fill storage.Dump, check func(storage.Dump) error) error {
	if m.loads {
		if err := m.Store.Abilities().Loader.Load(ctx, fill, check); err != nil {
			return err
		}
	}
	return m.err
}

// TestAMoveIsGivenUp where its database is lost for good, and only before it ended.
func TestAMoveIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	startBot(t, dir, nil).stop()
	mark := func(m *moved) {
		t.Helper()
		from, err := database{file: filepath.Join(dir, "relance.db"), dir: dir}.openBare(t.Context(), toChange, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.note(t.Context(), from), from.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		mark *moved
		code int
		want string
	}{
		{nil, exitFailed, "no move of relance.db is under way"},
		{&moved{ID: "one", At: time.Now(), To: "db.example/shop", Done: true}, exitFailed, "relance.db was moved to PostgreSQL (db.example/shop) on "},
		{&moved{ID: "one", At: time.Now(), To: "db.example/shop"}, exitFine, "no bot may ever be started on db.example/shop"},
	} {
		mark(step.mark)
		if code, out := cli(t, nil, "move", "--give-up", "--dir", dir); code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("exit %d, want %d and %q:\n%s", code, step.code, step.want, out)
		}
	}
	if code := startBot(t, dir, nil).stop(); code != exitFine {
		t.Errorf("exit %d", code)
	}
}

// TestAnAddressIsShownWithoutWhoUsesIt: it stands in the file, and in errors.
func TestAnAddressIsShownWithoutWhoUsesIt(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://relance:planted@db.example:5433/shop?sslmode=require&password=planted": "db.example:5433/shop",
		"postgres://relance@/shop?host=/run/postgresql&port=5433":                          "/run/postgresql:5433/shop",
		"postgres:///shop": "/shop",
	} {
		if got := (database{url: url}).address(); got != want {
			t.Errorf("%s is shown as %s, want %s", url, got, want)
		}
	}
}

// TestWhatIsBeingKeptIsWaitedFor: the process died as it asked for the commit, and the server
// has not come to its end yet. Who looks meanwhile must not take that for no.
func TestWhatIsBeingKeptIsWaitedFor(t *testing.T) {
	t.Parallel()
	place := database{url: pgtest.URL(t)}
	into, err := place.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	mark := &moved{ID: "one", At: time.Now(), Done: true}
	value, err := mark.value()
	if err != nil {
		t.Fatal(err)
	}
	fill := func(_ context.Context, put func(storage.Record) error) error { return put(value) }
	answer := make(chan string, 1)
	err = into.Abilities().Loader.Load(t.Context(), fill, func(storage.Dump) error {
		go func() {
			arrived, err := (&mover{into: into}).arrived(context.Background(), mark)
			answer <- fmt.Sprint(arrived, err)
		}()
		time.Sleep(200 * time.Millisecond) // it looks
		return nil
	})
	if got := <-answer; err != nil || got != "true <nil>" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestAMoveThatIsCancelledLeavesTheBotWhereItIs: it may be started, and moved again.
func TestAMoveThatIsCancelledLeavesTheBotWhereItIs(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	dir := copyBot(t, exampleRestock)
	place := database{file: filepath.Join(dir, "relance.db"), dir: dir}
	from, err := place.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	into, err := database{url: url}.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	ctx, cancel := context.WithCancel(t.Context())
	m := &mover{app: newApp(nil, &output{}), file: "relance.db", from: cancels{from, cancel}, into: into}
	if err := m.move(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "Nothing was moved") {
		t.Errorf("%v", err)
	}
	if mark, err := movedOf(t.Context(), from); err != nil || mark != nil {
		t.Errorf("the file is marked %v, %v", mark, err)
	}
	m.from = from
	if err := errors.Join(m.move(t.Context()), from.Close()); err != nil {
		t.Errorf("again: %v", err)
	}
}

// cancels is a store in the middle of whose dump somebody gives up.
type cancels struct {
	storage.Store
	cancel context.CancelFunc
}

func (c cancels) Abilities() storage.Abilities {
	a := c.Store.Abilities()
	a.Dumper = c
	return a
}

func (c cancels) Dump(ctx context.Context, put func(storage.Record) error) error {
	c.cancel()
	return c.Store.Abilities().Dumper.Dump(ctx, put)
}
