package cmd

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// person is a PSID of the Page's, as the platform writes them.
const person = "24530098377114001"

// TestARealPageOnTheWire runs the flagship against an endpoint that was written by
// hand, and holds every request against Meta's pages.
func TestARealPageOnTheWire(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	dir := copyBot(t, exampleRestock)
	rewrite(t, filepath.Join(dir, "bot.yaml"), "quiet_hours: 21:00-08:00\n", "")
	env := graph.account()
	env["RELANCE_API_KEY"] = "wire-api-key"
	b := startBot(t, dir, env)
	if out := b.out.String(); !strings.Contains(out, "Page "+wirePage) || !strings.Contains(out, b.base+"/webhooks/messenger") || strings.Contains(out, "/phone") {
		t.Errorf("the bot says:\n%s", out)
	}
	shake(t, b)

	n := 0
	says := func(event string) {
		t.Helper()
		n++
		event = strings.ReplaceAll(event, "MID", fmt.Sprintf("m_wire-in-%d", n))
		if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), event)); status != http.StatusOK {
			t.Fatalf("%s is answered with %d", event, status)
		}
	}
	taps := func(title, payload string) {
		t.Helper()
		says(fmt.Sprintf(`{"message":{"mid":"MID","text":%q,"quick_reply":{"payload":%q}}}`, title, payload))
	}

	says(`{"message":{"mid":"MID","text":"stock"}}`)
	first := graph.sends(t, 1)
	asRequired(t, graph, first)
	sizes := first.is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"text":"Quelle pointure cherches-tu ?","metadata":"…","quick_replies":[
		{"content_type":"text","title":"39","payload":"…"},{"content_type":"text","title":"40","payload":"…"},
		{"content_type":"text","title":"41","payload":"…"},{"content_type":"text","title":"42","payload":"…"},
		{"content_type":"text","title":"43","payload":"…"}]}}`)

	taps("42", sizes["42"])
	graph.sends(t, 2).is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"text":"Plus de 42 pour le moment, Zoé.","metadata":"…"}}`)
	cadences := graph.sends(t, 3).is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"text":"À quelle fréquence ?","metadata":"…","quick_replies":[
		{"content_type":"text","title":"Chaque jour","payload":"…"},{"content_type":"text","title":"Chaque semaine","payload":"…"}]}}`)

	taps("Chaque semaine", cadences["Chaque semaine"])
	asked := graph.sends(t, 4)
	asRequired(t, graph, asked)
	offer := asked.is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"attachment":{"type":"template","payload":{
			"template_type":"notification_messages","title":"Ta pointure est de retour",
			"image_url":"https://foulee.example/img/restock.png","payload":"…","notification_messages_frequency":"WEEKLY"}},
		"quick_replies":[{"content_type":"text","title":"Non merci","payload":"…"}],"metadata":"…"}}`)

	says(fmt.Sprintf(`{"optin":{"type":"notification_messages","payload":%q,"title":"Ta pointure est de retour",
		"notification_messages_token":"5931742809931","notification_messages_timezone":"UTC",
		"token_expiry_timestamp":%d,"user_token_status":"NOT_REFRESHED"}}`, offer[optInTitle], time.Now().AddDate(1, 0, 0).UnixMilli()))
	graph.sends(t, 5).is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"text":"C'est noté ! Je t'écris dès que le 42 revient.","metadata":"…"}}`)

	// Two days later the window is closed: only the token reaches them.
	if code := b.stop(); code != exitFine {
		t.Fatalf("the bot ends with %d:\n%s", code, b.out)
	}
	lastActWas(t, dir, bot.ContactID("messenger", wirePage, person), 48*time.Hour)
	b = startBot(t, dir, env)
	if code, out := cli(t, b.env, "event", "restock", "model=Gazelle", "size=42", "url=https://foulee.example/g42", "--dir", dir); code != exitFine {
		t.Fatalf("relance event exits %d: %s", code, out)
	}
	told := graph.sends(t, 6)
	asRequired(t, graph, told)
	buttons := told.is(t, `{"recipient":{"notification_messages_token":"5931742809931"},"message":{
		"attachment":{"type":"template","payload":{
			"template_type":"button","text":"Zoé : la Gazelle en 42 est de retour !","buttons":[
			{"type":"web_url","title":"J'achète","url":"https://foulee.example/g42"},{"type":"postback","title":"Stop","payload":"…"}]}},
		"metadata":"…"}}`)

	says(fmt.Sprintf(`{"postback":{"mid":"MID","title":"Stop","payload":%q}}`, buttons["Stop"]))
	graph.sends(t, 7).is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{
		"text":"C'est fait : plus de messages « Ta pointure est de retour ».","metadata":"…"}}`)
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot ends with %d:\n%s", code, b.out)
	}

	graph.mu.Lock()
	defer graph.mu.Unlock()
	ids := map[string]bool{}
	for _, call := range graph.calls {
		if call.method == http.MethodGet {
			proved(t, call)
			continue
		}
		_, metadata, _ := call.message(t)
		if ids[metadata] {
			t.Errorf("two messages carry the id %s", metadata)
		}
		ids[metadata] = true
	}
	if len(ids) != 7 {
		t.Errorf("%d messages were sent, want 7", len(ids))
	}
}

