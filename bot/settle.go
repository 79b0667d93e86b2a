package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// settle writes what became of a message that was sent.
func (b *Bot) settle(ctx context.Context, l letter, o Outcome) error {
	now := b.clock.Now()
	err := b.store.Write(ctx, func(tx storage.Tx) error {
		stored, err := tx.Send(l.ID)
		if errors.Is(err, storage.ErrNotFound) {
			return nil // the contact was erased meanwhile
		}
		if err != nil {
			return err
		}
		if stored.State != storage.SendClaimed {
			return nil // an echo was faster
		}
		l := letter{Send: stored, body: l.body}
		switch o.Status {
		case Accepted:
			return b.accepted(tx, &l, o.MID, now)
		case Unknown:
			l.Error = o.Code
			return b.unknown(tx, &l, now)
		}
		l.Error = o.Class.String() + " " + o.Code
		return b.refused(tx, &l, o, now)
	})
	if err != nil {
		return fmt.Errorf("settling a message: %w", err)
	}
	if o.Status != Accepted {
		b.log.Warn("a message was not accepted", "send", l.ID, "lane", l.Lane, "outcome", outcomeLabel(o), "code", o.Code)
	}
	b.work.raise()
	b.mail.raise()
	return nil
}

// accepted records that the platform has the message.
func (b *Bot) accepted(tx storage.Tx, l *letter, mid string, now time.Time) error {
	l.State, l.MID, l.Error = storage.SendSent, mid, ""
	if err := tx.PutSend(l.Send); err != nil {
		return err
	}
	if was, err := b.pages.well(tx, l.Page); err != nil {
		return err
	} else if was {
		b.log.Info("a page takes messages again", "page", l.Page)
	}
	if !l.Bulk {
		return nil
	}
	decisions, err := tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		d.MID = mid
		if d.Kind == DecisionUnknown {
			if err := b.putDecision(tx, d, d.At, Verdict{Kind: DecisionSent, Lane: d.Lane}); err != nil {
				return err
			}
			continue
		}
		if err := tx.PutDecision(d); err != nil {
			return err
		}
	}
	return nil
}

// unknown lets a message wait for its echo. A notification is never repeated on
// its own: its decisions say so at once.
func (b *Bot) unknown(tx storage.Tx, l *letter, since time.Time) error {
	l.State, l.Ready = storage.SendWaiting, since.Add(echoPatience)
	if err := tx.PutSend(l.Send); err != nil {
		return err
	}
	if !l.Bulk {
		return nil
	}
	return b.redecide(tx, l.ID, since, Verdict{Kind: DecisionUnknown})
}

// refused acts on a refusal by its class.
func (b *Bot) refused(tx storage.Tx, l *letter, o Outcome, now time.Time) error {
	switch o.Class {
	case ClassTransient, ClassThread:
		return b.retry(tx, l, o, now)
	case ClassBackoff:
		if err := b.pages.pause(tx, l.Page, pagePause{Until: now.Add(delay(l.Attempt+1, o.RetryAfter)), Reason: "backoff"}); err != nil {
			return err
		}
		return b.retry(tx, l, o, now)
	case ClassToken:
		if err := b.pages.pause(tx, l.Page, pagePause{Until: now.Add(tokenProbe), Reason: "token", Probe: true}); err != nil {
			return err
		}
		b.log.Error("the page's access token is refused: everything is kept until a good one is given", "page", l.Page, "code", o.Code)
		return b.putBack(tx, l, now)
	case ClassPage:
		rest := max(o.RetryAfter, pageRest)
		if err := b.pages.pause(tx, l.Page, pagePause{Until: now.Add(rest), Reason: "page", Probe: true}); err != nil {
			return err
		}
		b.log.Error("the platform bars the page for a time: everything is kept", "page", l.Page, "code", o.Code)
		return b.putBack(tx, l, now)
	case ClassUnreachable:
		return b.unreachable(tx, l, now)
	case ClassStopped:
		return b.stoppedByPlatform(tx, l, now)
	case ClassWindow, ClassPermit, ClassTooSoon:
		if l.Bulk {
			return b.reroute(tx, l, o, now)
		}
		return b.fail(tx, l, now, RuleLane)
	case ClassOperator:
		b.log.Error("the platform wants a setting changed before it takes this message", "page", l.Page, "code", o.Code)
	}
	return b.fail(tx, l, now, RuleRender)
}

// putBack makes a message wait for its page.
func (b *Bot) putBack(tx storage.Tx, l *letter, now time.Time) error {
	l.State, l.Ready = storage.SendPending, now
	return tx.PutSend(l.Send)
}

// retry tries again after a while, a few times.
func (b *Bot) retry(tx storage.Tx, l *letter, o Outcome, now time.Time) error {
	l.Attempt++
	if l.Attempt >= maxAttempts {
		return b.fail(tx, l, now, RuleLane)
	}
	l.State, l.Ready = storage.SendPending, now.Add(delay(l.Attempt, o.RetryAfter))
	return tx.PutSend(l.Send)
}

// delay grows by four with each attempt (from 1), and is never shorter than what
// the platform asked for.
func delay(attempt int, asked time.Duration) time.Duration {
	d := firstRetry
	for i := 1; i < attempt && d < lastRetry; i++ {
		d *= 4
	}
	return max(min(d, lastRetry), asked)
}

// fail settles a message that will not be delivered.
func (b *Bot) fail(tx storage.Tx, l *letter, now time.Time, rule string) error {
	l.State = storage.SendFailed
	if err := tx.PutSend(l.Send); err != nil {
		return err
	}
	return b.unsent(tx, l, now, Verdict{Kind: DecisionFailed, Rule: rule, Values: map[string]any{"code": l.Error}})
}

