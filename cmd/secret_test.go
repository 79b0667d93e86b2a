package cmd

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage"
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
