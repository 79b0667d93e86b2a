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
	t.Cleanup(server.Close)
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
	{"an answer without end", always(flood), bot.Unknown},
}

func (s Subject) send(t *testing.T) {
	t.Parallel()
	for _, f := range fates {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s.checkFate(t, f)
		})
	}
	t.Run("an answer that does not come", s.slow)
	t.Run("nobody listens", s.nobody)
	t.Run("cancelled before", s.cancelled)
	t.Run("a redirect is not followed", s.redirected)
	t.Run("a lane nobody knows", s.strangeLane)
	t.Run("every kind of message", s.kinds)
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
	other := serve(t, s.Accept)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.url+r.URL.Path, http.StatusTemporaryRedirect)
	})
	o := s.New(t, p.url).Send(t.Context(), delivery("send-1"))
	if o.Status == bot.Accepted || len(other.seen()) != 0 {
		t.Errorf("got %+v; %d requests reached another address", o, len(other.seen()))
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

// kinds: what a channel cannot show it refuses as content, and sends nothing.
func (s Subject) kinds(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	c := s.New(t, p.url)
	button := flows.Button{Label: "Voir", Payload: "P"}
	quick := []flows.QuickReply{{Label: "Oui", Payload: "P"}}
	for _, m := range []flows.Message{
		{Kind: flows.Text, Text: "Alors ?", QuickReplies: quick},
		{Kind: flows.Text, Text: "Ton e-mail ?", QuickReplies: []flows.QuickReply{{Own: "email"}, {Own: "phone"}}},
		{Kind: flows.Text, Text: "Alors ?", Buttons: []flows.Button{button, {Label: "Site", Open: "https://foulee.example/"}}},
		{Kind: flows.Image, URL: "https://foulee.example/a.png"},
		{Kind: flows.Cards, Cards: []flows.Card{{Title: "Gazelle", Buttons: []flows.Button{button}}}},
		{Kind: flows.Video, URL: "https://foulee.example/a.mp4", QuickReplies: quick},
		{Kind: flows.Audio, URL: "https://foulee.example/a.mp3"},
		{Kind: flows.File, URL: "https://foulee.example/a.pdf"},
		{Kind: flows.MediaKind, Media: flows.Image, URL: "https://www.facebook.com/foulee/photos/42", Buttons: []flows.Button{button}},
		{Kind: flows.ReceiptKind, Receipt: &flows.Receipt{Order: "881", Name: "Zoé", Currency: "EUR", Payment: "Visa 1234", Total: "99.90", Items: []flows.ReceiptItem{{Title: "Gazelle", Price: "99.90"}}}},
		{Kind: flows.CouponKind, Coupon: &flows.Coupon{Title: "Moins dix pour cent", Code: "MAI10"}},
		{Kind: flows.TemplateKind, Template: &flows.Template{Name: "order_update", Language: "fr_FR", Values: []flows.TemplateEntry{{Text: "881"}}}},
		{Kind: flows.OptInRequest, Text: "Titre", OptIn: &flows.OptIn{Topic: "restock", Request: "r1"}, QuickReplies: quick},
		{Kind: "hologram", Text: "x"},
		{},
	} {
		d := delivery("send-1")
		d.Message = m
		before := len(p.seen())
		o := c.Send(t.Context(), d)
		sent := len(p.seen()) - before
		switch {
		case o.Status == bot.Accepted && sent == 1 && m.Kind != "" && m.Kind != "hologram":
		case o.Status == bot.Refused && o.Class == bot.ClassContent && sent == 0 && m.Kind != flows.Text:
		default:
			t.Errorf("%s: got %+v after %d requests", m.Kind, o, sent)
		}
	}
}

// control: who has the conversation changes hands without a word, or not at all where the
// platform knows no such thing.
func (s Subject) control(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	c := s.New(t, p.url)
	for _, control := range []bot.Control{bot.ControlPass, bot.ControlTake} {
		d := delivery("send-1")
		d.Control, d.Message = control, flows.Message{}
		if o := c.Send(t.Context(), d); o.Status == bot.Refused && o.Class == bot.ClassContent {
			t.Errorf("%s: got %+v: there is no content; accept it and do nothing if the platform knows no such thing", control, o)
		}
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

// flood writes until nobody reads, 64 MiB at most.
func flood(w http.ResponseWriter, _ *http.Request) {
	blank := strings.Repeat(" ", 1<<20)
	for range 64 {
		if _, err := io.WriteString(w, blank); err != nil {
			return
		}
	}
}
