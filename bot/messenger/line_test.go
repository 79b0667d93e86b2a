package messenger

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/relance-bot/relance/bot"
)

const tookIt = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"message_id\":\"m_1\"}"

// hand is the other end of connections, worked by hand: serve gets each with its
// number, from 0 on.
func hand(t *testing.T, serve func(n int, conn net.Conn)) (base string, connections func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			i := int(n.Add(1)) - 1
			all.Go(func() {
				defer conn.Close()
				serve(i, conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String(), func() int { return int(n.Load()) }
}

// answerOnce reads a request and answers it.
func answerOnce(in *bufio.Reader, out io.Writer, answer string) error {
	r, err := http.ReadRequest(in)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	_, err = io.WriteString(out, answer)
	return err
}

func answerAll(conn io.ReadWriter, answer string) {
	for in := bufio.NewReader(conn); answerOnce(in, conn, answer) == nil; {
	}
}

func mustSend(t *testing.T, c *Channel) {
	t.Helper()
	if o := c.Send(t.Context(), reply42); o.Status != bot.Accepted {
		t.Fatalf("got %+v", o)
	}
}

func TestAConnectionIsKeptAndUsedAgain(t *testing.T) {
	t.Parallel()
	base, connections := hand(t, func(_ int, conn net.Conn) { answerAll(conn, tookIt) })
	c := newTestChannel(t, Config{GraphURL: base})
	t.Cleanup(c.graph.lines.hangUp)
	for range 5 {
		mustSend(t, c)
	}
	if n := connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// hangUp closes what is idle, so that the other end sees the end of a test.
func (l *lines) hangUp() {
	for line := l.pop(); line != nil; line = l.pop() {
		_ = line.Close()
	}
}

// A message on a connection that the platform has closed would be of unknown
// outcome; so would one whose answer stands behind another's.
func TestAConnectionThatIsNotQuietIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]struct{ answer, then string }{
		"closed":                      {tookIt, "close"},
		"closed, as it said":          {strings.Replace(tookIt, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), "wait"},
		"of HTTP/1.0":                 {strings.Replace(tookIt, "1.1", "1.0", 1), "wait"},
		"with a second answer":        {tookIt + tookIt, "wait"},
		"with a second answer, later": {tookIt, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := make(chan struct{})
			base, connections := hand(t, func(n int, conn net.Conn) {
				if n > 0 {
					answerAll(conn, tookIt)
					return
				}
				in := bufio.NewReader(conn)
				if answerOnce(in, conn, first.answer) != nil {
					return
				}
				switch first.then {
				case "close":
					conn.Close()
				case "wait":
				default:
					io.WriteString(conn, first.then)
				}
				close(said)
				answerAll(conn, strings.Replace(tookIt, "m_1", "m_9", 1))
			})
			c := newTestChannel(t, Config{GraphURL: base})
			t.Cleanup(c.graph.lines.hangUp)
			mustSend(t, c)
			<-said
			if o := c.Send(t.Context(), reply42); o.Status != bot.Accepted || o.MID != "m_1" {
				t.Errorf("the second: %+v", o)
			}
			if n := connections(); n != 2 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestACancelledCallReturnsAtOnceAndItsConnectionIsGone(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 2)
	base, connections := hand(t, func(n int, conn net.Conn) {
		if n > 0 {
			answerAll(conn, tookIt)
			return
		}
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			arrived <- struct{}{}
			io.Copy(io.Discard, conn) // until the other end closes
		}
	})
	c := newTestChannel(t, Config{GraphURL: base})
	t.Cleanup(c.graph.lines.hangUp)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-arrived
		cancel()
	}()
	if got, want := c.Send(ctx, reply42), (bot.Outcome{Status: bot.Unknown, Code: "timeout"}); got != want {
		t.Errorf("got %+v", got)
	}
	mustSend(t, c)
	if n := connections(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		ok(w, r)
	}))
	t.Cleanup(server.Close)
	c := newTestChannel(t, Config{GraphURL: server.URL})
	c.graph.lines.slots = make(chan struct{}, 8)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if o := c.Send(context.Background(), reply42); o.Status != bot.Accepted {
				t.Errorf("got %+v", o)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > 8 {
		t.Errorf("%d at once", n)
	}

	for range 8 {
		c.graph.lines.slots <- struct{}{} // all in use
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	want := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "no_connection"}
	if got := c.Send(ctx, reply42); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestAnIdleConnectionIsClosedBeforeThePlatformDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan time.Time, 2)
		c := newTestChannel(t, Config{GraphURL: "http://graph.example", Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				answerAll(far, tookIt)
				closed <- time.Now()
			}()
			return near, nil
		}})
		begin := time.Now()
		mustSend(t, c)
		time.Sleep(idleLine / 2)
		mustSend(t, c)
		if at := <-closed; at.Sub(begin) != idleLine+idleLine/2 {
			t.Errorf("closed after %s", at.Sub(begin))
		}
		time.Sleep(time.Hour)
		mustSend(t, c)
		<-closed
	})
}