// TestARefusalForATimeIsTriedLaterAndLater looks at the gaps between the tries of a
// message that the platform cannot take just now.
func TestARefusalForATimeIsTriedLaterAndLater(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var tries []time.Time
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		if call.method != http.MethodPost {
			return 0, ""
		}
		mu.Lock()
		defer mu.Unlock()
		if tries = append(tries, time.Now()); len(tries) > 2 {
			return 0, ""
		}
		return http.StatusInternalServerError, `{"error":{"message":"Service temporarily unavailable","type":"OAuthException","code":2,"fbtrace_id":"A2"}}`
	}})
	b := startBot(t, copyBot(t, exampleRestock), graph.account())
	if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	first, last := graph.sends(t, 1), graph.sends(t, 3)
	if first.body != last.body {
		t.Errorf("the message was\n%s\nand is\n%s", first.body, last.body)
	}
	b.stop()
	mu.Lock()
	defer mu.Unlock()
	for i, least := range []time.Duration{200 * time.Millisecond, 800 * time.Millisecond} {
		if gap := tries[i+1].Sub(tries[i]); gap < least-20*time.Millisecond || gap > least+5*time.Second {
			t.Errorf("try %d comes after %s, want %s or a little more", i+2, gap, least)
		}
	}
}

// shake does Meta's handshake, well and badly.
func shake(t *testing.T, b *runningBot) {
	t.Helper()
	for _, test := range []struct {
		name, mode, token string
		status            int
		answer            string
	}{
		{"the right token", "subscribe", wireVerify, http.StatusOK, "1158201444"},
		{"another token", "subscribe", "guessed", http.StatusForbidden, ""},
		{"no token", "subscribe", "", http.StatusForbidden, ""},
		{"another mode", "unsubscribe", wireVerify, http.StatusForbidden, ""},
	} {
		query := url.Values{"hub.mode": {test.mode}, "hub.verify_token": {test.token}, "hub.challenge": {"1158201444"}}
		status, answer := request(t, http.MethodGet, b.base+"/webhooks/messenger?"+query.Encode(), nil, nil)
		if status != test.status || test.answer != "" && answer != test.answer {
			t.Errorf("%s is answered with %d %q", test.name, status, answer)
		}
		if strings.Contains(answer, wireVerify) {
			t.Errorf("%s is told the token: %q", test.name, answer)
		}
	}
}

// asRequired holds a call against what the platform requires of all that send.
func asRequired(t *testing.T, graph *fakeGraph, call graphCall) {
	t.Helper()
	base, err := url.Parse(graph.base)
	if err != nil {
		t.Fatal(err)
	}
	if want := base.Path + "/" + wirePage + "/messages"; call.method != http.MethodPost || call.path != want {
		t.Errorf("%s %s, want POST %s", call.method, call.path, want)
	}
	if got := call.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	proved(t, call)
}

// proved looks at the token: in a header alone, with its proof.
func proved(t *testing.T, call graphCall) {
	t.Helper()
	if got := call.header.Get("Authorization"); got != "Bearer "+wireToken {
		t.Errorf("%s %s: Authorization is %q", call.method, call.path, got)
	}
	if got, want := call.query.Get("appsecret_proof"), hmacHex(wireSecret, wireToken); got != want {
		t.Errorf("%s %s: appsecret_proof is %q, want %q", call.method, call.path, got, want)
	}
	for _, secret := range []string{wireToken, wireSecret, wireVerify} {
		if strings.Contains(call.path+"?"+call.query.Encode()+" "+call.body, secret) {
			t.Errorf("%s %s: a secret stands in the address or the body", call.method, call.path)
		}
	}
}

// lastActWas makes somebody's last act so long ago. The bot must not be running.
func lastActWas(t *testing.T, dir, contact string, ago time.Duration) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Write(t.Context(), func(tx storage.Tx) error {
		c, err := tx.Contact(contact)
		if err != nil {
			return err
		}
		c.LastAct = c.LastAct.Add(-ago)
		return tx.PutContact(c)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEventsOfTheShopNeedTheKey sends events to a bot of a real Page, where nobody
// is let in without the key, this machine included.
func TestEventsOfTheShopNeedTheKey(t *testing.T) {
	t.Parallel()
	const event = `{"id":"restock-1","name":"restock","data":{"model":"Gazelle","size":42,"url":"https://foulee.example/g42"}}`
	for _, test := range []struct {
		name, key, authorization string
		status                   int
	}{
		{"with the key", "wire-api-key", "Bearer wire-api-key", http.StatusAccepted},
		{"with another key", "wire-api-key", "Bearer guessed", http.StatusUnauthorized},
		{"without a key", "wire-api-key", "", http.StatusUnauthorized},
		{"where none is set", "", "", http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env := newFakeGraph(t).account()
			env["RELANCE_API_KEY"] = test.key
			b := startBot(t, copyBot(t, exampleRestock), env)
			header := http.Header{"Content-Type": {"application/json"}}
			if test.authorization != "" {
				header.Set("Authorization", test.authorization)
			}
			if status, answer := request(t, http.MethodPost, b.base+"/v1/events", header, []byte(event)); status != test.status {
				t.Errorf("the event is answered with %d %s, want %d", status, answer, test.status)
			}
		})
	}
}
