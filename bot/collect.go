package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// A program's sources are kept as long as somebody may need them: people who are in the
// middle of one of its flows, and processes that run it. The latter say so now and then
// by putting it again, so that during a rolling deploy none takes another's away; and
// since nobody comes to stand in a program that no process runs, one look through all
// people is enough to find those in which nobody stands any more.

// collectedMeta is where the time of the last look stands.
const collectedMeta = "collected"

// tidyPrograms says that today's program is run, and starts a look if it is time for one.
func (b *Bot) tidyPrograms(ctx context.Context, now time.Time) error {
	if err := b.keepProgram(ctx, b.Program()); err != nil {
		return err
	}
	due := false
	err := b.write(ctx, func(tx *txn) error {
		due = false
		last, err := tx.Meta(collectedMeta)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		at, err := time.Parse(time.RFC3339, string(last))
		if due = err != nil || now.Sub(at) >= collectEvery || now.Before(at); !due {
			return nil
		}
		return tx.SetMeta(collectedMeta, []byte(now.UTC().Format(time.RFC3339)))
	})
	if err != nil || !due {
		return err
	}
	b.tasks.Go(func() {
		if err := b.collect(ctx, now); err != nil && ctx.Err() == nil {
			b.log.Warn("looking for programs that nobody needs", "error", err)
		}
	})
	return nil
}

// collect removes the programs that nobody runs and nobody stands in. It looks at people
// a few hundred at a time, and at none if there is no such program.
func (b *Bot) collect(ctx context.Context, now time.Time) error {
	before := now.Add(-programRest)
	idle := map[string]bool{}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		kept, err := r.Programs()
		for _, p := range kept {
			idle[p.Hash] = p.At.Before(before) && p.Hash != b.Program().Hash
		}
		return err
	})
	if err != nil {
		return err
	}
	used := func(stored string) {
		for _, hash := range strings.Fields(stored) {
			delete(idle, hash)
		}
	}
	for hash, is := range idle {
		if !is {
			delete(idle, hash)
		}
	}
	for after, more := "", true; more && len(idle) > 0; {
		err := b.store.Read(ctx, func(r storage.Reader) error {
			people, err := r.Contacts(after, collectBatch)
			for _, c := range people {
				used(c.Program)
				after = c.ID
			}
			more = len(people) == collectBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(idle) == 0 {
		return nil
	}
	err = b.write(ctx, func(tx *txn) error {
		for hash := range idle {
			if err := tx.DeleteProgram(hash, before); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("removing programs: %w", err)
	}
	b.old.drop(func(hash string) bool { return idle[hash] })
	b.log.Info("programs that nobody needs were removed", "count", len(idle))
	return nil
}

// drop forgets compiled programs.
func (p *programs) drop(gone func(hash string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order = slices.DeleteFunc(p.order, func(hash string) bool {
		if !gone(hash) {
			return false
		}
		delete(p.byHash, hash)
		return true
	})
}
