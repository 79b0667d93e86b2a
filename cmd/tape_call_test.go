package cmd

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot/chat"
)

// callingFlows ask handlers in every way that a recording must bear.
var callingFlows = map[string]string{
	"stock": `
  - call: find
    with: {size: "{{ contact.size ?? 9 }}"}
    save: found
    on_error: [{say: "No: {{ error }}."}, {end: true}]
  - say: "{{ found.left }} left."`,
	"twice": `
  - call: find
    with: {size: 1}
    save: first
    on_error: [{end: true}]
  - call: find
    with: {size: 2}
    save: second
    on_error: [{end: true}]
  - say: "{{ first.left }} and {{ second.left }}."`,
	"later": `
  - wait: 2h
  - call: find
    with: {size: 3}
    save: found
    on_error: [{end: true}]
  - say: "Later {{ found.left }}."`,
	"silently": `
  - wait: 1h
  - call: note
  - set: {contact.noted: true}`,
	"slow": `
  - call: slow
    retries: 0
    timeout: 1s
    on_error: [{say: "No: {{ error }}."}]`,
	"page": `
  - call: page
    save: page
    on_error: [{say: "No: {{ error }}."}, {end: true}]
  - say: "{{ page.left }} left."`,
	"broken": `
  - call: broken
    retries: 1
    on_error: [{say: "No: {{ error }}."}]`,
	"list": `
  - call: list
    save: shoes
    on_error: [{end: true}]
  - say: "{{ join(map(shoes, .model), ' & ') }}."`,
}

// newCallingBot is a bot whose handlers are at an address, and that address.
func newCallingBot(t *testing.T) (dir string, shop *httptest.Server) {
	t.Helper()
	as := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, text)
		}
	}
	const asJSON = "application/json"
	mux := http.NewServeMux()
	mux.HandleFunc("/find", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		left := strings.Trim(strings.TrimPrefix(string(body), `{"size":`), "}")
		as(asJSON, `{"left": `+left+`, "model": "Zoé <3 \u2028 \u0007", "token": "KEEP-OUT"}`)(w, r)
	})
	mux.HandleFunc("/note", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else nobody sees the caller leave
		<-r.Context().Done()
	})
	mux.HandleFunc("/page", as("text/html", "<html>KEEP-OUT</html>"))
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/list", as(asJSON, `[{"model": "Tern", "cost": "KEEP-OUT"}, {"model": "Gull", "sizes": [{"size": 9, "cost": "KEEP-OUT"}]}]`))
	shop = httptest.NewServer(mux)
	t.Cleanup(shop.Close)
	files := map[string]string{"bot.yaml": `
name: Hobnail & Sons
locale: en
timezone: Europe/London
fields: {size: number, noted: boolean}
handlers:
  find: {post: "SHOP/find", in: {size: number}, out: {left: number, model: text}, allow_private: true}
  note: {post: "SHOP/note", allow_private: true}
  slow: {post: "SHOP/slow", allow_private: true}
  page: {post: "SHOP/page", out: {left: number}, allow_private: true}
  broken: {post: "SHOP/broken", allow_private: true}
  list: {get: "SHOP/list", out: [{model: text, sizes: {type: list, of: {size: number}}}], allow_private: true}
`}
	for name, steps := range callingFlows {
		files["flows/"+name+".yaml"] = "triggers:\n  - keywords: [" + name + "]\nsteps:" + steps + "\n"
	}
	return writeBot(t, files, shop.URL), shop
}

