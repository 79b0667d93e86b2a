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

// notifyInput asks for one notification to be decided. Without an Occurrence the
// held ones of the trigger are decided again.
type notifyInput struct {
	Trigger    string         `json:"trigger"`
	Occurrence string         `json:"occurrence,omitempty"`
	Event      map[string]any `json:"event,omitempty"`
	Due        time.Time      `json:"due,omitzero"`
	Expires    time.Time      `json:"expires,omitzero"`
	Slot       bool           `json:"slot,omitempty"`   // its slot of the page's pace is taken
	Passed     bool           `json:"passed,omitempty"` // it might go already, but for its slot, or for a stop that overtook it
	Queued     bool           `json:"queued,omitempty"` // its campaign counts it as such

	event []byte // Event as its occurrence holds it, if it comes from one
}

// notice is a notification while it is decided.
type notice struct {
	storage.Decision
	event    map[string]any
	interest map[string]any
	passed   bool // it counts, whatever becomes of the consent
	verdict  Verdict
}

// notify decides the notifications of one trigger for this person: the one that
// came and those that are held. Those that may go now go as one message.
func (t *turn) notify(n notifyInput) error {
	notices, err := t.notices(n)
	if err != nil || len(notices) == 0 {
		return err
	}
	trigger, ok := t.program.Trigger(n.Trigger)
	if !ok && !t.b.leads.Load() {
		t.later = true
		return nil
	}
	if !ok {
		return t.conclude(notices, Verdict{Kind: DecisionSkipped, Rule: RuleRemoved})
	}
	going, err := t.decideAll(trigger, notices)
	if err != nil {
		return err
	}
	if len(going) > 0 {
		newest, waiting := going[len(going)-1], n
		if newest.Kind != "" && n.Occurrence != "" { // what was held goes, by a slot of its own, and n waits for nothing
			waiting = notifyInput{Trigger: n.Trigger}
		}
		waits, err := t.queue(waiting, newest)
		if err == nil && !waits {
			err = t.deliver(trigger, going)
		}
		if err != nil {
			return err
		}
		t.waits = waits && newest.Kind == ""
	}
	if !t.alone {
		return t.armHeld(n.Trigger)
	}
	var held []storage.Decision
	for _, d := range notices {
		if d.verdict.Kind == DecisionHeld {
			d.Next = d.verdict.Next
			held = append(held, d.Decision)
		}
	}
	return t.arm(n.Trigger, held)
}

// unqueued is notify for an input: if its campaign counts it as queued, what became of it
// is counted now, unless it waits on.
func (t *turn) unqueued(n notifyInput) error {
	err := t.notify(n)
	if err != nil || !n.Queued || t.waits || t.later {
		return err
	}
	t.tx.tally(n.Trigger, n.Occurrence, countQueued, -1)
	switch t.became {
	case "":
		t.tx.tally(n.Trigger, n.Occurrence, countMissed, 1)
	case countCancelled:
		t.tx.tally(n.Trigger, n.Occurrence, countCancelled, 1)
	}
	return nil
}

// note keeps in mind what became of the notification that the turn is about.
func (t *turn) note(d *notice) {
	if d.Kind == "" {
		t.became = d.verdict.Kind
	}
}

// decideAll asks the rules about each notification, keeps what they say of those
// that may not go, and returns the others.
func (t *turn) decideAll(trigger *flows.Trigger, notices []*notice) (going []*notice, err error) {
	facts, err := t.facts(trigger, "")
	if err != nil {
		return nil, err
	}
	paused := facts.Paused
	world := t.world()
	for _, d := range notices {
		d.interest, facts.Where = t.program.Match(trigger, world, d.event, facts.Consent.Interests)
		facts.Where = facts.Where && t.concerns(trigger, d.Occurrence)
		if d.Kind == "" && !d.passed && !(facts.Consent.reachesAudience() && facts.Where) {
			continue // not in the audience: no notification, only a count
		}
		if trigger.Opens == flows.OpensEither {
			facts.Lanes = t.answers(trigger.Topic, t.approved(trigger, d))
		}
		facts.about(trigger, &d.Decision)
		facts.Paused, facts.Cancelled = paused, false
		if err := t.steered(&facts, d.Trigger, d.Occurrence); err != nil {
			return nil, err
		}
		if d.Kind == "" && facts.Cancelled {
			t.became = countCancelled // only a count as well
			continue
		}
		d.verdict = facts.decide()
		t.note(d)
		if d.verdict.Kind == DecisionSent {
			going = append(going, d)
			continue
		}
		if _, err := t.b.putDecision(t.tx, d.Decision, t.now, d.verdict); err != nil {
			return nil, err
		}
	}
	return going, nil
}

