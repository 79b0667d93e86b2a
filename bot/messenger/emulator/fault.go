package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// faults is what the test's hand has prepared.
type faults struct {
	refuse      []refusalAs // the next sends, one each
	timeouts    int         // accepted sends that get no answer
	losses      int         // sends that get none and are not accepted
	accessToken string      // the one that counts; "": none does
	deadSubcode int
	undelivered string // why the next paid message fails
	slow, late  lag    // answers of the Graph API, webhooks
}

// lag is how long each of the next few is kept waiting.
type lag struct {
	left int
	by   time.Duration
}

// take is how long the next one waits.
func (l *lag) take() time.Duration {
	if l.left <= 0 {
		return 0
	}
	l.left--
	return l.by
}

type refusalAs struct{ code, subcode int }

// FailNext makes the platform refuse the next n messages with that error. Like all
// that is said here of messages, it holds for each message of a batch, of which the
// last is the first to go.
func (p *Platform) FailNext(n, code, subcode int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.refuse = append(p.faults.refuse, slices.Repeat([]refusalAs{{code, subcode}}, max(n, 0))...)
}

// TimeoutNext makes the platform accept and show the next message but never
// answer: the connection is cut. Its echo comes only at Echo. In a batch the answer
// to that message is null.
func (p *Platform) TimeoutNext() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.timeouts++
}

// LoseNext makes the platform lose the next message: nobody sees it, and the bot
// hears as much of it as after TimeoutNext.
func (p *Platform) LoseNext() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.losses++
}

// Echo delivers the echoes that TimeoutNext held back.
func (p *Platform) Echo() error {
	p.mu.Lock()
	p.letGo()
	p.poke()
	p.mu.Unlock()
	p.deliver()
	return nil
}

// letGo ends what TimeoutNext held back.
func (p *Platform) letGo() {
	for _, h := range p.queue {
		h.held = false
	}
}

// RevokeToken makes the access token dead (190 with that subcode: 460 password
// changed, 463 expired, …) until GiveToken.
func (p *Platform) RevokeToken(subcode int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.accessToken, p.faults.deadSubcode = "", subcode
}

// GiveToken makes token the Page's access token from now on.
func (p *Platform) GiveToken(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.accessToken, p.faults.deadSubcode = token, 0
}

// SlowNext makes the platform wait by d of the machine's time before it answers each of
// the next n Graph calls. What they did is done at once. It holds for Graph alone:
// RoundTripper and Dial know no real time.
func (p *Platform) SlowNext(n int, by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.slow = lag{n, by}
}

// LateNext makes the next n webhooks due later by d of the platform's clock. What comes
// after one of the same person waits behind it.
func (p *Platform) LateNext(n int, by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.late = lag{n, by}
}

// Limit sets how many messages a second the Page may send from now on; 0 is the
// platform's 300, a negative number no limit.
func (p *Platform) Limit(perSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.SendsPerSecond = cmp.Or(perSecond, sendsPerSecond)
}

// Unsubscribe ends all events at once, as an hour without a 200 does, until Subscribe or
// POST /PAGE/subscribed_apps?subscribed_fields=messages,… Sends still work.
func (p *Platform) Unsubscribe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsubscribeApp()
	p.changed()
}

// unsubscribeApp ends all events and drops those under way.
func (p *Platform) unsubscribeApp() {
	p.subscribed = false
	for _, old := range p.queue {
		p.forgetHook(old)
	}
	p.queue = nil
}

// Behave ends every fault that was asked for: nothing more is refused, slow, late, held,
// repeated or lost, and the Page has its first access token again. The app is subscribed,
// and gets what was held back, the echoes of TimeoutNext too.
func (p *Platform) Behave() {
	p.mu.Lock()
	p.faults = faults{accessToken: p.cfg.AccessToken}
	p.cfg.SendsPerSecond, p.repeats, p.holding = p.sendsPerSecond, 0, false
	p.letGo()
	p.subscribe()
	p.poke()
	p.changed()
	p.mu.Unlock()
	p.deliver()
}

// RepeatNext makes the platform deliver the next n webhooks twice.
func (p *Platform) RepeatNext(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.repeats += n
}

// Hold keeps all webhooks back until Release.
func (p *Platform) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holding = true
}

// Release delivers what Hold kept, in reverse order if reversed.
func (p *Platform) Release(reversed bool) {
	p.mu.Lock()
	p.holding = false
	if reversed {
		slices.Reverse(p.queue)
	}
	p.poke()
	p.mu.Unlock()
	p.deliver()
}

// Post sends the bot a body of the caller's, signed and as it is, once, and
// returns the status: recorded webhooks, broken ones, those of another Page.
func (p *Platform) Post(ctx context.Context, body []byte) (status int, err error) {
	if p.cfg.Deliver == nil {
		return 0, errors.New("emulator: there is nobody to deliver to")
	}
	return p.cfg.Deliver(ctx, p.Header(body), body)
}

// Subscribe does the handshake that connects a bot, as the platform's dashboard
// does: get asks the webhook address with a query and returns the answer. Events
// flow if that is a 200 with the challenge.
func (p *Platform) Subscribe(ctx context.Context, get func(ctx context.Context, query url.Values) (status int, body []byte, err error)) error {
	p.mu.Lock()
	challenge := p.digits("challenge")
	p.mu.Unlock()
	status, body, err := get(ctx, url.Values{
		"hub.mode": {"subscribe"}, "hub.verify_token": {p.cfg.VerifyToken}, "hub.challenge": {challenge},
	})
	if err != nil {
		return err
	}
	if status != http.StatusOK || string(body) != challenge {
		return fmt.Errorf("the webhook address did not return the challenge (status %d)", status)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subscribe()
	return nil
}

func (p *Platform) subscribe() {
	p.subscribed, p.failing = true, time.Time{}
}
