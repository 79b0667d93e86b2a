package cmd

import (
	"crypto/hmac"
	"crypto/sha1"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

func TestABrokenBotDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	rewrite(t, filepath.Join(dir, "flows", "restock.yaml"), "  - ask: ", "  - aks: ")
	rewrite(t, filepath.Join(dir, "flows", "monday.yaml"), "go: nouveautes", "go: nouveauté")
	code, out := cli(t, nil, "run", dir, "--listen", "127.0.0.1:0")
	if code != exitFindings {
		t.Errorf("run exits %d, want %d", code, exitFindings)
	}
	for _, want := range []string{
		`flows/monday.yaml:8:`, `"nouveauté"`, `did you mean "nouveautes"?`,
		`flows/restock.yaml:6:`, `"aks"`, `did you mean "ask"?`, "hint: ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the diagnostics lack %s", want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.db*")); err != nil || len(left) > 0 {
		t.Errorf("it made %v (%v)", left, err)
	}
	if t.Failed() {
		t.Log(out)
	}
}

// TestWhatIsNoWebhookIsRefused posts what the platform would not, and looks how it
// is answered and counted.
func TestWhatIsNoWebhookIsRefused(t *testing.T) {
	t.Parallel()
	body := hook(wirePage, person, time.Now(), `{"message":{"mid":"m_bad","text":"stock"}}`)
	signed := func(body string) http.Header {
		return http.Header{"X-Hub-Signature-256": {"sha256=" + hmacHex(wireSecret, body)}}
	}
	with := func(h http.Header, name, value string) http.Header {
		h.Set(name, value)
		return h
	}
	old := hmac.New(sha1.New, []byte(wireSecret))
	old.Write([]byte(body))
	large := body + strings.Repeat(" ", 4<<20)
	nest := `{"object":"page","entry":[` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `]}`
	b := startBot(t, copyBot(t, exampleRestock), newFakeGraph(t).account())
	for _, test := range []struct {
		name   string
		header http.Header
		body   string
		status int
		counts string
	}{
		{"no signature", http.Header{}, body, http.StatusForbidden, "bad_signature"},
		{"a signature with another secret", http.Header{"X-Hub-Signature-256": {"sha256=" + hmacHex("guessed", body)}}, body, http.StatusForbidden, "bad_signature"},
		{"the signature of another body", signed("{}"), body, http.StatusForbidden, "bad_signature"},
		{"a signature by sha1 alone", http.Header{"X-Hub-Signature": {"sha1=" + hex.EncodeToString(old.Sum(nil))}}, body, http.StatusForbidden, "bad_signature"},
		{"a body cut short", signed(body[:40]), body[:40], http.StatusBadRequest, "bad_body"},
		{"no JSON", signed("object=page"), "object=page", http.StatusBadRequest, "bad_body"},
		{"JSON of something else", signed(`["page"]`), `["page"]`, http.StatusBadRequest, "bad_body"},
		{"nested beyond reason", signed(nest), nest, http.StatusBadRequest, "bad_body"},
		{"more than 4 MiB", signed(large), large, http.StatusRequestEntityTooLarge, "too_large"},
		{"a body said to be compressed", with(signed(body), "Content-Encoding", "gzip"), body, http.StatusUnsupportedMediaType, "encoded"},
	} {
		counter := `relance_webhooks_total{result="` + test.counts + `"}`
		before := figure(t, b.base, counter)
		status, answer := request(t, http.MethodPost, b.base+"/webhooks/messenger", test.header, []byte(test.body))
		if status != test.status {
			t.Errorf("%s is answered with %d %s, want %d", test.name, status, answer, test.status)
		}
		if !strings.HasPrefix(answer, `{"error":{"code":`) {
			t.Errorf("%s: the answer is no error: %s", test.name, answer)
		}
		if n := figure(t, b.base, counter) - before; n != 1 {
			t.Errorf("%s is counted %d times as %s", test.name, n, test.counts)
		}
	}
	if code, out := cli(t, b.env, "why", "--dir", b.dir, "--json"); code != exitFine || strings.Contains(out, person) {
		t.Errorf("somebody is known by what was refused (exit %d):\n%s", code, out)
	}
	log := b.out.String()
	for _, code := range []string{"signature", "bad_body", "too_large", "encoded"} {
		if n := strings.Count(log, "code="+code+" ") + strings.Count(log, `"code":"`+code+`"`); n != 1 {
			t.Errorf("%s is logged %d times, want once:\n%s", code, n, log)
		}
	}
	for _, secret := range []string{wireSecret, person, "m_bad", hmacHex(wireSecret, body)} {
		if strings.Contains(log, secret) {
			t.Errorf("%s stands in the log", secret)
		}
	}
}

