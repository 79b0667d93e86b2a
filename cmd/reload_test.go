package cmd

import (
	"encoding/json"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// handset is a person's phone on the emulated platform, by its addresses.
type handset struct {
	t      *testing.T
	base   string
	person string
	phone  string // its address below base
}

// joins is a new person on the platform of a bot's first channel.
func joins(t *testing.T, b *runningBot, name string) *handset {
	t.Helper()
	return joinsOn(t, b, "/phone", name)
}

// joinsOn is a new person on a platform, by the address of its phone.
func joinsOn(t *testing.T, b *runningBot, phone, name string) *handset {
	t.Helper()
	h := &handset{t: t, base: b.base, phone: phone}
	var out struct{ PSID string }
	if err := json.Unmarshal([]byte(h.post("join", map[string]string{"first_name": name, "locale": "en_GB"})), &out); err != nil || out.PSID == "" {
		t.Fatalf("nobody joined: %v", err)
	}
	h.person = out.PSID
	return h
}

func (h *handset) post(name string, body map[string]string) string {
	h.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	status, answer := request(h.t, http.MethodPost, h.base+h.phone+"/"+name, http.Header{"Content-Type": {"application/json"}}, raw)
	if status != http.StatusOK {
		h.t.Fatalf("%s is answered with %d %s", name, status, answer)
	}
	return answer
}

func (h *handset) writes(text string) {
	h.t.Helper()
	h.post("act", map[string]string{"person": h.person, "act": "write", "text": text})
}

// sees waits for the newest message of the chat.
func (h *handset) sees(text string) {
	h.t.Helper()
	within(h.t, 20*time.Second, "the bot says "+text, func() bool {
		_, state := request(h.t, http.MethodGet, h.base+h.phone+"/state?person="+h.person, nil, nil)
		var view struct {
			Person struct {
				Thread []struct{ Text string } `json:"thread"`
			} `json:"person"`
		}
		if err := json.Unmarshal([]byte(state), &view); err != nil {
			h.t.Fatalf("%v: %s", err, state)
		}
		thread := view.Person.Thread
		return len(thread) > 0 && thread[len(thread)-1].Text == text
	})
}

// makeBot writes a bot's folder.
func makeBot(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		put(t, filepath.Join(dir, name), text)
	}
	return dir
}

// put writes a file as an editor does: beside it, and then in its place.
func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+"~", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+"~", file); err != nil {
		t.Fatal(err)
	}
}

// ferry is a bot that asks two things.
func ferry() map[string]string {
	return map[string]string{
		"bot.yaml":          "name: North Ferry\nlocale: en\n",
		"data/ports.yaml":   "- {port: Ardmore}\n",
		"flows/ticket.yaml": "triggers:\n  - keywords: [ticket]\nsteps:\n  - ask: How many?\n    type: number\n    save: many\n  - ask: Which day?\n    save: day\n  - say: \"{{ many }} for {{ day }}.\"\n",
		"flows/ports.yaml":  "triggers:\n  - keywords: [ports]\nsteps:\n  - say: \"We go to {{ first(data.ports).port }}.\"\n",
	}
}

func TestABotThatRunsFollowsItsFolder(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, ferry())
	b := startBot(t, dir, nil)
	ann := joins(t, b, "Ann")
	ann.writes("ticket")
	ann.sees("How many?")

	// A mistake keeps the bot as it is, and is shown.
	put(t, filepath.Join(dir, "flows/ticket.yaml"), "triggers:\n  - keywords: [ticket]\nsteps:\n  - say: Closed.\n  - go: nowhere\n")
	within(t, 20*time.Second, "the findings are printed", func() bool {
		out := b.out.String()
		return strings.Contains(out, "flows/ticket.yaml:5:9: error: unknown flow \"nowhere\"") && strings.Contains(out, "the one of before runs on")
	})
	bob := joins(t, b, "Bob")
	bob.writes("ticket")
	bob.sees("How many?")

	// What is right is taken over, and disturbs nobody.
	put(t, filepath.Join(dir, "flows/ticket.yaml"), "triggers:\n  - keywords: [ticket]\nsteps:\n  - say: No tickets today.\n")
	put(t, filepath.Join(dir, "flows/new/hours.yaml"), "triggers:\n  - keywords: [hours]\nsteps:\n  - say: From six to ten.\n")
	within(t, 20*time.Second, "the bot has changed", func() bool { return strings.Contains(b.out.String(), "The bot has changed") })
	eve := joins(t, b, "Eve")
	within(t, 20*time.Second, "the new flow is there", func() bool {
		eve.writes("hours")
		_, state := request(t, http.MethodGet, b.base+"/phone/state?person="+eve.person, nil, nil)
		return strings.Contains(state, "From six to ten.")
	})
	eve.writes("ticket")
	eve.sees("No tickets today.")
	ann.writes("2")
	ann.sees("Which day?")

	put(t, filepath.Join(dir, "data/ports.yaml"), "- {port: Skerry}\n")
	within(t, 20*time.Second, "the table is read again", func() bool {
		eve.writes("ports")
		_, state := request(t, http.MethodGet, b.base+"/phone/state?person="+eve.person, nil, nil)
		return strings.Contains(state, "We go to Skerry.")
	})

	// What began before ends as it began, even in another process.
	if code := b.stop(); code != exitFine {
		t.Fatalf("the bot ends with %d:\n%s", code, b.out)
	}
	b = startBot(t, dir, nil)
	ann.base, bob.base = b.base, b.base
	ann.writes("Friday")
	ann.sees("2 for Friday.")
	bob.writes("3")
	bob.sees("Which day?")
}

