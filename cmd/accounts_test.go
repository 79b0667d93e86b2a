package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The accounts of TestAccountsDoNotTouchEachOther: three Pages and an account of
// Instagram, of two bots, all in one process.
const (
	parisPage     = "101"
	lyonPage      = "102"
	instagramPage = "17841400000000077"
	nicePage      = "103"
)

// crowded is how many people write to each account at once, and as many again are told
// of an event.
const crowded = 120

// platforms is the Graph API of all accounts: it counts what each takes and refuses.
type platforms struct {
	dead    atomic.Bool // the token of Paris
	limited atomic.Bool // Lyon calls too often

	mu      sync.Mutex
	taken   map[string][]string // texts by account
	refused map[string]int
	latest  map[string]time.Time
	wrong   []string
}

func (p *platforms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	say := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var calls []struct {
		URL  string `json:"relative_url"`
		Body string
	}
	switch {
	case r.Method == http.MethodGet:
		say(http.StatusOK, `{"name":"Zoé Martin","first_name":"Zoé","last_name":"Martin"}`)
		return
	case r.FormValue("batch") != "": // notifications of one Page
		if err := json.Unmarshal([]byte(r.FormValue("batch")), &calls); err != nil {
			say(http.StatusBadRequest, `{"error":{"code":100}}`)
			return
		}
		var entries []map[string]any
		for _, c := range calls {
			status, body := p.message(strings.Split(strings.Trim(c.URL, "/"), "/")[1], r.Header.Get("Authorization"), formAsJSON(c.Body))
			if strings.Contains(body, "80006") {
				w.Header().Set("Retry-After", "1")
			}
			entries = append(entries, map[string]any{"code": status, "body": body})
		}
		body, err := json.Marshal(entries)
		if err != nil {
			body = []byte("null")
		}
		say(http.StatusOK, string(body))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	status, answer := p.message(parts[len(parts)-2], r.Header.Get("Authorization"), string(body))
	if strings.Contains(answer, "80006") {
		w.Header().Set("Retry-After", "1")
	}
	say(status, answer)
}

// message decides about one message of an account.
func (p *platforms) message(account, token, body string) (status int, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var in struct {
		Recipient struct{ ID string }
		Message   struct{ Text string }
	}
	switch err := json.Unmarshal([]byte(body), &in); {
	case err != nil || token != "Bearer token-"+account:
		p.wrong = append(p.wrong, fmt.Sprintf("%s with %s: %.200s (%v)", account, token, body, err))
		return http.StatusBadRequest, `{"error":{"code":100}}`
	case account == parisPage && p.dead.Load():
		p.refused[account]++
		return http.StatusUnauthorized, `{"error":{"code":190,"error_subcode":460,"type":"OAuthException"}}`
	case account == lyonPage && p.limited.Load():
		p.refused[account]++
		return http.StatusTooManyRequests, `{}` // a code would say a minute
	}
	p.taken[account] = append(p.taken[account], in.Recipient.ID+" "+in.Message.Text)
	p.latest[account] = time.Now()
	return http.StatusOK, fmt.Sprintf(`{"recipient_id":%q,"message_id":"m_%s_%d"}`, in.Recipient.ID, account, len(p.taken[account]))
}

// count is what became of an account's messages.
func (p *platforms) count(account string) (taken, refused int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken[account]), p.refused[account]
}

// texts are what an account's people got, in order, without their names: a message does not
// wait long for a name that is looked up.
func (p *platforms) texts(account string) (texts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.taken[account] {
		texts = append(texts, strings.TrimSuffix(strings.TrimSuffix(text, "Zoé"), " "))
	}
	slices.Sort(texts)
	return texts
}

const shopChannels = `name: Foulée
topics: {news: {title: Nouveautés}}
events: {arrival: {model: text}}
rate: 400/s
channels:
`

const shopFlow = `triggers: [{start: true}, {fallback: true}]
steps:
  - say: "{{ contact.channel }} salue {{ contact.first_name ?? '' }}"
`

