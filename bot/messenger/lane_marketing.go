package messenger

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// marketing is the lane of paid messages (Marketing Messages API for Messenger): billed
// for each that is delivered, to people who subscribed to the Page, from Pages of some
// regions to people outside five others.
type marketing struct {
	region   string // of the Page, where the facts name none
	ready    bool   // there is a campaign to send by
	price    float64
	currency string
}

var _ bot.TraitLane = marketing{}

// paidRest is how long a subscription rests after a message: 12 hours since August
// 2025. Another line of the platform's FAQ says one message a day for each person; the
// refusal of that would put this one off, and topics have their own cadence anyway.
const paidRest = 12 * time.Hour

func (marketing) Name() string { return laneMarketing }

// Traits implements bot.TraitLane: a subscription is for the whole Page, and tokens of
// recurring notifications carried over. What was accepted may fail when it is delivered.
func (marketing) Traits() bot.LaneTraits {
	return bot.LaneTraits{Permits: []string{laneMarketing, laneRecurring}, Wide: true, Late: true}
}

// Asks says whether requests lead to a subscription that could ever be used.
func (m marketing) Asks(f bot.LaneFacts) bool { return legal(laneMarketing, m.region, &f) == "" }

// Open follows the platform's rules as they were at f.Now. What only shows when a
// message is sent (the campaign's warm-up and budget, the load caps of a person) comes
// as a refusal.
func (m marketing) Open(f bot.LaneFacts) bot.LaneAnswer {
	p, why := f.Permit, legal(laneMarketing, m.region, &f)
	switch {
	case why != "":
		return bot.LaneAnswer{Why: why}
	case !m.ready:
		return bot.LaneAnswer{Why: whySetUp}
	case f.Template:
		return bot.LaneAnswer{Why: whyContent}
	case p == nil || p.Token == "":
		return bot.LaneAnswer{Why: whyPermit}
	case expired(p, f.Now):
		return bot.LaneAnswer{Why: whyExpired}
	}
	next := p.NextEligible
	if rest := p.LastSent.Add(paidRest); !p.LastSent.IsZero() && rest.After(next) {
		next = rest
	}
	answer := resting(next, f.Now)
	if answer.Open {
		answer.Price, answer.Currency = m.price, m.currency
	}
	return answer
}

// paid is the other end of the lane: an ad account, and a message campaign in it.
type paid struct {
	graph     *graph // with the access token for the account
	own       bool   // that is another than the Page's
	campaign  string
	path      string // that messages are posted to
	batchHead string
}

// newPaid is nil if the Page has no ad account.
func newPaid(c *Config, page *graph, appSecret Secret) (*paid, error) {
	account := strings.TrimPrefix(strings.TrimSpace(c.AdAccount), "act_")
	if account == "" && c.Campaign == "" {
		return nil, nil
	}
	switch {
	case !isPathWord(account):
		return nil, errors.New("ad account is missing or not an id")
	case c.Campaign != "" && !isPathWord(c.Campaign):
		return nil, errors.New("campaign is not an id")
	case c.Price < 0 || c.Price > 1000 || c.Price > 0 && len(c.Currency) != 3:
		return nil, errors.New("price of a paid message is not an amount with its currency")
	}
	p := &paid{graph: page, campaign: c.Campaign}
	if c.AdToken != "" && page != nil {
		token, err := cleanSecret("ad token", c.AdToken)
		if err != nil {
			return nil, err
		}
		if p.graph, err = newGraph(c.GraphURL, c.Dial, token, appSecret); err != nil {
			return nil, err
		}
		p.own = true
	}
	if p.graph != nil {
		p.path = p.graph.base + "act_" + account + "/messages"
		p.batchHead = batchHead(p.graph.version() + "act_" + account + "/messages")
	}
	return p, nil
}

