package channeltest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// deliveries are n messages to as many people.
func deliveries(n int) []bot.Delivery {
	batch := make([]bot.Delivery, n)
	for i := range batch {
		batch[i] = delivery(fmt.Sprintf("send-%03d", i))
		batch[i].Person, batch[i].Message.Text = fmt.Sprintf("person-%03d", i), fmt.Sprintf("Bonjour-%03d", i)
	}
	return batch
}

func (s Subject) batch(t *testing.T) {
	t.Parallel()
	c, ok := s.offline(t).(bot.BatchChannel)
	if !ok {
		t.Skip("the channel sends one by one")
	}
	if s.Batch == nil {
		t.Fatal("channeltest: Subject.Batch is missing")
	}
	if c.BatchSize() < 2 {
		t.Fatalf("a batch of %d is none", c.BatchSize())
	}
	t.Run("each has its own outcome", s.batchMixed)
	t.Run("an answer that is too short", s.batchShort)
	t.Run("an answer that is too long", s.batchLong)
	t.Run("as many as one request may carry", s.batchFull)
	t.Run("more than one request may carry", s.batchOverfull)
	t.Run("each lane of its own", s.batchLanes)
	t.Run("one that cannot be sent", s.batchUnfit)
	t.Run("none that can be sent", s.batchNone)
	for _, f := range fates {
		if f.name == "taken" {
			continue // of one message, this is
		}
		t.Run("the whole: "+f.name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, f.answer(s))
			s.checkAll(t, s.sendBatch(t, p, deliveries(2)), f.want)
			if n := len(p.seen()); n != 1 {
				t.Errorf("%d requests, want one and never a second", n)
			}
		})
	}
	t.Run("the whole: an answer without end", s.batchFlooded)
	t.Run("an answer that does not come", s.batchSlow)
	t.Run("nobody listens", s.batchNobody)
	t.Run("cancelled before", s.batchCancelled)
}

func (s Subject) sendBatch(t *testing.T, p *platform, batch []bot.Delivery) []bot.Outcome {
	t.Helper()
	return s.New(t, p.url).(bot.BatchChannel).SendBatch(t.Context(), batch)
}

func (s Subject) size(t *testing.T) int { return s.offline(t).(bot.BatchChannel).BatchSize() }

// check compares the status of each outcome.
func (s Subject) check(t *testing.T, outs []bot.Outcome, want ...bot.Status) {
	t.Helper()
	if len(outs) != len(want) {
		t.Fatalf("%d outcomes for %d messages", len(outs), len(want))
	}
	for i, o := range outs {
		if o.Status != want[i] {
			t.Errorf("message %d: got %+v, want status %d", i, o, want[i])
		}
		if (o.Class != bot.ClassNone) != (o.Status == bot.Refused) {
			t.Errorf("message %d: got %+v: a class is what a refusal has", i, o)
		}
		if o.Status == bot.Accepted && o.MID != s.MID {
			t.Errorf("message %d: got the message id %q, want %q", i, o.MID, s.MID)
		}
	}
}

func (s Subject) checkAll(t *testing.T, outs []bot.Outcome, want bot.Status) {
	t.Helper()
	s.check(t, outs, want, want)
}

func (s Subject) batchMixed(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Batch([]http.HandlerFunc{s.Accept, s.Refuse, nil, s.Accept}))
	batch := deliveries(4)
	s.check(t, s.sendBatch(t, p, batch), bot.Accepted, bot.Refused, bot.Unknown, bot.Accepted)
	bodies := p.seen()
	if len(bodies) != 1 {
		t.Fatalf("%d requests for one batch", len(bodies))
	}
	for _, d := range batch {
		for what, part := range map[string]string{"our id": d.ID, "the person": d.Person, "the text": d.Message.Text} {
			if strings.Count(bodies[0], part) != 1 {
				t.Errorf("%s, %s, is not once in the request: %s", what, part, bodies[0])
			}
		}
	}
}

// batchShort leaves all of a batch unknown: which of the messages an answer is about is
// told by its place alone, and a refusal that is taken for another's has somebody written
// to twice.
func (s Subject) batchShort(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Batch([]http.HandlerFunc{s.Accept}))
	s.check(t, s.sendBatch(t, p, deliveries(3)), bot.Unknown, bot.Unknown, bot.Unknown)
}

func (s Subject) batchLong(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Batch([]http.HandlerFunc{s.Refuse, s.Accept, s.Accept}))
	s.checkAll(t, s.sendBatch(t, p, deliveries(2)), bot.Unknown)
}

