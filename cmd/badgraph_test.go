package cmd

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAGraphEndpointThatMisbehaves lets the platform answer a reply with what is no
// answer. Each is counted and logged under a short word, nothing of it is quoted, nothing
// is sent elsewhere, and what was not certainly delivered or refused is left unknown.
func TestAGraphEndpointThatMisbehaves(t *testing.T) {
	t.Parallel()
	const page = "<!DOCTYPE html><html><body>Sorry, Clothilde, something went wrong.</body></html>"
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		result string // of the metric
		code   string // of the log
	}{
		{name: "a page of HTML", answer: status(200, page), result: "unknown", code: "http_200"},
		{name: "a page of HTML that says it broke down", answer: status(502, page), result: "unknown", code: "http_502"},
		{name: "a page of HTML that is not there", answer: status(404, page), result: "operator", code: "http_404"},
		{name: "nothing", answer: status(200, ""), result: "unknown", code: "http_200"},
		{name: "half a body", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, `{"recipient_id":"24","mess`)
		}, result: "unknown", code: "half_answer"},
		{name: "half a header", answer: cutOff("HTTP/1.1 200 OK\r\nContent-Le"), result: "unknown", code: "cut"},
		{name: "a closed door", answer: cutOff(""), result: "unknown", code: "cut"},
		{name: "another protocol", answer: cutOff("220 mail.example ESMTP\r\n"), result: "unknown", code: "cut"},
		{name: "a body without end", answer: func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}, result: "unknown", code: "huge_answer"},
		{name: "drop by drop, and then nothing", answer: func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
			panic(http.ErrAbortHandler)
		}, result: "unknown", code: "half_answer"},
		{name: "another address", answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}, result: "operator", code: "http_307"},
		{name: "another address to look at", answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusSeeOther)
		}, result: "unknown", code: "http_303"},
		{name: "an error that is none", answer: status(400, `{"error":"Clothilde"}`), result: "transient", code: "http_400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				switch {
				case err != nil:
				case r.Method == http.MethodGet: // profiles are as bad: a bot does without
					status(200, page)(w, r)
				case strings.Contains(string(body), "sender_action"):
					status(200, `{"recipient_id":"24"}`)(w, r)
				case posts.Add(1) == 1:
					test.answer(w, r)
				default:
					fmt.Fprintf(w, `{"recipient_id":"24","message_id":"mid.%d"}`, posts.Load())
				}
			}))
			t.Cleanup(server.Close)
			env := (&fakeGraph{base: server.URL + "/graph/v25.0"}).account()
			b := startBot(t, copyBot(t, exampleRestock), env)
			if got := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); got != http.StatusOK {
				t.Fatalf("the webhook is answered with %d", got)
			}
			counter := fmt.Sprintf(`relance_sends_total{lane="window",result=%q}`, test.result)
			within(t, 20*time.Second, counter, func() bool { return figure(t, b.base, counter) == 1 })
			within(t, 5*time.Second, "the log says what happened", func() bool {
				_, after, told := strings.Cut(b.out.String(), "a message was not accepted")
				return told && strings.Contains(after, test.code)
			})
			log := b.out.String()
			for _, secret := range []string{"Clothilde", wireToken, wireSecret, hmacHex(wireSecret, wireToken), person, "Pointure"} {
				if strings.Contains(log, secret) {
					t.Errorf("%s stands in the log:\n%s", secret, log)
				}
			}
			if test.result == "unknown" || test.result == "operator" {
				if n := posts.Load(); n != 1 {
					t.Errorf("%d posts, want one: what is unknown waits for its echo, and what is refused is not sent again", n)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := elsewhere.Load(); n != 0 {
			t.Errorf("%d requests, with our token, went to another address", n)
		}
	})
}

// cutOff answers with some bytes and closes the connection.
func cutOff(last string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(conn, last)
		conn.Close()
	}
}
