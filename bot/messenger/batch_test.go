package messenger

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// What was decided for a campaign that is not set up any more, as after a restart, closes
// the lane, whether it goes alone or with others.
func TestPaidMessagesWithoutACampaign(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{"no ad account": {}, "no campaign": {AdAccount: "77"}} {
		c := newTestChannel(t, config)
		d := bot.Delivery{ID: "s1", Person: "20", Lane: "marketing", Token: "T", Message: flows.Message{Kind: flows.Text, Text: "Bonjour"}}
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassLane, Code: "no_campaign"}
		if got := c.SendBatch(t.Context(), []bot.Delivery{d, d}); cmp.Diff([]bot.Outcome{want, want}, got) != "" {
			t.Errorf("%s: together: %+v", name, got)
		}
		if got := c.Send(t.Context(), d); got != want {
			t.Errorf("%s: alone: %+v", name, got)
		}
	}
}

// operation is one call of a batch as the platform reads it.
type operation struct {
	Method string `json:"method"`
	URL    string `json:"relative_url"`
	Body   string `json:"body"`
}

// operations takes the request of a batch apart.
func operations(t *testing.T, r recorded) []operation {
	t.Helper()
	form, err := url.ParseQuery(r.body)
	if err != nil {
		t.Fatal(err)
	}
	if r.method != http.MethodPost || r.header.Get("Content-Type") != "application/x-www-form-urlencoded" || form.Get("include_headers") != "false" {
		t.Errorf("%s, %s, include_headers=%s", r.method, r.header.Get("Content-Type"), form.Get("include_headers"))
	}
	if got := r.header.Get("Authorization"); got != "Bearer "+testToken || form.Get("access_token") != testToken {
		t.Errorf("authorization %q, access_token %q", got, form.Get("access_token"))
	}
	if r.query.Get("appsecret_proof") != proof(testToken, testSecret) || len(r.query) != 1 {
		t.Errorf("query %v", r.query)
	}
	var list []operation
	if err := json.Unmarshal([]byte(form.Get("batch")), &list); err != nil {
		t.Fatalf("%v in %s", err, form.Get("batch"))
	}
	return list
}

