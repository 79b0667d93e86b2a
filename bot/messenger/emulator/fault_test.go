package emulator

import (
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func TestFailNext(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code, subcode int
		status        int
		transient     bool
		says          string
	}{
		{613, 0, 400, false, "(#613) Calls to this api have exceeded the rate limit."},
		{2, 0, 503, true, "(#2) Service temporarily unavailable"},
		{190, 463, 401, false, "Session has expired"},
		{190, 467, 401, false, "Invalid OAuth access token."},
		{10, 2018278, 400, false, "(#10) This message is sent outside of allowed window."},
		{551, 1893047, 400, false, "(#551) This person isn't available right now."},
		{4242, 7, 400, false, "(#4242) The request was refused"},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			b.FailNext(1, c.code, c.subcode)
			// What is not a message does not use up the refusal.
			b.must(m{"recipient": m{"id": b.zoe}, "sender_action": "typing_on"})
			got := b.send(to(b.zoe, m{"text": "hello"}))
			if got.Error.Code != c.code || got.Error.Subcode != c.subcode || got.Status != c.status || !strings.Contains(got.Error.Message, c.says) {
				t.Errorf("status %d, %s: %q", got.Status, got.code(), got.Error.Message)
			}
			fault := got.body["error"].(map[string]any)
			if transient, _ := fault["is_transient"].(bool); transient != c.transient {
				t.Errorf("transient %v", transient)
			}
			if fault["type"] != "OAuthException" || fault["fbtrace_id"] == "" {
				t.Errorf("envelope %v", fault)
			}
			if list := b.Refusals(); len(list) != 1 || list[0].Rule != 0 || list[0].Text != "hello" {
				t.Errorf("listed %+v", list)
			}
			b.must(to(b.zoe, m{"text": "hello again"}))
		})
	}
}

func TestFailSeveral(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	b.FailNext(2, 1200, 0)
	b.FailNext(1, 10, 2018108)
	var codes []string
	for range 4 {
		codes = append(codes, b.send(to(b.zoe, m{"text": "hello"})).code())
	}
	if got := strings.Join(codes, " "); got != "1200 1200 10/2018108 " {
		t.Errorf("codes %q", got)
	}
}

// TestUsageHeaders: the headers that tell a bot how busy it is, and how long to wait.
func TestUsageHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.SendsPerSecond = 4 })
	b.write("hi")
	got := b.must(to(b.zoe, m{"text": "hello"}))
	if usage := got.header.Get("X-App-Usage"); usage != `{"call_count":25,"total_time":0,"total_cputime":0}` {
		t.Errorf("X-App-Usage %s", usage)
	}
	if got.header.Get("X-Business-Use-Case-Usage") != "" {
		t.Error("told to wait for no reason")
	}
	b.FailNext(1, 80006, 0)
	got = b.send(to(b.zoe, m{"text": "hello"}))
	if wait := got.header.Get("X-Business-Use-Case-Usage"); !strings.Contains(wait, `"estimated_time_to_regain_access":1`) || !strings.HasPrefix(wait, `{"`+testPage+`":[`) {
		t.Errorf("X-Business-Use-Case-Usage %s", wait)
	}
}

// TestTheHeaderSaysWhenToComeBack: after too many calls of a day, until the oldest of them
// no longer count.
func TestTheHeaderSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for kind, code := range map[string]string{"messenger": "80006", "instagram": "80002"} {
		b := newBench(t, func(c *Config) { c.CallsPerPerson, c.Instagram = 4, kind == "instagram" })
		b.write("hi")
		for n, want := range []string{"25", "50", "75", "100", "125"} {
			got := b.send(to(b.zoe, m{"text": "hello"}))
			if usage := got.header.Get("X-App-Usage"); usage != `{"call_count":`+want+`,"total_time":0,"total_cputime":0}` {
				t.Errorf("%s, call %d: X-App-Usage %s", kind, n+1, usage)
			}
			wait := got.header.Get("X-Business-Use-Case-Usage")
			if n == 4 && (got.code() != code || !strings.Contains(wait, `"type":"`+kind+`","call_count":125,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":1440}`)) {
				t.Errorf("%s, call %d: %s, %s", kind, n+1, got.code(), wait)
			}
		}
	}
}

// TestTimeoutNext: the message is there, the answer is not, and the echo comes on demand.
func TestTimeoutNext(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Receipts = true })
	b.write("hi")
	b.told()
	b.TimeoutNext()
	_, err := b.call(http.MethodPost, testPage+"/messages", to(b.zoe, m{"text": "hello", "metadata": "send-1"}))
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("answered, or failed with %v", err)
	}
	chat := b.Chat(b.zoe)
	if last := chat[len(chat)-1]; last.Text != "hello" || last.Metadata != "send-1" {
		t.Errorf("shown %+v", last)
	}
	b.ok(b.Flush(t.Context()))
	b.write("what follows is not held up")
	if told := b.told(); len(told) != 2 || item(t, told[0])["read"] == nil {
		t.Errorf("told before Echo: %v", told)
	}
	b.ok(b.Echo())
	told := b.told()
	if len(told) != 2 || item(t, told[0])["message"].(map[string]any)["metadata"] != "send-1" || item(t, told[1])["delivery"] == nil {
		t.Errorf("told at Echo: %v", told)
	}
	b.must(to(b.zoe, m{"text": "answered again"}))
	log := b.Log()
	if log[0].Status != 0 || log[0].MID == "" || log[1].Status != http.StatusOK {
		t.Errorf("log %+v", log)
	}
}

// TestTheEchoComesWhenAllIsWell: what TimeoutNext held back does not outlive the fault.
func TestTheEchoComesWhenAllIsWell(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	b.TimeoutNext()
	if _, err := b.call(http.MethodPost, testPage+"/messages", to(b.zoe, m{"text": "hello"})); err == nil {
		t.Fatal("answered")
	}
	b.told()
	b.fault(`{"fault":"none"}`)
	if told := b.told(); len(told) != 1 || item(t, told[0])["message"].(map[string]any)["is_echo"] != true {
		t.Errorf("told %v, want the echo", told)
	}
}

// TestTimeoutOfARefusal: only a message that is accepted goes unanswered.
func TestTimeoutOfARefusal(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	b.TimeoutNext()
	if got := b.send(to(b.zoe, m{"text": ""})); got.code() != "100" {
		t.Errorf("code %q", got.code())
	}
	if _, err := b.call(http.MethodPost, testPage+"/messages", to(b.zoe, m{"text": "hello"})); err == nil {
		t.Error("answered")
	}
}
