package messenger

import (
	"strings"

	"github.com/relance-bot/relance/bot"
)

// postbackItem is a tap on a button, a card, the menu or Get Started.
type postbackItem struct {
	MID      ident         `json:"mid"`
	Title    string        `json:"title"`
	Payload  string        `json:"payload"`
	Referral *referralItem `json:"referral"` // Get Started, reached by a link or an ad
}

func (b *postbackItem) fill(e *bot.Event) (id string) {
	e.Kind, e.MID = bot.EventPostback, string(b.MID)
	e.Payload, e.Label = clean(b.Payload, maxWord), clean(b.Title, maxWord)
	if b.Referral != nil {
		b.Referral.name(e)
	}
	return e.MID
}

// referralItem says how a person came: an m.me link, an ad, a plugin.
type referralItem struct {
	Ref    string `json:"ref"`
	Source string `json:"source"` // SHORTLINK, ADS …; may be missing in Europe
	Type   string `json:"type"`   // OPEN_THREAD; LEAD_COMPLETE and LEAD_INCOMPLETE of lead ads
}

func (r *referralItem) fill(e *bot.Event) {
	if strings.HasPrefix(r.Type, "LEAD_") {
		e.Kind, e.Reason = bot.EventUnknown, "lead"
		return
	}
	e.Kind = bot.EventReferral
	r.name(e)
}

// name puts where a person came from on the event that tells of it.
func (r *referralItem) name(e *bot.Event) {
	e.Ref, e.Source = clean(r.Ref, maxWord), clean(r.Source, maxWord)
}
