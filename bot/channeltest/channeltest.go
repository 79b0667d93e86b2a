// Package channeltest is the suite that every channel must pass, those of this
// project and a developer's own:
//
//	func TestChannel(t *testing.T) {
//		channeltest.Run(t, channeltest.Subject{New: …, Bodies: …, Sign: …, Accept: …, MID: "m_1", Refuse: …})
//	}
//
// It plays the platform on loopback and checks what package bot relies on: that a
// forged body is noticed, that nothing in a genuine one is lost, that duplicates
// look the same, and above all that Send never says "refused" of a message that
// may have been delivered. What a platform's bodies and requests look like is for
// the channel's own tests. Run it with go test -race: it has a channel send and read from
// many goroutines at once, as a bot does.
package channeltest

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// Subject is a channel and what the suite must know of its platform. All fields
// are needed but Events; Batch by a bot.BatchChannel only.
type Subject struct {
	// New returns a channel that calls the platform at a base URL,
	// "http://127.0.0.1:…". It must not set a proxy.
	New func(t *testing.T, endpoint string) bot.Channel

	// Bodies are webhook bodies as the platform sends them, by name; each holds at
	// least one event. One of them should be of a kind the channel does not act on, and
	// one is for the page that the channel speaks for.
	Bodies map[string][]byte
	// Events are what bodies hold, by the same names, in the order in which they happened.
	// What is set of Kind, Person, At, MID, Text, Payload and Ref is compared. A body that
	// has no name here is held to one event at least, so that a channel that loses the
	// second is not found.
	Events map[string][]bot.Event
	// Sign returns the headers that the platform sends with a body.
	Sign func(body []byte) http.Header

	// Accept answers a send as the platform does when it takes the message, with MID
	// as the message's id.
	Accept http.HandlerFunc
	MID    string
	// Refuse answers a send as the platform does when it refuses it for good.
	Refuse http.HandlerFunc

	// Batch answers the request of a batch as the platform does whose calls get these
	// answers, in their order: Accept, Refuse, or nil for a call that the platform's
	// answer says nothing of.
	Batch func(answers []http.HandlerFunc) http.HandlerFunc
}

// now is the clock of the suite.
var now = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// Run checks a channel. The parts run in parallel.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if s.New == nil || s.Sign == nil || s.Accept == nil || s.Refuse == nil || s.MID == "" || len(s.Bodies) == 0 {
		t.Fatal("channeltest: a field of Subject is missing")
	}
	t.Run("identity", s.identity)
	t.Run("lanes", s.lanes)
	t.Run("signature", s.signature)
	t.Run("parse", s.parse)
	t.Run("events", s.events)
	t.Run("many webhooks at once", s.together)
	t.Run("send", s.send)
	t.Run("batch", s.batch)
}

// offline is the channel for parts that call nobody.
func (s Subject) offline(t *testing.T) bot.Channel {
	t.Helper()
	return s.New(t, "http://127.0.0.1:1")
}

func (s Subject) identity(t *testing.T) {
	t.Parallel()
	c := s.offline(t)
	for what, word := range map[string]string{"name": c.Name(), "page": c.Page()} {
		if word == "" {
			t.Errorf("the %s is empty", what)
		}
		for _, r := range word {
			if r == ':' || r <= ' ' {
				t.Errorf("the %s %q cannot be part of a contact's id", what, word)
			}
		}
	}
}

func (s Subject) lanes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true, "window": true}
	for _, lane := range s.offline(t).Lanes() {
		if seen[lane.Name()] {
			t.Errorf("the lane %q is empty, stands twice or is the window, which every channel has", lane.Name())
		}
		seen[lane.Name()] = true
		for _, facts := range []bot.LaneFacts{
			{Now: now},
			{Now: now, Region: "EU", PersonRegion: "EU", Zone: time.UTC},
			{Now: now, Region: "EU", Permit: &bot.Permit{Lane: lane.Name(), Token: "T"}},
			{Now: now, Region: "EU", Permit: &bot.Permit{Lane: lane.Name(), Token: "T", LastSent: now}},
			{Now: now, Region: "US", Permit: &bot.Permit{Lane: "another", Token: "T"}},
		} {
			var given bot.Permit
			if facts.Permit != nil {
				given = *facts.Permit
			}
			answer := lane.Open(facts)
			if facts.Permit != nil && !reflect.DeepEqual(given, *facts.Permit) {
				t.Errorf("%s: the permit it was asked about is another now: %+v", lane.Name(), *facts.Permit)
			}
			if again := lane.Open(facts); again != answer {
				t.Errorf("%s: the same facts give %+v and %+v", lane.Name(), answer, again)
			}
			if answer.Open == (answer.Why != "") {
				t.Errorf("%s: %+v: a reason is what a closed lane has", lane.Name(), answer)
			}
			if !answer.Next.IsZero() && (answer.Open || !answer.Next.After(now)) {
				t.Errorf("%s: %+v: a next chance lies ahead of a closed lane", lane.Name(), answer)
			}
		}
	}
}
