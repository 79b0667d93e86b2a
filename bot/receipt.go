package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// settleReceipt follows echoes, deliveries and reads. They settle messages whose
// outcome was unknown, and tell the figures; they never reach a flow. What they
// say about messages that are not ours is kept as a stray. A receipt may overtake
// the answer that tells us the message's id: then it is looked at again, for a while.
func (b *Bot) settleReceipt(tx *txn, page string, e *Event, now time.Time, again bool) error {
	ours, early, err := false, false, error(nil)
	look := !again || now.Sub(e.At).Abs() < receiptLimit
	switch e.Kind {
	case EventEcho:
		ours, err = b.echoed(tx, e.Send, e.MID, page+":"+e.Person, now)
	case EventDelivery:
		var strange []string
		if strange, early, err = b.delivered(tx, page, e, now); len(strange) > 0 {
			rest := *e // what is tried again must find it as it came
			rest.MIDs, e = strange, &rest
		} else {
			ours = true
		}
	case EventRead:
		ours, early, err = b.upTo(tx, page+":"+e.Person, e, func(d *storage.Decision) *time.Time { return &d.Read })
	}
	if err == nil && early && look {
		return b.lookAgain(tx, page, e, now, again)
	}
	if err != nil || ours {
		return err
	}
	if e.Kind == EventEcho && e.MID != "" {
		if _, err := tx.Once(ofOthers(page, e.MID), now); err != nil {
			return err
		}
	}
	if e.Kind != EventEcho || e.Send != "" { // it is about what we sent, so of somebody we knew
		if known, err := tx.met(page + ":" + e.Person); err != nil || !known {
			return err // of somebody who was forgotten not even that is kept
		}
	}
	if e.Kind == EventDelivery && look {
		if early, err := b.onTheWay(tx, page+":"+e.Person); err != nil {
			return err
		} else if early {
			return b.lookAgain(tx, page, e, now, again)
		}
	}
	body, err := e.seal()
	if err != nil {
		return err
	}
	return tx.PutStray(storage.Stray{At: now, Source: page, Reason: string(e.Kind) + " of a message that is not ours", Body: body, Contact: strayOf(page, e.Person)})
}

// ofOthers is the key under which is kept that an echo came of a message that is not ours.
func ofOthers(page, mid string) string { return page + ":others:" + mid }

// met says whether somebody is known.
func (x *txn) met(contact string) (bool, error) {
	_, err := x.Contact(contact)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// onTheWay says whether a message to somebody was claimed, and its outcome may still
// become known.
func (b *Bot) onTheWay(tx *txn, contact string) (bool, error) {
	sends, err := tx.Sends(contact)
	return slices.ContainsFunc(sends, func(s storage.Send) bool { return s.State != storage.SendPending }), err
}

// lookAgain lets a receipt wait for the answer it is about: that of many messages which went
// together comes when all have gone. One that was looked at again waits as long as it has
// waited.
func (b *Bot) lookAgain(tx *txn, page string, e *Event, now time.Time, again bool) error {
	body, err := e.seal()
	if err != nil {
		return err
	}
	patience := receiptPatience
	if again {
		patience = max(patience, now.Sub(e.At))
	}
	at := now.Add(patience)
	return tx.PutTimer(storage.Timer{Contact: page + ":" + e.Person, Kind: timerReceipt, Key: e.Key, At: at, Body: body})
}

// receivedBefore looks again at a receipt that came before the answer it is about.
func (b *Bot) receivedBefore(tx *txn, timer storage.Timer, now time.Time) error {
	var e Event
	if err := json.Unmarshal(timer.Body, &e); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	page, _, _ := splitID(timer.Contact)
	return b.settleReceipt(tx, page, &e, now, true)
}

// echoed settles a message by its echo, which proves that the platform has it:
// whatever we believed. contact is whom it was for.
func (b *Bot) echoed(tx *txn, send, mid, contact string, now time.Time) (ours bool, err error) {
	if send == "" {
		return false, nil
	}
	s, err := tx.Send(send)
	if errors.Is(err, storage.ErrNotFound) {
		// Of a notification that was accepted its decisions are left.
		carried, err := tx.DecisionsBySend(send)
		return len(carried) > 0, err
	}
	if err != nil || s.State == storage.SendDropped {
		return true, err
	}
	if s.State == storage.SendSent {
		if s.MID == "" {
			s.MID = mid
			err = tx.PutSend(s)
		}
		return true, err
	}
	l, err := open(s)
	if err != nil {
		return true, nil // it is settled as such elsewhere
	}
	if l.body.Comment != "" {
		return true, b.recognised(tx, &l, mid, contact, now)
	}
	if s.State == storage.SendFailed && s.Bulk {
		if err := b.sentAfterAll(tx, &l, now); err != nil {
			return true, err
		}
	}
	tx.leave(partOutbox, time.Time{}) // what stands behind it may go
	return true, b.accepted(tx, &l, mid, now)
}

// sentAfterAll lets a notification count that was taken for refused.
func (b *Bot) sentAfterAll(tx *txn, l *letter, now time.Time) error {
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return err
	}
	c := t.topic(l.Topic)
	if c == nil || !l.body.DecidedAt.After(c.LastSent) {
		return nil
	}
	if err := t.carried(c, l.body.DecidedAt, carrierOf(l.body.Token)); err != nil {
		return err
	}
	return t.commit()
}

