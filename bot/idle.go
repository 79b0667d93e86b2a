package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// An idle trigger starts its flow when somebody has been silent for a time. Each has a
// timer for each person, which every act of theirs sets anew; in a bot without such
// triggers nothing of this happens.

// timerIdle is the kind of those timers; key: the trigger.
const timerIdle = "idle"

// idleInput says that a timer of an idle trigger has come.
type idleInput struct {
	Trigger string    `json:"trigger"`
	Due     time.Time `json:"due,omitzero"` // when its timer was
}

// expect sets the timers of the silence that begins with this turn's act. A reaction
// only puts off those that run: it is no reason to begin a conversation anew. Who has
// just stopped everything is left in peace until they write again.
func (t *turn) expect() error {
	if !t.spoke && !t.reacted && !t.hushed {
		return nil
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		if trigger.Kind != flows.OnIdle {
			continue
		}
		if t.hushed {
			if err := t.tx.DeleteTimer(t.contact.ID, timerIdle, trigger.ID); err != nil {
				return err
			}
			continue
		}
		if !t.spoke {
			runs, err := t.idles(trigger.ID)
			if err != nil {
				return err
			}
			if !runs {
				continue
			}
		}
		at := t.contact.LastAct.Add(trigger.Idle)
		if err := t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerIdle, Key: trigger.ID, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// idles says whether a silence is under way that a trigger waits for.
func (t *turn) idles(trigger string) (bool, error) {
	timers, err := t.tx.Timers(t.contact.ID)
	for _, timer := range timers {
		if timer.Kind == timerIdle && timer.Key == trigger {
			return true, err
		}
	}
	return false, err
}

// enqueueIdle leaves it to the person's turn to start the flow.
func (b *Bot) enqueueIdle(tx *txn, timer storage.Timer, now time.Time) error {
	body, err := json.Marshal(idleInput{Trigger: timer.Key, Due: timer.At})
	if err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	_, err = tx.Enqueue(storage.Input{Contact: timer.Contact, Kind: kindIdle, Body: body, At: now})
	return err
}

// idle starts the flow of a silence, if that lasts still and the person may be written
// to.
func (t *turn) idle(in idleInput) error {
	trigger, ok := t.program.Trigger(in.Trigger)
	if !ok && !t.b.leads.Load() {
		t.later = true
		return nil
	}
	if !ok || trigger.Kind != flows.OnIdle {
		return nil
	}
	switch at := t.contact.LastAct.Add(trigger.Idle); {
	case at.After(t.now) && sameMilli(at, in.Due):
		// The clock that its timer was fired by is ahead: it needs another.
		return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerIdle, Key: trigger.ID, At: at})
	case at.After(t.now): // they wrote meanwhile, and have a new timer
		return nil
	case !t.windowUntil().After(t.now), t.contact.Unreachable != "", t.prefs.Thread != nil:
		return nil
	}
	if end := QuietEnd(t.quietHours(), t.now, t.location()); !end.IsZero() { // nobody asked for it in their night
		return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerIdle, Key: trigger.ID, At: end})
	}
	return t.advance(flows.Input{Kind: flows.InIdle, At: t.now, Trigger: trigger.ID})
}
