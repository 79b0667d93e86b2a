package messenger

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestWhatBecomesOfAnAnswer(t *testing.T) {
	t.Parallel()
	const html = "<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"
	for _, tt := range []struct {
		name   string
		answer answer
		want   bot.Outcome
	}{
		{"accepted", ok, bot.Outcome{Status: bot.Accepted, MID: "m_1"}},
		{"accepted, the id where the notification page prints it", says(200, `{"recipient":{"id":"20","message_id":"m_2"}}`), bot.Outcome{Status: bot.Accepted, MID: "m_2"}},
		{"an error", says(400, `{"error":{"message":"(#10) outside","type":"OAuthException","code":10,"error_subcode":2018278,"fbtrace_id":"x"}}`),
			bot.Outcome{Status: bot.Refused, Class: bot.ClassWindow, Code: "10/2018278"}},
		{"an error under 200", says(200, `{"error":{"code":613}}`), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "613"}},
		{"an error in strings", says(400, `{"error":{"code":"551","error_subcode":"1545041"}}`), bot.Outcome{Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551/1545041"}},
		{"an error without code", says(400, `{"error":{"message":"x"}}`), bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: "0"}},
		{"an error that is a text", says(400, `{"error":"x"}`), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "http_400"}},

		{"HTML with 200", says(200, html), bot.Outcome{Status: bot.Unknown, Code: "http_200"}},
		{"HTML with 500", says(500, html), bot.Outcome{Status: bot.Unknown, Code: "http_500"}},
		{"HTML with 502", says(502, html), bot.Outcome{Status: bot.Unknown, Code: "http_502"}},
		{"HTML with 404", says(404, html), bot.Outcome{Status: bot.Refused, Class: bot.ClassOperator, Code: "http_404"}},
		{"HTML with 400", says(400, html), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "http_400"}},
		{"HTML with 401", says(401, html), bot.Outcome{Status: bot.Refused, Class: bot.ClassToken, Code: "http_401"}},
		{"HTML with 413", says(413, html), bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: "http_413"}},
		{"HTML with 429", says(429, html), bot.Outcome{Status: bot.Refused, Class: bot.ClassBackoff, Code: "http_429", RetryAfter: restLimit}},
		{"empty", says(200, ""), bot.Outcome{Status: bot.Unknown, Code: "http_200"}},
		{"JSON that says nothing", says(200, "{}"), bot.Outcome{Status: bot.Unknown, Code: "http_200"}},
		{"JSON that is no object", says(200, `["m_1"]`), bot.Outcome{Status: bot.Unknown, Code: "http_200"}},
		{"half a body", says(200, `{"recipient_id":"20","message_i`), bot.Outcome{Status: bot.Unknown, Code: "http_200"}},
		{"a 500 that claims a message", says(500, `{"message_id":"m_1"}`), bot.Outcome{Status: bot.Unknown, Code: "http_500"}},
		{"a body that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"recipient_id":"20",`)
		}, bot.Outcome{Status: bot.Unknown, Code: "half_answer"}},
		{"a body without end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 64<<10)); err != nil {
					return
				}
			}
		}, bot.Outcome{Status: bot.Unknown, Code: "huge_answer"}},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				z.Write(make([]byte, 1<<20))
			}
			z.Close()
		}, bot.Outcome{Status: bot.Unknown, Code: "huge_answer"}},
		{"gzip that is none", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, `{"message_id":"m_1"}`)
		}, bot.Outcome{Status: bot.Unknown, Code: "half_answer"}},
		{"cut before an answer", hangUp(""), bot.Outcome{Status: bot.Unknown, Code: "cut"}},
		{"cut within the header", hangUp("HTTP/1.1 200 OK\r\nContent-Ty"), bot.Outcome{Status: bot.Unknown, Code: "cut"}},
		{"no HTTP at all", hangUp("SSH-2.0-OpenSSH\r\n"), bot.Outcome{Status: bot.Unknown, Code: "cut"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, tt.answer)
			got := fake.channel(t, Config{}).Send(context.Background(), reply42)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if n := len(fake.requests()); n != 1 {
				t.Errorf("%d requests, want one and never a second", n)
			}
		})
	}
}

// hangUp takes the request, writes something and closes the connection.
func hangUp(last string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(conn, last)
		conn.Close()
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := newFakeGraph(t, ok)
	for status, want := range map[int]bot.Outcome{
		301: {Status: bot.Refused, Class: bot.ClassOperator, Code: "http_301"},
		302: {Status: bot.Refused, Class: bot.ClassOperator, Code: "http_302"},
		303: {Status: bot.Unknown, Code: "http_303"},
		307: {Status: bot.Refused, Class: bot.ClassOperator, Code: "http_307"},
		308: {Status: bot.Refused, Class: bot.ClassOperator, Code: "http_308"},
	} {
		fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.server.URL+r.URL.Path, status)
		})
		if got := fake.channel(t, Config{}).Send(context.Background(), reply42); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if n := len(other.requests()); n != 0 {
		t.Errorf("%d requests, with our token, reached another address", n)
	}
}