// message writes the body of a call as the JSON that a single call would have.
func (o operation) message(t *testing.T) string {
	t.Helper()
	form, err := url.ParseQuery(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]any{}
	for name, values := range form {
		if parts[name] = any(values[0]); name != "messaging_type" {
			parts[name] = json.RawMessage(values[0])
		}
	}
	out, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestABatchHoldsTheMessagesOfSingleCalls(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, inBatch(nil))
	c := fake.channel(t, Config{})
	var batch []bot.Delivery
	for _, s := range shapes {
		batch = append(batch, s.delivery)
	}
	batch = append(batch, window(flows.Message{Kind: flows.Text, Text: "%25 + & = ? \"\\\n 🙂 é", Typing: 5000}))
	c.SendBatch(t.Context(), batch)
	r := fake.requests()[0]
	if r.path != "/" {
		t.Errorf("posted to %s", r.path)
	}
	list := operations(t, r)
	if len(list) != len(batch) {
		t.Fatalf("%d calls for %d messages", len(list), len(batch))
	}
	for i, o := range list {
		if o.Method != http.MethodPost || o.URL != "v25.0/10/messages" {
			t.Errorf("%s %s", o.Method, o.URL)
		}
		want, err := encode(nil, &batch[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(canonical(t, string(want)), canonical(t, o.message(t))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestABatchGoesToTheRootOfTheBase(t *testing.T) {
	t.Parallel()
	for base, want := range map[string][2]string{
		"":                 {"/", "10/messages"},
		"/":                {"/", "10/messages"},
		"/v25.0":           {"/", "v25.0/10/messages"},
		"/v25.0/":          {"/", "v25.0/10/messages"},
		"/graph/v3":        {"/graph/", "v3/10/messages"},
		"/graph":           {"/graph/", "10/messages"},
		"/v25.0/elsewhere": {"/v25.0/elsewhere/", "10/messages"},
		"/version":         {"/version/", "10/messages"},
		"/v":               {"/", "v/10/messages"},
	} {
		fake := newFakeGraph(t, inBatch([]http.HandlerFunc{ok}))
		c := newTestChannel(t, Config{GraphURL: fake.server.URL + base})
		if o := c.SendBatch(t.Context(), []bot.Delivery{reply42})[0]; o.Status != bot.Accepted {
			t.Errorf("%q: %+v", base, o)
		}
		if o := c.Send(t.Context(), reply42); o.Code != "http_200" { // an answer for batches
			t.Errorf("%q: %+v", base, o)
		}
		requests := fake.requests()
		list := operations(t, requests[0])
		if got := [2]string{requests[0].path, list[0].URL}; got != want {
			t.Errorf("%q: posted to %v, want %v", base, got, want)
		}
		if single := requests[1].path; single != strings.TrimSuffix(base, "/")+"/10/messages" {
			t.Errorf("%q: a single call to %s", base, single)
		}
	}
}

func TestWhatBecomesOfABatch(t *testing.T) {
	t.Parallel()
	accepted := bot.Outcome{Status: bot.Accepted, MID: "m_1"}
	entries := func(list ...string) answer { return says(200, "["+strings.Join(list, ",")+"]") }
	entry := func(code int, body string) string {
		text, _ := json.Marshal(body)
		return fmt.Sprintf(`{"code":%d,"body":%s}`, code, text)
	}
	took := entry(200, `{"recipient_id":"20","message_id":"m_1"}`)
	fails := func(class bot.Class, code string) bot.Outcome {
		return bot.Outcome{Status: bot.Refused, Class: class, Code: code}
	}
	rests := func(class bot.Class, code string, rest time.Duration) bot.Outcome {
		o := fails(class, code)
		o.RetryAfter = rest
		return o
	}
	unknown := func(code string) bot.Outcome { return bot.Outcome{Status: bot.Unknown, Code: code} }
	for _, tt := range []struct {
		name   string
		answer answer
		want   [2]bot.Outcome // of a reply and a notification
	}{
		{"both taken", entries(took, took), [2]bot.Outcome{accepted, accepted}},
		{"with headers all the same", entries(`{"code":200,"headers":[{"name":"Vary","value":"x"}],"body":"{\"message_id\":\"m_1\"}"}`, took), [2]bot.Outcome{accepted, accepted}},
		{"one refused as a single call is", entries(entry(400, `{"error":{"code":10,"error_subcode":2018278}}`), took), [2]bot.Outcome{fails(bot.ClassWindow, "10/2018278"), accepted}},
		{"each on its lane", entries(entry(400, `{"error":{"code":100}}`), entry(400, `{"error":{"code":100}}`)),
			[2]bot.Outcome{fails(bot.ClassContent, "100"), fails(bot.ClassPermit, "100")}},
		{"one timed out", entries("null", took), [2]bot.Outcome{unknown("null"), accepted}},
		{"one broke down", entries(took, entry(500, `<html>`)), [2]bot.Outcome{accepted, unknown("http_500")}},
		{"one of no shape", entries(`7`, took), [2]bot.Outcome{unknown("http_0"), accepted}},
		{"one without a body", entries(`{"code":200}`, took), [2]bot.Outcome{unknown("http_200"), accepted}},
		{"one whose body is no text", entries(`{"code":200,"body":{"message_id":"m_1"}}`, took), [2]bot.Outcome{unknown("http_200"), accepted}},
		{"a batch inside broke", entries(took, entry(400, `{"error":{"code":1,"error_subcode":1357046}}`)), [2]bot.Outcome{accepted, unknown("1/1357046")}},
		{"one missing", entries(took), [2]bot.Outcome{unknown("entries"), unknown("entries")}},
		{"the one refused missing", entries(entry(400, `{"error":{"code":100}}`)), [2]bot.Outcome{unknown("entries"), unknown("entries")}},
		{"one too many", entries(took, entry(400, `{"error":{"code":100}}`), took), [2]bot.Outcome{unknown("entries"), unknown("entries")}},
		{"none", entries(), [2]bot.Outcome{unknown("entries"), unknown("entries")}},
		{"ten thousand", entries(strings.Split(strings.Repeat("null ", 10_000)+"null", " ")...), [2]bot.Outcome{unknown("entries"), unknown("entries")}},
		{"deep in itself", says(200, strings.Repeat("[", 100_000)), [2]bot.Outcome{unknown("http_200"), unknown("http_200")}},
		{"one that is a list", entries(`[`+took+`]`, took), [2]bot.Outcome{unknown("http_0"), accepted}},
		{"one whose status is a text", entries(`{"code":"400","body":"{\"error\":{\"code\":100}}"}`, took), [2]bot.Outcome{fails(bot.ClassContent, "100"), accepted}},

		{"a dead token", says(401, `{"error":{"type":"OAuthException","code":190,"error_subcode":463}}`), [2]bot.Outcome{fails(bot.ClassToken, "190/463"), fails(bot.ClassToken, "190/463")}},
		{"too often", says(429, `{"error":{"code":80006}}`), [2]bot.Outcome{rests(bot.ClassBackoff, "80006", restLimit), rests(bot.ClassBackoff, "80006", restLimit)}},
		{"too often for a while", says(400, `{"error":{"code":613}}`), [2]bot.Outcome{fails(bot.ClassTransient, "613"), fails(bot.ClassTransient, "613")}},
		{"too many", says(400, `{"error":{"message":"Too many requests in batch message. Maximum batch size is 50","type":"GraphBatchException"}}`),
			[2]bot.Outcome{fails(bot.ClassTransient, "0"), fails(bot.ClassTransient, "0")}},
		{"a bad parameter is no permit's fault", says(400, `{"error":{"code":100}}`), [2]bot.Outcome{fails(bot.ClassTransient, "100"), fails(bot.ClassTransient, "100")}},
		{"down on the way", says(503, `{"error":{"code":2}}`), [2]bot.Outcome{unknown("2"), unknown("2")}},
		{"a list under 500", says(500, "["+took+","+took+"]"), [2]bot.Outcome{unknown("http_500"), unknown("http_500")}},
		{"a single answer", ok, [2]bot.Outcome{unknown("http_200"), unknown("http_200")}},
		{"half a list", says(200, "["+took+","), [2]bot.Outcome{unknown("http_200"), unknown("http_200")}},
		{"not found", says(404, "<html>"), [2]bot.Outcome{fails(bot.ClassOperator, "http_404"), fails(bot.ClassOperator, "http_404")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, tt.answer)
			c := fake.channel(t, Config{Lanes: []string{"recurring"}})
			batch := []bot.Delivery{reply42, notification(flows.Message{Kind: flows.Text, Text: "42"})}
			got := c.SendBatch(context.Background(), batch)
			if diff := cmp.Diff(tt.want[:], got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestARefusalInAnAnswerOfTooFewEntriesIsNobodys: it was taken for that of the first, who
// may have the message already, and was written to again.
func TestARefusalInAnAnswerOfTooFewEntriesIsNobodys(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, says(200, `[{"code":400,"body":"{\"error\":{\"code\":2}}"}]`))
	outs := fake.channel(t, Config{}).SendBatch(t.Context(), []bot.Delivery{reply42, reply42})
	for i, o := range outs {
		if o.Status != bot.Unknown {
			t.Errorf("message %d: got %+v", i, o)
		}
	}
}

func TestTheLimitsOfABatchHoldForAllInIt(t *testing.T) {
	t.Parallel()
	answer := inBatch([]http.HandlerFunc{ok, says(400, `{"error":{"code":551}}`)})
	fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		answer(w, r)
	})
	outs := fake.channel(t, Config{}).SendBatch(t.Context(), []bot.Delivery{reply42, reply42})
	for _, o := range outs {
		if o.RetryAfter != 7*time.Second {
			t.Errorf("got %+v", o)
		}
	}
}

// FuzzTwice: a value of a form in a form comes out as it went in.
func FuzzTwice(f *testing.F) {
	f.Add([]byte(`{"text":"a b+c%20 é\u00e9 & = ~-_."}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		once, err := url.QueryUnescape(string(appendTwice(nil, value)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := url.QueryUnescape(once); err != nil || got != string(value) || once != url.QueryEscape(string(value)) {
			t.Errorf("%q became %q, error %v", value, got, err)
		}
	})
}

// BenchmarkSendBatch is a full batch; the time of one message is a fiftieth.
func BenchmarkSendBatch(b *testing.B) {
	entry := `{"code":200,"body":"{\"recipient_id\":\"24012345678901234\",\"message_id\":\"m_1\"}"}`
	c := newTestChannel(b, Config{GraphURL: benchServer(b, "["+strings.Repeat(entry+",", maxBatch-1)+entry+"]")})
	batch := make([]bot.Delivery, maxBatch)
	for i := range batch {
		batch[i] = benchReply
	}
	b.ReportAllocs()
	for b.Loop() {
		if outs := c.SendBatch(context.Background(), batch); outs[maxBatch-1].Status != bot.Accepted {
			b.Fatal(outs[maxBatch-1])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*maxBatch), "µs/message")
}
