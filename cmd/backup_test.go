package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sealed"
	"github.com/relance-bot/relance/storage/sqlite"
)

// TestABackupNeedsNeitherTheKeyNorABotWithoutMistakes: it is made by a machine that does
// not have the one, and on the day on which somebody has made the other.
func TestABackupNeedsNeitherTheKeyNorABotWithoutMistakes(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	place := database{file: filepath.Join(dir, "relance.db"), dir: dir, keys: parsedKeys(t, doctorKey)}
	store, err := place.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	const id = "messenger:1000000000000001:7"
	if err := store.Write(t.Context(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: id, FirstName: "Zénobie"}) }); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "flows", "broken.yaml"), "steps:\n  - go: nowhere\n")
	saved := filepath.Join(t.TempDir(), "saved.db")
	if code, out := cli(t, nil, "backup", saved, "--dir", dir); code != exitFine || !strings.Contains(out, "MB") {
		t.Fatalf("relance backup exits %d:\n%s", code, out)
	}
	content, err := os.ReadFile(saved)
	if err != nil || strings.Contains(string(content), "Zénobie") {
		t.Errorf("the copy is in clear (%v)", err)
	}
	bare, err := sqlite.Open(t.Context(), saved, sqlite.Config{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	whole, err := sealed.Open(t.Context(), bare, place.keys)
	if err != nil {
		t.Fatal(err)
	}
	err = whole.Read(t.Context(), func(r storage.Reader) error {
		c, err := r.Contact(id)
		if c.FirstName != "Zénobie" {
			t.Errorf("the copy knows %q", c.FirstName)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}

	for args, want := range map[string]string{
		saved:                                  "is there already",
		saved + "2 --database none":            "want sqlite:FILE or postgres://…",
		saved + "2 --database sqlite:other.db": "there is no database",
		saved + "2 --database postgres://relance:planted@localhost": "its own tools",
	} {
		if code, out := cli(t, nil, append([]string{"backup", "--dir", dir}, strings.Fields(args)...)...); code != exitFailed || !strings.Contains(out, want) || strings.Contains(out, "planted") {
			t.Errorf("backup %s exits %d: %s", args, code, out)
		}
	}
}
