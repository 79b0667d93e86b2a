package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Several processes may run a bot on one store (storage.Shared). The store sees to it
// that a contact is in one's hands at a time; what else they must know of each other is
// read with the agenda: which pages rest, whose program is the newest, and now and then
// what was claimed by one that is gone.

// programMeta is where the hash of the program stands that was started last.
const programMeta = "program"

// behind says whether it is time to read what other processes have noted, although
// nothing else is to be read.
func (b *Bot) behind(now time.Time) bool {
	since := now.Sub(time.UnixMilli(b.kept.Load()))
	return b.shared != nil && (since >= keepUpEvery || since < 0)
}

// keepUp reads what other processes have noted.
func (b *Bot) keepUp(r storage.Reader, now time.Time) error {
	b.kept.Store(now.UnixMilli())
	if err := b.pages.load(r, b.channels); err != nil {
		return err
	}
	newest, err := r.Meta(programMeta)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	b.leads.Store(err != nil || string(newest) == b.Program().Hash)
	return nil
}

// claimer is the name that this process claims messages under.
func (b *Bot) claimer() string {
	if b.shared == nil {
		return ""
	}
	return b.shared.Claimer()
}

// holds says whether this process still has the messages it claimed. One that lost its
// lease, and has another now, has lost what it claimed under the old one.
func (b *Bot) holds(letters []*letter) bool {
	if b.shared == nil {
		return true
	}
	if !b.shared.Holds() {
		return false
	}
	now := b.shared.Claimer() // after Holds: if it still is theirs, it was then
	return !slices.ContainsFunc(letters, func(l *letter) bool { return l.Claimer != now })
}

// watch looks at the store again whenever another process may have left work, and at
// least once a second. Of looks for what others left that fail in a row the log tells as of
// other trouble with the store.
func (b *Bot) watch(ctx context.Context) {
	var recovered time.Time
	failed := 0
	for ctx.Err() == nil {
		now := b.clock.Now()
		if now.Sub(recovered) >= recoverEvery || now.Before(recovered) {
			recovered = now
			b.countOthers(ctx)
			switch err := b.recoverClaims(ctx); {
			case err == nil:
				failed = 0
			case ctx.Err() == nil:
				if failed++; failed&(failed-1) == 0 {
					b.log.Warn("looking for what others left on its way", "error", err, "times", failed)
				}
			}
		}
		due, stop := b.clock.At(now.Add(lookEvery))
		select {
		case <-ctx.Done():
		case <-due:
		case <-b.shared.Wakes():
		}
		stop()
		b.plan.forgetAll()
		b.work.raise()
		b.mail.raise()
	}
}

// countOthers shares a second of each page's pace with the processes there are.
func (b *Bot) countOthers(ctx context.Context) {
	others, err := b.shared.Others(ctx)
	if err != nil {
		return // as it was
	}
	for page, p := range b.paces {
		b.desk.divide(page, max(1, min(b.desk.size, p.second/(others+1))))
	}
}
