package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// permit is a Permit that we hold, and when the platform gave it. Kept is what its own
// record says of LastSent; a consent may know of a later one.
type permit struct {
	Permit
	givenAt time.Time
	kept    time.Time
}

// permitBody is what a permit's record keeps beside its columns.
type permitBody struct {
	Title     string    `json:"title,omitempty"`
	Frequency string    `json:"frequency,omitempty"`
	Zone      string    `json:"zone,omitempty"`
	LastSent  time.Time `json:"last_sent,omitzero"`

	Spare []SpareToken `json:"spare,omitempty"`
}

// read makes an empty permit what is stored.
func (p *permit) read(r *storage.Permit) error {
	body, ok := plainPermit(r.Body)
	if len(r.Body) > 0 && !ok {
		body = permitBody{}
		if err := json.Unmarshal(r.Body, &body); err != nil {
			return fmt.Errorf("permit: %w", err)
		}
	}
	p.givenAt, p.kept = r.UpdatedAt, body.LastSent
	p.Permit = Permit{
		Lane: r.Lane, Topic: r.Topic, Token: r.Token, ExpiresAt: r.ExpiresAt, NextEligible: r.NextEligible,
		Title: body.Title, Frequency: body.Frequency, Zone: body.Zone, LastSent: body.LastSent, Spare: body.Spare,
	}
	return nil
}

// plainPermit reads what permitBody is written as; ok is false if that is odd.
func plainPermit(raw []byte) (body permitBody, ok bool) {
	p := plain{raw: raw}
	for key := range p.members {
		switch string(key) {
		case "title":
			body.Title = p.text()
		case "frequency":
			body.Frequency = p.text()
		case "zone":
			body.Zone = p.text()
		case "last_sent":
			body.LastSent = p.instant()
		default: // spare tokens are rare
			p.odd = true
		}
	}
	return body, p.whole()
}

// given keeps a permit for a topic that the platform gave at a time, or for the whole
// Page where its lane is so. One that is older than what we hold changes nothing; the
// same token still rests after what it carried, whatever it is for.
func (t *turn) given(p Permit, topic string, at time.Time) error {
	traits := t.traits(p.Lane)
	if p.Topic = topic; traits.Wide {
		p.Topic = ""
	}
	for i := range t.permits {
		old := &t.permits[i]
		if old.Token == p.Token && p.LastSent.IsZero() {
			p.LastSent = old.LastSent
		}
		if old.Token == p.Token && p.NextEligible.IsZero() {
			p.NextEligible = old.NextEligible
		}
	}
	for i := range t.permits {
		old := &t.permits[i]
		if old.Lane != p.Lane || old.Topic != p.Topic {
			continue
		}
		if traits.Single {
			return t.collect(*old, p, at)
		}
		if at.Before(old.givenAt) {
			return nil
		}
	}
	return t.putPermit(permit{Permit: p, givenAt: at})
}

// collect keeps one more token, of those that carry one message each.
func (t *turn) collect(old permit, p Permit, at time.Time) error {
	known := func(s SpareToken) bool { return s.Token == p.Token }
	switch {
	case old.Token == p.Token || slices.ContainsFunc(old.Spare, known):
		return nil
	case !old.LastSent.IsZero() && len(old.Spare) == 0:
		return t.putPermit(permit{Permit: p, givenAt: at})
	case len(old.Spare) >= maxSpares:
		return nil
	}
	old.Spare = append(slices.Clone(old.Spare), SpareToken{p.Token, p.ExpiresAt})
	return t.putPermit(old)
}

// kept is a permit as it is kept: where the lane that asks people now is opened by such
// permits, what they accepted is its permit. The platform's event does not say which of
// its mechanisms a token is for, and the tokens of the older carry over to the newer.
func (t *turn) kept(p Permit) Permit {
	if name, ok := t.asks(); ok && slices.Contains(t.traits(name).Permits, p.Lane) {
		p.Lane = name
	}
	return p
}

// giveUp ends what the platform keeps as a permission for the whole Page, once the
// person has stopped the last topic: it would let the Page write about anything.
func (t *turn) giveUp() error {
	for _, c := range t.topics {
		if c.reachesAudience() {
			return nil
		}
	}
	for _, p := range slices.Clone(t.permits) {
		if p.Topic != "" || !t.traits(p.Lane).Wide {
			continue
		}
		if err := t.dropPermit(p); err != nil {
			return err
		}
		t.leaving = true
	}
	return nil
}

// subscribed says whether the platform keeps a permission for the whole Page.
func (t *turn) subscribed() bool {
	return slices.ContainsFunc(t.permits, func(p permit) bool { return p.Topic == "" && t.traits(p.Lane).Wide })
}

// traits are those of a lane of this contact's channel.
func (t *turn) traits(name string) LaneTraits {
	if lane := t.lane(name); lane != nil {
		return TraitsOf(lane)
	}
	return LaneTraits{}
}

// lane is one of this contact's channel; nil if it has none of that name.
func (t *turn) lane(name string) Lane {
	for _, lane := range t.lanes() {
		if lane.Name() == name {
			return lane
		}
	}
	return nil
}

