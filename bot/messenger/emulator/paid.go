package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Paid messages: sent by a campaign of the Page's ad account to subscription tokens,
// billed when delivered, and reported by webhooks of their own.
const (
	codePaidInactive = 2300000
	codePaidUnknown  = 2300001
	codePaidToken    = 2300004
	codePaidContent  = 2300021
	codePaidWarming  = 2300028
	codePaidPerson   = 2300052
	codePaidRegion   = 2300067
	codePaidLifetime = 2300069
	codePaidDaily    = 2300070

	warmUp   = time.Hour
	coolDown = 12 * time.Hour

	maxPaidText = 640
	// Shares of the conversations people begin themselves that paid messages may have.
	weeklyLoad = 0.2
	dailyLoad  = 0.4
)

// campaign is a message campaign. Amounts are in the smallest unit of the currency.
type campaign struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Daily    float64   `json:"daily,omitempty"`    // budget of a day; 0: none
	Lifetime float64   `json:"lifetime,omitempty"` // budget of all; 0: none
	Stopped  bool      `json:"stopped,omitempty"`

	Spent     float64 `json:"spent,omitempty"`
	Day       string  `json:"day,omitempty"` // that Today is about
	Today     float64 `json:"today,omitempty"`
	Delivered int     `json:"delivered,omitempty"`
}

// ShownPaid is what the phone can say about a paid message.
type ShownPaid struct {
	Tracking string `json:"tracking"`
	Campaign string `json:"campaign"`
	Token    string `json:"token"`
}

// paidEvent is the value of a webhook about a paid message. What a kind of event does
// not tell is left out; who is known by an audience alone has a null id.
type paidEvent struct {
	Field     string      `json:"field"`
	Recipient string      `json:"recipient_id,omitempty"`
	Page      string      `json:"page_id"`
	App       json.Number `json:"app_id,omitempty"`
	Business  string      `json:"business_id,omitempty"`
	Timestamp int64       `json:"timestamp"`
	MID       string      `json:"mid,omitempty"`
	Tracking  string      `json:"marketing_message_tracking_id,omitempty"`
	Token     string      `json:"messenger_subscription_token"`
	Message   string      `json:"message_id"` // the campaign
	Error     string      `json:"error_message,omitempty"`
}

// warm makes the campaign that Config.Campaign names, as one that ran long before.
func (p *Platform) warm() {
	if id := p.cfg.Campaign; id != "" && p.campaigns[id] == nil {
		p.campaigns[id] = &campaign{ID: id, Name: p.cfg.Name, Daily: p.cfg.DailyBudget}
	}
}

// ours says whether a part of a path names the Page's ad account.
func (p *Platform) ours(owner string) bool {
	return p.cfg.AdAccount != "" && owner == "act_"+p.cfg.AdAccount && !p.cfg.Now().Before(eraPaid)
}

// showAccount answers GET act_ACCOUNT.
func (p *Platform) showAccount() answer {
	return answer{value: map[string]any{"id": "act_" + p.cfg.AdAccount, "name": p.cfg.Name, "currency": p.cfg.Currency}}
}

// createCampaign answers POST act_ACCOUNT/message_campaign.
func (p *Platform) createCampaign(in params) answer {
	r := &reader{}
	top := object{"", in}
	r.only(top, "name", "page_id", "daily_budget", "lifetime_budget", "pixel_id", "start_time", "end_time")
	c := &campaign{Name: r.needed(top, "name", maxText), Created: p.cfg.Now()}
	if page := r.id(top, "page_id"); page != "" && page != p.cfg.PageID {
		r.wrong("page_id", "is not a Page of this business", "The campaign names another Page.")
	}
	c.Daily, c.Lifetime = r.budget(top, "daily_budget"), r.budget(top, "lifetime_budget")
	if c.Daily > 0 && c.Lifetime > 0 {
		r.wrong("daily_budget", "cannot go with lifetime_budget", "A campaign has a budget for each day or for all of them, not both.")
	}
	switch {
	case r.refusal != nil:
		return answer{refusal: r.refusal}
	case !slices.Contains(paidRegions, p.cfg.Region):
		return answer{refusal: refuse(14, codePaidRegion, 0, "Campaigns cannot be created in this region", "Businesses in %s cannot create message campaigns.", p.cfg.Region)}
	}
	c.ID = p.digits("campaign")
	p.campaigns[c.ID] = c
	p.keepCampaign(c)
	return answer{value: map[string]any{"id": c.ID}}
}

// campaignCall answers calls about one campaign.
func (p *Platform) campaignCall(c *campaign, method, edge string) answer {
	switch {
	case method == http.MethodDelete && edge == "":
		c.Stopped = true
		p.keepCampaign(c)
		return answer{value: map[string]any{"success": true}}
	case edge == "insights":
		per := 0.0
		if c.Delivered > 0 {
			per = c.Spent / 100 / float64(c.Delivered)
		}
		return answer{value: map[string]any{"data": []map[string]any{{
			"marketing_messages_delivered": strconv.Itoa(c.Delivered), "marketing_messages_cost_per_delivered": per,
			"marketing_messages_spend": strconv.FormatFloat(c.Spent/100, 'f', -1, 64),
		}}}}
	}
	status := "ACTIVE"
	if c.Stopped {
		status = "DELETED"
	}
	return answer{value: map[string]any{"id": c.ID, "name": c.Name, "status": status, "daily_budget": c.Daily, "lifetime_budget": c.Lifetime, "created_time": c.Created.Format(time.RFC3339)}}
}

