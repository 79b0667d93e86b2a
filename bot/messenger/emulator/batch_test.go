package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// batchEntry is the answer to one call of a batch, nil if there is none.
type batchEntry struct {
	Code    int
	Body    string
	Headers []struct{ Name, Value string }
}

// code writes what became of a call: "200", "10/2018278", "null".
func (e *batchEntry) code(t *testing.T) string {
	t.Helper()
	if e == nil {
		return "null"
	}
	var r graphReply
	if err := json.Unmarshal([]byte(e.Body), &r); err != nil {
		t.Fatalf("%v in %s", err, e.Body)
	}
	if r.Error.Code == 0 {
		return fmt.Sprint(e.Code)
	}
	return r.code()
}

// sending is a call that sends, as a batch holds it.
func sending(body m) m {
	form := url.Values{}
	for name, value := range body {
		if text, ok := value.(string); ok {
			form.Set(name, text)
		} else {
			form.Set(name, jsonOf(value))
		}
	}
	return m{"method": "POST", "relative_url": "v25.0/" + testPage + "/messages", "body": form.Encode()}
}

// batchOf posts calls as a form of its own; more are further fields of it.
func (b *bench) batchOf(calls any, more ...string) *http.Request {
	b.t.Helper()
	form := url.Values{"batch": {jsonOf(calls)}, "include_headers": {"false"}, "access_token": {testToken}, "appsecret_proof": {keyed(testSecret, testToken)}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, "https://graph.facebook.com/", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// entries makes a batch call that is answered with a list.
func (b *bench) entries(r *http.Request) []*batchEntry {
	b.t.Helper()
	response, err := b.RoundTripper().RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var list []*batchEntry
	if err := json.Unmarshal(text, &list); err != nil || response.StatusCode != http.StatusOK {
		b.t.Fatalf("%d %s: %v", response.StatusCode, text, err)
	}
	return list
}

// codes are what became of the calls of a batch.
func (b *bench) codes(calls ...m) string {
	b.t.Helper()
	var codes []string
	for _, e := range b.entries(b.batchOf(calls)) {
		codes = append(codes, e.code(b.t))
	}
	return strings.Join(codes, " ")
}

func TestEachCallOfABatchIsJudgedAsASingleOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := b.accepted("News")
	kenji := b.Join("", "Kenji", "Abe", "ja_JP", "Asia/Tokyo")
	b.told()
	got := b.codes(
		sending(to(b.zoe, m{"text": "hello", "metadata": "send-1"})),
		sending(to(kenji, m{"text": "outside the window"})),
		sending(byToken(token, m{"text": "news"})),
		sending(to("1", m{"text": "nobody"})),
		sending(to(b.zoe, m{"text": ""})),
		sending(m{"recipient": m{"id": b.zoe}, "sender_action": "typing_on"}),
		m{"relative_url": "v25.0/me?fields=name"},
		m{"method": "POST", "relative_url": "v25.0/1/messages", "body": "x=1"},
		m{"method": "POST", "relative_url": testPage + "/messages", "body": "%zz"},
		m{"method": "POST", "relative_url": "me/messages", "depends_on": "first"},
		m{"method": "PATCH", "relative_url": "me/messages"},
		m{},
	)
	if want := "200 10/2018278 200 100/2018001 100 200 200 100/33 100 100 100 100"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if shown := b.Chat(b.zoe); shown[len(shown)-1].Text != "hello" || shown[len(shown)-2].Text != "news" {
		t.Errorf("the last is made first, and shown are %+v", shown)
	}
	b.ok(b.Flush(t.Context()))
	if told := b.told(); len(told) != 2 || !strings.Contains(told[1], "send-1") {
		t.Errorf("echoes: %v", told)
	}
	log := b.Log()
	last := log[len(log)-1]
	if len(log) != 13 || last.Method != "POST" || last.Path != "/v25.0/"+testPage+"/messages" || !last.Proof || last.Status != 200 || last.MID == "" {
		t.Errorf("%d calls in the log, the last %+v", len(log), last)
	}
	if want := jsonOf(to(b.zoe, m{"text": "hello", "metadata": "send-1"})); last.Body != want {
		t.Errorf("logged as %s, want %s", last.Body, want)
	}
}

func TestFaultsStrikeWithinABatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	b.told()
	message := func(text string) m { return sending(to(b.zoe, m{"text": text})) }
	b.FailNext(1, 613, 0)
	if got := b.codes(message("a"), message("b")); got != "200 613" {
		t.Errorf("after FailNext: %s", got)
	}
	b.TimeoutNext()
	if got := b.codes(message("c"), message("d")); got != "200 null" {
		t.Errorf("after TimeoutNext: %s", got)
	}
	b.LoseNext()
	if got := b.codes(message("e"), message("f")); got != "200 null" {
		t.Errorf("after LoseNext: %s", got)
	}
	var shown []string
	for _, s := range b.Chat(b.zoe)[1:] {
		shown = append(shown, s.Text)
	}
	if got := strings.Join(shown, ""); got != "adce" {
		t.Errorf("shown: %s", got)
	}
	b.ok(b.Flush(t.Context()))
	if n := len(b.told()); n != 3 {
		t.Errorf("%d echoes before Echo", n)
	}
	b.ok(b.Echo())
	if n := len(b.told()); n != 1 {
		t.Errorf("%d echoes at Echo", n)
	}
	b.LoseNext()
	if _, err := b.call(http.MethodPost, testPage+"/messages", to(b.zoe, m{"text": "alone"})); err == nil {
		t.Error("a lost message was answered")
	}
	b.RevokeToken(463)
	r, err := b.do(b.batchOf([]m{message("g")}))
	if err != nil || r.code() != "190/463" || r.Status != http.StatusUnauthorized {
		t.Errorf("with a dead token: %d %s, %v", r.Status, r.code(), err)
	}
}

func TestABatchIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	one := []m{sending(to(b.zoe, m{"text": "hello"}))}
	for name, tt := range map[string]struct {
		request *http.Request
		code    string
		says    string
	}{
		"too many":        {b.batchOf(make([]m, 51)), "100", "Too many requests in batch message. Maximum batch size is 50"},
		"none":            {b.batchOf([]m{}), "100", ""},
		"no list":         {b.batchOf("x"), "100", ""},
		"no proof":        {b.batchOf(one, "appsecret_proof", ""), "100", "appsecret_proof"},
		"another's token": {b.batchOf(one, "access_token", "x"), "190", ""},
	} {
		r, err := b.do(tt.request)
		if err != nil || r.code() != tt.code || !strings.Contains(r.Error.Message, tt.says) {
			t.Errorf("%s: %s %s, %v", name, r.code(), r.Error.Message, err)
		}
		if special := r.body["error"].(m)["type"] == "GraphBatchException"; special != (name == "too many") {
			t.Errorf("%s: %v", name, r.body)
		}
	}
	if len(b.Chat(b.zoe)) != 1 || len(b.Log()) != 5 {
		t.Errorf("%d messages in the chat, %d calls in the log", len(b.Chat(b.zoe)), len(b.Log()))
	}
}

func TestACallMayBringItsOwnToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	with := func(token string) m {
		call := sending(to(b.zoe, m{"text": "hello"}))
		call["body"] = fmt.Sprint(call["body"], "&access_token=", token, "&appsecret_proof=", keyed(testSecret, token))
		return call
	}
	if got := b.codes(with(testToken), with("another")); got != "200 190" {
		t.Errorf("got %s", got)
	}
	for _, call := range b.Log() {
		if strings.Contains(call.Body, testToken) || strings.Contains(call.Query.Encode(), testToken) {
			t.Errorf("the log shows the token: %+v", call)
		}
	}
}

// TestABatchInParts posts a batch as curl -F does, to a real server.
func TestABatchInParts(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	server := httptest.NewServer(b.Graph())
	t.Cleanup(server.Close)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{
		"batch": jsonOf([]m{sending(to(b.zoe, m{"text": "hello"}))}), "access_token": testToken, "appsecret_proof": keyed(testSecret, testToken),
	} {
		b.ok(form.WriteField(name, value))
	}
	b.ok(form.Close())
	response, err := http.Post(server.URL+"/base/", form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list []*batchEntry
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || len(list) != 1 || list[0].Code != 200 || len(list[0].Headers) == 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	if path := b.Log()[0].Path; path != "/base/v25.0/"+testPage+"/messages" {
		t.Errorf("logged as %s", path)
	}
}