// putPermit keeps a permit, in the store and in the turn.
func (t *turn) putPermit(p permit) error {
	raw, err := json.Marshal(permitBody{Title: p.Title, Frequency: p.Frequency, Zone: p.Zone, LastSent: p.LastSent, Spare: p.Spare})
	if err != nil {
		return fmt.Errorf("permit: %w", err)
	}
	err = t.tx.PutPermit(storage.Permit{
		Contact: t.contact.ID, Lane: p.Lane, Topic: p.Topic, Token: p.Token, Body: raw,
		NextEligible: p.NextEligible, ExpiresAt: p.ExpiresAt, UpdatedAt: p.givenAt,
	})
	if err != nil {
		return err
	}
	p.kept = p.LastSent
	for i := range t.permits {
		if t.permits[i].Lane == p.Lane && t.permits[i].Topic == p.Topic {
			t.permits[i] = p
			return nil
		}
	}
	t.permits = append(t.permits, p)
	return nil
}

func (t *turn) dropPermit(p permit) error {
	t.permits = slices.DeleteFunc(t.permits, func(q permit) bool { return q.Lane == p.Lane && q.Topic == p.Topic })
	return t.tx.DeletePermit(t.contact.ID, p.Lane, p.Topic)
}

// permit is the first permit that some lane could use for a topic; nil if none.
func (t *turn) permit(topic string) *Permit {
	for _, lane := range t.lanes() {
		p := t.permitFor(lane.Name(), topic)
		if p == nil || !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(t.now) {
			continue
		}
		if p.LastSent.IsZero() || !ownTraits(lane).Single {
			return p
		}
	}
	return nil
}

// permitFor is the permit that a lane would use for a topic: its own, else the whole
// Page's. Of those that carry one message each it is the next that is left.
func (t *turn) permitFor(name, topic string) *Permit {
	lane := t.lane(name)
	if lane == nil {
		return nil
	}
	if p := t.permitOf(lane, topic); p != nil {
		return p.unused(lane, t.now)
	}
	return nil
}

// lastUsed notes when a token carried its last message, in every permit that has it:
// the platform lets the token rest, whatever it was given for. Where each carries one
// message it is the used one from here on.
func (t *turn) lastUsed(token string, at time.Time) error {
	for _, p := range slices.Clone(t.permits) {
		if i := slices.IndexFunc(p.Spare, func(s SpareToken) bool { return s.Token == token }); i >= 0 {
			p.turnTo(i)
		}
		if p.Token != token {
			continue
		}
		p.LastSent = at
		if err := t.putPermit(p); err != nil {
			return err
		}
	}
	return nil
}

// byToken is a permit with a token; nil if there is none any more.
func (t *turn) byToken(token string) *permit {
	for i := range t.permits {
		if token != "" && t.permits[i].Token == token {
			return &t.permits[i]
		}
	}
	return nil
}

// laneFacts is what every lane is told about a message for this person.
func (t *turn) laneFacts(template bool) LaneFacts {
	region := t.b.accountOf(t.contact.ID).Region
	if region == "" {
		region = t.program.Bot.Region
	}
	return LaneFacts{
		Now: t.now, Region: region, PersonRegion: t.b.regions.of(t.location().String(), region), Zone: t.location(), Template: template,
	}
}

// question is what the resolver is told about a message of a topic for this person.
func (t *turn) question(topic string, without []string, template bool) Question {
	page, _, _ := splitID(t.contact.ID)
	q := Question{
		LaneFacts: t.laneFacts(template), Topic: topic, WindowUntil: t.windowUntil(),
		Lanes: t.lanes(), Permits: make([]Permit, len(t.permits)), Shut: t.b.shut.of(page), Without: without,
	}
	for i := range t.permits {
		q.Permits[i] = t.permits[i].Permit
	}
	if slices.Contains(without, LaneWindow) {
		q.WindowUntil = time.Time{}
	}
	return q
}

// answers are the words of the lanes about a message of a topic for this person.
func (t *turn) answers(topic string, template bool) []NamedAnswer {
	return t.answersTo(t.laneFacts(template), topic)
}

func (t *turn) answersTo(facts LaneFacts, topic string) []NamedAnswer {
	lanes := t.lanes()
	if len(lanes) == 0 {
		return nil
	}
	page, _, _ := splitID(t.contact.ID)
	closed, out := t.b.shut.of(page), make([]NamedAnswer, len(lanes))
	for i, lane := range lanes {
		facts.Permit = t.permitOf(lane, topic)
		out[i] = answerOf(lane, facts, closed)
	}
	return out
}

// permitOf is the permit that a lane would use for a topic: its own, else the whole
// Page's; nil if there is none.
func (t *turn) permitOf(lane Lane, topic string) *Permit {
	if i := permitOf(lane, topic, len(t.permits), func(i int) *Permit { return &t.permits[i].Permit }); i >= 0 {
		return &t.permits[i].Permit
	}
	return nil
}

// asks is the lane whose permit a request asks for now: the first in the Page's order
// of preference whose request the platform shows. ok is false where it shows none.
func (t *turn) asks() (lane string, ok bool) {
	lanes := t.lanes()
	facts := t.laneFacts(false)
	if len(lanes) == 0 { // the channel knows what its Page may ask
		ch, is := t.b.channelOf(t.contact.ID).(AskingChannel)
		return "", !is || ch.Asks(facts)
	}
	for _, l := range lanes {
		if a, is := l.(TraitLane); !is || a.Asks(facts) {
			return l.Name(), true
		}
	}
	return "", false
}

// lanes are those of the contact's channel.
func (t *turn) lanes() []Lane {
	if t.ways == nil {
		page, _, _ := splitID(t.contact.ID)
		t.ways = t.b.lanes[page]
	}
	return t.ways
}