// notices are the held notifications of a trigger, oldest first, and the new one
// unless it was decided already.
func (t *turn) notices(n notifyInput) ([]*notice, error) {
	var held []storage.Decision
	var err error
	if !t.alone {
		if held, err = t.tx.heldBy(t.contact.ID, n.Trigger); err != nil {
			return nil, err
		}
	}
	var out []*notice
	for _, d := range slices.Backward(held) {
		item := &notice{Decision: d}
		if item.event, err = eventOf(d.Event); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	slices.SortStableFunc(out, func(a, b *notice) int { return a.FirstDue.Compare(b.FirstDue) })
	if n.Occurrence == "" {
		return out, nil
	}
	var decided storage.Decision
	if err = storage.ErrNotFound; !t.once {
		decided, err = t.tx.Decision(t.contact.ID, n.Trigger, n.Occurrence)
	}
	if err == nil {
		t.became = decided.Kind
		return nil, nil // at most once for each contact, trigger and occurrence
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return nil, err
	}
	if t.came == nil {
		t.came = new(notice)
	}
	item := t.came
	*item = notice{event: n.Event, passed: n.Passed, Decision: storage.Decision{
		Contact: t.contact.ID, Trigger: n.Trigger, Occurrence: n.Occurrence, FirstDue: n.Due, Expires: n.Expires,
	}}
	item.Flow = flows.FlowOf(n.Trigger) // also of one that is gone
	if trigger, ok := t.program.Trigger(n.Trigger); ok {
		item.Topic = trigger.Topic
	}
	if item.Decision.Event = n.event; n.Event != nil && n.event == nil {
		if item.Decision.Event, err = json.Marshal(n.Event); err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
	}
	return append(out, item), nil
}

// eventOf reads the event of a decision or an occurrence; nil for a schedule.
func eventOf(raw []byte) (event map[string]any, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if event, err = readMap(raw); err != nil {
		return nil, fmt.Errorf("event of a notification: %w", errors.Join(errCorrupt, err))
	}
	return event, nil
}

// reachesAudience says that a consent counts as one of an occurrence's audience:
// a snoozed one is held, any other but active makes no notification.
func (c Consent) reachesAudience() bool {
	return c.Status == StatusActive || c.Status == StatusSnoozed
}

// facts is what the rules look at, but for what differs between notifications of
// one trigger. except is a message that does not count as sent.
func (t *turn) facts(trigger *flows.Trigger, except string) (Facts, error) {
	program := t.program
	f := Facts{
		Now: t.now, Zone: t.location(), Unreachable: t.contact.Unreachable, Budget: program.Bot.Budget, Quiet: t.quietHours(),
		Thread: t.handed(), Waiting: t.session.Waiting(), LastAct: t.contact.LastAct, WindowUntil: t.windowUntil(),
		Holdout: trigger.Holdout > 0 && HeldOut(t.contact.ID, trigger.ID, trigger.Holdout),
	}
	if topic, ok := program.Topic(trigger.Topic); ok {
		f.Topic = *topic
	}
	f.Consent = Consent{Contact: t.contact.ID, Topic: trigger.Topic}
	if c := t.topic(trigger.Topic); c != nil {
		f.Consent = c.Consent
	}
	if t.b.channelOf(t.contact.ID) == nil {
		f.Paused = pausedNoChannel
	}
	if f.Budget != nil {
		sent, err := t.r.Decisions(storage.DecisionQuery{
			Contact: t.contact.ID, Kinds: []string{DecisionSent, DecisionUnknown}, Since: t.now.Add(-f.Budget.Per), Limit: maxHeld,
		})
		if err != nil {
			return Facts{}, err
		}
		f.Sent = sendTimes(sent, except)
		if f.Greater, err = t.greater(f.Topic, *f.Budget); err != nil {
			return Facts{}, err
		}
	}
	lane := t.laneFacts(trigger.Opens == flows.OpensTemplate)
	f.Region, f.PersonRegion, f.Lanes = lane.Region, lane.PersonRegion, t.answersTo(lane, trigger.Topic)
	return f, nil
}

// about makes the facts those of one notification.
func (f *Facts) about(trigger *flows.Trigger, d *storage.Decision) {
	f.FirstDue, f.Expires = d.FirstDue, d.Expires
	if scheduled(trigger) {
		f.ActiveBy = d.FirstDue
	}
}

// sendTimes are the instants of the messages that carried decisions; merged ones
// count once.
func sendTimes(decisions []storage.Decision, except string) []time.Time {
	seen := map[string]bool{"": false, except: except != ""}
	var out []time.Time
	for _, d := range decisions {
		if seen[d.Send] {
			continue
		}
		seen[d.Send] = d.Send != ""
		out = append(out, d.At)
	}
	return out
}

// conclude gives several notifications the same decision.
func (t *turn) conclude(notices []*notice, v Verdict) error {
	for _, d := range notices {
		d.verdict = v
		t.note(d)
		if _, err := t.b.putDecision(t.tx, d.Decision, t.now, v); err != nil {
			return err
		}
	}
	return nil
}

// enqueueNotify leaves it to a turn of its own to decide a notification.
func (b *Bot) enqueueNotify(tx *txn, contact string, n notifyInput, now time.Time) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	_, err = tx.Enqueue(storage.Input{Contact: contact, Kind: kindNotify, Body: body, At: now})
	return err
}
