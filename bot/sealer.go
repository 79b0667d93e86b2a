package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// seal chains the ledger entries that turns left unsealed, one chain for each
// page.
func (b *Bot) seal(ctx context.Context) (worked bool, err error) {
	err = b.store.Write(ctx, func(tx storage.Tx) error {
		worked = false
		entries, err := tx.Unsealed(sealBatch)
		if err != nil {
			return err
		}
		worked = len(entries) > 0
		heads, found := map[string]storage.Entry{}, map[string]storage.Entry{}
		for _, e := range entries {
			head, ok := heads[e.Page]
			if !ok {
				if head, err = tx.ChainHead(e.Page); err != nil && !errors.Is(err, storage.ErrNotFound) {
					return err
				}
				found[e.Page] = head
			}
			sealed := SealNext(head, e)
			if err := tx.Seal(sealed); err != nil {
				return err
			}
			heads[e.Page] = sealed
		}
		for page, head := range heads {
			if err := noteHead(tx, page, found[page], head); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, storage.ErrTaken) {
		return false, nil // another process was faster
	}
	if err != nil {
		return false, fmt.Errorf("sealing the ledger: %w", err)
	}
	return worked, nil
}

// Chain is the state of one page's part of the consent ledger.
type Chain struct {
	Page     string    `json:"page"`
	Entries  int64     `json:"entries"`  // sealed
	Unsealed int       `json:"unsealed"` // at most 1,000 are counted
	Head     []byte    `json:"head,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
}

// VerifyLedger looks at every entry of every chain: against the one before it, against
// the person it names, against what the sealer noted, and against marks of pages that
// were noted elsewhere. It reads step by step, while the bot goes on.
func (b *Bot) VerifyLedger(ctx context.Context, noted map[string][]Mark) ([]Chain, error) {
	var chains []Chain
	err := b.store.Read(ctx, func(r storage.Reader) error {
		chains = nil
		pages, err := r.Chains()
		if err != nil {
			return err
		}
		for page := range b.channels {
			if heads, err := readHeads(r, page); err != nil {
				return err
			} else if len(heads) > 0 {
				pages = append(pages, page) // even if all of it is gone
			}
		}
		pages = slices.AppendSeq(pages, maps.Keys(noted))
		slices.Sort(pages)
		pages = slices.Compact(pages)
		unsealed, err := r.Unsealed(1000)
		if err != nil {
			return err
		}
		for _, page := range pages {
			c := Chain{Page: page}
			for _, e := range unsealed {
				if e.Page == page {
					c.Unsealed++
				}
			}
			chains = append(chains, c)
		}
		return nil
	})
	for i := 0; i < len(chains) && err == nil; i++ {
		err = b.verifyChain(ctx, &chains[i], noted[chains[i].Page])
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	return chains, nil
}

// verifyChain walks one chain from its beginning.
func (b *Bot) verifyChain(ctx context.Context, c *Chain, marks []Mark) error {
	before, err := b.notedHeads(ctx, c.Page)
	if err != nil {
		return err
	}
	for _, h := range before {
		marks = append(marks, h.Mark)
	}
	v := newVerifier(marks)
	err = b.eachSealed(ctx, c.Page, func(r storage.Reader, e storage.Entry) error {
		c.Entries, c.Head = e.Seq, e.Hash
		v.entry(e)
		about, err := named(r, e)
		if err == nil && !about && !v.named[e.Seq] {
			v.find("altered", e, "entry %d is not about the contact it names", e.Seq)
		}
		return err
	})
	if err != nil {
		return err
	}
	// Meanwhile the sealer may have gone on.
	after, err := b.notedHeads(ctx, c.Page)
	if err != nil {
		return err
	}
	for i, h := range after {
		from, to := h.Seq, h.Found
		if i == len(after)-1 {
			to = c.Entries
		}
		for seq := from + 1; seq <= to && len(v.findings) < maxFindings; seq++ {
			v.find("inserted", storage.Entry{Seq: seq}, "entry %d was put in at the end: it was never sealed here", seq)
		}
	}
	c.Findings = v.done()
	return nil
}

// eachSealed reads a chain from its beginning, in steps: nothing of it ever changes, so
// they need not be of one view.
func (b *Bot) eachSealed(ctx context.Context, page string, do func(storage.Reader, storage.Entry) error) error {
	for after, n := int64(0), sealBatch; n > 0; {
		err := b.store.Read(ctx, func(r storage.Reader) error {
			entries, err := r.Sealed(page, after, sealBatch)
			if err != nil {
				return err
			}
			n = len(entries)
			for _, e := range entries {
				if err := do(r, e); err != nil {
					return err
				}
				after = e.Seq
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// named says whether an entry is about the contact it names. One whose person was
// erased names nobody.
func named(r storage.LedgerReader, e storage.Entry) (bool, error) {
	if e.Contact == "" {
		return true, nil
	}
	salt, err := r.Salt(e.Contact)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return CommitHolds(e, salt), err
}
