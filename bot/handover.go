package bot

import (
	"context"
	"slices"
	"sync"

	"github.com/relance-bot/relance/storage"
)

// A message goes from the transaction that decided it to its sender through memory:
//
//	turn ─ commit: nothing before it, its page well, a place free ─ claimed with it
//	     ─ kept ─► handOver ─► sender ─► post ─ settle ─► the next of its line
//
// What cannot go at once waits in the outbox, and is claimed from there (outbox.go).

// mayHandOver says whether a message may be claimed by this transaction, and takes its
// place at the desk. Nothing may stand before it in its line.
func (x *txn) mayHandOver(s storage.Send) bool {
	if _, ours := x.b.channels[s.Page]; !ours || s.Ready.After(x.now) || x.b.pages.unwell(s.Page) {
		return false
	}
	return x.take(s)
}

// take gets a place at the desk for a message, if there is one.
func (x *txn) take(s storage.Send) bool {
	if !x.b.desk.take(s.Page, s.Bulk) {
		return false
	}
	x.places = append(x.places, place{s.Page, s.Bulk})
	return true
}

// unsent puts messages back that were claimed and certainly did not go out.
func (b *Bot) unsent(letters []*letter) {
	for _, l := range letters {
		b.unsettled.add(*l, Outcome{Status: notSent})
	}
	if len(letters) > 0 {
		b.work.raise()
	}
}

// leave gives places back.
func (b *Bot) leave(places []place) {
	reply, bulk := b.desk.give(places)
	if reply { // what waits for this page was left out of the plan
		b.plan.forget(partOutbox)
		b.mail.raise()
	}
	if bulk {
		b.plan.forget(partOccurrences)
		b.work.raise()
	}
}

// handOver gives messages that are claimed to senders, or keeps them for Settle.
func (b *Bot) handOver(letters []*letter) {
	if len(letters) == 0 {
		return
	}
	if !b.running.Load() {
		b.handed.add(letters)
		return
	}
	if len(letters) == 1 {
		b.hand(letters)
		return
	}
	for _, bundle := range b.bundles(letters) {
		b.hand(bundle)
	}
}

// hand gives a bundle to a sender at leisure, or to a new one.
func (b *Bot) hand(bundle []*letter) {
	select {
	case b.bundled <- bundle:
	default:
		b.senders.Go(func() { b.sender(bundle) })
	}
}

// stationery is the memory of letters that are settled, for those to come.
type stationery struct{ pool sync.Pool }

// keep copies a letter to where it stays until it is settled.
func (s *stationery) keep(l letter) *letter {
	kept, _ := s.pool.Get().(*letter)
	if kept == nil {
		kept = new(letter)
	}
	room := kept.carried
	*kept = l
	kept.carried = append(room, l.carried...)
	return kept
}

// reuse is for letters that nobody asks for any more.
func (s *stationery) reuse(letters []*letter) {
	for _, l := range letters {
		clear(l.carried)
		*l = letter{carried: l.carried[:0]}
		s.pool.Put(l)
	}
}

// bundles are the messages that go together: notifications of one page, if its channel
// takes them so.
func (b *Bot) bundles(letters []*letter) [][]*letter {
	out := make([][]*letter, 0, len(letters))
	var last map[string]int // by page, of the bundle that has room
	for i, l := range letters {
		ch, together := b.channels[l.Page].(BatchChannel)
		if !l.Bulk || !together || l.probe {
			out = append(out, letters[i:i+1:i+1])
			continue
		}
		if last == nil {
			last = map[string]int{}
		}
		if at, ok := last[l.Page]; ok && len(out[at]) < ch.BatchSize() {
			if len(out[at]) == 1 {
				out[at] = slices.Grow(out[at], min(ch.BatchSize(), len(letters)-i+1)-1)
			}
			out[at] = append(out[at], l)
			continue
		}
		last[l.Page] = len(out)
		out = append(out, letters[i:i+1:i+1])
	}
	return out
}

// sender sends a bundle, and then what else comes, until it has been at leisure for a
// while or the bot ends.
func (b *Bot) sender(bundle []*letter) {
	for {
		b.post(context.Background(), bundle)
		if b.leisure.Add(1) > maxLeisure {
			b.leisure.Add(-1)
			return
		}
		select {
		case bundle = <-b.bundled:
			b.leisure.Add(-1)
		case <-b.over:
			b.leisure.Add(-1)
			return
		}
	}
}

// deliverHanded sends, on this goroutine, what was handed over: replies first.
func (b *Bot) deliverHanded(ctx context.Context) (worked bool) {
	letters := b.handed.take()
	slices.SortStableFunc(letters, func(a, b *letter) int { return order(a.Bulk) - order(b.Bulk) })
	for _, bundle := range b.bundles(letters) {
		b.post(ctx, bundle)
	}
	return len(letters) > 0
}

