package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asking is a bot that asks in the platform's own way.
func asking() map[string]string {
	return map[string]string{
		"bot.yaml": `name: Kites
locale: en
timezone: Europe/Paris
topics:
  wind: {title: Wind at <the> beach, image: "https://kites.example/wind.png", cadence: [daily]}
channels:
  messenger: {notifications: [recurring]}
`,
		"flows/wind.yaml": "triggers:\n  - keywords: [wind]\nsteps:\n  - opt_in: wind\n  - say: As you like.\n",
	}
}

func TestTheLedgerOnTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	b := startBot(t, dir, nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	if code := b.stop(); code != exitFine {
		t.Fatalf("the bot ends with %d:\n%s", code, b.out)
	}
	code, people := cli(t, nil, "why", "--dir", dir)
	contact, _, ok := strings.Cut(people, " ")
	if code != exitFine || !ok {
		t.Fatalf("nobody is known: %s", people)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		code, out := cli(t, nil, append([]string{"consent"}, args...)...)
		if code != want {
			t.Fatalf("%s exits %d, want %d: %s", strings.Join(args, " "), code, want, out)
		}
		return out
	}
	text := run(exitFine, "receipt", contact, "--dir", dir)
	for _, want := range []string{
		"Consent of Ann", "Times are those of Europe/Paris", "“Wind at <the> beach” (wind): asked", "They were shown a request to agree, in the conversation.",
		"wording: Wind at <the> beach", "image: https://kites.example/wind.png", "language: en", "source: step", "step: wind#1", "program: ", "input: ", "proof: sealed, entry 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the receipt does not say %q:\n%s", want, text)
		}
	}
	if page := run(exitFine, "receipt", contact, "--dir", dir, "--html"); !strings.Contains(page, "Wind at &lt;the&gt; beach") || strings.Contains(page, "<the>") {
		t.Errorf("the page is\n%s", page)
	}
	if json := run(exitFine, "receipt", contact, "--dir", dir, "--json"); !strings.Contains(json, `"proof": "sealed"`) {
		t.Errorf("as JSON the receipt is\n%s", json)
	}
	noted, ledger := filepath.Join(t.TempDir(), "noted.json"), filepath.Join(t.TempDir(), "ledger.jsonl")
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(noted, run(exitFine, "verify", "--dir", dir, "--json"))
	write(ledger, run(exitFine, "export", "--dir", dir))
	if out := run(exitFine, "verify", "--file", ledger, "--noted", noted); !strings.Contains(out, "The ledger is sound.") {
		t.Errorf("what was handed out: %s", out)
	}
	raw, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	write(ledger, strings.Replace(string(raw), `"action":"asked"`, `"action":"granted"`, 1))
	if out := run(exitFindings, "verify", "--file", ledger); !strings.Contains(out, "entry 1 altered: entry 1 (granted) does not say what was sealed (there stands granted, topic wind, of somebody it does not name)") {
		t.Errorf("what was altered: %s", out)
	}
	write(ledger, "")
	if out := run(exitFindings, "verify", "--file", ledger, "--noted", noted); !strings.Contains(out, "entry 1 removed") {
		t.Errorf("what is gone: %s", out)
	}
}
