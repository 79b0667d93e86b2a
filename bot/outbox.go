package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// claim takes messages that may be sent now. Consent is read again in this very
// transaction: what was withdrawn since the decision is dropped here. worked says
// whether there was anything, and next when there will be something.
func (b *Bot) claim(ctx context.Context, limit int) (letters []letter, worked bool, next time.Time, err error) {
	a, err := b.look(ctx)
	if err != nil || a.send.IsZero() || a.send.After(a.now) {
		return nil, false, a.send, err
	}
	now := a.now
	err = b.write(ctx, func(tx *txn) error {
		letters, worked = nil, false
		resting, probing := b.pages.closed(now)
		skip := slices.Concat(resting, probing)
		if letters, worked, err = b.claimSome(tx, limit, skip, now); err != nil {
			return err
		}
		for _, page := range probing {
			if len(letters) >= limit {
				break
			}
			one, some, err := b.claimProbe(tx, page, now)
			if err != nil {
				return err
			}
			letters, worked = append(letters, one...), worked || some
		}
		return nil
	})
	if err != nil {
		return nil, false, time.Time{}, fmt.Errorf("claiming messages: %w", err)
	}
	return letters, worked, a.send, nil
}

// claimSome takes up to limit messages, without those of some pages. some says whether
// there were any, also if none may go.
func (b *Bot) claimSome(tx *txn, limit int, skip []string, now time.Time) (letters []letter, some bool, err error) {
	sends, err := tx.ClaimSends(now, limit, skip)
	if err != nil {
		return nil, false, err
	}
	for _, s := range sends {
		l, may, err := b.inspect(tx, s, now)
		if err != nil {
			return nil, false, err
		}
		if may {
			letters = append(letters, l)
		}
	}
	return letters, len(sends) > 0, nil
}

// claimProbe takes one message to try a page that was unwell, which then rests until
// its outcome is known.
func (b *Bot) claimProbe(tx *txn, page string, now time.Time) (letters []letter, some bool, err error) {
	for range claimBatch {
		one, more, err := b.claimSome(tx, 1, b.others(page), now)
		if err != nil || !more {
			return nil, some, err
		}
		some = true
		if len(one) > 0 {
			return one, true, b.pages.probed(tx, page, now)
		}
	}
	return nil, some, nil
}

// inspect checks what may have changed since a message was decided. One that may not
// go is settled here.
func (b *Bot) inspect(tx *txn, s storage.Send, now time.Time) (l letter, may bool, err error) {
	l, err = open(s)
	if err == nil {
		may, err = b.maySend(tx, &l, now)
	}
	if errors.Is(err, errCorrupt) {
		b.log.Error("a message in the outbox cannot be read and fails", "send", s.ID, "error", err)
		tx.whenKept(func() { b.observer.Fault("") })
		l.State, l.Error = storage.SendFailed, "corrupt"
		if err := tx.PutSend(l.Send); err != nil {
			return l, false, err
		}
		return l, false, b.redecide(tx, l.ID, now, Verdict{Kind: DecisionFailed, Rule: RuleRender})
	}
	return l, may, err
}

func (b *Bot) maySend(tx *txn, l *letter, now time.Time) (bool, error) {
	contact, err := tx.Contact(l.Contact)
	if errors.Is(err, storage.ErrNotFound) {
		l.State = storage.SendDropped // nobody is there any more
		return false, tx.PutSend(l.Send)
	}
	if err != nil {
		return false, err
	}
	_, ours := b.channels[l.Page]
	if !l.Bulk && ours && contact.Unreachable == "" {
		return true, nil
	}
	if l.Bulk && ours && contact.Unreachable == "" && !b.waited(l, contact, now) {
		if active, err := consented(tx, l, now); active || err != nil {
			return active, err
		}
	}
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return false, err
	}
	may := false
	if l.Bulk {
		may, err = t.decideAgain(l)
	} else {
		err = t.end(l, storage.SendDropped, Verdict{})
	}
	if err != nil {
		return false, err
	}
	return may, t.commit()
}

// waited says whether a notification was decided so long ago, or on another day,
// that the rules must be asked again.
func (b *Bot) waited(l *letter, contact storage.Contact, now time.Time) bool {
	if now.Sub(l.body.DecidedAt) > stale || l.body.Expires.Before(now) && !l.body.Expires.IsZero() {
		return true
	}
	zone := b.zone
	if own, err := Location(contact.Timezone); err == nil {
		zone = own
	}
	return !sameDay(wallOf(l.body.DecidedAt, zone), wallOf(now, zone))
}

// consented reads the consent a notification goes out under.
func consented(tx *txn, l *letter, now time.Time) (bool, error) {
	consents, err := tx.Consents(l.Contact)
	if err != nil {
		return false, err
	}
	for _, record := range consents {
		if record.Topic == l.Topic {
			c, err := FromRecord(record)
			return err == nil && c.ActiveAt(now), err
		}
	}
	return false, nil
}

// post sends one message and settles it.
func (b *Bot) post(ctx context.Context, l letter) {
	out := b.transmit(ctx, l)
	b.observer.Send(l.Lane, outcomeLabel(out))
	if err := b.settle(context.WithoutCancel(ctx), l, out); err != nil {
		b.log.Error("what became of a message could not be stored, trying again", "send", l.ID, "error", err)
		b.unsettled.add(l, out)
	}
	b.work.raise()
	b.mail.raise()
}

// transmit hands a message to its channel. A panic there is an unknown outcome.
func (b *Bot) transmit(ctx context.Context, l letter) (out Outcome) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("a channel panicked while sending", "page", l.Page)
			out = Outcome{Status: Unknown, Code: "panic"}
		}
	}()
	_, person, _ := splitID(l.Contact)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	d := Delivery{
		ID: l.ID, Person: person, Lane: l.Lane, Token: l.body.Token, Language: l.body.Language, Message: l.body.Message,
	}
	if name := l.body.Message.Persona; name != "" {
		d.Persona = b.program.Bot.Personas[name]
	}
	return b.channels[l.Page].Send(ctx, d)
}

func outcomeLabel(o Outcome) string {
	switch o.Status {
	case Accepted:
		return "accepted"
	case Unknown:
		return "unknown"
	}
	return o.Class.String()
}