// sendPaid hands a paid message over. That it is accepted says only that it will be
// tried: the webhooks tell what became of it, under the tracking id.
func (c *Channel) sendPaid(ctx context.Context, d *bot.Delivery) bot.Outcome {
	if !c.paid.ready() {
		return refused(bot.ClassLane, "no_campaign")
	}
	b := appendText(append(make([]byte, 0, sendRoom), `{"message_id":`...), c.paid.campaign)
	b, err := encodeSubscription(append(b, `,"messenger_delivery_data":`...), d)
	if err == nil {
		b, err = encodePaid(append(b, `,"message":`...), d)
	}
	if err != nil {
		return unfit(err)
	}
	answer := c.paid.graph.call(ctx, request{method: http.MethodPost, path: c.paid.path, kind: kindJSON, body: append(b, '}')})
	return c.paid.judged(settle(answer, d.Lane))
}

// ready says whether there is a campaign that messages can go out in.
func (p *paid) ready() bool { return p != nil && p.campaign != "" }

// judged says of a refused access token that the lane is closed, where the ad account has one
// of its own: the Page's may be in order, and its replies go on.
func (p *paid) judged(o bot.Outcome) bot.Outcome {
	if p.own && o.Status == bot.Refused && o.Class == bot.ClassToken {
		o.Class = bot.ClassLane
	}
	return o
}

// addPaid appends the call that sends a paid message, or nothing if it is unfit.
func (f *batchForm) addPaid(d *bot.Delivery, p *paid, first bool) error {
	s, err := encodeSubscription(f.scratch[:0], d)
	if err != nil {
		return err
	}
	middle := len(s)
	if s, err = encodePaid(s, d); err != nil {
		return err
	}
	f.scratch = s
	if !first {
		f.out = append(f.out, "%2C"...) // ,
	}
	f.out = append(append(f.out, p.batchHead...), "message_id%3D"...) // =
	f.out = append(f.out, p.campaign...)
	f.out = append(f.out, "%26messenger_delivery_data%3D"...) // &
	f.out = appendTwice(f.out, s[:middle])
	f.out = append(f.out, "%26message%3D"...)
	f.out = append(appendTwice(f.out, s[middle:]), "%22%7D"...) // "}
	return nil
}

func encodeSubscription(b []byte, d *bot.Delivery) ([]byte, error) {
	return encodeToken(b, d, "subscription_token")
}

// encodePaid appends a message in the form of paid ones: without metadata, which their
// pages do not name, with texts of 640 characters at most, and without telephone buttons.
func encodePaid(b []byte, d *bot.Delivery) ([]byte, error) {
	m := &d.Message
	for _, button := range m.Buttons {
		if button.Phone != "" {
			return nil, contentError("button_phone")
		}
	}
	for i := range m.Cards {
		for _, button := range m.Cards[i].Buttons {
			if button.Phone != "" {
				return nil, contentError("button_phone")
			}
		}
	}
	if m.Kind == flows.Text && utf8.RuneCountInString(m.Text) > maxButtonText {
		return nil, contentError("text_length")
	}
	at := len(b)
	b, err := encodeContent(b, d)
	if err != nil {
		return nil, err
	}
	b[at] = '{' // in place of the comma
	return append(b, '}'), nil
}

// encodeSubscribe appends the request whose acceptance subscribes somebody to the Page:
// that of recurring notifications, without what those had of their own.
func encodeSubscribe(b []byte, m *flows.Message) []byte {
	b = appendField(template(b, "notification_messages"), "title", m.Text)
	b = appendField(b, "image_url", m.OptIn.Image)
	return append(appendField(b, "payload", m.OptIn.Request), "}}"...)
}

// unsubscribe ends somebody's subscription to the Page: the platform wants to be told
// of our own stop. It may be done twice.
func (c *Channel) unsubscribe(ctx context.Context, d *bot.Delivery) bot.Outcome {
	if d.Person == "" || len(d.Person) > maxID {
		return unfit(contentError("person"))
	}
	r := c.sending(append(appendText([]byte(`{"data":[{"psid":`), d.Person), "}]}"...))
	r.path = c.edge("messaging_customer_base/unsubscribe")
	answer := c.graph.call(ctx, r)
	if a := readVerdict(answer.body); answer.fate == answered && answer.status == http.StatusOK && !a.failed {
		return bot.Outcome{Status: bot.Accepted, RetryAfter: answer.rest}
	}
	return settle(answer, laneWindow)
}
