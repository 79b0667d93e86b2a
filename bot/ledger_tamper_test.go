package bot_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// tampers changes the database behind the bot's back, as somebody would who has it.
func (w *world) tampers(statements string) {
	w.t.Helper()
	w.down()
	db, err := sql.Open("sqlite3", w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, statement := range strings.Split("DROP TRIGGER ledger_deleted; DROP TRIGGER ledger_changed; DROP TRIGGER ledger_sealed; DROP TRIGGER ledger_named;"+statements, ";") {
		if strings.HasPrefix(strings.TrimSpace(statement), "DROP TRIGGER") {
			statement = strings.Replace(statement, "DROP TRIGGER", "DROP TRIGGER IF EXISTS", 1)
		}
		if _, err := db.Exec(statement); err != nil {
			w.t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// verified is what the ledger's verification finds, one line each.
func (w *world) verified(noted map[string][]bot.Mark) (out []string) {
	w.t.Helper()
	chains, err := w.bot.VerifyLedger(context.Background(), noted)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range chains {
		for _, f := range c.Findings {
			out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %d %s %s %s", f.Kind, f.Seq, f.Action, f.Topic, strings.TrimPrefix(f.Contact, "messenger:1:"))), " ")+": "+f.Text)
		}
	}
	return out
}

// twoLives is a ledger of six entries: two people were asked, said yes, and one stopped.
func twoLives(t *testing.T) *world {
	w := newWorld(t, flagship)
	for _, person := range []string{"zoe", "max"} {
		w.does(w.writes(person, "stock"))
		w.does(w.taps(person, "42"))
		w.does(w.accepts(person))
		w.does(w.writes(person, "stop"))
	}
	return w
}

func TestATamperedLedgerIsFound(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sql, want string }{
		{"as it was", ``, ""},
		{"a no made a yes", `UPDATE ledger SET action = 'granted' WHERE seq = 3`, "altered 3 granted restock zoe: entry 3 (granted) does not say what was sealed"},
		{"another topic", `UPDATE ledger SET topic = 'nouveautes' WHERE seq = 2`, "altered 2 granted nouveautes zoe: entry 2 (granted) does not say what was sealed"},
		{"an earlier yes", `UPDATE ledger SET at = at - 60000 WHERE seq = 5`, "altered 5 granted restock max: entry 5 (granted) does not say what was sealed"},
		{"another wording", `UPDATE ledger SET body = CAST(replace(CAST(body AS TEXT), '"platform"', '"button"') AS BLOB) WHERE seq = 2`,
			"altered 2 granted restock zoe: entry 2 (granted) does not say what was sealed"},
		{"of somebody else", `UPDATE ledger SET contact = 'messenger:1:max' WHERE seq = 2`, "altered 2 granted restock max: entry 2 is not about the contact it names"},
		{"the stop removed", `DELETE FROM ledger WHERE seq = 3`, "removed 3 asked restock max: entry 3 is missing"},
		{"the stop removed, and the gap closed", `DELETE FROM ledger WHERE seq = 3; UPDATE ledger SET seq = seq - 1 WHERE seq > 3`,
			"altered 2 asked restock max: entry 2 is not the one that entry 3 was sealed behind: it was replaced, or one between them removed\n" +
				"removed 6: the chain ends at entry 5, and reached 6 when it was noted"},
		{"two exchanged", `UPDATE ledger SET seq = -1 WHERE seq = 2; UPDATE ledger SET seq = 2 WHERE seq = 3; UPDATE ledger SET seq = 3 WHERE seq = -1`,
			"moved 3 granted restock zoe: entry 3 was sealed before entry 2 and stands behind it"},
		{"one put in", `UPDATE ledger SET seq = -seq WHERE seq > 3; UPDATE ledger SET seq = 1 - seq WHERE seq < 0;
			INSERT INTO ledger (page, contact, topic, action, at, body, digest, seq, prev, hash) SELECT page, contact, topic, action, at, body, digest, 4, prev, hash FROM ledger WHERE seq = 2`,
			"inserted 4 granted restock zoe: entry 4 was put in: the entries around it were sealed without it\n" +
				"altered 6 granted restock max: entry 6 is not the one that was noted\n" +
				"inserted 7: entry 7 was put in at the end: it was never sealed here"},
		{"the end cut off", `DELETE FROM ledger WHERE seq > 4`, "removed 5: the chain ends at entry 4, and reached 6 when it was noted"},
		{"all of it gone", `DELETE FROM ledger`, "removed 1: the chain ends at entry 0, and reached 6 when it was noted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := twoLives(t)
			w.tampers(test.sql)
			got := strings.Join(w.verified(nil), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

// What the sealer finds cut off or added stays found when it goes on.
func TestGoingOnHidesNothing(t *testing.T) {
	t.Parallel()
	t.Run("behind what was cut off", func(t *testing.T) {
		t.Parallel()
		w := twoLives(t)
		w.tampers(`DELETE FROM ledger WHERE seq > 4`)
		for range 3 {
			w.does(w.writes("zoe", "stock"))
			w.does(w.writes("zoe", "42"))
			w.passes(8 * day)
		}
		if got := strings.Join(w.verified(nil), "\n"); !strings.Contains(got, "altered 6") && !strings.Contains(got, "removed 5") {
			t.Errorf("found %q", got)
		}
	})
	t.Run("behind what was added", func(t *testing.T) {
		t.Parallel()
		w := twoLives(t)
		w.write(func(tx storage.Tx) error {
			head, err := tx.ChainHead("messenger:1")
			if err != nil {
				return err
			}
			forged, err := bot.LedgerBody{Action: bot.Granted, At: w.clock.Now()}.Entry("messenger:1", "", "restock", []byte("made up"))
			if err != nil {
				return err
			}
			if forged.ID, err = tx.Append(forged); err != nil {
				return err
			}
			return tx.Seal(bot.SealNext(head, forged))
		})
		want := "inserted 7: entry 7 was put in at the end: it was never sealed here"
		if got := strings.Join(w.verified(nil), "\n"); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		w.does(w.writes("zoe", "stock"))
		w.does(w.writes("zoe", "42"))
		if got := strings.Join(w.verified(nil), "\n"); got != want {
			t.Errorf("after going on found %q, want %q", got, want)
		}
	})
}

// A ledger that was handed out verifies for itself, after an erasure as well, and a
// mark of it finds what happened to the ledger since.
func TestALedgerHandedOut(t *testing.T) {
	t.Parallel()
	w := twoLives(t)
	var whole bytes.Buffer
	if err := w.bot.ExportLedger(context.Background(), &whole); err != nil {
		t.Fatal(err)
	}
	chains, err := bot.VerifyExport(bytes.NewReader(whole.Bytes()), nil)
	if err != nil || len(chains) != 1 || chains[0].Entries != 6 || len(chains[0].Findings) > 0 {
		t.Fatalf("%+v (%v), want six entries", chains, err)
	}
	byOthers(t, whole.String(), "messenger:1: 6 entries, head "+hex.EncodeToString(chains[0].Head)[:16])
	noted := map[string][]bot.Mark{chains[0].Page: {{Seq: chains[0].Entries, Hash: chains[0].Head}}}
	for _, secret := range []string{"zoe", "max", "Gazelle", "Ta pointure"} {
		if bytes.Contains(whole.Bytes(), []byte(secret)) {
			t.Errorf("what is handed out holds %q", secret)
		}
	}
	w.forgets("zoe")
	w.settle()
	if got := w.verified(noted); got != nil {
		t.Errorf("after an erasure found %v", got)
	}
	var later bytes.Buffer
	if err := w.bot.ExportLedger(context.Background(), &later); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(later.Bytes(), whole.Bytes()) || later.Len() == whole.Len() {
		t.Error("an erasure adds to what was handed out, and changes none of it")
	}
	lines := strings.SplitAfter(whole.String(), "\n")
	cut := strings.Join(lines[:4], "")
	chains, err = bot.VerifyExport(strings.NewReader(cut), noted)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) != 1 || chains[0].Findings[0].Kind != "removed" {
		t.Errorf("of what was cut off found %+v (%v)", chains, err)
	}
	altered := strings.Replace(whole.String(), `"action":"stopped"`, `"action":"granted"`, 1)
	chains, err = bot.VerifyExport(strings.NewReader(altered), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) != 1 || chains[0].Findings[0].Seq != 3 {
		t.Errorf("of what was altered found %+v (%v)", chains, err)
	}
	byOthers(t, altered, "messenger:1: entry 3 is not what follows entry 2")
	w.tampers(`DELETE FROM ledger; DELETE FROM meta WHERE key LIKE 'ledger heads%'`)
	if got := strings.Join(w.verified(noted), "\n"); got != "removed 1: the chain ends at entry 0, and reached 6 when it was noted" {
		t.Errorf("of a ledger that is gone found %q", got)
	}
}

// byOthers verifies a ledger with the program that LEDGER.md gives to those who have
// nothing of ours.
func byOthers(t *testing.T, ledger, want string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("there is no python3 here: the program of LEDGER.md was not run")
		return
	}
	doc, err := os.ReadFile("LEDGER.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```python\n")
	program, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("LEDGER.md has no program")
	}
	run := exec.Command(python, "-c", program)
	run.Stdin = strings.NewReader(ledger)
	if out, _ := run.CombinedOutput(); strings.TrimSpace(string(out)) != want {
		t.Errorf("the program of LEDGER.md says %q, want %q", out, want)
	}
}
