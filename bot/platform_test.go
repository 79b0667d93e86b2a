package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// platform is a page on a pretended platform: a Channel that keeps what it is
// sent, and answers as the test says. It outlives the bot, as platforms do.
type platform struct {
	page  string
	lanes []bot.Lane

	mu        sync.Mutex
	clock     bot.Clock
	posts     []post
	script    []answer
	mids      int
	onSend    func(bot.Delivery) // called before the answer
	sentEcho  map[string]bool
	onProfile func(ctx context.Context, person string) (bot.Profile, error)
	onPersona func(flows.Persona) (string, error)
	silent    bool                               // it does not say who has a private reply
	together  int                                // how many notifications it takes in one request; 0: it knows no batches
	batches   [][]string                         // whom each request was about
	onBatch   func([]bot.Delivery) []bot.Outcome // answers in its place
}

// post is one request to send, and what was answered.
type post struct {
	bot.Delivery
	at      time.Time
	mid     string
	outcome bot.Outcome
	shown   bool // the person sees it
}

// answer is what a script says about the next posts that it is meant for.
type answer struct {
	meant   func(bot.Delivery) bool
	left    int
	outcome bot.Outcome
	shown   bool // of an Unknown outcome: it arrived all the same
}

func newPlatform(page string, lanes ...bot.Lane) *platform {
	return &platform{page: page, lanes: lanes, sentEcho: map[string]bool{}}
}

func (p *platform) Name() string      { return "messenger" }
func (p *platform) Page() string      { return p.page }
func (p *platform) Lanes() []bot.Lane { return p.lanes }

// Verify implements bot.Channel.
func (p *platform) Verify(header http.Header, _ []byte) error {
	if header.Get("Signature") != "good" {
		return bot.ErrSignature
	}
	return nil
}

// Parse implements bot.Channel: a body is a list of events as they are.
func (p *platform) Parse(body []byte, _ time.Time) ([]bot.Event, error) {
	var events []bot.Event
	if json.Unmarshal(body, &events) != nil {
		return nil, bot.ErrBody
	}
	return events, nil
}

// Send implements bot.Channel.
func (p *platform) Send(_ context.Context, d bot.Delivery) bot.Outcome {
	p.mu.Lock()
	hook := p.onSend
	p.mu.Unlock()
	if hook != nil {
		hook(d)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mids++
	if d.Comment != "" { // of a comment it knows whose it is: zoe-1 is zoe's first
		d.Person, _, _ = strings.Cut(d.Comment, "-")
	}
	made := post{Delivery: d, at: p.clock.Now(), mid: fmt.Sprintf("m%d", p.mids), outcome: bot.Outcome{Status: bot.Accepted}, shown: true}
	for i := range p.script {
		if a := &p.script[i]; a.left > 0 && a.meant(d) {
			a.left--
			made.outcome, made.shown = a.outcome, a.shown
			break
		}
	}
	if made.outcome.Status == bot.Accepted {
		made.outcome.MID = made.mid
		if d.Comment != "" && !p.silent {
			made.outcome.Person = d.Person
		}
	}
	p.posts = append(p.posts, made)
	return made.outcome
}

// batcher makes a platform a bot.BatchChannel.
type batcher struct{ *platform }

func (p batcher) BatchSize() int { return p.together }

// SendBatch implements bot.BatchChannel.
func (p batcher) SendBatch(ctx context.Context, batch []bot.Delivery) []bot.Outcome {
	var people []string
	for _, d := range batch {
		people = append(people, d.Person)
	}
	p.mu.Lock()
	p.batches = append(p.batches, people)
	answer := p.onBatch
	p.mu.Unlock()
	if answer != nil {
		return answer(batch)
	}
	var out []bot.Outcome
	for _, d := range batch {
		out = append(out, p.Send(ctx, d))
	}
	return out
}

// Profile makes a platform a bot.Profiler.
type profiler struct{ *platform }

func (p profiler) Profile(ctx context.Context, person string) (bot.Profile, error) {
	return p.onProfile(ctx, person)
}

// all is every post so far.
func (p *platform) all() []post {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]post(nil), p.posts...)
}

// shown are the posts a person sees; the same message may be there twice.
func (p *platform) shown(person string) []post {
	var out []post
	for _, made := range p.all() {
		if made.Person == person && made.shown {
			out = append(out, made)
		}
	}
	return out
}

// answers makes the platform answer the next n posts that are meant in its own way.
func (p *platform) answers(n int, meant func(bot.Delivery) bool, o bot.Outcome, shown bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = append(p.script, answer{meant, n, o, shown})
}

// refuses makes the platform refuse the next n posts.
func (p *platform) refuses(n int, class bot.Class) {
	p.answers(n, anything, bot.Outcome{Status: bot.Refused, Class: class, Code: "1/1"}, false)
}

// swallows makes the platform leave the next n posts unanswered; shown says whether
// they arrive.
func (p *platform) swallows(n int, shown bool) {
	p.answers(n, anything, bot.Outcome{Status: bot.Unknown, Code: "timeout"}, shown)
}

// always is a number of posts that no story comes to.
const always = 1 << 30

// heals ends every script.
func (p *platform) heals() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = nil
}

func anything(bot.Delivery) bool   { return true }
func requests(d bot.Delivery) bool { return d.Message.Kind == flows.OptInRequest }

// saying means the messages with a text in them.
func saying(text string) func(bot.Delivery) bool {
	return func(d bot.Delivery) bool { return strings.Contains(d.Message.Text, text) }
}

// sketch is a message on one line: "text  [label] [label]".
func sketch(m flows.Message) string {
	var b strings.Builder
	if m.Kind == flows.OptInRequest {
		b.WriteString("(opt-in) ")
	}
	b.WriteString(m.Text)
	for i, label := range labels(m) {
		if i == 0 {
			b.WriteString(" ")
		}
		b.WriteString(" [" + label + "]")
	}
	return b.String()
}

func labels(m flows.Message) []string {
	var out []string
	for _, button := range m.Buttons {
		out = append(out, button.Label)
	}
	for _, reply := range m.QuickReplies {
		out = append(out, reply.Label)
	}
	return out
}

// tokenLane carries messages to people with a permit, and rests after each.
type tokenLane struct {
	name string
	rest time.Duration
	shut func(bot.LaneFacts) bool // the region does not allow it
}

func (l tokenLane) Name() string { return l.name }

func (l tokenLane) Open(f bot.LaneFacts) bot.LaneAnswer {
	switch {
	case l.shut != nil && l.shut(f):
		return bot.LaneAnswer{Why: "region"}
	case f.Permit == nil:
		return bot.LaneAnswer{Why: "no permit"}
	}
	next := f.Permit.NextEligible
	if last := f.Permit.LastSent; !last.IsZero() && last.Add(l.rest).After(next) {
		next = last.Add(l.rest)
	}
	if f.Now.Before(next) {
		return bot.LaneAnswer{Why: "rest", Next: next}
	}
	return bot.LaneAnswer{Open: true}
}

// freeLane needs no permit.
type freeLane struct{ name string }

func (l freeLane) Name() string                      { return l.name }
func (l freeLane) Open(bot.LaneFacts) bot.LaneAnswer { return bot.LaneAnswer{Open: true} }
