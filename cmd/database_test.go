package cmd

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// knowing makes the database of a bot's folder, as write leaves it.
func knowing(t *testing.T, dir string, write func(tx storage.Tx) error) storage.Store {
	t.Helper()
	store, err := database{file: filepath.Join(dir, "relance.db"), dir: dir}.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Write(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	return store
}

// TestAnEmulatedPageDoesNotTakeTheDatabaseOfARealOne: where a deployment has lost its
// secrets, what waits for people is not dropped.
func TestAnEmulatedPageDoesNotTakeTheDatabaseOfARealOne(t *testing.T) {
	t.Parallel()
	for people, want := range map[string]string{
		"": "",
		"messenger:1000000000000001:7 messenger:1000000000000001:8 messenger:10000000000000012:7 instagram:17841400000000003:9": "",
		"messenger:104052009337321:24":                                                             "messenger:104052009337321",
		"messenger:1000000000000001:7 messenger:999:24":                                            "messenger:999",
		"instagram:17841400000000001:1 instagram:17841405822304914:1 messenger:1000000000000001:7": "instagram:17841405822304914",
	} {
		dir := makeBot(t, asking())
		store := knowing(t, dir, func(tx storage.Tx) error {
			for _, id := range strings.Fields(people) {
				if err := tx.PutContact(storage.Contact{ID: id}); err != nil {
					return err
				}
			}
			return nil
		})
		if got, err := realPageIn(t.Context(), store); got != want || err != nil {
			t.Errorf("of %q: %q, %v, want %q", people, got, err, want)
		}
		if want == "" {
			continue
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		code, out := cli(t, nil, "run", dir, "--listen", "127.0.0.1:0")
		if code != exitFailed || !strings.Contains(out, want) || !strings.Contains(out, "MESSENGER_") {
			t.Errorf("relance run exits %d: %s", code, out)
		}
	}
}

// TestABotDoesNotTakeTheDatabaseOfAnotherThatRuns: it ended the schedules of that one, which
// was not told, and sent none of its campaigns any more.
func TestABotDoesNotTakeTheDatabaseOfAnotherThatRuns(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	store, err := database{url: address}.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	people := func(page string) {
		t.Helper()
		err := store.Write(t.Context(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: page + ":24"}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	env := newFakeGraph(t).account()
	env["RELANCE_DATABASE"] = address
	own := typeMessenger + ":" + env["MESSENGER_PAGE_ID"]
	people("messenger:20405200933")
	dir := makeBot(t, asking())
	code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0")
	if want := "another bot runs on this database, which knows people of messenger:20405200933 and nobody of " + own; code != exitFailed || !strings.Contains(out, want) {
		t.Errorf("relance run exits %d: %s", code, out)
	}
	if _, out := cli(t, env, "doctor", dir); !strings.Contains(out, "database: warning: it knows people of messenger:20405200933, and nobody of "+own) {
		t.Errorf("relance doctor: %s", out)
	}
	people(own) // as of a bot with several Pages
	b := startBot(t, dir, env)
	if code := b.stop(); code != exitFine || strings.Contains(b.out.String(), "another Page") {
		t.Errorf("exit %d:\n%s", code, b.out.String())
	}
}

// TestARealPageGoesByTheTrueTime although the bot was tried on an emulated one, and the
// clock there was moved.
func TestARealPageGoesByTheTrueTime(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	store := knowing(t, dir, func(tx storage.Tx) error { return tx.SetMeta(metaClock, []byte("720h")) })
	graph := newFakeGraph(t)
	for name, tt := range map[string]struct {
		env   map[string]string
		ahead time.Duration
	}{"a real Page": {graph.account(), 0}, "an emulated one": {nil, 720 * time.Hour}} {
		a := newApp(tt.env, &output{})
		folder, err := a.load(dir)
		if err != nil {
			t.Fatal(err)
		}
		env, err := a.environment(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, clock, err := a.inspected(t.Context(), folder, env, store)
		if err != nil {
			t.Fatal(err)
		}
		if ahead := time.Until(clock.Now()); (ahead - tt.ahead).Abs() > time.Minute {
			t.Errorf("verbs about %s are %s ahead, want %s", name, ahead, tt.ahead)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	b := startBot(t, dir, graph.account())
	if !strings.Contains(b.out.String(), "no schedule fires before") {
		t.Errorf("nobody is told what the moved clock has done:\n%s", b.out)
	}
}

// TestADatabaseInAnotherFormShowsNoPassword: libpq knows one that has no address.
func TestADatabaseInAnotherFormShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"host=db user=relance password=planted dbname=shop", "relance:planted@db/shop", "relance planted", "mysql://relance:planted@db"} {
		code, out := cli(t, nil, "run", makeBot(t, asking()), "--database", name)
		if code != exitFailed || strings.Contains(out, "planted") || !strings.Contains(out, "want sqlite:FILE or postgres://") {
			t.Errorf("%s: relance run exits %d: %s", name, code, out)
		}
	}
}

// TestRunWithoutTheDatabasesFolderDoesNotSendToRun asks for a file in a folder that is
// not there.
func TestRunWithoutTheDatabasesFolderDoesNotSendToRun(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "data")
	code, out := cli(t, nil, "run", makeBot(t, asking()), "--listen", "127.0.0.1:0", "--database", "sqlite:"+filepath.Join(missing, "relance.db"))
	if want := "there is no folder " + missing + " for the database: make it first"; code != exitFailed || !strings.Contains(out, want) {
		t.Errorf("relance run exits %d: %s", code, out)
	}
}

// TestABotThatCannotRunLeavesTheSchedulesOfTheOneBefore: a deployment that fails at eight is
// taken back, and what is due at nine goes.
func TestABotThatCannotRunLeavesTheSchedulesOfTheOneBefore(t *testing.T) {
	t.Parallel()
	files := asking()
	files["flows/monday.yaml"] = "triggers:\n  - cron: 0 9 * * MON\n    topic: wind\nsteps:\n  - say: It blows.\n"
	dir := makeBot(t, files)
	env := newFakeGraph(t).account()
	b := startBot(t, dir, env)
	if code := b.stop(); code != exitFine {
		t.Fatalf("the bot ends with %d:\n%s", code, b.out)
	}
	schedules := func() (n int) {
		t.Helper()
		store, err := database{file: filepath.Join(dir, "relance.db"), dir: dir}.open(t.Context(), toLook, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		err = store.Read(t.Context(), func(r storage.Reader) error {
			timers, err := r.Timers("")
			n = len(timers)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := schedules()
	put(t, filepath.Join(dir, "flows/monday.yaml"), "triggers:\n  - keywords: [monday]\nsteps:\n  - say: It blows.\n")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if code, out := cli(t, env, "run", dir, "--listen", taken.Addr().String()); code != exitFailed || !strings.Contains(out, "address already in use") {
		t.Fatalf("relance run where another listens exits %d: %s", code, out)
	}
	put(t, filepath.Join(dir, "bot.yaml"), files["bot.yaml"]+"handlers:\n  gusts: {post: \"https://kites.example/gusts\", headers: {Authorization: Bearer $GUSTS_KEY}, out: {force: number}}\n")
	if code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0"); code != exitFailed || !strings.Contains(out, "GUSTS_KEY") {
		t.Fatalf("relance run without a secret exits %d: %s", code, out)
	}
	if after := schedules(); before == 0 || after != before {
		t.Errorf("%d schedules are left of %d", after, before)
	}
}
