package emulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBotAnswersWithin: a bot that sends from inside Deliver neither blocks nor
// hears its echo before its own act is over.
func TestBotAnswersWithin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	var order []string
	b.answer = func(e m) {
		message := e["message"].(map[string]any)
		if message["is_echo"] == true {
			order = append(order, "echo")
			return
		}
		order = append(order, "in")
		b.must(to(b.zoe, m{"text": "hello"}))
		b.ok(b.Flush(t.Context()))
		order = append(order, "out")
	}
	b.write("hi")
	if diff := cmp.Diff([]string{"in", "out", "echo"}, order); diff != "" {
		t.Error(diff)
	}
	if b.Pending() {
		t.Error("something is left")
	}
}

// TestNoEnd: a bot that answers every echo is stopped, not obeyed for ever.
func TestNoEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.SendsPerSecond = -1 })
	b.flushes = 1000
	b.write("hi")
	b.answer = func(m) { b.must(to(b.zoe, m{"text": "echo of an echo"})) }
	b.must(to(b.zoe, m{"text": "hello"}))
	if err := b.Flush(t.Context()); !errors.Is(err, ErrFlush) {
		t.Errorf("Flush: %v", err)
	}
}

// TestRetries: what is not answered with 200 comes again, at once twice and then
// ever later, and keeps its place before the person's later events.
func TestRetries(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.status = func(int) int { return http.StatusServiceUnavailable }
	kenji := b.Join("", "Kenji", "", "", "")
	b.write("one")
	b.write("two")
	if n := len(b.told()); n != 3 {
		t.Fatalf("%d tries at once, want 3, all of the first event", n)
	}
	b.ok(b.Write(kenji, "other"))
	if n := len(b.told()); n != 3 {
		t.Errorf("%d tries for another person, want 3", n)
	}
	waiting := b.Undelivered()
	if len(waiting) != 3 || waiting[0].Tries != 3 || waiting[0].Status != http.StatusServiceUnavailable || waiting[1].Tries != 0 {
		t.Errorf("waiting: %+v", waiting)
	}
	var gaps []time.Duration
	for range 6 {
		next, ok := b.Next()
		if !ok {
			t.Fatal("nothing waits")
		}
		gaps = append(gaps, next.Sub(b.clock()))
		b.set(next)
		b.ok(b.Flush(t.Context()))
	}
	if diff := cmp.Diff([]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour}, gaps); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	b.told()
	b.status = nil
	b.pass(time.Hour)
	b.ok(b.Flush(t.Context()))
	var texts []any
	for _, body := range b.told() {
		texts = append(texts, item(t, body)["message"].(map[string]any)["text"])
	}
	if diff := cmp.Diff([]any{"one", "two", "other"}, texts); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	if len(b.Undelivered()) != 0 {
		t.Errorf("still waiting: %+v", b.Undelivered())
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.status = func(n int) int {
		if n < 3 {
			return 500
		}
		return 200
	}
	b.write("hi")
	if b.Pending() {
		t.Error("due already")
	}
	b.Retry()
	if !b.Pending() {
		t.Error("Retry made nothing due")
	}
	b.ok(b.Flush(t.Context()))
	if n := len(b.Undelivered()); n != 0 {
		t.Errorf("%d left", n)
	}
}

func TestDroppedAfter36Hours(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.status = func(int) int { return 500 }
	b.write("hi")
	b.pass(36 * time.Hour)
	b.ok(b.Flush(t.Context()))
	if left := b.Undelivered(); len(left) != 0 || !b.Subscribed() {
		t.Errorf("left %+v, subscribed %v", left, b.Subscribed())
	}
}