// TestWhatIsOddInAWebhookHarmsNothing posts bodies that the platform signed and that are
// not of its shape: they are accepted, what can be understood is, and the rest is kept.
func TestWhatIsOddInAWebhookHarmsNothing(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	b := startBot(t, copyBot(t, exampleRestock), graph.account())
	item := func(event string) string { return hook(wirePage, person, time.Now(), event) }
	nest := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for _, test := range []struct{ name, body, result string }{
		{"a message that is a number", item(`{"message":7}`), "stray"},
		{"a text that is a list", item(`{"message":{"mid":"m_o1","text":["stock"]}}`), "stray"},
		{"an id that is a truth", strings.Replace(item(`{"message":{"mid":"m_o2","text":"stock"}}`), `"`+person+`"`, "true", 1), "stray"},
		{"no list of messages", `{"object":"page","entry":[{"id":"` + wirePage + `","messaging":"all"}]}`, "stray"},
		{"entries that are numbers", `{"object":"page","entry":[7]}`, "stray"},
		{"another object", `{"object":"permissions","entry":[{"id":"` + wirePage + `","changes":[]}]}`, "stray"},
		{"deeply nested, where nobody looks", item(`{"message":{"mid":"m_o3","text":"stock","x":` + nest + `}}`), "stored"},
		{"pictures that lie about their kind", item(`{"message":{"mid":"m_o4","attachments":[{"type":"image","payload":[]},{"type":7},"image",{"type":"location","payload":{"coordinates":{"lat":"x"}}}]}}`), "stored"},
		{"the same again", item(`{"message":{"mid":"m_o4","text":"other words"}}`), "duplicate"},
		{"NUL and half a letter", item(`{"message":{"mid":"m_o5","text":"st\u0000ock \ud83d"}}`), "stored"},
	} {
		before := webhookFigures(t, b.base)
		if status := webhook(t, b.base, wireSecret, test.body); status != http.StatusOK {
			t.Errorf("%s is answered with %d", test.name, status)
		}
		if got := webhookFigures(t, b.base).results.since(before.results); len(got) != 1 || got[test.result] != 1 {
			t.Errorf("%s is %v, want %s", test.name, got, test.result)
		}
	}
	for _, stray := range straysOf(t, b) {
		if strings.HasPrefix(stray.Reason, "failed") {
			t.Errorf("an event could not be handled: %s %s", stray.Reason, stray.Body)
		}
	}
	graph.sends(t, 3) // what was understood is answered
	if n := figure(t, b.base, `relance_events_total{kind="message",reason="attachment"}`); n != 1 {
		t.Errorf("%d messages are counted for what is pinned to them, want one", n)
	}
	log := b.out.String()
	for _, reason := range []string{"malformed", "foreign_object", "attachment"} {
		if n := strings.Count(log, `"reason":"`+reason+`"`); n != 1 {
			t.Errorf("%s is logged %d times within an hour, want once:\n%s", reason, n, log)
		}
	}
	for _, secret := range []string{person, "m_o", "stock", wireSecret} {
		if strings.Contains(log, secret) {
			t.Errorf("%s stands in the log:\n%s", secret, log)
		}
	}
}

func TestAnEventOfAnotherPageIsKept(t *testing.T) {
	t.Parallel()
	b := startBot(t, copyBot(t, exampleRestock), newFakeGraph(t).account())
	if status := webhook(t, b.base, wireSecret, hook("999", person, time.Now(), `{"message":{"mid":"m_other","text":"stock"}}`)); status != http.StatusOK {
		t.Errorf("it is answered with %d", status)
	}
	strays := straysOf(t, b)
	if len(strays) != 1 || strays[0].Reason != "unknown page" || !strings.Contains(string(strays[0].Body), "m_other") {
		t.Errorf("what is kept: %+v", strays)
	}
	if log := b.out.String(); !strings.Contains(log, "does not speak for") || !strings.Contains(log, "messenger:999") || strings.Contains(log, person) {
		t.Errorf("the log says it wrongly:\n%s", log)
	}
}

