package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// settle writes what became of messages that were sent together, in one transaction if
// that works. What cannot be stored now is stored later.
func (b *Bot) settle(ctx context.Context, bundle []*letter, outs []Outcome) {
	b.easeBy(bundle, outs)
	err := b.settleAll(ctx, bundle, outs)
	if err != nil && !passing(err) && len(bundle) > 1 {
		b.log.Warn("what became of several messages could not be stored together, trying them one by one", "error", err)
		for i := range bundle {
			b.settle(ctx, bundle[i:i+1], outs[i:i+1])
		}
		return
	}
	if err != nil {
		b.log.Error("what became of messages could not be stored, trying again", "send", bundle[0].ID, "messages", len(bundle), "error", err)
		for i, l := range bundle {
			b.unsettled.add(*l, outs[i])
		}
		b.work.raise()
		return
	}
	for i, l := range bundle {
		if o := outs[i]; o.Status == Refused || o.Status == Unknown {
			b.log.Warn("a message was not accepted", "page", l.Page, "send", l.ID, "lane", l.Lane, "outcome", outcomeLabel(o), "code", o.Code)
		}
	}
	b.letters.reuse(bundle)
}

func (b *Bot) settleAll(ctx context.Context, bundle []*letter, outs []Outcome) error {
	need := storage.Need{}
	for _, l := range bundle {
		need.Lines = append(need.Lines, l.Contact)
	}
	err := b.write(ctx, func(tx *txn) error {
		for i, l := range bundle {
			if err := b.settleOne(tx, l, outs[i]); err != nil {
				return err
			}
		}
		return nil
	}, need)
	if err != nil {
		return fmt.Errorf("settling a message: %w", err)
	}
	return nil
}

// settleOne writes what became of one message. If an echo was faster, or somebody took
// this process for dead, only that the platform has it is news.
func (b *Bot) settleOne(tx *txn, sent *letter, o Outcome) error {
	if sent.body.Comment != "" {
		return b.settleReply(tx, *sent, o)
	}
	if o.Class == ClassAskedSoon && sent.body.Resent {
		o = Outcome{Status: Accepted} // it was the first try that the platform has shown
	}
	if o.Status == Accepted && tx.untouched(sent) {
		return b.accepted(tx, sent, o.MID, tx.now)
	}
	line, err := tx.Sends(sent.Contact)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(line, func(s storage.Send) bool { return s.ID == sent.ID })
	if at < 0 || !sameClaim(line[at], sent.Send) {
		if o.Status == Accepted {
			_, err = b.echoed(tx, sent.ID, o.MID, sent.Contact, tx.now)
		}
		return err
	}
	l := letter{Send: line[at], body: sent.body}
	if l.Bulk && (o.Status == notSent || o.Status == Refused) { // it may be sent yet
		if err := l.seal(); err != nil {
			return err
		}
	}
	switch o.Status {
	case Accepted:
		l.carried = sent.carried
		if err := b.accepted(tx, &l, o.MID, tx.now); err != nil {
			return err
		}
		return b.letNext(tx, slices.Delete(line, at, at+1))
	case Unknown:
		l.Error = o.Code
		return b.unknown(tx, &l, tx.now)
	case notSent:
		l.State, l.Ready = storage.SendPending, tx.now
		return tx.PutSend(l.Send)
	}
	l.Error = o.Class.String() + " " + o.Code
	t, err := b.begin(tx, l.Contact, tx.now)
	if err != nil {
		return err
	}
	t.input = "send:" + l.ID
	if err := t.refused(&l, o); err != nil || !t.stored {
		return err
	}
	return t.commit()
}

// sameClaim says whether a send is still claimed as it was when it went out.
func sameClaim(stored, sent storage.Send) bool {
	return stored.State == storage.SendClaimed && sameMilli(stored.ClaimAt, sent.ClaimAt) &&
		(sent.Claimer == "" || sent.Claimer == stored.Claimer)
}

// accepted records that the platform has the message. Of a notification the decision
// keeps all that is ever asked for; of a reply the outbox does, for its echo.
func (b *Bot) accepted(tx *txn, l *letter, mid string, now time.Time) error {
	doubted := l.State == storage.SendWaiting || l.State == storage.SendUnknown
	l.State, l.MID, l.Error = storage.SendSent, mid, ""
	if was, err := b.pages.well(tx, l.Page, l.ClaimAt); err != nil {
		return err
	} else if was {
		b.log.Info("a page takes messages again", "page", l.Page)
	}
	if l.body.Request != "" {
		if err := tx.shown(l); err != nil {
			return err
		}
	}
	if !l.Bulk {
		return b.putAccepted(tx, l, false)
	}
	accept := b.acceptStored
	if len(l.carried) > 0 {
		accept = b.acceptCarried
	}
	carried, err := accept(tx, l, mid)
	if err != nil {
		return err
	}
	for i := range carried {
		if err := tx.tellSent(l, &carried[i]); err != nil {
			return err
		}
	}
	if doubted { // then it counted as arrived already, and they may have agreed to more since
		return nil
	}
	return b.arrived(tx, l, now)
}

