package sqlite_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

func TestExclusiveOpenTakesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	running := open(t, path, sqlite.Config{Exclusive: true})

	_, err := sqlite.Open(context.Background(), path, sqlite.Config{Exclusive: true})
	if !errors.Is(err, sqlite.ErrInUse) || err.Error() != "relance.db is in use by another process" {
		t.Errorf("a second bot: %v", err)
	}
	inspecting := open(t, path, sqlite.Config{})
	put(t, inspecting, "from beside")
	put(t, running, "from the bot")
	want(t, running, "from beside", "from the bot")
	for _, s := range []*sqlite.Store{inspecting, running} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}

	again := open(t, path, sqlite.Config{Exclusive: true})
	defer again.Close()
	want(t, again, "from beside", "from the bot")
}

// TestLookingDisturbsNoClaim opens a file beside the bot that runs on it, as
// inspection does: what the bot claimed stays its own.
func TestLookingDisturbsNoClaim(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	running := open(t, path, sqlite.Config{Exclusive: true})
	defer running.Close()
	claimed := storage.Send{ID: "s1", Contact: "a", Page: "messenger:1", State: storage.SendClaimed, ClaimAt: time.UnixMilli(1)}
	if err := running.Write(context.Background(), func(tx storage.Tx) error { return tx.PutSend(claimed) }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		looking := open(t, path, sqlite.Config{})
		put(t, looking, "from beside")
		for _, s := range []*sqlite.Store{looking, running} {
			err := s.Read(context.Background(), func(r storage.Reader) error {
				list, err := r.Orphans(0)
				if len(list) > 0 {
					t.Errorf("orphans %v beside a running bot", list)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := looking.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExclusiveOpenSeesThroughLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	defer s.Close()
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink("relance.db", link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if _, err := sqlite.Open(context.Background(), link, sqlite.Config{Exclusive: true}); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("%v, want %v", err, sqlite.ErrInUse)
	}
}

func TestOpenExistingCreatesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := sqlite.Open(context.Background(), filepath.Join(dir, "relance.db"), sqlite.Config{Existing: true})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want %v", err, fs.ErrNotExist)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	text := []byte(strings.Repeat("this is a letter, not a database\n", 100))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(context.Background(), path, sqlite.Config{}); err == nil {
		_ = s.Close()
		t.Error("opened a letter")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(text) {
		t.Errorf("the letter was changed (%v)", err)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("permissions are other things there")
	}
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	defer s.Close()
	put(t, s, "a")
	if err := s.Backup(context.Background(), filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Errorf("files %v, want the database, its log, its lock and the copy at least", files)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", file.Name(), info.Mode())
		}
	}
}

func TestFileNamesMayHoldAnything(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "what?.db", "100%.db", "#1.db", "naïve&co=1.db", "file:x.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path, sqlite.Config{Exclusive: true})
		put(t, s, "a")
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again := open(t, path, sqlite.Config{})
		want(t, again, "a")
		if err := again.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyProcessesOpenANewFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	var cmds []*exec.Cmd
	var ends []func() error
	for range 4 {
		cmd := child(t, "open", path)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
		ends = append(ends, func() error {
			line := firstLine(t, out)
			if line != "open\n" {
				t.Errorf("a child says %q", line)
			}
			return in.Close()
		})
	}
	for _, end := range ends {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a process that opened the file: %v", err)
		}
	}
	s := open(t, path, sqlite.Config{Exclusive: true})
	defer s.Close()
	put(t, s, "a")
	want(t, s, "a")
}

func TestWriteWaitsForAnotherProcessOnlySoLong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	s := open(t, path, sqlite.Config{Exclusive: true, BusyTimeout: 50 * time.Millisecond})
	defer s.Close()
	other := open(t, path, sqlite.Config{})
	defer other.Close()

	err := other.Write(ctx, func(tx storage.Tx) error {
		err := s.Write(ctx, func(tx storage.Tx) error {
			t.Error("two processes write at once")
			return nil
		})
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("write: %v, want %v", err, storage.ErrUnavailable)
		}
		if err := s.Check(ctx); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("check: %v, want %v", err, storage.ErrUnavailable)
		}
		want(t, s) // reads go on
		return tx.PutContact(storage.Contact{ID: "a"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err != nil {
		t.Errorf("check afterwards: %v", err)
	}
	put(t, s, "b")
	want(t, s, "a", "b")
}

// put keeps a contact.
func put(t *testing.T, s *sqlite.Store, id string) {
	t.Helper()
	err := s.Write(context.Background(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: id}) })
	if err != nil {
		t.Fatalf("write: %v", err)
	}
}

// want fails the test unless these contacts are kept, in order of id.
func want(t *testing.T, s *sqlite.Store, ids ...string) {
	t.Helper()
	var got []string
	err := s.Read(context.Background(), func(r storage.Reader) error {
		list, err := r.Contacts("", 0)
		for _, c := range list {
			got = append(got, c.ID)
		}
		return err
	})
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if strings.Join(got, "|") != strings.Join(ids, "|") {
		t.Errorf("kept %q, want %q", got, ids)
	}
}