// straysOf are what a bot has put aside.
func straysOf(t *testing.T, b *runningBot) []storage.Stray {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(b.dir, "relance.db"), sqlite.Config{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var strays []storage.Stray
	err = store.Read(t.Context(), func(r storage.Reader) (err error) {
		strays, err = r.Strays(0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strays
}

func TestEventsThatAreWrongNameTheItem(t *testing.T) {
	t.Parallel()
	b := startBot(t, copyBot(t, exampleRestock), nil)
	post := func(body string) (int, string) {
		return request(t, http.MethodPost, b.base+"/v1/events", http.Header{"Content-Type": {"application/json"}}, []byte(body))
	}
	good := func(id string) string {
		return `{"id":"` + id + `","name":"restock","data":{"model":"Gazelle","size":42,"url":"https://foulee.example/g42"}}`
	}
	for _, test := range []struct {
		name, body string
		status     int
		says       []string
	}{
		{"one", good("a"), http.StatusAccepted, []string{`"accepted":1`, `"duplicates":0`}},
		{"the same again", good("a"), http.StatusAccepted, []string{`"accepted":0`, `"duplicates":1`}},
		{"no id", `{"name":"restock","data":{"model":"Gazelle","size":42}}`, http.StatusUnprocessableEntity, []string{"id"}},
		{"an empty id", `{"id":"","name":"restock","data":{"model":"Gazelle","size":42}}`, http.StatusUnprocessableEntity, []string{"id"}},
		{"no name", `{"id":"b","data":{}}`, http.StatusUnprocessableEntity, []string{"name"}},
		{"a wrong type", `{"id":"b","name":"restock","data":{"model":"Gazelle","size":"large"}}`, http.StatusUnprocessableEntity, []string{"event 1", "size"}},
		{"a wrong type in a list", `[` + good("c") + `,{"id":"d","name":"restock","data":{"model":"Gazelle","size":[42]}}]`, http.StatusUnprocessableEntity, []string{"event 2", "size"}},
		{"nobody's contact", `{"id":"e","name":"restock","data":{"model":"Gazelle","size":42},"contact":"messenger:1:2"}`, http.StatusUnprocessableEntity, []string{"event 1", "contact"}},
		{"an unknown key", `{"id":"f","name":"restock","contacts":"x"}`, http.StatusUnprocessableEntity, []string{"contacts"}},
		{"no JSON", `id=restock`, http.StatusBadRequest, nil},
		{"what stood beside a wrong one", `[` + good("c") + `]`, http.StatusAccepted, []string{`"accepted":1`}},
		{"a name nobody declared", `{"id":"g","name":"new_collection","data":{"year":2027}}`, http.StatusAccepted, []string{`"accepted":1`}},
	} {
		status, answer := post(test.body)
		if status != test.status {
			t.Errorf("%s: answered with %d %s, want %d", test.name, status, answer, test.status)
		}
		for _, want := range test.says {
			if !strings.Contains(answer, want) {
				t.Errorf("%s: the answer lacks %s: %s", test.name, want, answer)
			}
		}
	}
	strays := straysOf(t, b)
	if len(strays) != 1 || !strings.Contains(strays[0].Reason, "new_collection") || !strings.Contains(string(strays[0].Body), "2027") {
		t.Errorf("what is kept of the event nobody declared: %+v", strays)
	}
	if !strings.Contains(b.out.String(), "new_collection") {
		t.Errorf("it is not reported:\n%s", b.out)
	}
}

// TestALockedDatabaseIsWaitedFor lets another connection hold the write lock for
// longer than the bot waits: the platform is asked to come again, and nothing that
// was acknowledged is lost.
func TestALockedDatabaseIsWaitedFor(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	b := startBot(t, copyBot(t, exampleRestock), graph.account())
	if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	graph.sends(t, 1)
	ready(t, b.base, http.StatusOK)

	db, err := sql.Open("sqlite3", filepath.Join(b.dir, "relance.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lock, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	later := hook(wirePage, person, time.Now(), `{"message":{"mid":"m_2","text":"51"}}`)
	asked := time.Now()
	if status := webhook(t, b.base, wireSecret, later); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook that cannot be stored is answered with %d after %s, want 503", status, time.Since(asked))
	}
	ready(t, b.base, http.StatusServiceUnavailable)
	if status, _ := request(t, http.MethodGet, b.base+"/healthz", nil, nil); status != http.StatusOK {
		t.Errorf("/healthz is answered with %d: the process lives", status)
	}

	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, "/readyz turns green again", func() bool {
		status, _ := request(t, http.MethodGet, b.base+"/readyz", nil, nil)
		return status == http.StatusOK
	})
	if status := webhook(t, b.base, wireSecret, later); status != http.StatusOK {
		t.Errorf("the webhook is answered with %d when it comes again", status)
	}
	if text := graph.sends(t, 2); !strings.Contains(text.body, "Une pointure entre 35 et 48") {
		t.Errorf("the reply is %s", text.body)
	}
}

// ready asks /readyz, which takes a moment to notice.
func ready(t *testing.T, base string, want int) {
	t.Helper()
	var status int
	var answer string
	for range 20 {
		if status, answer = request(t, http.MethodGet, base+"/readyz", nil, nil); status == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("/readyz is answered with %d %s, want %d", status, answer, want)
}

func TestTwoBotsDoNotShareADatabase(t *testing.T) {
	t.Parallel()
	b := startBot(t, copyBot(t, exampleRestock), nil)
	code, out := cli(t, nil, "run", b.dir, "--listen", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(out, "relance.db") || !strings.Contains(out, "in use by another process") {
		t.Errorf("a second run exits %d:\n%s", code, out)
	}
	ready(t, b.base, http.StatusOK)
}

func TestARunThatCannotStartLetsGoOfTheDatabase(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	env := newFakeGraph(t).account()
	env["MESSENGER_ACCESS_TOKEN"] = "two words"
	code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(out, "access token") || strings.Contains(out, "two words") {
		t.Errorf("run exits %d:\n%s", code, out)
	}
	startBot(t, dir, nil)
}

// TestSIGTERMDrains ends a bot while the platform still thinks about its message:
// it waits for the answer, settles it and goes.
func TestSIGTERMDrains(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}), make(chan struct{})
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		if call.method == http.MethodPost {
			close(asked)
			<-goOn
		}
		return 0, ""
	}})
	dir := copyBot(t, exampleRestock)
	c := startChild(t, graph.account(), "run", dir, "--listen", "127.0.0.1:0")
	c.await(t)
	if status := webhook(t, c.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	<-asked
	time.AfterFunc(300*time.Millisecond, func() { close(goOn) })
	if code := c.terminate(t); code != exitFine {
		t.Errorf("it exits %d:\n%s", code, c.log)
	}

	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Read(t.Context(), func(r storage.Reader) error {
		sent, err := r.SendsIn(storage.SendSent, 0)
		if err != nil {
			return err
		}
		if len(sent) != 1 || sent[0].MID != "mid.$wire-2" {
			return fmt.Errorf("it left %d messages settled: %+v", len(sent), sent)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLogsTellNothingSecretOrPersonal goes through what is logged, good and bad, at
// the level that says most.
func TestLogsTellNothingSecretOrPersonal(t *testing.T) {
	t.Parallel()
	refusals := []string{
		`{"error":{"message":"(#613) Calls to this api have exceeded the rate limit. 0612345678","type":"OAuthException","code":613,"fbtrace_id":"A1"}}`,
		`{"error":{"message":"Service temporarily unavailable","type":"OAuthException","code":2,"fbtrace_id":"A2"}}`,
	}
	var tries atomic.Int32
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		if call.method != http.MethodPost {
			return 0, ""
		}
		if n := int(tries.Add(1)); n <= len(refusals) {
			return http.StatusBadRequest, refusals[n-1]
		}
		return 0, ""
	}})
	env := graph.account()
	env["LOG_LEVEL"], env["RELANCE_API_KEY"] = "debug", "planted-api-key"
	c := startChild(t, env, "run", copyBot(t, exampleRestock), "--listen", "127.0.0.1:0")
	c.await(t)

	const secretText, secretPayload, secretToken = "Adieu Clothilde 0612345678", "planted-payload", "5931742809931"
	says := func(page, secret, event string, want int) {
		t.Helper()
		if status := webhook(t, c.base, secret, hook(page, person, time.Now(), event)); status != want {
			t.Errorf("%s is answered with %d, want %d", event, status, want)
		}
	}
	says(wirePage, wireSecret, `{"message":{"mid":"m_1","text":"stock"}}`, http.StatusOK)
	graph.sends(t, 3) // after two refusals
	says(wirePage, wireSecret, `{"message":{"mid":"m_2","text":"`+secretText+`"}}`, http.StatusOK)
	says(wirePage, wireSecret, `{"postback":{"mid":"m_3","title":"`+secretText+`","payload":"`+secretPayload+`"}}`, http.StatusOK)
	says(wirePage, wireSecret, `{"optin":{"type":"notification_messages","payload":"none","title":"Ta pointure est de retour","notification_messages_token":"`+secretToken+`"}}`, http.StatusOK)
	says("999", wireSecret, `{"message":{"mid":"m_4","text":"`+secretText+`"}}`, http.StatusOK)
	says(wirePage, "guessed", `{"message":{"mid":"m_5","text":"`+secretText+`"}}`, http.StatusForbidden)
	webhook(t, c.base, wireSecret, `{"object":"page","entry":"`+secretText+`"`)
	graph.sends(t, 4)
	for _, path := range []string{
		"/webhooks/messenger?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + wireVerify,
		"/webhooks/messenger?hub.mode=subscribe&hub.challenge=1&hub.verify_token=guessed-token",
		"/v1/contacts/" + contactOnWire, "/v1/decisions?contact=" + contactOnWire, "/nowhere/" + secretPayload, "/readyz", "/metrics",
	} {
		request(t, http.MethodGet, c.base+path, http.Header{"Authorization": {"Bearer planted-api-key"}}, nil)
	}
	for _, event := range []string{
		`{"id":"a","name":"restock","data":{"model":"` + secretText + `","size":"` + secretText + `"}}`,
		`{"id":"b","name":"unheard_of","data":{"what":"` + secretText + `"}}`,
		`{"id":"c","name":"restock","data":{"model":"` + secretText + `","size":42,"url":"x"}}`,
	} {
		request(t, http.MethodPost, c.base+"/v1/events", http.Header{"Authorization": {"Bearer planted-api-key"}}, []byte(event))
	}
	if code := c.terminate(t); code != exitFine {
		t.Errorf("it exits %d", code)
	}

	log := c.out.String() + c.log.String()
	if !strings.Contains(log, `"level":"DEBUG"`) || !strings.Contains(log, "613") {
		t.Errorf("the log does not hold what it was read for:\n%s", log)
	}
	for what, secret := range map[string]string{
		"access token": wireToken, "app secret": wireSecret, "verify token": wireVerify, "API key": "planted-api-key",
		"proof": hmacHex(wireSecret, wireToken), "guessed verify token": "guessed-token", "notification token": secretToken,
		"first name": "Zoé", "last name": "Martin", "text": "Clothilde", "number": "0612345678", "payload": secretPayload,
		"reply": "Quelle pointure", "person's id": person,
	} {
		if i := strings.Index(log, secret); i >= 0 {
			t.Errorf("the %s stands in the log: …%s…", what, log[max(0, i-200):min(len(log), i+100)])
		}
	}
}

const contactOnWire = "messenger:" + wirePage + ":" + person

func TestADotEnvThatCannotBeReadNamesTheLineAlone(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("# the shop's\nMESSENGER_APP_SECRET "+wireSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := cli(t, nil, "run", dir, "--listen", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(out, ".env:2: ") || strings.Contains(out, wireSecret) {
		t.Errorf("run exits %d:\n%s", code, out)
	}
}
