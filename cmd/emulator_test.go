package cmd

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// aloneEmulator is a running 'relance emulator'.
type aloneEmulator struct {
	standalone
	t   *testing.T
	log *output
}

// startEmulator runs 'relance emulator' until the test ends.
func startEmulator(t *testing.T, args ...string) *aloneEmulator {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	e := &aloneEmulator{t: t, log: &output{}}
	told, tell := io.Pipe()
	ended := make(chan int, 1)
	a := &app{stdin: strings.NewReader(""), stdout: tell, stderr: e.log, lookup: func(string) (string, bool) { return "", false }, clock: bot.SystemClock{}}
	go func() {
		code := a.execute(ctx, append([]string{"emulator", "--listen", "127.0.0.1:0", "--json"}, args...))
		_ = tell.Close() // a reader that waits for more learns that there is none
		ended <- code
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitFine {
			t.Errorf("the emulator ended with %d: %s", code, e.log)
		}
	})
	if err := json.NewDecoder(told).Decode(&e.standalone); err != nil {
		t.Fatalf("the emulator says nothing: %v: %s", err, e.log)
	}
	return e
}

// do asks one of the addresses of people and returns the answer.
func (e *aloneEmulator) do(path, body string) (status int, answer string) {
	e.t.Helper()
	method, reader := http.MethodGet, io.Reader(http.NoBody)
	if body != "" {
		method, reader = http.MethodPost, strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.Phone+path, reader)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return e.ask(r)
}

// send makes a call of the Send API.
func (e *aloneEmulator) send(body string) (status int, answer string) {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.Graph+"/me/messages", strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+e.Token)
	return e.ask(r)
}

// answer is send for a bot, which does not look at what it gets.
func (e *aloneEmulator) answer(body string) {
	res, err := http.Post(e.Graph+"/me/messages?access_token="+e.Token, "application/json", strings.NewReader(body))
	if err == nil {
		_ = res.Body.Close()
	}
}

func (e *aloneEmulator) ask(r *http.Request) (int, string) {
	e.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "cut"
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// TestTheEmulatorsReadme executes the commands of its README as they stand there, and
// compares what they print.
func TestTheEmulatorsReadme(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	text, err := os.ReadFile(filepath.FromSlash("../bot/messenger/emulator/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```sh\n")
	block, _, closed := strings.Cut(block, "```")
	if !ok || !closed {
		t.Fatal("the README has no commands")
	}
	e := startEmulator(t)
	n := 0
	for chunk := range strings.SplitSeq(block, "\n#> ") {
		if n++; n == 1 {
			block = chunk
			continue
		}
		want, next, _ := strings.Cut(chunk, "\n")
		command := strings.ReplaceAll(block, "http://127.0.0.1:8090", strings.TrimSuffix(e.Graph, "/v25.0"))
		got, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, command)
		}
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$"
		if !regexp.MustCompile(pattern).MatchString(strings.TrimSpace(string(got))) {
			t.Errorf("%s\nprints %s\nand not %s", command, got, want)
		}
		block = next
	}
	if n < 7 {
		t.Errorf("only %d commands were tried", n-1)
	}
}

// echoBot is a bot in twenty lines, as somebody else may write one: it says back what it
// is told.
type echoBot struct {
	*httptest.Server
	mu       sync.Mutex
	verified bool
	bodies   []string
}

