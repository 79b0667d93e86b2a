package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestAccess calls with every kind of credentials, in every place they may stand.
func TestAccess(t *testing.T) {
	t.Parallel()
	proof := keyed(testSecret, testToken)
	stamped := func(at time.Time) url.Values {
		seconds := fmt.Sprint(at.Unix())
		return url.Values{"access_token": {testToken}, "appsecret_time": {seconds}, "appsecret_proof": {keyed(testSecret, testToken+"|"+seconds)}}
	}
	cases := []struct {
		name   string
		query  url.Values
		bearer string
		body   m // beside the message
		code   string
		status int
	}{
		{name: "token and proof in the query", query: url.Values{"access_token": {testToken}, "appsecret_proof": {proof}}},
		{name: "token as bearer", query: url.Values{"appsecret_proof": {proof}}, bearer: testToken},
		{name: "both in the body", body: m{"access_token": testToken, "appsecret_proof": proof}},
		{name: "a stamped proof", query: stamped(friday.Add(-5 * time.Minute))},
		{name: "a stamped proof too old", query: stamped(friday.Add(-5*time.Minute - time.Second)), code: "100", status: 400},
		{name: "no token", query: url.Values{"appsecret_proof": {proof}}, code: "190", status: 401},
		{name: "a wrong token", query: url.Values{"access_token": {"stolen"}, "appsecret_proof": {proof}}, code: "190", status: 401},
		{name: "no proof", query: url.Values{"access_token": {testToken}}, code: "100", status: 400},
		{name: "the proof of another secret", query: url.Values{"access_token": {testToken}, "appsecret_proof": {keyed("other", testToken)}}, code: "100", status: 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			body := to(b.zoe, m{"text": "hello"})
			for k, v := range c.body {
				body[k] = v
			}
			r := httptest.NewRequest(http.MethodPost, "https://graph.facebook.com/"+testPage+"/messages?"+c.query.Encode(), strings.NewReader(jsonOf(body)))
			r.Header.Set("Content-Type", "application/json")
			if c.bearer != "" {
				r.Header.Set("Authorization", "Bearer "+c.bearer)
			}
			r.RequestURI = ""
			got, err := b.do(r)
			b.ok(err)
			if got.code() != c.code || c.status != 0 && got.Status != c.status {
				t.Errorf("status %d, code %q (%s), want %d, %q", got.Status, got.code(), got.Error.Message, c.status, c.code)
			}
			log := b.Log()
			last := log[len(log)-1]
			if text := fmt.Sprint(last); strings.Contains(text, testToken) || strings.Contains(text, proof) || strings.Contains(text, "stolen") {
				t.Errorf("the log shows a secret: %s", text)
			}
			if last.Proof != (c.code == "") {
				t.Errorf("proved: %v", last.Proof)
			}
		})
	}
}

func TestFormBody(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	form := url.Values{
		"access_token": {testToken}, "appsecret_proof": {keyed(testSecret, testToken)}, "messaging_type": {"RESPONSE"},
		"recipient": {jsonOf(m{"id": b.zoe})}, "message": {jsonOf(m{"text": "hello & good-bye"})},
	}
	r, err := http.NewRequest(http.MethodPost, "https://graph.facebook.com/me/messages", strings.NewReader(form.Encode()))
	b.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	got, err := b.do(r)
	b.ok(err)
	if chat := b.Chat(b.zoe); got.Status != http.StatusOK || chat[len(chat)-1].Text != "hello & good-bye" {
		t.Errorf("status %d, chat %+v", got.Status, chat)
	}
}

