package cmd

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestABotWhoseDatabaseIsReplacedEnds: it went on in a file that nobody could find again, said
// that it was ready, and lost what it had acknowledged when it was stopped.
func TestABotWhoseDatabaseIsReplacedEnds(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(t *testing.T, dir, file string){
		"a backup is put in its place": func(t *testing.T, dir, file string) {
			copied := filepath.Join(t.TempDir(), "copy.db")
			if code, out := cli(t, nil, "backup", copied, "--dir", dir); code != 0 {
				t.Fatal(out)
			}
			if err := os.Rename(copied, file); err != nil {
				t.Fatal(err)
			}
		},
		"it is removed": func(t *testing.T, _, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			graph := startFakeGraph(t, &fakeGraph{})
			b := startBot(t, copyBot(t, exampleRestock), graph.account())
			replace(t, b.dir, filepath.Join(b.dir, "relance.db"))
			endsItself(t, b.base)
			if code := b.stop(); code != exitFailed || !strings.Contains(b.out.String(), "relance.db was removed, or another file put in its place") {
				t.Errorf("exit %d:\n%s", code, b.out.String())
			}
		})
	}
}

// TestABotWhosePostgreSQLIsEmptiedEnds: it went on as if nothing were amiss in what another
// process had made anew, and no schedule fired any more.
func TestABotWhosePostgreSQLIsEmptiedEnds(t *testing.T) {
	t.Parallel()
	for name, anew := range map[string]bool{"nothing is there any more": false, "another process makes it anew": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			env := startFakeGraph(t, &fakeGraph{}).account()
			env["RELANCE_DATABASE"] = address
			b := startBot(t, copyBot(t, exampleRestock), env)
			c, err := pgx.Connect(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(context.Background())                             //nolint:errcheck // it is done
			within(t, time.Minute, "the database is emptied", func() bool { // the bot and it may wait for each other
				_, err := c.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
				return err == nil
			})
			if anew {
				store, err := database{url: address}.open(t.Context(), toRun, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
			}
			endsItself(t, b.base)
			if code := b.stop(); code != exitFailed || !strings.Contains(b.out.String(), storage.ErrReplaced.Error()) {
				t.Errorf("exit %d:\n%s", code, b.out.String())
			}
		})
	}
}

// TestABotGoesOnWhereALinkToItsFolderIsTurned: its database is where it was.
func TestABotGoesOnWhereALinkToItsFolderIsTurned(t *testing.T) {
	t.Parallel()
	graph := startFakeGraph(t, &fakeGraph{})
	link := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(copyBot(t, exampleRestock), link); err != nil {
		t.Skip(err)
	}
	b := startBot(t, link, graph.account())
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(copyBot(t, exampleRestock), link); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * ownEvery)
	if code := b.stop(); code != 0 {
		t.Errorf("exit %d:\n%s", code, b.out.String())
	}
}

// endsItself waits for the bot at base to end without being told to.
func endsItself(t *testing.T, base string) {
	t.Helper()
	within(t, time.Minute, "the bot ends", func() bool {
		answer, err := http.Get(base + "/healthz")
		if err == nil {
			answer.Body.Close() //nolint:errcheck // nothing is read
		}
		return err != nil
	})
}