// paidMessage answers POST act_ACCOUNT/messages. That it is taken says little: what
// becomes of it is told by webhooks.
func (p *Platform) paidMessage(in params) answer {
	if p.faults.losses > 0 {
		p.faults.losses--
		return answer{cut: true}
	}
	r := &reader{}
	top := object{"", in}
	r.only(top, "message_id", "messenger_delivery_data", "message", "min_conversation_gap_seconds", "method", "pretty")
	delivery := r.object(top, "messenger_delivery_data")
	r.only(delivery, "subscription_token")
	id, name := r.id(top, "message_id"), r.id(delivery, "subscription_token")
	s := send{shown: r.message(r.object(top, "message"))}
	r.fail(p.findFile(&s.shown))
	s.text = s.shown.summary()
	r.paidContent(&s.shown)
	t := p.tokens[name]
	var q *person
	if t != nil {
		q = p.people[t.PSID]
	}
	refusal := r.refusal
	if refusal == nil {
		refusal = p.injected()
	}
	if refusal == nil {
		refusal = p.rate()
	}
	if refusal == nil {
		refusal = p.judgePaid(p.campaigns[id], q, t)
	}
	if refusal != nil {
		if q != nil {
			refusal.PSID = q.PSID
		}
		refusal.Text = begin(s.text)
		return answer{refusal: refusal}
	}
	return p.takePaid(p.campaigns[id], q, t, s.shown)
}

// paidContent checks what paid messages are stricter about.
func (r *reader) paidContent(s *Shown) {
	bad := func(why string, args ...any) {
		r.fail(refuse(14, codePaidContent, 0, "The message payload is invalid", why, args...))
	}
	switch s.Kind {
	case KindText, KindCards, KindImage, KindVideo, KindMedia, KindReceipt, KindCoupon:
	default:
		bad("A paid message cannot be of the kind %s.", s.Kind)
	}
	if n := utf8.RuneCountInString(s.Text); n > maxPaidText {
		bad("The text has %d characters; a paid message has %d at most.", n, maxPaidText)
	}
	buttons := slices.Clone(s.Buttons)
	for _, c := range s.Cards {
		buttons = append(buttons, c.Buttons...)
	}
	for _, b := range buttons {
		if b.Type == "phone_number" {
			bad("A paid message has buttons for addresses and postbacks only.")
		}
	}
}

// FailDelivery makes the next paid message fail after it was accepted, for that reason
// (WEEKLY_MM_LOAD_CAP_REACHED, DAILY_MM_LOAD_CAP_REACHED, MIN_ORGANIC_THREAD_NOT_REACHED).
func (p *Platform) FailDelivery(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults.undelivered = reason
}

// tellPaid queues a webhook about a paid message.
func (p *Platform) tellPaid(q *person, field string, e paidEvent) *hook {
	e.Field = field
	return p.post(q.PSID, entry{Changes: []change{{Field: field, Value: e}}})
}

// lookPaid tells that paid messages were read.
func (p *Platform) lookPaid(q *person, s *Shown) {
	if s.Paid == nil {
		return
	}
	p.tellPaid(q, "marketing_message_reads", paidEvent{
		Recipient: q.PSID, Page: p.cfg.PageID, App: json.Number(p.cfg.AppID), Timestamp: p.cfg.Now().UnixMilli(),
		Tracking: s.Paid.Tracking, Token: s.Paid.Token, Message: s.Paid.Campaign,
	})
}

// unsubscribe answers POST PAGE/messaging_customer_base/unsubscribe: the bot's own stop.
func (p *Platform) unsubscribe(in params) answer {
	r := &reader{}
	top := object{"", in}
	r.only(top, "data", "method", "pretty")
	invalid := 0
	for _, row := range r.list(top, "data", 1, 10_000, "rows") {
		r.only(row, "psid", "phone", "email", "subscriber_token")
		q := p.people[r.text(row, "psid", maxAddress)]
		if t := p.tokens[r.text(row, "subscriber_token", maxAddress)]; t != nil {
			q = p.people[t.PSID]
		}
		ended := false
		if q != nil {
			for _, t := range q.tokens {
				if t.Kind == tokenPage && !t.Ended {
					t.Stopped, t.Ended, ended = true, true, true
					p.keepToken(t)
				}
			}
		}
		if !ended {
			invalid++
		}
	}
	if r.refusal != nil {
		return answer{refusal: r.refusal}
	}
	p.changed()
	return answer{value: map[string]any{"invalid_rows_count": invalid}}
}

// budget reads an optional number of smallest units.
func (r *reader) budget(o object, key string) float64 {
	if !o.has(key) {
		return 0
	}
	text := strings.TrimSpace(fmt.Sprint(o.fields[key]))
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		r.wrong(o.at(key), "must be a positive whole number", "%s is %q; it is an amount in the smallest unit of the currency.", o.at(key), begin(text))
	}
	return float64(n)
}

// regionOf is where a person lives.
func (p *Platform) regionOf(q *person) string {
	if p.cfg.RegionOf == nil || q.Timezone == "" {
		return p.cfg.Region
	}
	if region := p.cfg.RegionOf(q.Timezone); region != "" {
		return region
	}
	return p.cfg.Region
}

// SetRegion moves the Page to another region.
func (p *Platform) SetRegion(region string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Region = regionWord(region)
	p.changed()
}