// acceptCarried settles a notification of which what it carries is known: of what is
// claimed nobody decides anew.
func (b *Bot) acceptCarried(tx *txn, l *letter, mid string) ([]storage.Decision, error) {
	for i := range l.carried {
		d := &l.carried[i]
		d.MID = mid
		tx.tally(d.Trigger, d.Occurrence, countAccepted, 1)
	}
	alone := tx.untouched(l)
	if err := tx.acceptNotification(l.Send, l.carried); err != nil {
		return nil, err
	}
	if alone {
		tx.empty(l)
	}
	return l.carried, nil
}

// acceptStored settles a notification that has waited, or of which more has become known.
func (b *Bot) acceptStored(tx *txn, l *letter, mid string) ([]storage.Decision, error) {
	carried, err := tx.DecisionsBySend(l.ID)
	if err != nil {
		return nil, err
	}
	for i := range carried {
		d := &carried[i]
		if d.MID == "" {
			tx.tally(d.Trigger, d.Occurrence, countAccepted, 1)
		}
		if d.MID = mid; d.Kind == DecisionSent {
			err = tx.PutDecision(*d)
		} else { // it was unknown, or given up too soon
			_, err = b.putDecision(tx, *d, d.At, Verdict{Kind: DecisionSent, Lane: d.Lane})
		}
		if err != nil {
			return nil, err
		}
	}
	return carried, b.putAccepted(tx, l, len(carried) > 0)
}

// putAccepted settles a message in the outbox, or removes it where nobody will ask for
// it. If it was all there was in its line, nothing is left of that.
func (b *Bot) putAccepted(tx *txn, l *letter, remove bool) error {
	alone := tx.untouched(l)
	put := tx.putSend
	if alone { // else it may not be claimed any more
		put = tx.acceptSend
	}
	if remove || l.body.Farewell || l.body.Control != "" {
		put = tx.removeSend
	}
	if err := put(l.Send); err != nil || !alone {
		return err
	}
	tx.empty(l)
	return nil
}

// empty notes that of a message's line nothing is left.
func (x *txn) empty(l *letter) {
	x.emptied = append(x.emptied, emptyLine{l.Contact, x.b.lines.mark(l.Contact)})
}

// letNext lets the first of what is left of a line go. What may not go any more is
// settled on the way.
func (b *Bot) letNext(tx *txn, line []storage.Send) error {
	for i, s := range line {
		if s.State != storage.SendPending {
			return nil
		}
		if !tx.mayHandOver(s) {
			tx.leave(partOutbox, s.Ready)
			return nil
		}
		s.State, s.ClaimAt, s.Claimer = storage.SendClaimed, tx.now, b.claimer()
		l, may, err := b.inspect(tx, s, tx.now)
		if err != nil {
			return err
		}
		if !may {
			continue
		}
		err = tx.putSend(l.Send)
		if i == len(line)-1 {
			l.mark = b.lines.mark(l.Contact)
		}
		tx.letters = append(tx.letters, &l)
		return err
	}
	return nil
}

// outcomes are those that could not be stored yet.
type outcomes struct {
	mu   sync.Mutex
	list []outcome
}

type outcome struct {
	letter letter
	Outcome
}

func (u *outcomes) add(l letter, o Outcome) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if o.Status == notSent { // the newest claim of a message counts
		u.list = slices.DeleteFunc(u.list, func(old outcome) bool { return old.Status == notSent && old.letter.ID == l.ID })
	}
	u.list = append(u.list, outcome{l, o})
}

// first is the oldest; ok is false if there is none.
func (u *outcomes) first() (o outcome, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.list) == 0 {
		return outcome{}, false
	}
	return u.list[0], true
}

func (u *outcomes) dropFirst() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = u.list[1:]
}

func (u *outcomes) some() bool {
	_, ok := u.first()
	return ok
}

// resettle stores the outcomes that could not be stored when they came. One that the
// store will not have for a reason of its own is left unknown, so that what waits
// behind its message goes on.
func (b *Bot) resettle(ctx context.Context) (worked bool, err error) {
	for {
		o, ok := b.unsettled.first()
		if !ok {
			return worked, nil
		}
		err := b.settleAll(ctx, []*letter{&o.letter}, []Outcome{o.Outcome})
		if err != nil && !passing(err) {
			b.log.Error("what became of a message cannot be stored: it is unknown", "send", o.letter.ID, "error", err)
			err = b.settleAll(ctx, []*letter{&o.letter}, []Outcome{{Status: Unknown, Code: "unsettled"}})
		}
		if err != nil {
			return worked, err
		}
		b.unsettled.dropFirst()
		worked = true
	}
}

// delay is how long a message waits after so many refusals: it grows by four, and is
// never shorter than what the platform asked for.
func delay(times int, asked time.Duration) time.Duration {
	d := firstRetry
	for i := 1; i < times && d < lastRetry; i++ {
		d *= 4
	}
	return max(min(d, lastRetry), asked)
}