const newsFlow = `triggers: [{event: arrival, topic: news}]
steps:
  - say: "{{ contact.channel }} a {{ event.model }}"
    quick_replies: [{label: Stop, opt_out: news}]
`

// shopOf writes a bot with channels.
func shopOf(t *testing.T, channels string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"bot.yaml": shopChannels + channels, "flows/hello.yaml": shopFlow, "flows/news.yaml": newsFlow} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// settingsOf are the variables of channels: the account of each, by its name.
func settingsOf(base string, accounts map[string]string) map[string]string {
	env := map[string]string{"RELANCE_API_KEY": "key"}
	for name, id := range accounts {
		prefix := strings.ToUpper(name) + "_"
		env[prefix+"PAGE_ID"], env[prefix+"ACCESS_TOKEN"], env[prefix+"APP_SECRET"] = id, "token-"+id, "secret-"+id
		env[prefix+"VERIFY_TOKEN"], env[prefix+"GRAPH_URL"] = "verify-"+id, base+"/v25.0"
	}
	return env
}

// TestAccountsDoNotTouchEachOther runs two bots with three Pages and an account of
// Instagram in one process, under load, while the token of one Page is dead and another
// calls too often. The same people, by their ids, are everywhere.
func TestAccountsDoNotTouchEachOther(t *testing.T) {
	t.Parallel()
	p := &platforms{taken: map[string][]string{}, refused: map[string]int{}, latest: map[string]time.Time{}}
	p.dead.Store(true)
	p.limited.Store(true)
	graph := httptest.NewServer(p)
	t.Cleanup(graph.Close)
	first := startBot(t, shopOf(t, "  paris: {type: messenger}\n  lyon: {type: messenger, rate: 200/s}\n  instagram: {}\n"),
		settingsOf(graph.URL, map[string]string{"paris": parisPage, "lyon": lyonPage, "instagram": instagramPage}))
	second := startBot(t, shopOf(t, "  nice: {type: messenger}\n"), settingsOf(graph.URL, map[string]string{"nice": nicePage}))
	for _, account := range []string{"Page " + parisPage, "Page " + lyonPage, "Instagram account " + instagramPage, "/webhooks/messenger", "/webhooks/instagram"} {
		if !strings.Contains(first.out.String(), account) {
			t.Errorf("the bot does not say %q:\n%s", account, first.out)
		}
	}
	for _, id := range []string{parisPage, lyonPage} { // one address, two apps
		shakeHands(t, first.base+"/webhooks/messenger", "verify-"+id, http.StatusOK)
	}
	shakeHands(t, first.base+"/webhooks/messenger", "verify-"+instagramPage, http.StatusForbidden)

	forged := hook(parisPage, "9000", time.Now(), `{"message":{"mid":"m-forged","text":"stop"}}`)
	for _, secret := range []string{"secret-" + lyonPage, "secret-" + instagramPage} {
		if status := webhook(t, first.base, secret, forged); status != http.StatusForbidden {
			t.Errorf("what is about Paris, signed by %s, is answered with %d, want 403", secret, status)
		}
	}

	accounts := []struct {
		name, id, kind string
		bot            *runningBot
		well           bool
	}{
		{"paris", parisPage, "messenger", first, false},
		{"lyon", lyonPage, "messenger", first, false},
		{"instagram", instagramPage, "instagram", first, true},
		{"nice", nicePage, "messenger", second, true},
	}
	begun := time.Now()
	var writing sync.WaitGroup
	for _, a := range accounts {
		for worker := range 4 {
			writing.Go(func() {
				for i := worker; i < crowded; i += 4 {
					body := strings.Replace(hook(a.id, fmt.Sprint(9000+i), time.Now(), fmt.Sprintf(`{"message":{"mid":"m-%s-%d","text":"bonjour"}}`, a.id, i)),
						`"object":"page"`, `"object":"`+map[string]string{"messenger": "page", "instagram": "instagram"}[a.kind]+`"`, 1)
					header := http.Header{"Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=" + hmacHex("secret-"+a.id, body)}}
					if status, _ := request(t, http.MethodPost, a.bot.base+"/webhooks/"+a.kind, header, []byte(body)); status != http.StatusOK {
						t.Errorf("a webhook of %s is answered with %d", a.name, status)
					}
				}
			})
		}
	}
	writing.Wait()
	for _, a := range accounts {
		if a.well {
			within(t, 30*time.Second, "all of "+a.name+" have their reply", func() bool { n, _ := p.count(a.id); return n >= crowded })
		}
	}
	replied := time.Since(begun)

	for _, a := range accounts {
		subscribe(t, a.bot, a.kind+":"+a.id)
	}
	for _, b := range []*runningBot{first, second} {
		if code, out := cli(t, b.env, "event", "arrival", "model=Gazelle", "--dir", b.dir); code != exitFine {
			t.Fatalf("relance event exits %d: %s", code, out)
		}
	}
	for _, a := range accounts {
		if a.well {
			within(t, 30*time.Second, "all of "+a.name+" are told", func() bool { n, _ := p.count(a.id); return n >= 2*crowded })
		}
	}
	probes := int(time.Since(begun)/(10*time.Second)) + 1
	paris, attempts := p.count(parisPage)
	t.Logf("while Paris and Lyon stand still (%s of replies): Paris %d taken, %d refused", replied.Round(time.Millisecond), paris, attempts)
	if paris != 0 || attempts == 0 {
		t.Errorf("Paris has %d messages taken and %d refused with a dead token", paris, attempts)
	}
	if lyon, n := p.count(lyonPage); lyon != 0 || n == 0 {
		t.Errorf("Lyon has %d messages taken and %d refused while it is limited", lyon, n)
	}
	// Those that were on their way before the first answer are refused together; then one
	// message tries, at most every ten seconds.
	_, before := p.count(parisPage)
	time.Sleep(time.Second)
	if _, after := p.count(parisPage); after > before+probes {
		t.Errorf("%d messages tried the dead token within a second", after-before)
	}

	p.dead.Store(false)
	p.limited.Store(false)
	for _, a := range accounts {
		within(t, 90*time.Second, "all of "+a.name+" have everything", func() bool { n, _ := p.count(a.id); return n >= 2*crowded })
		var want []string
		for i := range crowded {
			who := fmt.Sprint(9000+i) + " " + a.name
			want = append(want, who+" a Gazelle", who+" salue")
		}
		slices.Sort(want)
		if got := p.texts(a.id); !slices.Equal(got, want) {
			t.Errorf("the people of %s got %d messages, want %d, each its own and once:\n%.600q", a.name, len(got), len(want), got)
		}
		taken, refused := p.count(a.id)
		t.Logf("%-10s %d taken, %d refused", a.name, taken, refused)
		if a.well && refused > 0 {
			t.Errorf("%s had %d messages refused", a.name, refused)
		}
	}
	for _, wrong := range p.wrong {
		t.Errorf("sent to the wrong account, or malformed: %s", wrong)
	}
}

// subscribe takes over the consent of everybody on an account.
func subscribe(t *testing.T, b *runningBot, account string) {
	t.Helper()
	var rows []map[string]any
	for i := range crowded {
		rows = append(rows, map[string]any{
			"contact": account + ":" + fmt.Sprint(9000+i), "topic": "news", "cadence": "daily", "consented_at": "2026-01-05T10:00:00Z", "wording": "Nouveautés", "source": "the till",
		})
	}
	body, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := request(t, http.MethodPost, b.base+"/v1/subscriptions", http.Header{"Authorization": {"Bearer key"}}, body)
	if status != http.StatusOK || strings.Count(answer, `"added"`) != crowded {
		t.Fatalf("subscriptions are answered with %d: %.300s", status, answer)
	}
}

// shakeHands does the platform's handshake with a verify token.
func shakeHands(t *testing.T, address, verify string, want int) {
	t.Helper()
	status, _ := request(t, http.MethodGet, address+"?hub.mode=subscribe&hub.challenge=77&hub.verify_token="+verify, nil, nil)
	if status != want {
		t.Errorf("the handshake with %q is answered with %d, want %d", verify, status, want)
	}
}
