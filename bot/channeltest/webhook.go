package channeltest

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func (s Subject) signature(t *testing.T) {
	t.Parallel()
	c := s.offline(t)
	for name, body := range s.Bodies {
		header := s.Sign(body)
		if err := c.Verify(header, body); err != nil {
			t.Errorf("%s: the platform's own signature: %v", name, err)
		}
		for forgery, err := range map[string]error{
			"no header":      c.Verify(http.Header{}, body),
			"another body":   c.Verify(header, append([]byte(" "), body...)),
			"a shorter body": c.Verify(header, body[:len(body)-1]),
			"no body":        c.Verify(header, nil),
		} {
			if !errors.Is(err, bot.ErrSignature) {
				t.Errorf("%s: %s: got %v, want ErrSignature", name, forgery, err)
				continue
			}
			for _, values := range header {
				for _, value := range values {
					if len(value) >= 8 && strings.Contains(err.Error(), value[len(value)-8:]) {
						t.Errorf("%s: %s: the error tells the signature", name, forgery)
					}
				}
			}
		}
	}
}

func (s Subject) parse(t *testing.T) {
	t.Parallel()
	c := s.offline(t)
	keys, ours := map[string]bool{}, false
	for name, body := range s.Bodies {
		before := string(body)
		events, err := c.Parse(body, now)
		if err != nil || len(events) == 0 {
			t.Errorf("%s: %d events, error %v: something was lost", name, len(events), err)
			continue
		}
		again, err := c.Parse(body, now.Add(time.Hour))
		if err != nil || len(again) != len(events) {
			t.Errorf("%s: the second time %d events, error %v", name, len(again), err)
			continue
		}
		for i, e := range events {
			checkEvent(t, name, e)
			ours = ours || e.Page == c.Page()
			if at := slices.IndexFunc(events[:i], func(o bot.Event) bool { return o.Key == e.Key }); at >= 0 && !reflect.DeepEqual(events[at], e) {
				t.Errorf("%s: events %d and %d have one key, %q: the second would be dropped as sent again", name, at+1, i+1, e.Key)
			}
			keys[e.Key] = true
			if e.Key != again[i].Key {
				t.Errorf("%s: the same event sent again is not known: key %q, then %q", name, e.Key, again[i].Key)
			}
		}
		if string(body) != before {
			t.Errorf("%s: Parse wrote into the body", name)
		}
	}
	if !ours {
		t.Errorf("no event is of the page %q that the channel speaks for: all would be kept as strays, and nobody answered", c.Page())
	}
	if len(s.Bodies) > 1 && len(keys) == 1 {
		t.Error("all bodies have one key: whatever comes after the first event would be dropped as sent again")
	}
	for _, body := range []string{"", "x", "{", "[]", "null", "7", "{}"} {
		if events, err := c.Parse([]byte(body), now); !errors.Is(err, bot.ErrBody) || len(events) != 0 {
			t.Errorf("%q: %d events, error %v; want ErrBody", body, len(events), err)
		}
	}
}

func checkEvent(t *testing.T, name string, e bot.Event) {
	t.Helper()
	switch {
	case e.Kind == "" || e.Key == "" || e.At.IsZero():
		t.Errorf("%s: an event without kind, key or time: %+v", name, e)
	case e.Kind == bot.EventUnknown && e.Reason == "" || (e.Kind == bot.EventUnknown || e.Kind.Kept()) && len(e.Body) == 0:
		t.Errorf("%s: what is kept comes with its body, and an unknown event with its reason: %+v", name, e)
	case e.Kind == bot.EventComment && e.Comment == "":
		t.Errorf("%s: a comment without its id: %+v", name, e)
	case !e.Kind.AboutPage() && e.Person == "":
		t.Errorf("%s: an event of nobody: %+v", name, e)
	case strings.ContainsRune(e.Person, ':'):
		t.Errorf("%s: the person %q cannot be part of a contact's id", name, e.Person)
	case (e.Kind == bot.EventOptIn || e.Kind == bot.EventStop || e.Kind == bot.EventResume) && e.Permit == nil:
		t.Errorf("%s: %s without its permit", name, e.Kind)
	}
}

// events: nothing of a body is lost, and all of it in order.
func (s Subject) events(t *testing.T) {
	t.Parallel()
	c := s.offline(t)
	for name, want := range s.Events {
		body, ok := s.Bodies[name]
		if !ok {
			t.Errorf("%s: Subject.Events has it, Subject.Bodies has not", name)
			continue
		}
		events, err := c.Parse(body, now)
		if err != nil || len(events) != len(want) {
			t.Errorf("%s: %d events, error %v; want %d", name, len(events), err, len(want))
			continue
		}
		for i := range want {
			for what, pair := range map[string][2]string{
				"Kind": {string(want[i].Kind), string(events[i].Kind)}, "Person": {want[i].Person, events[i].Person},
				"At": {moment(want[i].At), moment(events[i].At)}, "MID": {want[i].MID, events[i].MID}, "Text": {want[i].Text, events[i].Text},
				"Payload": {want[i].Payload, events[i].Payload}, "Ref": {want[i].Ref, events[i].Ref},
			} {
				if pair[0] != "" && pair[0] != pair[1] {
					t.Errorf("%s: event %d: %s is %q, want %q", name, i+1, what, pair[1], pair[0])
				}
			}
		}
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// together reads webhooks as a server does, many at once.
func (s Subject) together(t *testing.T) {
	t.Parallel()
	c := s.offline(t)
	var all sync.WaitGroup
	for name, body := range s.Bodies {
		want, _ := c.Parse(body, now)
		for range 4 {
			all.Go(func() {
				if err := c.Verify(s.Sign(body), body); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if got, err := c.Parse(body, now); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %d events, error %v; alone it was %d", name, len(got), err, len(want))
				}
			})
		}
	}
	all.Wait()
}
