package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Kinds of timers.
const (
	timerHeld = "held" // key: the trigger; its held notifications are decided again
	timerCron = "cron" // no contact; key: the trigger and its zone
)

// notifyInput asks for one notification to be decided. Without an Occurrence the
// held ones of the trigger are decided again.
type notifyInput struct {
	Trigger    string         `json:"trigger"`
	Occurrence string         `json:"occurrence,omitempty"`
	Event      map[string]any `json:"event,omitempty"`
	Due        time.Time      `json:"due,omitzero"`
	Expires    time.Time      `json:"expires,omitzero"`
}

// notice is a notification while it is decided.
type notice struct {
	storage.Decision
	event    map[string]any
	interest map[string]any
	verdict  Verdict
	where    bool
}

// notify decides the notifications of one trigger for this person: the one that
// came and those that are held. Those that may go now go as one message.
func (t *turn) notify(n notifyInput) error {
	notices, err := t.notices(n)
	if err != nil || len(notices) == 0 {
		return err
	}
	trigger, ok := t.b.program.Trigger(n.Trigger)
	if !ok {
		return t.conclude(notices, Verdict{Kind: DecisionSkipped, Rule: RuleRemoved})
	}
	facts, err := t.facts(trigger)
	if err != nil {
		return err
	}
	var going []*notice
	for i := range notices {
		d := &notices[i]
		d.interest, d.where = t.b.program.Match(trigger, t.world(), d.event, facts.Consent.Interests)
		if d.Kind == "" && !(facts.Consent.reachesAudience() && d.where) {
			continue // not in the audience: no notification, only a count
		}
		facts.Where, facts.FirstDue, facts.Expires = d.where, d.FirstDue, d.Expires
		if trigger.Kind == flows.OnCron {
			facts.ActiveBy = d.FirstDue
		}
		d.verdict = Decide(facts)
		if d.verdict.Kind == DecisionSent {
			going = append(going, d)
			continue
		}
		if err := t.b.putDecision(t.tx, d.Decision, t.now, d.verdict); err != nil {
			return err
		}
	}
	if len(going) > 0 {
		if err := t.deliver(trigger, going); err != nil {
			return err
		}
	}
	return t.armHeld(n.Trigger)
}

// notices are the held notifications of a trigger, oldest first, and the new one
// unless it was decided already.
func (t *turn) notices(n notifyInput) ([]notice, error) {
	held, err := t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Trigger: n.Trigger, Kinds: []string{DecisionHeld}, Limit: 1000})
	if err != nil {
		return nil, err
	}
	var out []notice
	for _, d := range held {
		item := notice{Decision: d}
		if len(d.Event) > 0 {
			if err := json.Unmarshal(d.Event, &item.event); err != nil {
				return nil, fmt.Errorf("event of a held notification: %w", err)
			}
		}
		out = append(out, item)
	}
	slices.SortStableFunc(out, func(a, b notice) int { return a.FirstDue.Compare(b.FirstDue) })
	if n.Occurrence == "" {
		return out, nil
	}
	_, err = t.tx.Decision(t.contact.ID, n.Trigger, n.Occurrence)
	if err == nil {
		return nil, nil // at most once for each contact, trigger and occurrence
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return nil, err
	}
	item := notice{event: n.Event, Decision: storage.Decision{
		Contact: t.contact.ID, Trigger: n.Trigger, Occurrence: n.Occurrence, FirstDue: n.Due, Expires: n.Expires,
	}}
	if trigger, ok := t.b.program.Trigger(n.Trigger); ok {
		item.Flow, item.Topic = trigger.Flow, trigger.Topic
	}
	if n.Event != nil {
		if item.Decision.Event, err = json.Marshal(n.Event); err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
	}
	return append(out, item), nil
}

// reachesAudience says that a consent counts as one of an occurrence's audience:
// a snoozed one is held, any other but active makes no notification.
func (c Consent) reachesAudience() bool {
	return c.Status == StatusActive || c.Status == StatusSnoozed
}

// facts is what the rules look at, but for what differs between notifications of
// one trigger.
func (t *turn) facts(trigger *flows.Trigger) (Facts, error) {
	program := t.b.program
	f := Facts{
		Now: t.now, Zone: t.location(), Unreachable: t.contact.Unreachable, Budget: program.Bot.Budget, Quiet: program.Bot.QuietHours,
		Waiting: t.session.Waiting(), LastAct: t.contact.LastAct, WindowUntil: t.windowUntil(),
		Holdout: HeldOut(t.contact.ID, trigger.ID, trigger.Holdout),
	}
	if topic, ok := program.Topic(trigger.Topic); ok {
		f.Topic = *topic
	}
	f.Consent = Consent{Contact: t.contact.ID, Topic: trigger.Topic}
	if c := t.topics[trigger.Topic]; c != nil {
		f.Consent = *c
	}
	page, _, _ := splitID(t.contact.ID)
	if _, ok := t.b.channels[page]; !ok {
		f.Paused = "no channel"
	}
	if f.Budget != nil {
		sent, err := t.r.Decisions(storage.DecisionQuery{
			Contact: t.contact.ID, Kinds: []string{DecisionSent, DecisionUnknown}, Since: t.now.Add(-f.Budget.Per), Limit: 1000,
		})
		if err != nil {
			return Facts{}, err
		}
		f.Sent = sendTimes(sent)
	}
	f.Lanes = t.answers(trigger.Topic, nil)
	return f, nil
}