func (s Subject) batchFull(t *testing.T) {
	t.Parallel()
	n := s.size(t)
	answers, want := make([]http.HandlerFunc, n), make([]bot.Status, n)
	for i := range answers {
		answers[i], want[i] = s.Accept, bot.Accepted
	}
	answers[n-1], want[n-1] = s.Refuse, bot.Refused
	s.check(t, s.sendBatch(t, serve(t, s.Batch(answers)), deliveries(n)), want...)
}

func (s Subject) batchOverfull(t *testing.T) {
	t.Parallel()
	n := s.size(t)
	answers, want := make([]http.HandlerFunc, n), make([]bot.Status, n+3)
	for i := range want {
		want[i] = bot.Refused
		if i < n {
			answers[i], want[i] = s.Accept, bot.Accepted
		}
	}
	p := serve(t, s.Batch(answers))
	batch := deliveries(n + 3)
	s.check(t, s.sendBatch(t, p, batch), want...)
	for _, body := range p.seen() {
		if strings.Contains(body, batch[n].ID) {
			t.Error("what was refused has been sent")
		}
	}
}

// batchLanes: each message goes with the token of its own person.
func (s Subject) batchLanes(t *testing.T) {
	t.Parallel()
	for _, lane := range s.offline(t).Lanes() {
		if bot.TraitsOf(lane).Free {
			continue
		}
		p := serve(t, s.Batch([]http.HandlerFunc{s.Accept, s.Accept}))
		batch := deliveries(2)
		for i := range batch {
			batch[i].Lane, batch[i].Token, batch[i].At = lane.Name(), fmt.Sprintf("token-%03d", i), now
		}
		for i, o := range s.sendBatch(t, p, batch) {
			if bodies := p.seen(); o.Status == bot.Accepted && (len(bodies) != 1 || strings.Count(bodies[0], batch[i].Token) != 1) {
				t.Errorf("%s: the token of message %d is not once in the request: %s", lane.Name(), i, bodies)
			}
		}
	}
}

func (s Subject) batchUnfit(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Batch([]http.HandlerFunc{s.Refuse, s.Accept}))
	batch := deliveries(4)
	batch[0].Message.Kind = "hologram"
	batch[2].Lane, batch[2].Token = "no-such-lane", "T"
	outs := s.sendBatch(t, p, batch)
	s.check(t, outs, bot.Refused, bot.Refused, bot.Refused, bot.Accepted)
	if outs[0].Class != bot.ClassContent {
		t.Errorf("got %+v of a message that cannot be shown", outs[0])
	}
	if bodies := p.seen(); len(bodies) != 1 || strings.Contains(bodies[0], batch[0].ID) || strings.Contains(bodies[0], batch[2].ID) {
		t.Errorf("sent: %s", bodies)
	}
}

func (s Subject) batchNone(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	batch := deliveries(2)
	batch[0].Message.Kind, batch[1].Message.Kind = "hologram", ""
	s.checkAll(t, s.sendBatch(t, p, batch), bot.Refused)
	s.check(t, s.sendBatch(t, p, nil))
	if n := len(p.seen()); n != 0 {
		t.Errorf("%d requests for nothing", n)
	}
}

func (s Subject) batchFlooded(t *testing.T) {
	t.Parallel()
	var f flood
	s.checkAll(t, s.sendBatch(t, serve(t, f.ServeHTTP), deliveries(2)), bot.Unknown)
	f.check(t)
}

func (s Subject) batchSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	p := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server closes, which waits for it
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	returned := make(chan []bot.Outcome, 1)
	go func() { returned <- s.New(t, p.url).(bot.BatchChannel).SendBatch(ctx, deliveries(2)) }()
	select {
	case outs := <-returned:
		s.checkAll(t, outs, bot.Unknown)
	case <-time.After(10 * time.Second):
		t.Error("SendBatch did not return when its time was up")
	}
}

func (s Subject) batchNobody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	outs := s.New(t, "http://"+l.Addr().String()).(bot.BatchChannel).SendBatch(t.Context(), deliveries(2))
	s.checkAll(t, outs, bot.Refused)
	if outs[0].Class != bot.ClassTransient {
		t.Errorf("got %+v: what never left may be tried again", outs[0])
	}
}

func (s Subject) batchCancelled(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.checkAll(t, s.New(t, p.url).(bot.BatchChannel).SendBatch(ctx, deliveries(2)), bot.Refused)
	if n := len(p.seen()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