// TestAChatWithCallsThatWasWrittenDownPasses talks with handlers that answer well, badly,
// late and not at all, and plays what was written when they are gone.
func TestAChatWithCallsThatWasWrittenDownPasses(t *testing.T) {
	t.Parallel()
	dir, shop := newCallingBot(t)
	file := filepath.Join(dir, "chats", "recorded.chat")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	code, out := talkWith(t, "stock\ntwice\nlater\n/+3h\nslow\npage\nbroken\nsilently\n/+2h\nlist\nstock\n", dir, "--record", file)
	if code != exitFine {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	for _, want := range []string{
		"the call of slow failed (timeout): took longer than 1s\n",
		"the call of page failed (bad answer): answered without Content-Type: application/json\n",
		"the call of broken failed (failed): answered 500\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the chat does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, shop.URL) || strings.Contains(out, "KEEP-OUT") {
		t.Errorf("the chat says too much:\n%s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, talk, _ := strings.Cut(string(text), "person Zoé")
	_, talk, _ = strings.Cut(talk, "\n")
	found := func(left string) string {
		return `! call find returns {"left":` + left + `,"model":"Zoé <3 \u2028 \u0007"}`
	}
	want := strings.Join([]string{
		found("9"), "> stock", "< 9 left.",
		found("1"), found("2"), "> twice", "< 1 and 2.",
		"> later", "< nothing", found("3"), "@ +3h", "< Later 3.",
		"! call slow fails timeout", "> slow", "< No: timeout.",
		"! call page fails bad answer", "> page", "< No: bad answer.",
		"! call broken fails failed", "> broken", "< No: failed.",
		"> silently", "< nothing", "! call note returns {}", "@ +2h", "< nothing",
		`! call list returns [{"model":"Tern"},{"model":"Gull","sizes":[{"size":9}]}]`, "> list", "< Tern & Gull.",
		found("9"), "> stock", "< 9 left.", "",
	}, "\n")
	if diff := cmp.Diff(want, talk); diff != "" {
		t.Errorf("what was written (-want +got):\n%s", diff)
	}
	shop.Close()
	if code, out := cli(t, nil, "test", dir); code != exitFine {
		t.Errorf("exit code %d\n%s\n%s", code, out, text)
	}
}

// TestACallThatTheClockCausedStandsBeforeTheClock lets time pass by itself, as it does
// for a person at a terminal, so that calls are made that say something, or nothing.
func TestACallThatTheClockCausedStandsBeforeTheClock(t *testing.T) {
	t.Parallel()
	dir, _ := newCallingBot(t)
	a := newApp(nil, io.Discard)
	folder, err := a.load(dir)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	file := filepath.Join(dir, "chats", "passed.chat")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	rec, err := newTape(file, false, "Hobnail & Sons", began, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	s, err := newStageAt(ctx, folder, began, &network{secret: func(string) string { return "" }, private: true}, nil, slog.New(slog.DiscardHandler), rec.called)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	zoe, err := s.Person(ctx, "Zoé", nil)
	if err != nil {
		t.Fatal(err)
	}
	rec.to.Person("Zoé", nil)
	says := func(text string) {
		t.Helper()
		act := chat.Act{Kind: chat.Write, Text: text}
		if err := s.Act(ctx, zoe, act); err != nil {
			t.Fatal(err)
		}
		if err := rec.happened(ctx, s, zoe, func(r *chat.Recorder) { r.Act(act) }); err != nil {
			t.Fatal(err)
		}
	}
	passes := func(d time.Duration) {
		t.Helper()
		if err := s.AdvanceTo(ctx, s.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
		rec.passed(d)
		if err := rec.happened(ctx, s, zoe, nil); err != nil {
			t.Fatal(err)
		}
	}
	says("silently")
	passes(90 * time.Minute)
	says("stock")
	says("later")
	passes(time.Hour)
	passes(2 * time.Hour)
	says("silently")
	passes(3 * time.Hour) // which nobody sees the end of
	if err := rec.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range strings.Split(string(text), "\n") {
		if words := strings.Fields(line); len(words) > 1 {
			got = append(got, words[0]+" "+words[1])
		}
	}
	want := []string{
		"# A", "at 2026-03-02", "person Zoé",
		"> silently", "< nothing", "! call", "@ +1h30m", "! call", "> stock", "< 9", "> later", "< nothing",
		"! call", "@ +3h", "< Later", "> silently", "< nothing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, text)
	}
	if code, out := cli(t, nil, "test", dir); code != exitFine {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
