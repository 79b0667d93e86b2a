package bot

import (
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// While people of the Page have a conversation the bot is silent in it: acts of the
// person open the window and start nothing, waits wait on, notifications are held by
// the rule thread. It ends when the platform says that the conversation is ours again,
// or when the bot takes it back.

const (
	// timerThread is the kind of the timer by which the bot takes a conversation back.
	timerThread = "thread"
	// idleThread is how long the platform leaves a conversation with whoever had it.
	// Where it would not be told who has it, nobody could give it back.
	idleThread = 24 * time.Hour
)

// Control is what a Delivery does instead of showing a message.
type Control string

const (
	ControlPass Control = "pass" // the conversation goes to the people in the Page's inbox
	ControlTake Control = "take" // and back from them
	// ControlUnsubscribe gives up what the platform keeps for the whole Page as the
	// person's permission to write to them.
	ControlUnsubscribe Control = "unsubscribe"
)

// handed says that others have the conversation.
func (t *turn) handed() bool { return t.prefs.Thread != nil }

// handOver gives the conversation away, behind what the turn has said so far.
func (t *turn) handOver(e flows.HandOver) error {
	th := Thread{Since: t.now, Note: e.Note}
	if t.spoke {
		th.Told = t.at
	}
	if e.ResumeAfter > 0 {
		th.Until = t.now.Add(e.ResumeAfter)
	}
	if err := t.setThread(th); err != nil {
		return err
	}
	return t.put(letter{
		Send: storage.Send{Lane: LaneWindow}, body: sendBody{Control: ControlPass, Note: e.Note, Flow: e.Flow, Step: e.Step},
	})
}

// setThread notes who has the conversation, and until when.
func (t *turn) setThread(th Thread) error {
	t.prefer(func(p *Prefs) { p.Thread = &th })
	if th.Until.IsZero() {
		return t.tx.DeleteTimer(t.contact.ID, timerThread, "")
	}
	return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerThread, At: th.Until})
}

// taken follows the platform's word that others have the conversation now. It may come
// behind a later one.
func (t *turn) taken(at time.Time) error {
	switch {
	case at.Before(t.prefs.Back):
		return nil // they have given it back since
	case !t.handed():
		return t.setThread(Thread{Since: at, Told: at})
	case at.After(t.prefs.Thread.Told): // as the bot wanted it
		th := *t.prefs.Thread
		th.Told = at
		t.prefer(func(p *Prefs) { p.Thread = &th })
	}
	return nil
}

// givenBack follows the platform's word that the conversation is ours again.
func (t *turn) givenBack(at time.Time) error {
	if t.handed() && at.Before(t.prefs.Thread.Told) {
		return nil // others have it again since
	}
	if at.After(t.prefs.Back) {
		t.prefer(func(p *Prefs) { p.Back = at })
	}
	return t.resumed()
}

// idled says that the platform has let go of a conversation that nobody gave back: after a
// day in which nobody used it, it is the bot's again, which is told to it by nothing but
// what the person writes.
func (t *turn) idled(at time.Time) bool {
	th := t.prefs.Thread
	return th != nil && th.Until.IsZero() && !at.Before(th.Since.Add(idleThread)) && !at.Before(th.Told.Add(idleThread))
}

// resumeDue takes the conversation back when its time has come.
func (t *turn) resumeDue() error {
	if !t.handed() || t.prefs.Thread.Until.IsZero() {
		return nil
	}
	if until := t.prefs.Thread.Until.Truncate(time.Millisecond); until.After(t.now) { // as its timer has it
		// The clock that its timer was fired by is ahead: it needs another.
		return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerThread, At: until})
	}
	if err := t.put(letter{Send: storage.Send{Lane: LaneWindow}, body: sendBody{Control: ControlTake}}); err != nil {
		return err
	}
	return t.resumed()
}

// resumed goes on where the bot was when it gave the conversation away.
func (t *turn) resumed() error {
	if !t.handed() {
		return nil
	}
	t.prefer(func(p *Prefs) { p.Thread = nil })
	if err := t.tx.DeleteTimer(t.contact.ID, timerThread, ""); err != nil {
		return err
	}
	if err := t.reconsider(""); err != nil {
		return err
	}
	return t.advance(flows.Input{Kind: flows.InResumed, At: t.now})
}

// overhear is for an act of the person in a conversation that others have. What they
// withdraw is withdrawn all the same, without a word.
func (t *turn) overhear(in flows.Input) error {
	t.mute = true
	if in.Kind == flows.InPostback && in.Payload == "" {
		return t.overhearLabel(in)
	}
	if !t.program.IsStop(in) {
		return nil
	}
	return t.advance(in)
}

// overhearLabel is for a tap of which the platform tells the label alone, as it does in
// standby. Where buttons of several topics are called so, the tap is meant for that of the
// last notification; if that is none of them, for all: rather one too many.
func (t *turn) overhearLabel(in flows.Input) error {
	topics := t.program.Withdraws(in.Label)
	if len(topics) > 1 {
		last, known, err := lastSent(t.tx, t.contact.ID, "", in.At)
		if err != nil {
			return err
		}
		if known && slices.Contains(topics, last.Topic) {
			topics = []string{last.Topic}
		}
	}
	for _, topic := range topics {
		in.Payload = flows.Payload{OptOut: topic}.Encode()
		if err := t.advance(in); err != nil {
			return err
		}
	}
	return nil
}

// controlRefused acts on a refusal to give or take the conversation. One that could not
// be given away is the inbox's all the same, where people see it; but then nobody can
// give it back.
func (t *turn) controlRefused(l *letter, o Outcome) error {
	switch o.Class {
	case ClassTransient:
		return t.retry(l, o)
	case ClassBackoff, ClassToken, ClassPage:
		return t.pageRefused(l, o)
	}
	if l.body.Control == ControlUnsubscribe {
		t.b.log.Error("the platform did not end a subscription: the person stopped, and nothing is sent to them", "page", l.Page, "code", o.Code)
		return t.end(l, storage.SendFailed, Verdict{})
	}
	t.b.log.Error("the platform did not change who has a conversation", "control", l.body.Control, "page", l.Page, "code", o.Code)
	if err := t.fail(l, RuleThread); err != nil {
		return err
	}
	if th := t.prefs.Thread; l.body.Control == ControlPass && th != nil && th.Until.IsZero() {
		until := *th
		until.Until = t.now.Add(idleThread)
		return t.setThread(until)
	}
	return nil
}

// enqueueThread leaves it to the person's turn to take the conversation back.
func (b *Bot) enqueueThread(tx *txn, timer storage.Timer, now time.Time) error {
	if _, err := tx.Enqueue(storage.Input{Contact: timer.Contact, Kind: kindThread, At: now}); err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	return nil
}
