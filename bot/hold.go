package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// While a handler is called, what else happens to the contact waits in the inbox: its
// first input is put off until the deadline, or until the call is over. A stop does not
// wait, wherever it stands.

// holdForCall does what must be done with the first input of a contact while a handler
// is called for them. done says that the input is dealt with, or waits.
func (t *turn) holdForCall(in storage.Input) (done bool, err error) {
	if len(t.session.Calls()) == 0 {
		return false, nil
	}
	if until := t.session.CallsUntil(); !until.After(t.now) {
		t.input = "deadline:" + fmt.Sprint(in.Seq)
		if err := t.advance(flows.Input{Kind: flows.InWake, At: t.now}); err != nil || len(t.session.Calls()) == 0 {
			return false, err
		}
		return true, t.commit() // the flow calls again, and the input comes back at once to wait for that
	}
	inputs, err := t.tx.Inputs(t.contact.ID, maxLooked)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(inputs, t.b.isStop)
	if at < 0 {
		in.Ready = t.session.CallsUntil()
		return true, t.tx.PutInput(in)
	}
	for _, before := range inputs[:at] {
		switch {
		case before.Kind == kindNotify:
			err = t.overtakes(before)
		case before.Kind == kindEvent && said(before): // the stop is the answer to it as well
			err = t.tx.DeleteInput(before.Contact, before.Seq)
		}
		if err != nil {
			return false, err
		}
	}
	stop := inputs[at]
	t.seq = stop.Seq
	if err := t.take(stop); err != nil {
		return false, err
	}
	if err := t.commit(); err != nil {
		return false, err
	}
	return true, t.tx.DeleteInput(stop.Contact, stop.Seq)
}

// overtakes notes that a notification counts whose turn a stop takes: the person was in
// its audience when it came, so it ends in a decision and not in silence.
func (t *turn) overtakes(in storage.Input) error {
	var n notifyInput
	if err := json.Unmarshal(in.Body, &n); err != nil {
		return nil // its own turn says so
	}
	trigger, known := t.program.Trigger(n.Trigger)
	if !known || n.Occurrence == "" || n.Passed {
		return nil
	}
	c := t.topic(trigger.Topic)
	if c == nil || !c.reachesAudience() {
		return nil
	}
	if _, matches := t.program.Match(trigger, t.world(), n.Event, c.Interests); !matches || !t.concerns(trigger, n.Occurrence) {
		return nil
	}
	n.Passed = true
	var err error
	if in.Body, err = json.Marshal(n); err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	return t.tx.PutInput(in)
}

// released lets the inputs go on that waited for calls, once those are over.
func (t *turn) released() error {
	if len(t.calling) == 0 {
		return nil
	}
	now := t.session.Calls()
	for _, id := range t.calling {
		if !slices.Contains(now, id) {
			if err := t.tx.DeleteTimer(t.contact.ID, timerCall, id); err != nil {
				return err
			}
		}
	}
	if len(now) > 0 {
		return nil
	}
	inputs, err := t.tx.Inputs(t.contact.ID, 2)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if in.Seq != t.seq {
			return t.tx.ready(in)
		}
	}
	return nil
}

// ready lets an input be handled now that waits for a call. One that failed before
// waits for another reason.
func (x *txn) ready(in storage.Input) error {
	if !in.Ready.After(x.now) || in.Attempt > 0 {
		return nil
	}
	in.Ready = time.Time{}
	return x.PutInput(in)
}

// heed lets a stop have its turn that waits during a call: the process that stored it
// may be gone, and only that one knew of it.
func (b *Bot) heed(tx *txn, contact string) error {
	inputs, err := tx.Inputs(contact, maxLooked)
	if err != nil || !slices.ContainsFunc(inputs, b.isStop) {
		return err
	}
	return tx.ready(inputs[0])
}

// stopsCall says whether an event ends everything at once.
func (b *Bot) stopsCall(e *Event) bool {
	kind := flows.InMessage
	switch e.Kind {
	case EventMessage:
	case EventPostback:
		kind = flows.InPostback
	default:
		return false
	}
	return b.Program().IsStop(flows.Input{Kind: kind, Text: e.Text, Payload: e.Payload, Label: e.Label})
}

// isStop is stopsCall for an input of the inbox.
func (b *Bot) isStop(in storage.Input) bool {
	var e Event
	return in.Kind == kindEvent && json.Unmarshal(in.Body, &e) == nil && b.stopsCall(&e)
}

// said says whether an event is something the person said or tapped.
func said(in storage.Input) bool {
	var e Event
	if json.Unmarshal(in.Body, &e) != nil {
		return false
	}
	switch e.Kind {
	case EventMessage, EventPostback, EventReferral, EventReaction:
		return true
	}
	return false
}

// hurry notes that a stop came for a contact, who may have inputs that wait for a call.
func (c *calls) hurry(contact string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stops == nil {
		c.stops = map[string]bool{}
	}
	c.stops[contact] = true
}

// hurried lets the inbox be looked at of those for whom a stop came.
func (b *Bot) hurried(ctx context.Context) error {
	b.calls.mu.Lock()
	contacts := slices.Sorted(maps.Keys(b.calls.stops))
	b.calls.stops = nil
	b.calls.mu.Unlock()
	if len(contacts) == 0 {
		return nil
	}
	return b.write(ctx, func(tx *txn) error {
		for _, contact := range contacts {
			first, err := tx.Inputs(contact, 1)
			if err != nil {
				return err
			}
			for _, in := range first {
				if err := tx.ready(in); err != nil {
					return err
				}
			}
		}
		return nil
	}, storage.Need{Contacts: contacts})
}