// TestABotBehindALinkIsFollowedWhereTheLinkTurns, as deployments do it: the folder of
// before stays as it was.
func TestABotBehindALinkIsFollowedWhereTheLinkTurns(t *testing.T) {
	t.Parallel()
	release := func(ports string) string {
		files := map[string]string{}
		for name, text := range ferry() {
			files["shop/"+name] = text
		}
		files["shop/flows/ports.yaml"] = "triggers:\n  - keywords: [ports]\nsteps:\n  - say: " + ports + "\n"
		return makeBot(t, files)
	}
	before, after := release("We go to Ardmore."), release("We go to Skerry by now.")
	place := t.TempDir()
	turn := func(to string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(place, "next")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(place, "next"), filepath.Join(place, "current")); err != nil {
			t.Fatal(err)
		}
	}
	turn(before)
	b := startBot(t, filepath.Join(place, "current", "shop"), map[string]string{"RELANCE_DATABASE": "sqlite:" + filepath.Join(place, "relance.db")})
	ann := joins(t, b, "Ann")
	for _, next := range []struct{ to, says string }{{after, "We go to Skerry by now."}, {before, "We go to Ardmore."}} {
		turn(next.to)
		within(t, 20*time.Second, "the other folder is taken", func() bool {
			ann.writes("ports")
			time.Sleep(50 * time.Millisecond)
			_, state := request(t, http.MethodGet, b.base+"/phone/state?person="+ann.person, nil, nil)
			return strings.Contains(state, next.says)
		})
	}
}

// TestABotThatChangesWhileItStartsIsTaken although nobody watched the folder yet.
func TestABotThatChangesWhileItStartsIsTaken(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, ferry())
	ran := 0
	b := runBotWith(t, dir, nil, func(*bot.Bot) error {
		if ran++; ran == 2 { // the folder was read after the first
			put(t, filepath.Join(dir, "flows/ticket.yaml"), "triggers:\n  - keywords: [ticket]\nsteps:\n  - say: No tickets today.\n")
		}
		return nil
	}, "--listen", "127.0.0.1:0")
	within(t, 20*time.Second, "the bot has changed", func() bool { return strings.Contains(b.out.String(), "The bot has changed") })
}

// TestABotThatIsAskedToReadItsFolderWhileItStartsDoes: who asks does not know how far it
// is. A signal that nobody heard would end it.
func TestABotThatIsAskedToReadItsFolderWhileItStartsDoes(t *testing.T) {
	heard := make(chan os.Signal, 1) // the process of the tests stays
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
	dir := makeBot(t, ferry())
	ran := 0
	b := runBotWith(t, dir, nil, func(*bot.Bot) error {
		if ran++; ran != 2 { // the folder was read after the first
			return nil
		}
		put(t, filepath.Join(dir, "flows/ticket.yaml"), "triggers:\n  - keywords: [ticket]\nsteps:\n  - say: No tickets today.\n")
		return syscall.Kill(os.Getpid(), syscall.SIGHUP)
	}, "--listen", "127.0.0.1:0", "--watch=false")
	within(t, 20*time.Second, "the bot has changed", func() bool { return strings.Contains(b.out.String(), "The bot has changed") })
}

// TestAChangedBotWhoseSecretIsNotSetIsNotTaken: started with it, the bot would refuse too.
func TestAChangedBotWhoseSecretIsNotSetIsNotTaken(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, ferry())
	b := startBot(t, dir, nil)
	ann := joins(t, b, "Ann")
	ann.writes("ticket")
	ann.sees("How many?")
	put(t, filepath.Join(dir, "bot.yaml"), `name: North Ferry
locale: en
handlers:
  berths: {post: "https://ferry.example/berths", headers: {Authorization: Bearer $FERRY_KEY}, out: {free: number}}
`)
	within(t, 20*time.Second, "it is said", func() bool { return strings.Contains(b.out.String(), "need FERRY_KEY: set it") })
	if out := b.out.String(); strings.Contains(out, "The bot has changed") || !strings.Contains(out, "the one of before runs on") {
		t.Errorf("it was taken:\n%s", out)
	}
}

// TestATableThatIsBeingWrittenIsNotTakenInHalf: a slow copy of it holds fewer rows than it
// will, and reads well.
func TestATableThatIsBeingWrittenIsNotTakenInHalf(t *testing.T) {
	t.Parallel()
	files := ferry()
	files["flows/ports.yaml"] = "triggers:\n  - keywords: [ports]\nsteps:\n  - say: \"{{ len(data.ports) }} ports.\"\n"
	dir := makeBot(t, files)
	b := runBot(t, dir, nil, "--listen", "127.0.0.1:0", "--watch=false")
	table := ""
	for range 100 {
		table += "- {port: Skerry}\n"
		put(t, filepath.Join(dir, "data/ports.yaml"), table)
		time.Sleep(50 * time.Millisecond)
	}
	if out := b.out.String(); strings.Contains(out, "was read again") {
		t.Errorf("half a table was taken:\n%s", out)
	}
	within(t, 20*time.Second, "the whole is taken", func() bool { return strings.Contains(b.out.String(), "was read again") })
	ann := joins(t, b, "Ann")
	ann.writes("ports")
	ann.sees("100 ports.")
}

func TestABotDoesNotFollowItsFolderUnlessItMay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		p     process
		wants bool
	}{
		{"on an emulated Page", process{phone: &phone{}}, true},
		{"on a real Page", process{}, false},
		{"on a real Page with --watch", process{watch: boolOf(true)}, true},
		{"on an emulated Page with --watch=false", process{phone: &phone{}, watch: new(bool)}, false},
	} {
		if got := c.p.watching(); got != c.wants {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func boolOf(b bool) *bool { return &b }