func newEchoBot(t *testing.T, e **aloneEmulator) *echoBot {
	b := &echoBot{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if r.Method == http.MethodGet {
			if r.URL.Query().Get("hub.verify_token") == "shake" {
				b.verified = true
				_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
				return
			}
			w.WriteHeader(http.StatusForbidden)
			return
		}
		b.bodies = append(b.bodies, string(body))
		var in struct {
			Entry []struct {
				Messaging []struct {
					Sender  struct{ ID string }
					Message struct {
						Text   string
						IsEcho bool `json:"is_echo"`
					}
				}
			}
		}
		if json.Unmarshal(body, &in) != nil || len(in.Entry) != 1 || len(in.Entry[0].Messaging) != 1 {
			return
		}
		if m := in.Entry[0].Messaging[0]; m.Message.Text != "" && !m.Message.IsEcho {
			go (*e).answer(`{"recipient":{"id":"` + m.Sender.ID + `"},"messaging_type":"RESPONSE","message":{"text":"you said ` + m.Message.Text + `"}}`)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *echoBot) got() (bodies []string, verified bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.bodies...), b.verified
}

// TestTheEmulatorAlone lets a bot of another make live on it: the handshake, a
// conversation, each kind of fault, and the clock of another year.
func TestTheEmulatorAlone(t *testing.T) {
	t.Parallel()
	var e *aloneEmulator
	b := newEchoBot(t, &e)
	e = startEmulator(t, "--webhook", b.URL+"/hook?bot=1", "--verify-token", "shake", "--era", "2023", "--region", "US", "--name", "Foulée")
	if y := e.Now.Year(); y != 2023 {
		t.Errorf("the clock begins in %d", y)
	}
	is := func(path, body, want string) {
		t.Helper()
		if _, got := e.do(path, body); !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%s %s\nis answered %s\nand not %s", path, body, got, want)
		}
	}
	is("/join", `{"psid":"7001","first_name":"Ann"}`, `{"psid":"7001"}`)
	is("/act", `{"person":"7001","act":"write","text":"hello"}`, `{"after":0}`)
	is("/chat?person=7001&after=0&wait=20s", "", `.*"text":"hello".*"text":"you said hello".*`)
	if _, verified := b.got(); !verified {
		t.Error("webhooks came before the handshake")
	}
	is("/state?person=7001", "", `.*"name":"Foulée","region":"US".*`)
	is("/calls", "", `{"calls":\[{"number":1,.*"method":"POST","path":"/v25.0/me/messages".*"status":200,"mid":"m_.*`)

	// A refusal, and what the bot hears of it.
	is("/fault", `{"fault":"refuse","code":613}`, `{}`)
	to := `{"recipient":{"id":"7001"},"messaging_type":"RESPONSE","message":{"text":"news"}}`
	if status, answer := e.send(to); status != 400 || !strings.Contains(answer, `"code":613`) {
		t.Errorf("refused with %d %s", status, answer)
	}
	// Taken, and no answer.
	is("/fault", `{"fault":"timeout"}`, `{}`)
	if status, _ := e.send(to); status != 0 {
		t.Errorf("a message that times out is answered with %d", status)
	}
	is("/chat?person=7001&after=2", "", `.*"text":"news".*`)
	is("/fault", `{"fault":"lose"}`, `{}`)
	if status, _ := e.send(to); status != 0 {
		t.Errorf("a message that is lost is answered with %d", status)
	}
	is("/fault", `{"fault":"slow","by":"60ms"}`, `{}`)
	before := time.Now()
	if status, _ := e.send(to); status != 200 || time.Since(before) < 60*time.Millisecond {
		t.Errorf("slow: %d after %s", status, time.Since(before))
	}
	is("/fault", `{"fault":"dead_token","subcode":463}`, `{}`)
	if status, answer := e.send(to); status != 401 || !strings.Contains(answer, `"error_subcode":463`) {
		t.Errorf("with a dead token: %d %s", status, answer)
	}
	is("/fault", `{"fault":"none"}`, `{}`)
	if status, answer := e.send(to); status != 200 {
		t.Errorf("with the token again: %d %s", status, answer)
	}
	is("/fault", `{"fault":"slow","by":"soon"}`, `{"error":{"code":"act",.*a duration like 3s.*`)
	is("/fault", `{"fault":"flood"}`, `{"error":{"code":"act",.*there is no fault.*`)

	is("/clock", `{"advance":"24h"}`, `{}`)
	if status, answer := e.send(to); status != 400 || !strings.Contains(answer, `2018278`) {
		t.Errorf("a day later: %d %s", status, answer)
	}
	bodies, _ := b.got()
	if len(bodies) == 0 || !strings.Contains(bodies[0], `"text":"hello"`) {
		t.Errorf("the bot was told %q", bodies)
	}
}

