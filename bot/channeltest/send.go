package channeltest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// platform is the other end of the wire.
type platform struct {
	url    string
	mu     sync.Mutex
	bodies []string
}

func serve(t *testing.T, answer http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.bodies = append(p.bodies, string(body))
		p.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // or it would wait for a channel that leaves an answer unread
		server.Close()
	})
	p.url = server.URL
	return p
}

func (p *platform) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.bodies...)
}

func delivery(id string) bot.Delivery {
	return bot.Delivery{ID: id, Person: "person-20", Lane: "window", Language: "fr",
		Message: flows.Message{Kind: flows.Text, Text: "Bonjour"}}
}

// fate is one thing that can become of a request, and what Send must say of it.
type fate struct {
	name   string
	answer func(s Subject) http.HandlerFunc
	want   bot.Status
}

var fates = []fate{
	{"taken", func(s Subject) http.HandlerFunc { return s.Accept }, bot.Accepted},
	{"refused", func(s Subject) http.HandlerFunc { return s.Refuse }, bot.Refused},
	{"cut after the request", always(hangUp), bot.Unknown},
	{"an answer that breaks off", always(breakOff), bot.Unknown},
	{"a page of a proxy", always(says(http.StatusOK, "<html>Hello</html>")), bot.Unknown},
	{"a gateway that gave up", always(says(http.StatusBadGateway, "<html>Bad gateway</html>")), bot.Unknown},
	{"nothing", always(says(http.StatusOK, "")), bot.Unknown},
}

func (s Subject) send(t *testing.T) {
	t.Parallel()
	for _, f := range fates {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s.checkFate(t, f)
		})
	}
	t.Run("an answer without end", s.flooded)
	t.Run("an answer that does not come", s.slow)
	t.Run("nobody listens", s.nobody)
	t.Run("cancelled before", s.cancelled)
	t.Run("a redirect is not followed", s.redirected)
	t.Run("a lane nobody knows", s.strangeLane)
	t.Run("each lane of its own", s.ownLanes)
	t.Run("every kind of message", s.kinds)
	t.Run("a private reply to a comment", s.comment)
	t.Run("a control is no message", s.control)
	t.Run("many at once", s.many)
}

func (s Subject) checkFate(t *testing.T, f fate) {
	p := serve(t, f.answer(s))
	d := delivery("send-1")
	o := s.New(t, p.url).Send(t.Context(), d)
	if o.Status != f.want {
		t.Errorf("got %+v, want status %d", o, f.want)
	}
	if (o.Class != bot.ClassNone) != (o.Status == bot.Refused) {
		t.Errorf("got %+v: a class is what a refusal has", o)
	}
	if o.Class == bot.ClassTransient || o.Class == bot.ClassBackoff {
		t.Errorf("got %+v: what was refused for good would be sent again", o)
	}
	if o.Status == bot.Accepted && o.MID != s.MID {
		t.Errorf("got the message id %q, want %q", o.MID, s.MID)
	}
	bodies := p.seen()
	if len(bodies) != 1 {
		t.Fatalf("%d requests for one message", len(bodies))
	}
	for what, part := range map[string]string{"our id": d.ID, "the person": d.Person, "the text": d.Message.Text} {
		if !strings.Contains(bodies[0], part) {
			t.Errorf("%s is not in the request: %s", what, bodies[0])
		}
	}
}

func (s Subject) flooded(t *testing.T) {
	t.Parallel()
	var f flood
	s.checkFate(t, fate{"", always(f.ServeHTTP), bot.Unknown})
	f.check(t)
}

// check wants the answer to have been left.
func (f *flood) check(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taken >= endless {
		t.Errorf("%d MiB of one answer were read: all that a platform likes to send", f.taken>>20)
	}
}

func (s Subject) slow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	p := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes, which waits for it
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	returned := make(chan bot.Outcome, 1)
	go func() { returned <- s.New(t, p.url).Send(ctx, delivery("send-1")) }()
	select {
	case o := <-returned:
		if o.Status != bot.Unknown {
			t.Errorf("got %+v, want unknown", o)
		}
	case <-time.After(10 * time.Second):
		t.Error("Send did not return when its time was up")
	}
}

func (s Subject) nobody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	o := s.New(t, "http://"+l.Addr().String()).Send(t.Context(), delivery("send-1"))
	if o.Status != bot.Refused || o.Class != bot.ClassTransient {
		t.Errorf("got %+v: what never left is refused, and may be tried again", o)
	}
}

func (s Subject) cancelled(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := s.New(t, p.url).Send(ctx, delivery("send-1")); o.Status != bot.Refused || len(p.seen()) != 0 {
		t.Errorf("got %+v after %d requests", o, len(p.seen()))
	}
}

func (s Subject) redirected(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		other := serve(t, s.Accept)
		p := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.url+r.URL.Path, status)
		})
		o := s.New(t, p.url).Send(t.Context(), delivery("send-1"))
		if o.Status == bot.Accepted || len(other.seen()) != 0 {
			t.Errorf("%d: got %+v; %d requests reached another address", status, o, len(other.seen()))
		}
	}
}

// ownLanes: what opens a lane goes with the message, or whoever it is for is not reached.
func (s Subject) ownLanes(t *testing.T) {
	t.Parallel()
	for _, lane := range s.offline(t).Lanes() {
		if bot.TraitsOf(lane).Free {
			continue
		}
		p := serve(t, s.Accept)
		d := delivery("send-1")
		d.Lane, d.Token, d.At = lane.Name(), "token-20", now
		o := s.New(t, p.url).Send(t.Context(), d)
		switch bodies := p.seen(); {
		case o.Status == bot.Refused && len(bodies) == 0:
		case o.Status != bot.Accepted || len(bodies) != 1:
			t.Errorf("%s: got %+v after %d requests", lane.Name(), o, len(bodies))
		case !strings.Contains(bodies[0], d.Token) || !strings.Contains(bodies[0], d.ID):
			t.Errorf("%s: the permit's token or our id is not in the request: %s", lane.Name(), bodies[0])
		}
	}
}

func (s Subject) strangeLane(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	d := delivery("send-1")
	d.Lane, d.Token = "no-such-lane", "T"
	if o := s.New(t, p.url).Send(t.Context(), d); o.Status != bot.Refused || len(p.seen()) != 0 {
		t.Errorf("got %+v after %d requests", o, len(p.seen()))
	}
}

func (s Subject) many(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	c := s.New(t, p.url)
	const n = 32
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if o := c.Send(t.Context(), delivery(fmt.Sprintf("send-%d", i))); o.Status != bot.Accepted {
				t.Errorf("got %+v", o)
			}
		})
	}
	all.Wait()
	if got := len(p.seen()); got != n {
		t.Errorf("%d requests for %d messages", got, n)
	}
}

func always(answer http.HandlerFunc) func(Subject) http.HandlerFunc {
	return func(Subject) http.HandlerFunc { return answer }
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	io.WriteString(w, "{")
}

// flood is an answer of blanks without end, and how much of it was taken: a channel reads
// so much of an answer that the connection breaks before the end comes.
type flood struct {
	mu    sync.Mutex
	taken int
}

const endless = 64 << 20

func (f *flood) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	blank := strings.Repeat(" ", 1<<20)
	for range endless / len(blank) {
		n, err := io.WriteString(w, blank)
		f.mu.Lock()
		f.taken += n
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}