// unsent takes back what deciding a notification had noted, and says what became
// of it.
func (b *Bot) unsent(tx storage.Tx, l *letter, now time.Time, v Verdict) error {
	if !l.Bulk {
		return nil
	}
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return err
	}
	if err := t.restore(l); err != nil {
		return err
	}
	return b.redecide(tx, l.ID, now, v)
}

// restore puts back when the consent and the permit last carried a message.
func (t *turn) restore(l *letter) error {
	if !t.stored {
		return nil
	}
	if c := t.topics[l.Topic]; c != nil {
		c.LastSent = l.body.LastWas
		record, err := c.Record()
		if err != nil {
			return err
		}
		if err := t.tx.PutConsent(record); err != nil {
			return err
		}
	}
	if p := permitFor(t.permits, l.Lane, l.body.PermitTopic); p != nil && l.Lane != LaneWindow {
		back := *p
		back.LastSent = l.body.PermitWas
		return t.putPermit(back, t.now)
	}
	return nil
}

// unreachable remembers that nothing may be tried for a person until they write.
func (b *Bot) unreachable(tx storage.Tx, l *letter, now time.Time) error {
	contact, err := tx.Contact(l.Contact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err == nil {
		contact.Unreachable = "unavailable"
		if err := tx.PutContact(contact); err != nil {
			return err
		}
	}
	return b.fail(tx, l, now, RuleReachable)
}

// stoppedByPlatform follows a refusal that says the person stopped this topic.
func (b *Bot) stoppedByPlatform(tx storage.Tx, l *letter, now time.Time) error {
	if err := b.fail(tx, l, now, RuleConsent); err != nil {
		return err
	}
	t, err := b.begin(tx, l.Contact, now)
	if err != nil || !t.stored || l.Topic == "" {
		return err
	}
	t.input = "send:" + l.ID
	if err := t.change(l.Topic, Change{Action: Stopped, At: now, Source: SourcePlatform, Locale: t.language()}); err != nil {
		return err
	}
	return t.commit()
}

// reroute tries the next lane at once; if none is open the notification is held
// and decided again at its next chance.
func (b *Bot) reroute(tx storage.Tx, l *letter, o Outcome, now time.Time) error {
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return err
	}
	if !t.stored {
		return b.fail(tx, l, now, RuleConsent)
	}
	if err := t.restore(l); err != nil {
		return err
	}
	if err := t.noteRefusal(l, o); err != nil {
		return err
	}
	closed := append(slices.Clone(l.body.Closed), l.Lane)
	var next time.Time
	for _, answer := range t.answers(l.Topic, closed) {
		if answer.Open {
			return t.switchLane(l, answer.Name, closed)
		}
		if !answer.Next.IsZero() && (next.IsZero() || answer.Next.Before(next)) {
			next = answer.Next
		}
	}
	if o.Class == ClassTooSoon {
		if p := permitFor(t.permits, l.Lane, l.body.PermitTopic); p != nil {
			next = p.NextEligible
		}
	}
	return t.holdAgain(l, next)
}

// noteRefusal remembers what a lane's refusal says about its permit.
func (t *turn) noteRefusal(l *letter, o Outcome) error {
	p := permitFor(t.permits, l.Lane, l.body.PermitTopic)
	if p == nil || l.Lane == LaneWindow {
		return nil
	}
	switch o.Class {
	case ClassPermit:
		return t.dropPermit(p)
	case ClassTooSoon:
		rest := *p
		rest.NextEligible = t.now.Add(max(o.RetryAfter, time.Hour))
		return t.putPermit(rest, t.now)
	}
	return nil
}

func (t *turn) dropPermit(p *Permit) error {
	gone := *p
	t.permits = slices.DeleteFunc(t.permits, func(q Permit) bool { return q.Lane == gone.Lane && q.Topic == gone.Topic })
	return t.tx.DeletePermit(t.contact.ID, gone.Lane, gone.Topic)
}

// switchLane sends the same message by another lane.
func (t *turn) switchLane(l *letter, lane string, closed []string) error {
	l.body.Closed = closed
	if err := t.useLane(lane, l.Topic, &l.body); err != nil {
		return err
	}
	if c := t.topics[l.Topic]; c != nil {
		l.body.LastWas, c.LastSent = c.LastSent, t.now
		record, err := c.Record()
		if err != nil {
			return err
		}
		if err := t.tx.PutConsent(record); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(l.body)
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	l.Body, l.Lane, l.State, l.Ready = raw, lane, storage.SendPending, t.now
	if err := t.tx.PutSend(l.Send); err != nil {
		return err
	}
	decisions, err := t.tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		d.Lane = lane
		if err := t.tx.PutDecision(d); err != nil {
			return err
		}
	}
	return nil
}

// holdAgain takes a message out of the outbox and holds its notifications.
func (t *turn) holdAgain(l *letter, next time.Time) error {
	l.State = storage.SendDropped
	if err := t.tx.PutSend(l.Send); err != nil {
		return err
	}
	decisions, err := t.tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	triggers := map[string]bool{}
	for _, d := range decisions {
		v := Verdict{Kind: DecisionHeld, Rule: RuleLane, Next: next, Values: map[string]any{"code": l.Error}}
		if next.After(d.Expires) {
			v.Kind, v.Next = DecisionSkipped, time.Time{}
		}
		d.Send = ""
		if err := t.b.putDecision(t.tx, d, t.now, v); err != nil {
			return err
		}
		triggers[d.Trigger] = true
	}
	for trigger := range triggers {
		if err := t.armHeld(trigger); err != nil {
			return err
		}
	}
	return nil
}