func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON": "{", "a list": "[]", "two objects": "{} {}", "nothing": "", "too much": `{"a":"` + strings.Repeat("x", maxRequest) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			r, err := http.NewRequest(http.MethodPost, "https://graph.facebook.com/me/messages?access_token="+testToken+"&appsecret_proof="+keyed(testSecret, testToken), strings.NewReader(body))
			b.ok(err)
			r.Header.Set("Content-Type", "application/json")
			got, err := b.do(r)
			b.ok(err)
			if got.code() != "100" {
				t.Errorf("code %q", got.code())
			}
		})
	}
}

// TestGraphOverHTTP runs the same over a socket, where a cut is a cut.
func TestGraphOverHTTP(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	server := httptest.NewServer(b.Graph())
	defer server.Close()
	b.write("hi")
	post := func() (*http.Response, error) {
		query := url.Values{"access_token": {testToken}, "appsecret_proof": {keyed(testSecret, testToken)}}
		return http.Post(server.URL+"/v25.0/"+testPage+"/messages?"+query.Encode(), "application/json", strings.NewReader(jsonOf(to(b.zoe, m{"text": "hello"}))))
	}
	answer, err := post()
	b.ok(err)
	body, err := io.ReadAll(answer.Body)
	b.ok(err)
	b.ok(answer.Body.Close())
	if want := `{"message_id":"` + b.Chat(b.zoe)[1].MID + `","recipient_id":"` + b.zoe + `"}`; string(body) != want {
		t.Errorf("answered %s, want %s", body, want)
	}
	b.TimeoutNext()
	if answer, err := post(); err == nil {
		_ = answer.Body.Close()
		t.Fatalf("answered %d after TimeoutNext", answer.StatusCode)
	}
	if n := len(b.Chat(b.zoe)); n != 3 {
		t.Errorf("%d messages are shown, want 3: the unanswered one arrived", n)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	get := func(b *bench, path string) graphReply {
		r, err := b.call(http.MethodGet, path, nil)
		b.ok(err)
		return r
	}
	b := newBench(t, nil)
	if got := get(b, b.zoe+"?fields=first_name"); got.code() != "100/33" || len(b.Refusals()) != 0 {
		t.Errorf("without permission: code %q, %d refusals listed", got.code(), len(b.Refusals()))
	}
	b = newBench(t, func(c *Config) { c.Profiles = true })
	kolkata := b.Join("", "Asha", "", "", "Asia/Kolkata")
	for path, want := range map[string]string{
		b.zoe + "?fields=first_name,last_name,name,locale,timezone,gender": `{"first_name":"Zoé","id":"` + b.zoe + `","last_name":"Martin","locale":"fr_FR","name":"Zoé Martin","timezone":1}`,
		b.zoe: `{"first_name":"Zoé","id":"` + b.zoe + `","last_name":"Martin"}`,
		kolkata + "?fields=last_name,locale,timezone": `{"id":"` + kolkata + `","timezone":5.5}`,
		testPage + "?fields=id,name":                  `{"id":"` + testPage + `","name":"Foulée"}`,
	} {
		if got := jsonOf(get(b, path).body); got != want {
			t.Errorf("GET %s\n got %s\nwant %s", path, got, want)
		}
	}
}

func TestTokenList(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	var tokens []string
	for range 5 {
		token, err := b.Give(b.Join("", "Ana", "", "", ""), "News")
		b.ok(err)
		tokens = append(tokens, token)
	}
	b.ok(b.StopTopic(b.People()[1].PSID, "News"))
	seen := map[string]bool{}
	after := ""
	for pages := 1; ; pages++ {
		got, err := b.call(http.MethodGet, testPage+"/notification_message_tokens?limit=3"+after, nil)
		b.ok(err)
		for _, row := range got.body["data"].([]any) {
			row := row.(map[string]any)
			seen[row["notification_messages_token"].(string)] = true
			if row["topic_title"] != "News" || row["user_token_status"] != "NOT_REFRESHED" {
				t.Errorf("row %v", row)
			}
		}
		paging := got.body["paging"].(map[string]any)
		if paging["next"] == nil {
			if pages != 2 {
				t.Errorf("%d pages of 3, want 2", pages)
			}
			break
		}
		after = "&after=" + paging["cursors"].(map[string]any)["after"].(string)
	}
	if len(seen) != 4 || seen[tokens[0]] {
		t.Errorf("listed %v of %v: all but the stopped first", seen, tokens)
	}
	one, err := b.call(http.MethodGet, "notification_messages_"+tokens[1], nil)
	b.ok(err)
	if one.body["notification_messages_token"] != tokens[1] {
		t.Errorf("one token: %v", one.body)
	}
	if gone, err := b.call(http.MethodGet, "notification_messages_"+tokens[0], nil); err != nil || gone.code() != "100/33" {
		t.Errorf("a stopped token: %v %v", gone.body, err)
	}
}

func TestPersonas(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	made, err := b.call(http.MethodPost, testPage+"/personas", m{"name": "Zoé", "profile_picture_url": "https://foulee.example/zoe.png"})
	b.ok(err)
	id := made.body["id"].(string)
	b.must(m{"recipient": m{"id": b.zoe}, "messaging_type": "RESPONSE", "message": m{"text": "It is me"}, "persona_id": id})
	if chat := b.Chat(b.zoe); chat[1].Persona != "Zoé" {
		t.Errorf("signed %q", chat[1].Persona)
	}
	if _, err := b.call(http.MethodDelete, id, nil); err != nil {
		t.Fatal(err)
	}
	list, err := b.call(http.MethodGet, "me/personas", nil)
	b.ok(err)
	if len(list.body["data"].([]any)) != 0 {
		t.Errorf("still there: %v", list.body)
	}
	if nameless, _ := b.call(http.MethodPost, "me/personas", m{"profile_picture_url": "https://foulee.example/zoe.png"}); nameless.code() != "100" {
		t.Errorf("a persona without a name: %q", nameless.code())
	}
}