// TestTheEmulatorAnswersThisMachineAlone: names that somebody made to lead here, and
// addresses that others could reach.
func TestTheEmulatorAnswersThisMachineAlone(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	for _, path := range []string{"/phone/state", "/v25.0/me"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(e.Graph, "/v25.0")+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "rebound.example"
		if status, answer := e.ask(r); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
	for args, want := range map[string]string{
		"--listen :8090":                      "--listen wants an address of this machine alone",
		"--listen 192.0.2.7:8090":             "--listen wants an address of this machine alone",
		"--webhook foulee.example":            "--webhook wants an address like",
		"--page Foulee":                       "--page wants digits",
		"--region Atlantis":                   "--region wants",
		"--era 1999":                          "--era wants",
		"no-such-folder":                      "there is no folder no-such-folder",
		"--webhook ftp://foulee.example/hook": "--webhook wants an address like",
	} {
		var said strings.Builder
		code := Run(t.Context(), append([]string{"emulator"}, strings.Fields(args)...), strings.NewReader(""), io.Discard, &said, nil)
		if code == exitFine || !strings.Contains(said.String(), want) {
			t.Errorf("%s: exit %d, %s", args, code, said.String())
		}
	}
}

// TestFaultsBesideARunningBot asks for them at the addresses of its phone: the first try is
// refused, the reply comes all the same, and the calls say so.
func TestFaultsBesideARunningBot(t *testing.T) {
	t.Parallel()
	b := startBot(t, copyBot(t, exampleRestock), nil)
	post := func(path, body, want string) {
		t.Helper()
		status, answer := request(t, http.MethodPost, b.base+"/phone/"+path, http.Header{"Content-Type": {"application/json"}}, []byte(body))
		if status != http.StatusOK || !strings.Contains(answer, want) {
			t.Fatalf("%s %s: %d %s", path, body, status, answer)
		}
	}
	post("join", `{"psid":"7001","first_name":"Ann","locale":"fr_FR","timezone":"Europe/Paris"}`, `"psid":"7001"`)
	post("fault", `{"fault":"refuse","code":2}`, `{}`)
	post("act", `{"person":"7001","act":"write","text":"stock"}`, `"after":0`)
	if _, chat := request(t, http.MethodGet, b.base+"/phone/chat?person=7001&wait=30s", nil, nil); !strings.Contains(chat, "Quelle pointure") {
		t.Errorf("the chat shows %s", chat)
	}
	if _, calls := request(t, http.MethodGet, b.base+"/phone/calls", nil, nil); strings.Count(calls, `"status":503,"code":2`) != 1 {
		t.Errorf("the calls are %s", calls)
	}
}

// TestTheEmulatorPrintsWhatItsBotReads: the settings are those of the bot's own channel,
// and a bot that is on Instagram alone gets an account.
func TestTheEmulatorPrintsWhatItsBotReads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		channels string
		want     []string
		not      string
	}{
		"a Page of another name": {"paris: {type: messenger}", []string{"\nPARIS_GRAPH_URL=http://", "\nPARIS_PAGE_ID=" + emulatorPage + "\n", "\nPARIS_AD_ACCOUNT=", "\nPARIS_CAMPAIGN="}, "MESSENGER_"},
		"an account alone":       {"insta: {type: instagram}", []string{"\nINSTA_GRAPH_URL=http://", "\nINSTA_PAGE_ID=17841400000000001\n"}, "AD_ACCOUNT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := writeBot(t, map[string]string{
				"bot.yaml": "name: Foulée\nlocale: en\nchannels:\n  " + tt.channels + "\n", "flows/hello.yaml": "triggers: [start: true]\nsteps: [{say: Hi}]\n",
			}, "")
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var printed output
			a, ended := newApp(nil, &printed), make(chan int, 1)
			go func() { ended <- a.execute(ctx, []string{"emulator", dir, "--listen", "127.0.0.1:0"}) }()
			within(t, 20*time.Second, "the emulator runs", func() bool { return strings.Contains(printed.String(), "Stop with Ctrl-C.") })
			for _, want := range tt.want {
				if !strings.Contains(printed.String(), want) {
					t.Errorf("%q is missing:\n%s", want, &printed)
				}
			}
			if strings.Contains(printed.String(), tt.not) {
				t.Errorf("%q is printed:\n%s", tt.not, &printed)
			}
			base := strings.TrimSuffix(regexp.MustCompile(`http://\S+/phone`).FindString(printed.String()), "/phone")
			request(t, http.MethodPost, base+"/phone/join", http.Header{"Content-Type": {"application/json"}}, []byte(`{"psid":"7001","first_name":"Ann"}`))
			_, profile := request(t, http.MethodGet, base+"/v25.0/7001?fields=name,username&access_token="+emulatorToken, nil, nil)
			if account := strings.Contains(tt.channels, "instagram"); account != strings.Contains(profile, `"username":"ann.7001"`) {
				t.Errorf("the platform tells of somebody: %s", profile)
			}
			stop()
			if code := <-ended; code != exitFine {
				t.Errorf("exit %d\n%s", code, &printed)
			}
		})
	}
}
