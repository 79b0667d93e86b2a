package bot

import (
	"slices"

	"github.com/relance-bot/relance/flows"
)

// standings tell the flows where the contact of a turn stands with the topics they ask of;
// most ask of none.
type standings struct{ t *turn }

// Standing implements flows.Topics.
func (s standings) Standing(topic string) flows.Standing {
	shown := true // the platform shows requests
	if len(s.t.program.Bot.Topics) > 0 {
		_, shown = s.t.asks()
	}
	if c := s.t.topic(topic); c != nil {
		return s.t.standing(&c.Consent, shown)
	}
	_, known := s.t.program.Topic(topic)
	if known && !s.t.prefs.Barred.IsZero() {
		c := s.t.untold(topic)
		return s.t.standing(&c, shown)
	}
	if known && !shown {
		// Nobody's permit is needed where none can be had: what they say counts.
		return flows.Standing{Asking: flows.AskOurselves}
	}
	return flows.Standing{}
}

// standing tells the flows where the person stands with a topic, and how they may be
// asked. shown says that the platform shows requests.
func (t *turn) standing(c *Consent, shown bool) flows.Standing {
	title := t.program.Title(c.Topic, t.language())
	held, needed, wanted := t.permitted(c.Topic)
	s := c.Standing(title, held, needed, t.now)
	asking, refused := t.asking[c.Topic]
	switch {
	case refused:
		s.Asking = asking
	case c.consents():
		s.Unheld = wanted && shown && !c.shownWithin(title, t.now)
	}
	if s.Asking == flows.AskPointer && t.spent(c, title) {
		s.Asking = flows.AskLater
	}
	if !shown && c.Status != StatusActive && s.Asking != flows.AskNot {
		s.Asking = flows.AskOurselves
	}
	return s
}

// spent says that the request a person could be pointed to cannot be accepted again: they
// did, and stopped since, which gave up the permission for the whole Page.
func (t *turn) spent(c *Consent, title string) bool {
	name, ok := t.asks()
	return ok && t.traits(name).Wide && c.Ended && !slices.ContainsFunc(c.Requests, func(r Request) bool {
		return r.Title == title && r.At.After(c.StoppedAt)
	})
}

// permitted says about a topic whether the platform gave a permit for it that lives
// (held); whether every lane needs one (needed); and whether nothing but the want of
// one keeps the topic from being carried (wanted).
func (t *turn) permitted(topic string) (held, needed, wanted bool) {
	if t.permit(topic) != nil {
		return true, true, false
	}
	needed = true
	carried := false
	for _, lane := range t.answers(topic, false) {
		switch {
		case lane.Open, lane.Why == whyRest:
			carried = true
			needed = needed && t.permitFor(lane.Name, topic) != nil
		case lane.Why == whyPermit, lane.Why == whyExpired, lane.Why == whyUsed:
			wanted = true
		}
	}
	return false, needed, wanted && !carried
}

// Words of LaneAnswer.Why about permits.
const (
	whyPermit  = "no permit"
	whyExpired = "expired"
	whyUsed    = "used"
	whyRest    = "rest"
)
