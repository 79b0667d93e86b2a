package bot

import (
	"context"
	"errors"
	"fmt"
	"iter"

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
		heads := map[string]storage.Entry{}
		for _, e := range entries {
			head, ok := heads[e.Page]
			if !ok {
				if head, err = tx.ChainHead(e.Page); err != nil && !errors.Is(err, storage.ErrNotFound) {
					return err
				}
			}
			sealed := SealNext(head, e)
			if err := tx.Seal(sealed); err != nil {
				return err
			}
			heads[e.Page] = sealed
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

// VerifyLedger looks at every entry of every chain.
func (b *Bot) VerifyLedger(ctx context.Context) ([]Chain, error) {
	var chains []Chain
	err := b.store.Read(ctx, func(r storage.Reader) error {
		chains = nil
		pages, err := r.Chains()
		if err != nil {
			return err
		}
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
			var failed error
			var strange []Finding
			c.Findings = VerifyChain(c.follow(r, &strange, &failed))
			if failed != nil {
				return failed
			}
			c.Findings = append(c.Findings, strange...)
			chains = append(chains, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	return chains, nil
}

// follow reads a chain from its beginning. The chain does not hold whom an entry
// names, so that a person can be erased: what an entry is not about is strange.
func (c *Chain) follow(r storage.LedgerReader, strange *[]Finding, failed *error) iter.Seq[storage.Entry] {
	return func(yield func(storage.Entry) bool) {
		for {
			entries, err := r.Sealed(c.Page, c.Entries, sealBatch)
			if err != nil || len(entries) == 0 {
				*failed = err
				return
			}
			for _, e := range entries {
				c.Entries, c.Head = e.Seq, e.Hash
				about, err := named(r, e)
				if err != nil {
					*failed = err
					return
				}
				if !about && len(*strange) < maxFindings {
					*strange = append(*strange, Finding{Kind: "altered", Seq: e.Seq, Text: "it is not about the contact it names"})
				}
				if !yield(e) {
					return
				}
			}
		}
	}
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