// tray holds the messages that Settle will send.
type tray struct {
	mu      sync.Mutex
	letters []*letter
}

func (t *tray) add(letters []*letter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.letters = append(t.letters, letters...)
}

func (t *tray) take() []*letter {
	t.mu.Lock()
	defer t.mu.Unlock()
	letters := t.letters
	t.letters = nil
	return letters
}

func order(bulk bool) int {
	if bulk {
		return 1
	}
	return 0
}

// post sends messages and settles them. A process that has lost its claims sends
// nothing.
func (b *Bot) post(ctx context.Context, bundle []*letter) {
	defer b.leave(placesOf(bundle))
	if !b.holds(bundle) {
		if b.odds.tell("lease "+bundle[0].Claimer, b.clock.Now()) {
			b.log.Warn("the lease is lost, as where the database was away: what was claimed waits until there is another")
		}
		b.unsent(bundle)
		return
	}
	outs := b.transmit(ctx, bundle)
	for i, l := range bundle {
		b.observer.Send(l.Lane, outcomeLabel(outs[i]))
	}
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	b.settle(ctx, bundle, outs)
}

// transmit hands messages to their channel: one by itself, several in one request. A
// panic there is an unknown outcome, and so is an answer that is missing.
func (b *Bot) transmit(ctx context.Context, bundle []*letter) (outs []Outcome) {
	channel := b.channels[bundle[0].Page]
	defer func() {
		p := recover()
		if p != nil {
			b.log.Error("a channel panicked while sending", "page", bundle[0].Page, "problem", defect(p))
			outs = nil
		}
		for len(outs) < len(bundle) {
			outs = append(outs, Outcome{Status: Unknown, Code: missing(p)})
		}
	}()
	ctx, done := b.sendingTime(ctx)
	defer done()
	if len(bundle) == 1 {
		return []Outcome{b.send(ctx, channel, bundle[0])}
	}
	together := channel.(BatchChannel)
	batch := b.spares.take(len(bundle), together.BatchSize())
	for i, l := range bundle {
		batch[i] = b.delivery(ctx, l)
	}
	outs = together.SendBatch(ctx, batch)
	outs = outs[:min(len(outs), len(bundle))]
	for i := range outs {
		b.uploaded(ctx, bundle[i].Page, &batch[i], outs[i])
	}
	b.spares.give(batch)
	return outs
}

// spares are batches that were sent, to be filled again: a few, since a pool would be
// emptied by each collection of what the campaign leaves behind.
type spares chan []Delivery

// take returns a batch of n, with room for most.
func (s spares) take(n, most int) []Delivery {
	select {
	case batch := <-s:
		if n <= cap(batch) {
			return batch[:n]
		}
	default:
	}
	return make([]Delivery, n, max(n, most))
}

// give keeps a batch, and nothing of what stood in it.
func (s spares) give(batch []Delivery) {
	clear(batch)
	select {
	case s <- batch:
	default:
	}
}

// sendingTime bounds the time of a send.
func (b *Bot) sendingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Done() == nil { // a sender's: nothing else ends it
		return b.terms.Begin(sendTimeout), func() {}
	}
	return context.WithTimeout(ctx, sendTimeout)
}

func missing(panicked any) string {
	if panicked != nil {
		return "panic"
	}
	return "no answer"
}

// send sends one message by itself.
func (b *Bot) send(ctx context.Context, channel Channel, l *letter) Outcome {
	d := b.delivery(ctx, l)
	o := channel.Send(ctx, d)
	if o.PersonaGone {
		b.forgetPersona(ctx, l.Page, d.Persona)
	}
	b.uploaded(ctx, l.Page, &d, o)
	return o
}

// delivery is a letter as its channel gets it.
func (b *Bot) delivery(ctx context.Context, l *letter) Delivery {
	_, person, _ := splitID(l.Contact)
	d := Delivery{
		ID: l.ID, Person: person, Lane: l.Lane, Token: l.body.Token, Language: l.body.Language, Message: l.body.Message,
		Control: l.body.Control, Note: l.body.Note, At: b.clock.Now(), Zone: l.body.Zone, Asks: l.body.Asks,
	}
	if l.body.Comment != "" {
		d.Person, d.Comment = "", l.body.Comment
	}
	if name := l.body.Message.Persona; name != "" {
		d.Persona = b.Program().Bot.Personas[name]
		d.PersonaID = b.personaID(ctx, l.Page, d.Persona)
	}
	d.FileID = b.fileID(ctx, l.Page, &d.Message)
	return d
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

// notSent is the outcome of a message that was claimed and never left.
const notSent Status = -1
