package lives

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted are bugs that are put into the engine: a file of package bot, a place in it,
// and what stands behind that place then, if the bug is asked for by its name.
var planted = []struct{ name, file, place, bug string }{
	{"a stop by a word is lost", "consent_apply.go", "func (c Consent) stopped(ch Change) (Consent, string) {\n", `if BUG && ch.Source == SourceKeyword { return c, noneLate }`},
	{"the cadence is one step looser", "cadence.go", "now time.Time, zone *time.Location) time.Time {\n", `if BUG { cadence = map[string]string{Monthly: Weekly}[cadence]; if cadence == "" { cadence = Daily } }`},
	{"quiet hours are those of Greenwich", "quiet.go", "func QuietEnd(quiet *flows.Hours, now time.Time, zone *time.Location) time.Time {\n", `if BUG { zone = time.UTC }`},
	{"the budget is not asked", "decide.go", "func askBudget(f Facts) answer {\n", `if BUG { return answer{} }`},
	{"nobody is left out", "holdout.go", "func HeldOut(contact, trigger string, share float64) bool {\n", `if BUG { return false }`},
	{"what expires stays two hours longer", "notification.go", "Contact: t.contact.ID, Trigger: n.Trigger, Occurrence: n.Occurrence, FirstDue: n.Due, Expires: n.Expires,\n\t}}\n", `if BUG && !item.Expires.IsZero() { item.Expires = item.Expires.Add(2 * time.Hour) }`},
	{"a decision that holds is not kept", "notification.go", "\t\t\tgoing = append(going, d)\n\t\t\tcontinue\n\t\t}\n", `if BUG && d.verdict.Kind == DecisionHeld { continue }`},
	{"who moves gets a fire again", "occurrence.go", "func occurrenceKey(id, zone string) string {\n", `if BUG { return id }`},
	{"a fire in the gap comes an hour early", "zone.go", "if !start.IsZero() && wall.Before(start.UTC().Add(offset)) {\n", `if BUG { return start.Add(-time.Hour) }`},
	{"an entry of the ledger is lost", "effect.go", "_, err = t.tx.Append(entry)\n", `_ = BUG`},
	{"somebody at the border of a chunk is skipped", "occurrence.go", "if err := tx.Need(storage.Need{Contacts: ids}); err != nil {\n\t\treturn false, err\n\t}\n", `if BUG && o.Cursor != "" && len(ids) > 0 { ids = ids[1:] }`},
	{"an erasure is not in the ledger", "person.go", "page, _, _ := splitID(contact)\n", `if BUG { consents = nil }`},
	{"who was forgotten still agrees", "person.go", "if err := tx.unqueueAll(contact); err != nil {\n\t\treturn err\n\t}\n", `if BUG { err := tx.Erase(contact); for _, c := range consents { err = errors.Join(err, tx.PutConsent(c)) }; return err }`},
	{"who comes back has agreed", "turn.go", "t.contact = storage.Contact{ID: contact, CreatedAt: now}\n", `if BUG { t.topics["news"] = &Consent{Contact: contact, Topic: "news", Status: StatusActive} }`},
	{"an answer to who was forgotten still goes", "person.go", "if err := tx.unqueueAll(contact); err != nil {\n\t\treturn err\n\t}\n", `if BUG { sends, _ := tx.Sends(contact); for _, s := range sends { if l, err := open(s); err == nil && s.State == storage.SendPending { tx.whenKept(func() { b.handed.add([]*letter{&l}) }) } } }`},
	{"people are interrupted by a notification", "decide.go", "func askThread(f Facts) answer {\n", `if BUG { return answer{} }`},
	{"people are interrupted by an answer", "thread.go", "func (t *turn) overhear(in flows.Input) error {\n", `if BUG { return t.advance(in) }`},
	{"a stop that people overhear is lost", "thread.go", "\tt.mute = true\n", `if BUG { return nil }`},
	{"a conversation is never taken back", "thread.go", "func (t *turn) resumeDue() error {\n", `if BUG { return nil }`},
	{"what was held for people stays held", "thread.go", "t.prefer(func(p *Prefs) { p.Thread = nil })\n", `if BUG { if err := t.tx.DeleteTimer(t.contact.ID, timerThread, ""); err != nil { return err }; return t.advance(flows.Input{Kind: flows.InResumed, At: t.now}) }`},
	{"a late word of people counts as a new one", "thread.go", "func (t *turn) taken(at time.Time) error {\n", `if BUG { t.prefs.Back = time.Time{} }`},
}

// lost is the bug that takes something away.
const lost = "if BUG && entry.Action == string(Stopped) {\n\terr = nil\n} else {\n\t_, err = t.tx.Append(entry)\n}\n"

// TestPlantedBugsAreFound builds the lives over an engine with bugs, and wants each of
// them found.
func TestPlantedBugsAreFound(t *testing.T) {
	if os.Getenv("RELANCE_LIVES_PLANTED") == "" {
		t.Skip("it builds another engine: set RELANCE_LIVES_PLANTED=1")
	}
	dir := t.TempDir()
	overlay := map[string]map[string]string{"Replace": {}}
	replace := func(name string, text string) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		target, err := filepath.Abs(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][target] = path
	}
	replace("planted.go", "package bot\n\nimport \"os\"\n\nvar planted = os.Getenv(\"RELANCE_PLANTED\")\n")
	files := map[string]string{}
	for _, p := range planted {
		text, ok := files[p.file]
		if !ok {
			read, err := os.ReadFile(filepath.Join("..", p.file))
			if err != nil {
				t.Fatal(err)
			}
			text = string(read)
		}
		if strings.Count(text, p.place) != 1 {
			t.Fatalf("%s: %q stands there %d times", p.file, p.place, strings.Count(text, p.place))
		}
		with := p.place + p.bug + "\n"
		if p.bug == "_ = BUG" {
			with = lost
		}
		files[p.file] = strings.Replace(text, p.place, strings.ReplaceAll(with, "BUG", "planted == "+`"`+p.name+`"`), 1)
	}
	for name, text := range files {
		replace(name, text)
	}
	spec, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), spec, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "lives.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), binary, "-test.run", "TestLives", "-rapid.shrinktime", "5s")
			run.Env = append(os.Environ(), "RELANCE_PLANTED="+p.name, "RELANCE_LIVES=1000")
			out, err := run.CombinedOutput()
			_, told, found := strings.Cut(string(out), "[rapid] failed after ")
			if err == nil || !found {
				t.Fatalf("nobody found it: %v\n%s", err, out)
			}
			t.Logf("failed after %s", told[:min(len(told), 3000)])
		})
	}
}
