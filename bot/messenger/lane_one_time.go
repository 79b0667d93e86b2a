package messenger

import (
	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// oneTime is the lane of one-time notifications: whoever taps "Notify me" allows one
// message on that subject, for a year. The Page must have got the feature from the
// platform; whether new Pages still can is not documented, so a Page has this lane only
// if its author lists it.
type oneTime struct{}

var _ bot.TraitLane = oneTime{}

func (oneTime) Name() string { return laneOneTime }

// Traits implements bot.TraitLane: each permit carries one message.
func (oneTime) Traits() bot.LaneTraits { return bot.LaneTraits{Single: true} }

// Asks says that requests are shown: no region is known to bar them.
func (oneTime) Asks(bot.LaneFacts) bool { return true }

// Open says whether there is a token that was not used yet and lives.
func (oneTime) Open(f bot.LaneFacts) bot.LaneAnswer {
	p := f.Permit
	switch {
	case f.Template:
		return bot.LaneAnswer{Why: whyContent}
	case p == nil || p.Token == "" || p.Lane != laneOneTime:
		return bot.LaneAnswer{Why: whyPermit}
	case !p.LastSent.IsZero():
		return bot.LaneAnswer{Why: whyUsed}
	case !p.ExpiresAt.IsZero() && !f.Now.Before(p.ExpiresAt):
		return bot.LaneAnswer{Why: whyExpired}
	}
	return resting(p.NextEligible, f.Now)
}

// oneTimeTo addresses a message to a token that is good for one.
func oneTimeTo(b []byte, d *bot.Delivery) ([]byte, error) {
	return encodeToken(b, d, "one_time_notif_token")
}

// encodeNotifyMe appends the request that shows the button "Notify me". It has no place
// for a picture.
func encodeNotifyMe(b []byte, m *flows.Message) []byte {
	b = appendField(template(b, "one_time_notif_req"), "title", m.Text)
	return append(appendField(b, "payload", m.OptIn.Request), "}}"...)
}
