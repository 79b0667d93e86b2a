package bot

import (
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// txn is one transaction of the runtime: what the store is to keep, and what is to
// be done once it has. It takes note of what it leaves to do, so that nobody needs to
// ask the store for that.
type txn struct {
	storage.Tx
	b       *Bot
	program *flows.Program // today's, until the transaction ends
	now     time.Time
	kept    []func()
	undone  []func()  // what was taken in memory and is given back if nothing is kept
	places  []place   // taken at the desk
	notices []posting // for webhooks; they are told once their lease is kept
	calls   []call    // wanted here; they are made once that is kept
	letters []*letter // claimed here; they go out, each from its place, once that is kept
	left    *agenda   // when what it leaves may be done; nil: it leaves nothing
	room    *turn     // for a contact's turn; nil while it is taken

	campaigns    map[campaignKey]*campaignHere
	lastCampaign *campaignHere // of those

	// What every message has done once it is kept stands in lists, not in functions.
	rulings []ruling    // told to the observer
	turned  int         // events that got their turn with their webhook
	emptied []emptyLine // lines in which nothing is left
}

// ruling is what the observer is told of a decision.
type ruling struct{ kind, rule string }

// emptyLine is the line of a contact of whom nothing was left after a touch.
type emptyLine struct {
	contact string
	mark    uint64
}

// whenKept lets f be done once the transaction is durable, and not at all if it
// fails. What the bot holds in memory and the figures it tells thus follow the
// store.
func (x *txn) whenKept(f func()) { x.kept = append(x.kept, f) }

// unlessKept lets f be done if the transaction is not kept: it gives back what was taken
// in memory for it.
func (x *txn) unlessKept(f func()) { x.undone = append(x.undone, f) }

// giveBack gives back what was taken for a transaction that is not kept.
func (x *txn) giveBack() {
	x.b.leave(x.places)
	for _, f := range x.undone {
		f()
	}
	x.places, x.undone = nil, nil
}

// newTurn is an empty turn of the transaction. Most have one, or one after the other, which
// need no memory of their own: nobody has a turn any more once the transaction is over.
func (x *txn) newTurn() *turn {
	t := x.room
	if t == nil {
		return new(turn)
	}
	x.room = nil
	t.empty()
	return t
}

// over says that nobody has a turn any more: its room is for the next.
func (x *txn) over(t *turn) { x.room = t }

// writing is one call of write: what each of thousands a second needs, to be used again
// once it is kept and done with.
type writing struct {
	txn
	do    func(tx *txn) error
	try   func(tx storage.Tx) error // its method of that name, bound once
	needs []storage.Need
	turn  turn // the transaction's room
}

func newWriting(b *Bot) *writing {
	w := &writing{txn: txn{b: b}}
	w.try = w.attempt
	return w
}

// attempt runs the function in a transaction of the store. It may have run before: what
// it took then it gives back.
func (w *writing) attempt(tx storage.Tx) error {
	x := &w.txn
	x.giveBack()
	*x = txn{Tx: tx, b: x.b, program: x.b.Program(), now: x.b.clock.Now(), room: &w.turn}
	if err := w.do(x); err != nil {
		return err
	}
	return x.keepTallies()
}

// reuse keeps it for another write, and nothing of what it wrote.
func (w *writing) reuse() {
	b := w.b
	clear(w.needs)
	w.turn.empty()
	*w = writing{txn: txn{b: b}, try: w.try, needs: w.needs[:0], turn: w.turn}
	b.writings.Put(w)
}

// write runs f in a transaction. f may be run again, so it sets its variables anew
// each time.
func (b *Bot) write(ctx context.Context, f func(tx *txn) error, needs ...storage.Need) error {
	w, _ := b.writings.Get().(*writing)
	if w == nil {
		w = newWriting(b)
	}
	w.do, w.needs = f, append(w.needs, needs...)
	x := &w.txn
	err := b.store.Write(ctx, w.try, w.needs...)
	if err != nil { // the store may have it still
		x.giveBack()
		if b.shared != nil && passing(err) {
			// Should it be kept all the same, as when a connection is cut in the middle of a
			// commit, nobody has these messages: they go back to where they were.
			b.unsent(x.letters)
		}
		return err
	}
	x.follow()
	if x.left != nil {
		b.plan.add(*x.left)
	}
	b.leave(spare(x.places, x.letters))
	b.handOver(x.letters)
	if len(x.calls) > 0 {
		b.calls.take(b, x.calls)
	}
	if len(x.notices) > 0 {
		b.notices.take(b, x.notices)
	}
	if x.left != nil {
		b.rouse(*x.left)
	}
	w.reuse()
	return nil
}

// follow does what was to be done once the transaction is kept.
func (x *txn) follow() {
	for _, f := range x.kept {
		f()
	}
	for _, r := range x.rulings {
		x.b.observer.Decision(r.kind, r.rule)
	}
	if x.turned > 0 {
		took := x.b.clock.Now().Sub(x.now)
		for range x.turned {
			x.b.observer.Turn(kindEvent, took)
		}
	}
	for _, e := range x.emptied {
		x.b.lines.remove(e.contact, e.mark)
	}
}

// rouse wakes those who do what was left.
func (b *Bot) rouse(left agenda) {
	for p, at := range left {
		switch {
		case at.IsZero():
		case part(p) == partOutbox:
			b.mail.raise()
		default:
			b.work.raise()
		}
	}
}

// leave notes that something may be done at a time, or now if that is zero.
func (x *txn) leave(p part, at time.Time) {
	if at.IsZero() {
		at = x.now
	}
	if x.left == nil {
		x.left = new(agenda)
	}
	x.left[p] = earlier(x.left[p], at)
}

// Enqueue implements storage.InboxWriter.
func (x *txn) Enqueue(in storage.Input) (int64, error) {
	x.leave(partInputs, in.Ready)
	x.b.inboxes.touch(in.Contact)
	return x.Tx.Enqueue(in)
}

// PutInput implements storage.InboxWriter.
func (x *txn) PutInput(in storage.Input) error {
	x.leave(partInputs, in.Ready)
	return x.Tx.PutInput(in)
}

// PutTimer implements storage.TimerWriter.
func (x *txn) PutTimer(timer storage.Timer) error {
	x.leave(partTimers, timer.At)
	return x.Tx.PutTimer(timer)
}

// PutOccurrence implements storage.OccurrenceWriter.
func (x *txn) PutOccurrence(o storage.Occurrence) error {
	if o.State == occurrenceRunning {
		x.leave(partOccurrences, time.Time{})
	}
	return x.Tx.PutOccurrence(o)
}

// Append implements storage.LedgerWriter.
func (x *txn) Append(e storage.Entry) (int64, error) {
	x.leave(partLedger, time.Time{})
	return x.Tx.Append(e)
}

// PutSend implements storage.OutboxWriter. One that is settled lets the next of its
// line go.
func (x *txn) PutSend(s storage.Send) error {
	switch s.State {
	case storage.SendPending:
		x.leave(partOutbox, s.Ready)
	case storage.SendWaiting:
		x.leave(partWaiting, s.Ready)
	case storage.SendClaimed:
	default:
		x.leave(partOutbox, time.Time{})
	}
	return x.putSend(s)
}

// putSend is PutSend for those who see to what follows themselves.
func (x *txn) putSend(s storage.Send) error {
	x.b.lines.touch(s.Contact)
	return x.Tx.PutSend(s)
}

// acceptSend is putSend for one that was claimed and is sent now.
func (x *txn) acceptSend(s storage.Send) error {
	x.b.lines.touch(s.Contact)
	return x.Tx.AcceptSend(s)
}

// putNotification is putSend for one that is claimed at once, with what it carries.
func (x *txn) putNotification(s storage.Send, carried []storage.Decision) error {
	x.b.lines.touch(s.Contact)
	return x.Tx.PutNotification(s, carried)
}

// acceptNotification is removeSend for one of which what it carries is as it was put.
func (x *txn) acceptNotification(s storage.Send, carried []storage.Decision) error {
	x.b.lines.touch(s.Contact)
	return x.Tx.AcceptNotification(s.ID, carried)
}

// removeSend removes a message that the platform has. What follows is the caller's
// matter.
func (x *txn) removeSend(s storage.Send) error {
	x.b.lines.touch(s.Contact)
	return x.Tx.DeleteSend(s.ID)
}

// Erase implements storage.ContactWriter.
func (x *txn) Erase(contact string) error {
	x.b.lines.touch(contact)
	x.b.inboxes.touch(contact)
	return x.Tx.Erase(contact)
}

// errCorrupt says that something stored cannot be read. It is wrong with one
// contact or one message, and no reason to stop for all.
var errCorrupt = errors.New("cannot be read")

// passing says whether an error is the store's trouble, or the end of the process:
// then nothing is wrong with what was to be done, and it is tried again.
func passing(err error) bool {
	return errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrClosed) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
