package cmd

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

func TestADatabaseAsksForItsKey(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	secret := func(letter string) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(letter), 32)) }
	place, err := databaseOf(dir, "", &environment{
		lookup: func(name string) (string, bool) {
			return map[string]string{"RELANCE_SECRET_KEY": secret("a")}[name], true
		}, file: map[string]string{},
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := place.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	const id = "messenger:1000000000000001:7"
	if err := store.Write(t.Context(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: id, FirstName: "Zénobie"}) }); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(secret("a")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  map[string]string
		code int
		want string
	}{
		{map[string]string{"RELANCE_SECRET_KEY": secret("a")}, exitFine, "Zénobie"},
		{map[string]string{"RELANCE_SECRET_KEY_FILE": file}, exitFine, "Zénobie"},
		{nil, exitFailed, "RELANCE_SECRET_KEY is not the key of this database: it is not set"},
		{map[string]string{"RELANCE_SECRET_KEY": secret("b")}, exitFailed, "RELANCE_SECRET_KEY is not the key of this database: values are sealed"},
		{map[string]string{"RELANCE_SECRET_KEY": "planted!"}, exitFailed, "RELANCE_SECRET_KEY: key 1 is not base64"},
	} {
		code, out := cli(t, c.env, "export", id, "--dir", dir)
		if code != c.code || !strings.Contains(out, c.want) || strings.Contains(out, "planted!") {
			t.Errorf("%v: exit %d, want %d and %q:\n%s", c.env, code, c.code, c.want, out)
		}
	}
}

// TestAProcessWithoutTheKeyOfAnotherEnds before it sets aside what it cannot read: a
// deployment that gets its first key, or another, one process after the other.
func TestAProcessWithoutTheKeyOfAnotherEnds(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	env := graph.account()
	env["RELANCE_DATABASE"] = pgtest.URL(t)
	dir := copyBot(t, exampleRestock)
	old := startBot(t, dir, maps.Clone(env))
	if status := webhook(t, old.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	graph.sends(t, 1)
	env["RELANCE_SECRET_KEY"] = doctorKey
	newer := startBot(t, dir, env)
	within(t, 20*time.Second, "the one without the key ends", func() bool { return strings.Contains(old.out.String(), "RELANCE_SECRET_KEY is not the key") })
	if code := old.stop(); code != exitFailed {
		t.Errorf("it exits with %d:\n%s", code, old.out)
	}
	if status := webhook(t, newer.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_2","text":"42"}}`)); status != http.StatusOK {
		t.Errorf("the one with the key answers with %d", status)
	}
}
