package bot

import (
	"slices"
	"time"
)

// LaneTraits is what a lane says about its permits, for lanes that differ from the
// usual: one permit for each topic, given by accepting a request of the platform, that
// carries any number of messages.
type LaneTraits struct {
	// Permits are the lanes whose permits open this one, the preferred first; its own
	// if empty.
	Permits []string
	Free    bool // it needs no permit, and there is nothing to ask for
	Single  bool // a permit carries one message
	Wide    bool // a permit is for the whole Page
	// Late says that a message it accepted may fail afterwards, and that the report
	// names nothing but the token.
	Late bool
}

// TraitLane is a Lane with traits.
type TraitLane interface {
	Lane
	Traits() LaneTraits
	// Asks says whether the platform shows its request to this person now: whoever
	// accepts gives a permit of this lane. It is pure.
	Asks(LaneFacts) bool
}

// TraitsOf are those of a lane; the usual ones if it says nothing.
func TraitsOf(lane Lane) LaneTraits {
	traits := ownTraits(lane)
	if len(traits.Permits) == 0 {
		traits.Permits = []string{lane.Name()}
	}
	return traits
}

// ownTraits are what a lane says itself.
func ownTraits(lane Lane) LaneTraits {
	if t, ok := lane.(TraitLane); ok {
		return t.Traits()
	}
	return LaneTraits{}
}

// Question is one message that looks for its lane.
type Question struct {
	// LaneFacts is what every lane is told. Its Permit is chosen for each of them.
	LaneFacts
	Topic       string
	WindowUntil time.Time // when the Page may no longer write freely
	Lanes       []Lane    // those of the Page after the window, in order of preference
	Permits     []Permit  // what the platform gave for this person
	// Shut are lanes that are closed for everybody for a time, by name.
	Shut map[string]LaneAnswer
	// Without are lanes that the platform has refused for this very message.
	Without []string
}

// Choice is the lane of a message, or why it has none.
type Choice struct {
	Lane string // empty: none is open
	// Price is what the message is likely to cost there, in Currency; 0: nothing, or
	// nobody said.
	Price    float64
	Currency string
	// Passed are the lanes that come before it and are closed; all, if none is open.
	Passed []NamedAnswer
	// Next is, if none is open, the earliest end of a rest; zero if time alone does not
	// help.
	Next time.Time
	// Barred says that none is open and that a law closes them all: no
	// permit and no time changes that.
	Barred bool
}

// Resolve finds the lane of a message: the window while it is open, since it costs
// nothing and needs no permit; else the first that is open in the Page's order of
// preference. It is pure, and knows the platform's rules only through the lanes.
func Resolve(q Question) Choice { return choose(q.Now, q.WindowUntil, q.Answers()) }

// choose takes the first way that is open.
func choose(now, windowUntil time.Time, lanes []NamedAnswer) (c Choice) {
	if now.Before(windowUntil) {
		return Choice{Lane: LaneWindow}
	}
	barred := 0
	for i, l := range lanes {
		if l.Open {
			return Choice{Lane: l.Name, Price: l.Price, Currency: l.Currency, Passed: lanes[:i]}
		}
		if l.Why == laneRegion || l.Why == lanePersonRegion {
			barred++
		}
		if l.Next.After(now) && (c.Next.IsZero() || l.Next.Before(c.Next)) {
			c.Next = l.Next
		}
	}
	c.Passed, c.Barred = lanes, len(lanes) > 0 && barred == len(lanes)
	return c
}

// Answers are the words of the lanes, each asked with the permit that it would use.
func (q Question) Answers() []NamedAnswer {
	var out []NamedAnswer
	for _, lane := range q.Lanes {
		if slices.Contains(q.Without, lane.Name()) {
			continue
		}
		i := permitOf(lane, q.Topic, len(q.Permits), func(i int) *Permit { return &q.Permits[i] })
		if q.Permit = nil; i >= 0 {
			q.Permit = &q.Permits[i]
		}
		out = append(out, answerOf(lane, q.LaneFacts, q.Shut))
	}
	return out
}

// answerOf is the word of one lane, with what is closed for everybody. The facts name the
// permit that it would use; of those that carry one message each it is told of the next.
func answerOf(lane Lane, facts LaneFacts, closed map[string]LaneAnswer) NamedAnswer {
	name := lane.Name()
	if answer, ok := closed[name]; ok && facts.Now.Before(answer.Next) {
		return NamedAnswer{name, answer}
	}
	if facts.Permit != nil {
		facts.Permit = facts.Permit.unused(lane, facts.Now)
	}
	return NamedAnswer{name, lane.Open(facts)}
}

// permitOf finds the permit that a lane would use for a topic: of the kinds it takes,
// the topic's own, else the whole Page's. It is -1 if there is none.
func permitOf(lane Lane, topic string, n int, at func(int) *Permit) int {
	kinds := ownTraits(lane).Permits
	if len(kinds) == 0 {
		kinds = []string{lane.Name()}
	}
	for _, kind := range kinds {
		page := -1
		for i := range n {
			switch p := at(i); {
			case p.Lane != kind:
			case p.Topic == topic:
				return i
			case p.Topic == "":
				page = i
			}
		}
		if page >= 0 {
			return page
		}
	}
	return -1
}

// unused is the permit as a message would use it: where each carries one message, the
// next that is left and has not run out.
func (p *Permit) unused(lane Lane, now time.Time) *Permit {
	if len(p.Spare) == 0 || p.left(now) || !ownTraits(lane).Single {
		return p
	}
	next := *p
	for len(next.Spare) > 0 && !next.left(now) {
		next.turnTo(0)
	}
	return &next
}

// left says that a permit has carried no message yet, and has not run out.
func (p *Permit) left(now time.Time) bool {
	return p.LastSent.IsZero() && (p.ExpiresAt.IsZero() || p.ExpiresAt.After(now))
}

// turnTo makes a spare token the permit's own. Those before it are of no use any more.
func (p *Permit) turnTo(i int) {
	next := p.Spare[i]
	p.Token, p.ExpiresAt, p.Spare, p.LastSent = next.Token, next.ExpiresAt, p.Spare[i+1:], time.Time{}
}

// Words of LaneAnswer.Why that say a law forbids it, of the Page's region or of the
// person's, or that the platform has no such thing any more.
const (
	laneRegion       = "region"
	lanePersonRegion = "person_region"
	laneEnded        = "ended"
)
