package emulator

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzSend: whatever is posted, the answer is an answer of the platform.
func FuzzSend(f *testing.F) {
	zoe := "7100000000000001"
	for _, body := range []any{
		to(zoe, m{"text": "hello", "quick_replies": quickly("42"), "metadata": "x"}),
		to(zoe, template(m{"template_type": "button", "text": "a", "buttons": []m{{"type": "web_url", "title": "a", "url": "https://foulee.example/"}}})),
		to(zoe, template(m{"template_type": "generic", "elements": []m{{"title": "a", "default_action": m{"type": "web_url", "url": "https://foulee.example/"}}}})),
		to(zoe, optIn("News", m{"notification_messages_timezone": "Europe/Paris"})),
		to(zoe, m{"attachment": m{"type": "image", "payload": m{"url": "https://foulee.example/a.png"}}}),
		m{"recipient": m{"id": zoe}, "sender_action": "react", "payload": m{"message_id": "m", "reaction": "love"}},
		byToken("1", m{"text": "a"}),
		[]int{1}, nil, "text", m{"recipient": nil, "message": []m{}}, m{"recipient": m{"id": 5}, "message": m{"text": nil}},
	} {
		f.Add(jsonOf(body))
	}
	query := "?access_token=" + testToken + "&appsecret_proof=" + keyed(testSecret, testToken)
	f.Fuzz(func(t *testing.T, body string) {
		b := newBench(t, func(c *Config) { c.Deliver = nil })
		b.write("hi")
		r, err := http.NewRequest(http.MethodPost, "https://graph.facebook.com/me/messages"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.RoundTripper().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		accepted := response.StatusCode == http.StatusOK && strings.Contains(string(text), `"recipient_id":"`+zoe+`"`)
		refused := response.StatusCode == http.StatusBadRequest && strings.Contains(string(text), `"code":`) && len(b.Refusals()) == 1
		if accepted == refused {
			t.Errorf("%d %s", response.StatusCode, text)
		}
	})
}