// delivered notes when messages reached the person: those it names, or all before a time.
// strange are those that nobody knows; early is as of upTo.
func (b *Bot) delivered(tx *txn, page string, e *Event, now time.Time) (strange []string, early bool, err error) {
	contact := page + ":" + e.Person
	if len(e.MIDs) == 0 {
		_, early, err := b.upTo(tx, contact, e, func(d *storage.Decision) *time.Time { return &d.Delivered })
		return nil, early, err
	}
	for _, mid := range e.MIDs {
		s, err := tx.SendByMID(contact, mid)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, false, err
		}
		known := err == nil
		if known {
			if _, err := b.echoed(tx, s.ID, mid, contact, now); err != nil {
				return nil, false, err
			}
		}
		carried, err := b.noteDelivery(tx, contact, mid, e.At)
		if err != nil {
			return nil, false, err
		}
		if !known && !carried {
			strange = append(strange, mid)
		}
	}
	if len(e.MIDs) > 1 || len(strange) == 0 {
		return strange, false, nil
	}
	at := e.At
	if !e.Watermark.IsZero() && e.Watermark.Before(at) {
		at = e.Watermark
	}
	if ours, err := b.guess(tx, contact, strange[0], at, now); err != nil || ours {
		return nil, false, err
	}
	return strange, false, nil
}

// noteDelivery keeps with the decisions of a message when it reached the person.
func (b *Bot) noteDelivery(tx *txn, contact, mid string, at time.Time) (carried bool, err error) {
	decisions, err := tx.DecisionsByMID(contact, mid)
	if err != nil {
		return false, err
	}
	for _, d := range decisions {
		if d.Delivered.IsZero() {
			d.Delivered = at
			if err := tx.PutDecision(d); err != nil {
				return false, err
			}
		}
	}
	return len(decisions) > 0, nil
}

// guess settles a notification of unknown outcome by the delivery of a message whose
// id nobody knows, if it is the only one that this can be about: of those that had been
// handed over by then. A reply is not settled so: if the guess is wrong it would be lost.
// Nor is it guessed where the platform may have a reply under an id that we were not told,
// and of what others wrote, whose echo comes before.
func (b *Bot) guess(tx *txn, contact, mid string, at, now time.Time) (ours bool, err error) {
	unknown, err := tx.Decisions(storage.DecisionQuery{Contact: contact, Kinds: []string{DecisionUnknown}, Since: now.Add(-sendRetention)})
	if err != nil {
		return false, err
	}
	send := ""
	for _, d := range unknown {
		if d.Send == "" || d.Send == send {
			continue
		}
		s, err := tx.Send(d.Send)
		if errors.Is(err, storage.ErrNotFound) || err == nil && s.ClaimAt.After(at) {
			continue
		}
		if err != nil {
			return false, err
		}
		if send != "" {
			return false, nil
		}
		send = d.Send
	}
	if send == "" {
		return false, nil
	}
	waiting, err1 := tx.Sends(contact)
	settled, err2 := tx.SettledSends(contact, maxSettled)
	if err := errors.Join(err1, err2); err != nil || len(settled) == maxSettled {
		return false, err
	}
	for _, s := range waiting {
		if !s.ClaimAt.IsZero() && s.ID != send {
			return false, nil // or it is that one, which waits, or is to come again
		}
	}
	for _, s := range settled {
		if s.ID != send && hasOtherID(s) {
			return false, nil
		}
	}
	// To ask is to keep the key. That harms nobody: the id is known from here on.
	page, _, _ := splitID(contact)
	if fresh, err := tx.Once(ofOthers(page, mid), now); err != nil || !fresh {
		return false, err
	}
	if ours, err = b.echoed(tx, send, mid, contact, now); err != nil || !ours {
		return ours, err
	}
	_, err = b.noteDelivery(tx, contact, mid, at)
	return true, err
}

// hasOtherID says whether the platform may have a settled message under an id that we do
// not know: that of a try it did not answer.
func hasOtherID(s storage.Send) bool {
	switch {
	case s.State == storage.SendUnknown || s.State == storage.SendSent && s.MID == "":
		return true
	case s.Bulk: // it is never sent again after a try of unknown outcome
		return false
	}
	l, err := open(s)
	return err != nil || l.body.Resent || l.Attempt > 0 // which a crash counts
}

// maxSeen is how many notifications one receipt may be about that names none.
const maxSeen = 2_000

// upTo notes of everything up to a time that it was read, or has reached the person. known
// says whether there is such a person; early, that it may be about a message that the platform
// has not answered yet.
func (b *Bot) upTo(tx *txn, contact string, e *Event, of func(d *storage.Decision) *time.Time) (known, early bool, err error) {
	if known, err := tx.met(contact); err != nil || !known {
		return false, false, err
	}
	// Mostly a few are news. Who looks again after a long time has read them all.
	q := storage.DecisionQuery{Contact: contact, Kinds: []string{DecisionSent}, Limit: 20}
	recent, err := tx.Decisions(q)
	if err == nil && len(recent) == q.Limit && of(&recent[q.Limit-1]).IsZero() {
		q.Limit = maxSeen
		recent, err = tx.Decisions(q)
	}
	if err != nil {
		return true, false, err
	}
	for _, d := range recent {
		at := of(&d)
		switch {
		case !at.IsZero() || d.At.After(e.Watermark):
			continue
		case d.MID != "":
			*at = e.At
			err = tx.PutDecision(d)
		case !early:
			_, err = tx.Send(d.Send)
			if early = err == nil; errors.Is(err, storage.ErrNotFound) {
				err = nil
			}
		}
		if err != nil {
			return true, false, err
		}
	}
	return true, early, nil
}
