package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// data_retention of bot.yaml says how long somebody is remembered after the last thing
// they did. Once a day one of all processes looks through all people, some at a time,
// and notes how far it came, so that any of them goes on where one ended:
//
//   - Who agrees to nothing any more is erased, as Forget does.
//   - Who has a consent that is active or snoozed stays reachable: name, fields,
//     preferences, consents, permits and the ledger stay, since they are what notifications
//     are made of and the proof that they are wanted. A conversation that waits for no
//     time goes.
//
// Decisions that are not held, outcomes and occurrences that are over go at that age,
// whoever they are about. The rest lives shorter: keys, settled messages, strays.

// retainedMeta is where the look stands.
const retainedMeta = "retention"

// retained says how far a look has come.
type retained struct {
	Begun time.Time `json:"begun"`
	Beat  time.Time `json:"beat"` // of its last step
	After string    `json:"after,omitempty"`
	Done  bool      `json:"done,omitempty"`
}

// retentionBefore is the time before which things are too old; ok is false if they are
// kept for ever.
func retentionBefore(span string, now time.Time) (before time.Time, ok bool) {
	digits := strings.TrimRight(span, "dwmoy")
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 {
		return time.Time{}, false
	}
	switch span[len(digits):] {
	case "d":
		return now.AddDate(0, 0, -n), true
	case "w":
		return now.AddDate(0, 0, -7*n), true
	case "mo":
		return monthsBefore(now, n), true
	case "y":
		return monthsBefore(now, 12*n), true
	}
	return time.Time{}, false
}

// monthsBefore is the same day some months before, or the last of a month that is shorter:
// nothing is erased before its time.
func monthsBefore(t time.Time, n int) time.Time {
	day := t.AddDate(0, 0, 1-t.Day()).AddDate(0, -n, 0)
	last := day.AddDate(0, 1, -1).Day()
	return day.AddDate(0, 0, min(t.Day(), last)-1)
}

// retainBeside retains beside everything else.
func (b *Bot) retainBeside(ctx context.Context, now time.Time) {
	if b.Program().Bot.Retention == "" || !b.retaining.CompareAndSwap(false, true) {
		return
	}
	b.tasks.Go(func() {
		defer b.retaining.Store(false)
		if err := b.retain(ctx, now); err != nil && ctx.Err() == nil {
			b.log.Warn("erasing what is older than data_retention", "error", err)
		}
	})
}

// retain looks through everybody, if it is time for it and no other process does.
func (b *Bot) retain(ctx context.Context, now time.Time) error {
	before, ok := retentionBefore(b.Program().Bot.Retention, now)
	if !ok {
		return nil
	}
	at, mine, err := b.beginRetaining(ctx, now)
	if err != nil || !mine {
		return err
	}
	erased := 0
	for !at.Done && ctx.Err() == nil {
		n, err := b.retainSome(ctx, &at, before)
		if err != nil {
			return err
		}
		erased += n
	}
	if erased > 0 {
		b.log.Info("people were erased as data_retention says", "count", erased)
	}
	return ctx.Err()
}

// beginRetaining takes the look in hand: a new one, or one that another process left.
func (b *Bot) beginRetaining(ctx context.Context, now time.Time) (at retained, mine bool, err error) {
	err = b.write(ctx, func(tx *txn) error {
		at, mine = retained{}, false
		if err := readRetained(tx, &at); err != nil {
			return err
		}
		switch {
		case at.Begun.IsZero(), now.Before(at.Begun), at.Done && now.Sub(at.Begun) >= retainEvery:
			at = retained{Begun: now}
		case at.Done, !now.Before(at.Beat) && now.Sub(at.Beat) < retainPatience:
			return nil
		}
		mine, at.Beat = true, now
		return at.write(tx)
	})
	return at, mine, err
}

func readRetained(r storage.MetaReader, into *retained) error {
	raw, err := r.Meta(retainedMeta)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	return err
}

func (at retained) write(tx storage.MetaWriter) error {
	raw, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return tx.SetMeta(retainedMeta, raw)
}

// retainSome looks at some people, and removes some of what is old, in one transaction.
func (b *Bot) retainSome(ctx context.Context, at *retained, before time.Time) (erased int, err error) {
	var next, kept retained
	var silent []string
	err = b.store.Read(ctx, func(r storage.Reader) error {
		next, silent = *at, nil
		people, err := r.Contacts(at.After, retainBatch)
		for _, c := range people {
			next.After = c.ID
			if lastSeen(c).Before(before) {
				silent = append(silent, c.ID)
			}
		}
		next.Done = len(people) < retainBatch
		return err
	})
	if err != nil {
		return 0, err
	}
	var left bool
	err = b.write(ctx, func(tx *txn) error {
		erased, left, kept = 0, false, next
		now := retained{}
		if err := readRetained(tx, &now); err != nil {
			return err
		}
		if now.After != at.After || !now.Begun.Equal(at.Begun) || !now.Beat.Equal(at.Beat) {
			kept.Done = true // another process goes on with it
			return nil
		}
		for _, id := range silent {
			gone, err := b.retainOne(tx, id, before)
			if err != nil {
				return err
			}
			if gone {
				erased++
			}
		}
		for _, prune := range []func(time.Time, int) (int, error){tx.PruneDecisions, tx.PruneOutcomes, tx.PruneOccurrences} {
			n, err := prune(before, tidyBatch)
			if err != nil {
				return err
			}
			left = left || n == tidyBatch
		}
		kept.Beat, kept.Done = tx.now, next.Done && !left
		return kept.write(tx)
	})
	if err == nil {
		*at = kept
	}
	return erased, err
}

// lastSeen is when somebody did something, as far as their row says.
func lastSeen(c storage.Contact) time.Time {
	if c.LastAct.IsZero() {
		return c.CreatedAt
	}
	return c.LastAct
}

// retainOne erases somebody who was silent for too long, unless they agree to something.
func (b *Bot) retainOne(tx *txn, id string, before time.Time) (erased bool, err error) {
	c, err := tx.Contact(id)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil || !lastSeen(c).Before(before) {
		return false, err // they came back meanwhile
	}
	consents, err := tx.Consents(id)
	if err != nil {
		return false, err
	}
	for _, consent := range consents {
		switch {
		case consent.Status == "active", consent.Status == "snoozed":
			return false, b.endConversation(tx, c)
		case !consent.ChangedAt.Before(before): // to stop is an act too
			return false, nil
		}
	}
	return true, b.erase(tx, id, SourceRetention, tx.now)
}

// endConversation removes the session of somebody who stays, unless it waits for a time.
func (b *Bot) endConversation(tx *txn, c storage.Contact) error {
	if c.Session == nil {
		return nil
	}
	timers, err := tx.Timers(c.ID)
	if err != nil {
		return err
	}
	for _, timer := range timers {
		if timer.Kind == kindWake {
			return nil
		}
	}
	c.Session, c.Program = nil, ""
	return tx.PutContact(c)
}

// strayOf is whom a stray is about.
func strayOf(page, person string) string {
	if person == "" || len(person) > maxPersonID {
		return ""
	}
	return page + ":" + person
}