// sendTimes are the instants of the messages that carried decisions; merged ones
// count once.
func sendTimes(decisions []storage.Decision) []time.Time {
	seen := map[string]bool{}
	var out []time.Time
	for _, d := range decisions {
		if d.Send != "" && seen[d.Send] {
			continue
		}
		seen[d.Send] = true
		out = append(out, d.At)
	}
	return out
}

// answers asks the lanes in order, without those the platform has refused for
// this message.
func (t *turn) answers(topic string, closed []string) []NamedAnswer {
	var out []NamedAnswer
	region := t.b.program.Bot.Region
	for _, lane := range t.lanes() {
		if slices.Contains(closed, lane.Name()) {
			continue
		}
		out = append(out, NamedAnswer{Name: lane.Name(), LaneAnswer: lane.Open(LaneFacts{
			Now: t.now, Region: region, PersonRegion: RegionOf(t.location().String(), region), Zone: t.location(),
			Permit: permitFor(t.permits, lane.Name(), topic),
		})})
	}
	return out
}

// deliver starts the trigger's flow for the notifications that may go, and puts
// its message into the outbox with their decisions.
func (t *turn) deliver(trigger *flows.Trigger, going []*notice) error {
	newest := going[len(going)-1]
	in := flows.Input{
		Kind: flows.InNotify, At: t.now, ID: trigger.ID + " " + newest.Occurrence, Trigger: trigger.ID, Topic: trigger.Topic,
		Event: newest.event, Interest: newest.interest,
	}
	if trigger.Kind == flows.OnEvent {
		in.Name = trigger.Value
		for _, d := range going {
			in.Events = append(in.Events, d.event)
		}
	}
	effects, err := t.run(in)
	if err != nil {
		return err
	}
	verdict := newest.verdict
	say, fault := notificationOf(effects)
	switch {
	case fault:
		return t.conclude(values(going), Verdict{Kind: DecisionFailed, Rule: RuleRender})
	case say == nil:
		return t.conclude(values(going), Verdict{Kind: DecisionSkipped, Rule: RuleSilent})
	}
	id := t.b.newID()
	body := sendBody{Message: say.Message, Flow: say.Flow, Step: say.Step, Expires: newest.Expires}
	if err := t.useLane(verdict.Lane, trigger.Topic, &body); err != nil {
		return err
	}
	if c := t.topics[trigger.Topic]; c != nil {
		body.LastWas, c.LastSent = c.LastSent, t.now
		t.changed[trigger.Topic] = true
		if topic, ok := t.b.program.Topic(trigger.Topic); ok && topic.Once && newest.interest != nil {
			if err := t.change(trigger.Topic, Change{Action: Unwatched, At: t.now, About: newest.interest, Source: SourceStep}); err != nil {
				return err
			}
		}
	}
	for _, d := range going {
		d.Send = id
		if err := t.b.putDecision(t.tx, d.Decision, t.now, verdict); err != nil {
			return err
		}
	}
	return t.put(body, storage.Send{ID: id, Bulk: true, Topic: trigger.Topic, Lane: verdict.Lane})
}

// useLane addresses a message by a lane: its permit's token, which must then rest.
func (t *turn) useLane(lane, topic string, body *sendBody) error {
	body.Token, body.PermitTopic = "", ""
	if lane == LaneWindow {
		return nil
	}
	p := permitFor(t.permits, lane, topic)
	if p == nil {
		return fmt.Errorf("lane %s is open without a permit", lane)
	}
	body.Token, body.PermitTopic, body.PermitWas = p.Token, p.Topic, p.LastSent
	used := *p
	used.LastSent = t.now
	return t.putPermit(used, t.now)
}

func values(going []*notice) []notice {
	out := make([]notice, len(going))
	for i, d := range going {
		out[i] = *d
	}
	return out
}

// notificationOf finds the one message of a notification among a turn's effects.
func notificationOf(effects []flows.Effect) (say *flows.Say, fault bool) {
	for _, e := range effects {
		switch e := e.(type) {
		case flows.Say:
			if e.Notification && say == nil {
				say = &e
			}
		case flows.Fault:
			fault = true
		}
	}
	return say, fault && say == nil
}

// conclude gives several notifications the same decision.
func (t *turn) conclude(notices []notice, v Verdict) error {
	for _, d := range notices {
		if err := t.b.putDecision(t.tx, d.Decision, t.now, v); err != nil {
			return err
		}
	}
	return nil
}

// armHeld sets the one timer of a trigger's held notifications to the next chance
// or the next end of any of them.
func (t *turn) armHeld(trigger string) error {
	held, err := t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Trigger: trigger, Kinds: []string{DecisionHeld}, Limit: 1000})
	if err != nil {
		return err
	}
	var at time.Time
	for _, d := range held {
		next := d.Next
		if next.IsZero() || next.After(d.Expires) {
			next = d.Expires.Add(time.Millisecond) // it may go up to Expires
		}
		if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	if at.IsZero() {
		return t.tx.DeleteTimer(t.contact.ID, timerHeld, trigger)
	}
	return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerHeld, Key: trigger, At: at})
}

// reconsider lets the held notifications of a topic, or of all, be decided again
// after what happens now.
func (t *turn) reconsider(topic string) error {
	held, err := t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Topic: topic, Kinds: []string{DecisionHeld}, Limit: 1000})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, d := range held {
		if seen[d.Trigger] {
			continue
		}
		seen[d.Trigger] = true
		if err := t.b.enqueueNotify(t.tx, t.contact.ID, notifyInput{Trigger: d.Trigger}, t.now); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bot) enqueueNotify(tx storage.Tx, contact string, n notifyInput, now time.Time) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	_, err = tx.Enqueue(storage.Input{Contact: contact, Kind: kindNotify, Body: body, At: now})
	return err
}