// TestUnsubscribed: an hour without a 200 ends all events until the bot subscribes
// again; sends go on.
func TestUnsubscribed(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Unsubscribe = true })
	b.status = func(int) int { return 500 }
	b.write("hi")
	b.pass(59 * time.Minute)
	b.ok(b.Flush(t.Context()))
	if !b.Subscribed() {
		t.Fatal("unsubscribed before the hour")
	}
	b.pass(time.Minute)
	b.Retry()
	b.ok(b.Flush(t.Context()))
	if b.Subscribed() || len(b.Undelivered()) != 0 {
		t.Fatalf("subscribed %v, waiting %+v", b.Subscribed(), b.Undelivered())
	}
	b.status = nil
	b.told()
	b.write("anybody?")
	b.must(to(b.zoe, m{"text": "yes"}))
	b.ok(b.Flush(t.Context()))
	if told := b.told(); len(told) != 0 {
		t.Errorf("told while unsubscribed: %v", told)
	}
	if r, err := b.call(http.MethodPost, testPage+"/subscribed_apps?subscribed_fields=messages", nil); err != nil || r.body["success"] != true {
		t.Errorf("subscribing: %v %v", r.body, err)
	}
	b.write("and now?")
	if n := len(b.told()); n != 1 {
		t.Errorf("%d events after subscribing", n)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	webhook := func(token string) func(context.Context, url.Values) (int, []byte, error) {
		return func(_ context.Context, q url.Values) (int, []byte, error) {
			if q.Get("hub.mode") != "subscribe" || q.Get("hub.verify_token") != token {
				return http.StatusForbidden, nil, nil
			}
			return http.StatusOK, []byte(q.Get("hub.challenge")), nil
		}
	}
	if err := b.Subscribe(t.Context(), webhook("verify")); err != nil {
		t.Errorf("the right token: %v", err)
	}
	if err := b.Subscribe(t.Context(), webhook("other")); err == nil {
		t.Error("the wrong token was good enough")
	}
}

func TestOnDemand(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	texts := func() (list []any) {
		for _, body := range b.told() {
			list = append(list, item(t, body)["message"].(map[string]any)["text"])
		}
		return list
	}
	b.RepeatNext(1)
	b.write("twice")
	b.write("once")
	if diff := cmp.Diff([]any{"twice", "twice", "once"}, texts()); diff != "" {
		t.Errorf("repeated (-want +got):\n%s", diff)
	}
	b.Hold()
	b.write("one")
	b.write("two")
	if list := texts(); len(list) != 0 || b.Pending() {
		t.Errorf("not held: %v", list)
	}
	b.Release(true)
	if diff := cmp.Diff([]any{"two", "one"}, texts()); diff != "" {
		t.Errorf("reversed (-want +got):\n%s", diff)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.status = func(int) int { return http.StatusBadRequest }
	status, err := b.Post(t.Context(), []byte(`not "json" at all`))
	if err != nil || status != http.StatusBadRequest || b.told()[0] != `not "json" at all` {
		t.Errorf("status %d, %v", status, err)
	}
}

// TestSlowBot: an answer after five seconds is none.
func TestSlowBot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		p, err := New(Config{PageID: testPage, AccessToken: testToken, AppSecret: testSecret, Deliver: func(ctx context.Context, _ http.Header, _ []byte) (int, error) {
			tries++
			if tries == 1 {
				<-ctx.Done() // gives up when the platform does
			}
			return http.StatusOK, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := p.Write(p.Join("", "Zoé", "", "", ""), "hi"); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); tries != 2 || waited != 5*time.Second {
			t.Errorf("%d tries in %s", tries, waited)
		}
	})
}

// TestLive: Run delivers in the background, for each person in order, retries, and
// leaves nothing behind.
func TestLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *Config) { c.Now = nil })
		kenji := b.Join("", "Kenji", "", "", "")
		b.status = func(n int) int {
			if n < 4 {
				return http.StatusServiceUnavailable
			}
			return http.StatusOK
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		synctest.Wait()
		if err := b.Run(ctx); !errors.Is(err, ErrRunning) {
			t.Errorf("a second Run: %v", err)
		}
		for _, text := range []string{"1", "2", "3"} {
			b.ok(b.Write(b.zoe, text))
			b.ok(b.Write(kenji, text))
		}
		time.Sleep(time.Minute)
		got := map[any]string{}
		for _, body := range b.told()[4:] {
			e := item(t, body)
			got[e["sender"].(map[string]any)["id"]] += e["message"].(map[string]any)["text"].(string)
		}
		if diff := cmp.Diff(map[any]string{b.zoe: "123", kenji: "123"}, got); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
		b.status = nil
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		b.write("driven again")
		if n := len(b.told()); n != 1 {
			t.Errorf("%d webhooks after Run ended", n)
		}
	})
}
