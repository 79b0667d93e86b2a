package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// talkWith writes lines to the bot in a terminal.
func talkWith(t *testing.T, lines string, args ...string) (code int, out string) {
	t.Helper()
	var printed output
	a := newApp(nil, &printed)
	a.stdin = strings.NewReader(lines)
	code = a.execute(t.Context(), append([]string{"chat"}, args...))
	return code, printed.String()
}

// TestAChatThatCannotBeginLeavesNoFile talks with a bot whose handler lacks its secret.
func TestAChatThatCannotBeginLeavesNoFile(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	source := filepath.Join(dir, "bot.yaml")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	handlers := "\nhandlers:\n  stock.find:\n    post: https://foulee.example/stock\n    headers: {Authorization: Bearer $NEWCOMER_TOKEN}\n"
	if err := os.WriteFile(source, append(text, handlers...), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "chats", "none.chat")
	if code, out := talkWith(t, "stock\n", dir, "--record", file); code != exitFailed || !strings.Contains(out, "NEWCOMER_TOKEN") || strings.Contains(out, "Written") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the transcript was begun")
	}
}

// TestAChatThatWasWrittenDownPasses talks with the example, does all that can be done,
// and plays what was written.
func TestAChatThatWasWrittenDownPasses(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	file := filepath.Join(dir, "chats", "recorded.chat")
	lines := `stock
51
4
nonsense
2
/accept
/nonsense
/+78h
/event restock model=Gazelle size=42 url=https://foulee.example/g42
/+90m
1
(bonjour)
/event restock model=Gazelle size=42 "url=https://foulee.example/g 42" contact=me
/next
/react ❤
/image https://foulee.example/photo.png
/location 48.85,2.35
/stop
/ref restock
/resume
/start
/block
`
	code, out := talkWith(t, lines, dir, "--record", file, "--name", "Zoé Anne", "--timezone", "America/New_York", "--era", "2026-06-01")
	if code != exitFine || !strings.Contains(out, "Written to "+file) {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# A chat with Foulée.\nat ", ` Europe/Paris` + "\n" + `person Zoé Anne (locale=fr_FR, timezone=America/New_York)` + "\n> stock\n",
		"> [42]\n", "> (accept)\n", "@ +78h\n< nothing\n", "@ +1h30m\n< nothing\n> (open J'achète)\n", "> \\(bonjour)\n", `contact="Zoé Anne"`,
		"> (stop Ta pointure est de retour)\n", "> (referral restock)\n", "> (block)\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not hold %q", want)
		}
	}
	if code, out := cli(t, nil, "test", dir, "-run", "^recorded$"); code != exitFine || t.Failed() {
		t.Errorf("exit code %d\n%s\n%s", code, out, text)
	}
}

// TestARecordingWritesOverNothing wants a file kept that is there already, and a name
// that relance test would not find refused.
func TestARecordingWritesOverNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "talk.chat")
	if err := os.WriteFile(file, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--record", file}, exitFailed, "is there already: choose another name, or write over it with --force"},
		{[]string{"--record", strings.TrimSuffix(file, ".chat")}, exitUsage, "the name of a transcript ends in .chat"},
		{[]string{"--record", file, "--force"}, exitFine, "Written to"},
	} {
		code, out := talkWith(t, "/quit\n", append([]string{exampleRestock}, test.args...)...)
		if code != test.code || !strings.Contains(out, test.says) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s", test.args, code, test.code, test.says, out)
		}
		text, err := os.ReadFile(file)
		if err != nil || (string(text) == "# mine\n") != (test.code != exitFine) {
			t.Errorf("%v: the file holds %q, %v", test.args, text, err)
		}
	}
}
