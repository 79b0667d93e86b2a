package cmd

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// planted are words that are easily found, one for each place where something personal
// or secret can be.
type planted map[string]string

func newPlanted() planted {
	p := planted{"person": "4711000815123"}
	for _, place := range []string{
		"first", "last", "text", "card", "model", "email", "event", "eventid", "handler", "problem", "panic", "goresult", "goerror", "token", "attachment",
		"malformed", "unsigned", "sha1", "stray", "payload", "refusal", "deletion", "import", "query", "webhook", "reaction", "referral",
		"pagetoken", "appsecret", "verify", "apikey", "crmkey", "hooksecret",
	} {
		p[place] = "plant" + place + "x7f3a"
	}
	p["email"] = p["email"] + "@foulee.example"
	p["phone"] = "+33612348899"
	return p
}

// found lists the places whose words stand in a text, as they are or in base64.
func (p planted) found(text []byte) (places []string) {
	lower := bytes.ToLower(text)
	for place, word := range p {
		if bytes.Contains(lower, []byte(strings.ToLower(word))) || slices.ContainsFunc(encoded(word), func(c string) bool { return bytes.Contains(text, []byte(c)) }) {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// encoded are the three ways in which a word stands in the base64 of a longer text,
// without its edges.
func encoded(word string) (cores []string) {
	for offset := range 3 {
		whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + word))
		cores = append(cores, whole[(offset*8+5)/6:len(whole)-len(whole)%4])
	}
	return cores
}

// plantedBot is a folder whose flows touch every place. address is of its handler and
// its webhook.
func plantedBot(t *testing.T, address string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bot.yaml": `
name: Planted
locale: en
timezone: Europe/Paris
fields:
  card: text
  email: {type: email, unique: true}
  phone: phone
topics:
  restock: {title: Back, cadence: [daily], interest: {model: text, wish: text}}
events:
  restock: {model: text}
  sent: {note: text}
  reserved: {note: text}
handlers:
  crm.find: {post: "` + address + `/crm", in: {card: text}, out: {name: text}, headers: {Authorization: $CRM_KEY}, timeout: 2s, retries: 0, allow_private: true}
webhooks:
  shop: {url: "` + address + `/hook", events: [opt_in, opt_out, sent], secret: $HOOK_SECRET, allow_private: true}
channels:
  messenger: {notifications: [recurring]}
`,
		"flows/confide.yaml": `
triggers:
  - keywords: [confide]
steps:
  - ask: Your card?
    save: contact.card
  - ask: Your e-mail?
    save: contact.email
  - ask: Your telephone?
    save: contact.phone
  - call: crm.find
    with: {card: "{{ contact.card }}"}
    save: found
    on_error: [{say: "No CRM."}]
  - call: go.panics
    with: {card: "{{ contact.card }}"}
    on_error: [{say: "No panic."}]
  - call: go.fails
    with: {card: "{{ contact.card }}"}
    on_error: [{say: "No luck."}]
  - call: go.works
    with: {card: "{{ contact.card }}"}
    save: worked
  - say: "Noted: {{ contact.card }} {{ contact.email }} {{ worked.name }}"
`,
		"flows/watch.yaml": `
triggers:
  - keywords: [watch]
steps:
  - ask: Which one?
    save: wish
  - opt_in: restock
    about: {model: Gazelle, wish: "{{ wish }}"}
    accepted: [{say: "Noted {{ wish }}."}]
`,
		"flows/back.yaml": `
triggers:
  - event: restock
    topic: restock
steps:
  - say: "{{ event.model }} is back, {{ contact.first_name ?? 'you' }}: {{ interest.wish }}"
    buttons: [{label: Stop, opt_out: restock}]
`,
		"flows/reserved.yaml": `
triggers:
  - event: reserved
    topic: restock
    where: "true"
steps:
  - say: "Reserved for you: {{ event.note }}"
    buttons: [{label: See, open: "https://foulee.example/{{ contact.card }}"}, {label: Stop, opt_out: restock}]
`,
		"flows/sent.yaml": "triggers:\n  - event: sent\nsteps:\n  - say: \"On its way: {{ event.note }}\"\n",
		"flows/left.yaml": "triggers:\n  - keywords: [left]\nsteps:\n  - say: Who is left here?\n",
		"flows/more.yaml": "triggers:\n  - keywords: [more]\nsteps:\n  - say: No more today.\n",
		"flows/else.yaml": "triggers:\n  - fallback: true\nsteps:\n  - say: Pardon?\n",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestNothingPersonalIsToldOrLeft drives a bot through everything that may go wrong about
// one person, over the wire, and looks for what was planted: in the log at its most
// talkative, the figures and what callers are answered; and, once the person is forgotten,
// in the files of the bot that runs. With a key nothing of it stands there before, either.
func TestNothingPersonalIsToldOrLeft(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))} {
		t.Run(map[bool]string{true: "in clear", false: "sealed"}[key == ""], func(t *testing.T) {
			t.Parallel()
			nothingPersonal(t, key)
		})
	}
}

func nothingPersonal(t *testing.T, key string) {
	p := newPlanted()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/crm":
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, `{"error":"%s %s"}`, p["handler"], p["problem"])
		default:
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, p["webhook"])
		}
	}))
	defer outside.Close()
	graph := quotingGraph(t, p)
	env := graph.account()
	for name, value := range map[string]string{
		"MESSENGER_ACCESS_TOKEN": p["pagetoken"], "MESSENGER_APP_SECRET": p["appsecret"], "MESSENGER_VERIFY_TOKEN": p["verify"],
		"RELANCE_API_KEY": p["apikey"], "CRM_KEY": p["crmkey"], "HOOK_SECRET": p["hooksecret"], "LOG_LEVEL": "debug", "PUBLIC_URL": "https://bot.example", "RELANCE_SECRET_KEY": key,
	} {
		env[name] = value
	}
	dir := plantedBot(t, outside.URL)
	setup := func(b *bot.Bot) error { return plantHandlers(b, p) }
	b := runBotWith(t, dir, env, setup, "--listen", "127.0.0.1:0")
	answers := p.drive(t, b, graph)
	p.clicks(t, b, graph)

	if !strings.Contains(b.out.String(), `"level":"DEBUG"`) {
		t.Error("the log is not at its most talkative")
	}
	if places := p.found([]byte(b.out.String())); len(places) > 0 {
		t.Errorf("in the log: %v\n%s", places, linesWith(b.out.String(), p[places[0]]))
	}
	_, metrics := request(t, http.MethodGet, b.base+"/metrics", nil, nil)
	if places := p.found([]byte(metrics)); len(places) > 0 {
		t.Errorf("in the figures: %v", places)
	}
	for _, answer := range answers {
		if places := p.found([]byte(answer)); len(places) > 0 {
			t.Errorf("what a caller was told holds %v: %s", places, answer)
		}
	}

	before := p.inFiles(t, dir)
	// The database finds people by the platform's ids and by what they want to hear of,
	// and notifications by the shop's ids of events.
	clear := []string{"eventid", "model", "person"}
	switch {
	case key == "" && len(before) < 12:
		t.Errorf("planted, but only found %v in the files", before)
	case key != "" && !slices.Equal(before, clear):
		t.Errorf("in files that are sealed: %v, want %v", before, clear)
	}
	id := "messenger:" + wirePage + ":" + p["person"]
	auth := http.Header{"Authorization": {"Bearer " + p["apikey"]}}
	if status, body := request(t, http.MethodDelete, b.base+"/v1/contacts/"+id, auth, nil); status != http.StatusOK && status != http.StatusNoContent {
		t.Fatalf("forgetting: %d %s", status, body)
	}
	// The id that the shop gave an event stays as a word: it is the shop's to say nothing
	// of anybody in it (bot/server/REFERENCE.md).
	kept := []string{"eventid"}
	if left := p.inFiles(t, dir); !slices.Equal(left, kept) {
		t.Errorf("left in the files of the bot that runs: %v", left)
	}
	if places := p.found([]byte(b.out.String())); len(places) > 0 {
		t.Errorf("in the log after forgetting: %v", places)
	}
	var verified output
	a := newApp(b.env, &verified)
	a.setup = setup
	if code := a.execute(t.Context(), []string{"consent", "verify", "--dir", dir}); code != exitFine {
		t.Errorf("the ledger does not verify: %d %s", code, &verified)
	}
	b.stop()
	if left := p.inFiles(t, dir); !slices.Equal(left, kept) {
		t.Errorf("left in the files: %v", left)
	}
}

// inFiles are the places whose words stand in a file of the database.
func (p planted) inFiles(t *testing.T, dir string) (places []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "relance.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range p.found(content) {
			if !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
	}
	slices.Sort(places)
	return places
}

func linesWith(text, word string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ToLower(line), strings.ToLower(word)) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// quotingGraph is a platform that refuses some messages, and quotes them and the person.
func quotingGraph(t *testing.T, p planted) *fakeGraph {
	t.Helper()
	var mu sync.Mutex
	refused := map[string]int{}
	return startFakeGraph(t, &fakeGraph{answer: func(n int, call graphCall) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if call.method == http.MethodGet {
			return http.StatusOK, fmt.Sprintf(`{"first_name":%q,"last_name":%q,"locale":"en_GB","timezone":1,"id":%q}`, p["first"], p["last"], p["person"])
		}
		for text, code := range map[string]string{
			"Pardon?":     `"code":2,"error_subcode":1`,
			"No luck.":    `"code":100,"error_subcode":2018001`,
			"On its way":  `"code":10,"error_subcode":2018278`,
			"is back":     `"code":100,"error_subcode":0`,
			"Noted: ":     `"code":1200`,
			"Your card?":  `"code":1200`,
			"Who is left": `"code":551,"error_subcode":1545041`,
			"No more":     `"code":4,"error_subcode":2018022`, // the page rests: nothing follows
		} {
			if strings.Contains(call.body, text) && refused[text] == 0 {
				refused[text]++
				return http.StatusBadRequest, fmt.Sprintf(`{"error":{"message":"(#100) %s %s for %s","type":"OAuthException",%s,"error_user_title":%q,"error_user_msg":%q,"error_data":%q,"fbtrace_id":"A1"}}`,
					p["refusal"], p["card"], p["person"], code, p["refusal"], p["text"], p["first"])
			}
		}
		return http.StatusOK, fmt.Sprintf(`{"recipient_id":%q,"message_id":"m_%d"}`, p["person"], n)
	}})
}

type plantedCard struct {
	Card string `json:"card"`
}

type plantedName struct {
	Name string `json:"name"`
}

// plantHandlers adds functions that panic, fail and answer with what was planted.
func plantHandlers(b *bot.Bot, p planted) error {
	bot.Handle(b, "go.panics", func(_ context.Context, _ *bot.Conversation, in plantedCard) (plantedName, error) {
		panic(p["panic"] + in.Card)
	})
	bot.Handle(b, "go.fails", func(_ context.Context, _ *bot.Conversation, in plantedCard) (plantedName, error) {
		return plantedName{}, errors.New(p["goerror"] + in.Card)
	})
	bot.Handle(b, "go.works", func(context.Context, *bot.Conversation, plantedCard) (plantedName, error) {
		return plantedName{Name: p["goresult"]}, nil
	})
	return nil
}

// drive lives one person's life with a bot, and returns what callers of the API were
// answered where they did something wrong.
func (p planted) drive(t *testing.T, b *runningBot, graph *fakeGraph) (answers []string) {
	t.Helper()
	acts := 0
	turns := func() int { return figure(t, b.base, `relance_turns_total{kind="event"}`) }
	post := func(event string) {
		t.Helper()
		acts++
		event = strings.ReplaceAll(event, "MID", fmt.Sprintf("m_in_%d", acts))
		was := turns()
		if status := webhook(t, b.base, p["appsecret"], hook(wirePage, p["person"], time.Now(), event)); status != http.StatusOK {
			t.Fatalf("a webhook is answered with %d", status)
		}
		within(t, 20*time.Second, "the turn of "+event, func() bool { return turns() > was })
		time.Sleep(20 * time.Millisecond)
	}
	says := func(text string) { t.Helper(); post(fmt.Sprintf(`{"message":{"mid":"MID","text":%q}}`, text)) }

	says("hello " + p["text"])
	post(fmt.Sprintf(`{"message":{"mid":"MID","attachments":[{"type":"image","payload":{"url":"https://cdn.example/%s.png"}}]}}`, p["attachment"]))
	post(fmt.Sprintf(`{"postback":{"mid":"MID","title":%q,"payload":%q}}`, p["payload"], p["payload"]))
	post(fmt.Sprintf(`{"postback":{"mid":"MID","title":"x","payload":"relance:{%s"}}`, p["payload"]))
	post(fmt.Sprintf(`{"referral":{"ref":%q,"source":"SHORTLINK","type":"OPEN_THREAD"}}`, p["referral"]))
	post(fmt.Sprintf(`{"reaction":{"mid":%q,"action":"react","reaction":"love","emoji":"%s"}}`, p["reaction"], "❤"))
	says("confide")

	says(p["card"])
	says(p["email"])
	says(p["phone"])
	within(t, 20*time.Second, "all calls", func() bool {
		_, page := request(t, http.MethodGet, b.base+"/metrics", nil, nil)
		return strings.Contains(page, `relance_calls_total{handler="go.works"`)
	})
	says("watch")
	says(p["model"])
	within(t, 20*time.Second, "the request", func() bool { return p.request(t, b) != "" })
	post(fmt.Sprintf(`{"optin":{"type":"notification_messages","payload":%q,"title":"Back","notification_messages_token":%q,"user_token_status":"NOT_REFRESHED"}}`,
		p.request(t, b), p["token"]))

	api := func(method, path, body string, want int) {
		t.Helper()
		header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + p["apikey"]}}
		status, answer := request(t, method, b.base+path, header, []byte(body))
		if status != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, status, answer, want)
		}
		if status >= 400 {
			answers = append(answers, answer)
		}
	}
	id := "messenger:" + wirePage + ":" + p["person"]
	api("POST", "/v1/events", fmt.Sprintf(`{"id":%q,"name":"reserved","contact":%q,"data":{"note":%q}}`, p["eventid"], id, p["event"]), 202)
	within(t, 20*time.Second, "a message with a link", func() bool { return p.link(graph) != "" }) // the only one of the day
	api("POST", "/v1/events", `{"id":"restock-1","name":"restock","data":{"model":"Gazelle"}}`, 202)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":%q,"name":"sent","contact":%q,"data":{"note":%q}}`, p["eventid"]+"2", "email="+p["email"], p["event"]), 202)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":"e3","name":"sent","contact":%q,"data":{"note":%q}}`, id, p["event"]), 202)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":"e7","name":"purchase","contact":%q,"data":{"amount":59.9,"currency":"EUR","order":%q}}`, id, p["event"]), 202)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":"e4","name":"sent","contact":"email=%s1","data":{}}`, p["query"]), 422)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":"e5","name":"restock","data":{"model":{"%s":1}}}`, p["event"]), 422)
	api("POST", "/v1/events", fmt.Sprintf(`{"id":"e6","name":"%s`, p["malformed"]), 400)
	api("GET", "/v1/contacts/messenger:1:"+p["query"], "", 404)
	api("GET", "/v1/decisions?limit="+p["query"], "", 400)
	api("POST", "/v1/subscriptions", `[{"contact":`+p["malformed"], 400)
	rows := fmt.Sprintf(`[{"contact":%q,"topic":"restock","cadence":"daily","wording":%q,"source":"f","consented_at":"2026-01-05T10:00:00+01:00","interests":[{"model":{"x":%q}}]}]`,
		id, p["import"], p["import"])
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + p["apikey"]}}
	if status, answer := request(t, "POST", b.base+"/v1/subscriptions", header, []byte(rows)); status != 200 || !strings.Contains(answer, "refused") {
		t.Errorf("a row without a permit: %d %s", status, answer)
	} else {
		answers = append(answers, answer)
	}
	raw := func(path string, header http.Header, body string, want int) {
		t.Helper()
		status, answer := request(t, http.MethodPost, b.base+path, header, []byte(body))
		if status != want {
			t.Errorf("%s: %d %s, want %d", path, status, answer, want)
		}
		answers = append(answers, answer)
	}
	signed := func(body string) http.Header {
		return http.Header{"Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=" + hmacHex(p["appsecret"], body)}}
	}
	bad := `{"object":"page","entry":[{"id":"` + wirePage + `","messaging":[{"sender":{"id":"` + p["person"] + `"},"message":{"text":"` + p["malformed"]
	raw("/webhooks/messenger", signed(bad), bad, 400)
	whole := hook(wirePage, p["person"], time.Now(), fmt.Sprintf(`{"message":{"mid":"m_u","text":%q}}`, p["unsigned"]))
	raw("/webhooks/messenger", http.Header{"X-Hub-Signature-256": {"sha256=" + hmacHex("other", whole)}}, whole, 403)
	raw("/webhooks/messenger", http.Header{"X-Hub-Signature": {"sha1=" + hmacHex(p["appsecret"], whole)}}, strings.ReplaceAll(whole, p["unsigned"], p["sha1"]), 403)
	for _, event := range []string{ // the first is kept among the strays, the second is looked at and let go
		fmt.Sprintf(`{"order":{"products":[],"note":%q}}`, p["stray"]),
		fmt.Sprintf(`{"message_edit":{"mid":"m_e","text":%q,"num_edit":1}}`, p["stray"]),
	} {
		if status := webhook(t, b.base, p["appsecret"], hook(wirePage, p["person"], time.Now(), event)); status != http.StatusOK {
			t.Errorf("%.20s: %d", event, status)
		}
	}
	for _, form := range []string{"signed_request=" + p["deletion"] + "." + p["deletion"], p["deletion"]} {
		status, answer := request(t, http.MethodPost, b.base+"/webhooks/messenger/deletion", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form))
		if status < 400 {
			t.Errorf("a forged deletion: %d", status)
		}
		answers = append(answers, answer)
	}
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"algorithm":"HMAC-SHA256","user_id":"987654321","issued_at":1,"note":"` + p["deletion"] + `"}`))
	mac, err := hex.DecodeString(hmacHex(p["appsecret"], payload))
	if err != nil {
		t.Fatal(err)
	}
	status, answer := request(t, http.MethodPost, b.base+"/webhooks/messenger/deletion", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		[]byte("signed_request="+base64.RawURLEncoding.EncodeToString(mac)+"."+payload))
	if status != 200 {
		t.Errorf("a deletion: %d %s", status, answer)
	}
	answers = append(answers, answer)
	says("left")
	says("more")
	within(t, 20*time.Second, "a page that rests", func() bool {
		_, page := request(t, http.MethodGet, b.base+"/metrics", nil, nil)
		return strings.Contains(page, "relance_page_resting{")
	})
	time.Sleep(500 * time.Millisecond) // webhooks and what is tried again
	return answers
}

// link is the code of the tracked link that the person was sent; "" before that.
func (p planted) link(graph *fakeGraph) (code string) {
	graph.mu.Lock()
	defer graph.mu.Unlock()
	for _, call := range graph.calls {
		if _, rest, ok := strings.Cut(call.body, "https://bot.example/l/"); ok {
			code, _, _ = strings.Cut(rest, `"`)
		}
	}
	return code
}

// clicks follows the tracked link that the person was sent, whose address is personal.
func (p planted) clicks(t *testing.T, b *runningBot, graph *fakeGraph) {
	t.Helper()
	code := p.link(graph)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]int{"/l/" + code: http.StatusFound, "/l/" + code + "x": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != want {
			t.Errorf("a link is answered with %d, want %d", res.StatusCode, want)
		}
	}
	time.Sleep(200 * time.Millisecond)
}

// request is the id of the opt-in request that the person has, as the export shows it.
func (p planted) request(t *testing.T, b *runningBot) string {
	t.Helper()
	_, body := request(t, http.MethodGet, b.base+"/v1/contacts/messenger:"+wirePage+":"+p["person"]+"/export",
		http.Header{"Authorization": {"Bearer " + p["apikey"]}}, nil)
	var export struct {
		Ledger []struct {
			Action  string `json:"action"`
			Request string `json:"request"`
		} `json:"ledger"`
	}
	if err := json.Unmarshal([]byte(body), &export); err != nil {
		t.Fatalf("the export: %v in %s", err, body)
	}
	for _, e := range export.Ledger {
		if e.Action == "asked" {
			return e.Request
		}
	}
	return ""
}