func TestOnlyWhatNeverLeftIsRefusedForWantOfAConnection(t *testing.T) {
	t.Parallel()
	unsent := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "no_connection"}

	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		c := newTestChannel(t, Config{GraphURL: "http://" + l.Addr().String()})
		if got := c.Send(context.Background(), reply42); got != unsent {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("no such name", func(t *testing.T) {
		t.Parallel()
		c := newTestChannel(t, Config{GraphURL: "https://graph.example", Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "graph.example", IsNotFound: true}
		}})
		if got := c.Send(context.Background(), reply42); got != unsent {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the handshake of TLS fails", func(t *testing.T) {
		t.Parallel()
		fake := newFakeGraph(t, ok)
		c := newTestChannel(t, Config{GraphURL: strings.Replace(fake.server.URL, "http:", "https:", 1)})
		if got := c.Send(context.Background(), reply42); got != unsent {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("time is up before there is a connection", func(t *testing.T) {
		t.Parallel()
		c := newTestChannel(t, Config{GraphURL: "http://graph.example", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if got := c.Send(ctx, reply42); got != unsent {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("writing breaks off on the way", func(t *testing.T) {
		t.Parallel()
		c := newTestChannel(t, Config{GraphURL: "http://graph.example", Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { // takes the first bytes of the header and hangs up
				bufio.NewReaderSize(far, 16).Peek(16)
				far.Close()
			}()
			return near, nil
		}})
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "not_written"}
		if got := c.Send(context.Background(), reply42); got != want {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("time is up while it is written", func(t *testing.T) {
		t.Parallel()
		c := newTestChannel(t, Config{GraphURL: "http://graph.example", Dial: func(context.Context, string, string) (net.Conn, error) {
			near, _ := net.Pipe() // nobody reads
			return near, nil
		}})
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "not_written"}
		if got := c.Send(ctx, reply42); got != want {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("cancelled before it began", func(t *testing.T) {
		t.Parallel()
		fake := newFakeGraph(t, ok)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "cancelled"}
		if got := fake.channel(t, Config{}).Send(ctx, reply42); got != want || len(fake.requests()) != 0 {
			t.Errorf("got %+v after %d requests", got, len(fake.requests()))
		}
	})
}

func TestASlowAnswerIsUnknownWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	fake := newFakeGraph(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // runs before the server closes
	c := fake.channel(t, Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	got := c.Send(ctx, reply42)
	if want := (bot.Outcome{Status: bot.Unknown, Code: "timeout"}); got != want {
		t.Errorf("got %+v", got)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("returned after %s", took)
	}
}

func TestErrorsCarryNoSecret(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, hangUp(""))
	c := fake.channel(t, Config{})
	_, err := c.Profile(context.Background(), "20")
	if err == nil {
		t.Fatal("no error")
	}
	for _, secret := range []string{testToken, testSecret, proof(testToken, testSecret), fake.server.URL} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q stands in %q", secret, err)
		}
	}
}

// TestTheAnswerBehindAHintIsNotTakenForTheNextMessages: proxies send 102 and 103 ahead of
// the answer. Whoever takes that for all there is reads the answer for the next message's.
func TestTheAnswerBehindAHintIsNotTakenForTheNextMessages(t *testing.T) {
	t.Parallel()
	for _, hint := range []int{http.StatusContinue, http.StatusProcessing, http.StatusEarlyHints} {
		t.Run(strconv.Itoa(hint), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
				call := calls.Add(1)
				for range 4 {
					w.WriteHeader(hint)
				}
				time.Sleep(100 * time.Millisecond)
				says(200, fmt.Sprintf(`{"message_id":"m_%d"}`, call))(w, r)
			})
			c := fake.channel(t, Config{})
			for i := range 3 {
				want := bot.Outcome{Status: bot.Accepted, MID: fmt.Sprintf("m_%d", i+1)}
				if got := c.Send(t.Context(), reply42); got != want {
					t.Errorf("message %d: %+v, want %+v", i+1, got, want)
				}
			}
		})
	}
}

// TestALineWhoseAnswerHasNoKnownEndIsNotUsedAgain: what comes on it later belongs to no
// other message.
func TestALineWhoseAnswerHasNoKnownEndIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	for _, first := range []string{
		"HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 20\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50),
	} {
		var calls atomic.Int32
		fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) > 1 {
				says(200, `{"message_id":"m_2"}`)(w, r)
				return
			}
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, first)
			go func() {
				time.Sleep(100 * time.Millisecond) // until the next request is on its way
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"message_id\":\"m_1\"}")
				conn.Close()
			}()
		})
		c := fake.channel(t, Config{})
		if got := c.Send(t.Context(), reply42); got.Status == bot.Accepted {
			t.Errorf("%.20q: %+v", first, got)
		}
		if got, want := c.Send(t.Context(), reply42), (bot.Outcome{Status: bot.Accepted, MID: "m_2"}); got != want {
			t.Errorf("after %.20q: %+v, want %+v", first, got, want)
		}
	}
}
