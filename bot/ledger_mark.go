package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// The sealer notes, apart from the chain, how far it has come. A chain that was cut off
// at its end is whole by itself, and so is one to which something was added with a hash
// that is right: both show by the note. What the sealer found otherwise than it had left
// it stays noted, so that going on hides nothing.

// maxHeads bounds how many such finds are remembered.
const maxHeads = 16

// notedHead is how far the sealer came, until somebody else changed the chain.
type notedHead struct {
	Mark
	Found int64 `json:"found,omitempty"` // where the chain ended instead when it went on
}

func headsMeta(page string) string { return "ledger heads " + page }

// noteHead notes that a chain was sealed up to head, and was found to end at found.
func noteHead(tx storage.Tx, page string, found, head storage.Entry) error {
	heads, err := readHeads(tx, page)
	if err != nil {
		return err
	}
	next := notedHead{Mark: Mark{Seq: head.Seq, Hash: head.Hash}}
	switch last := len(heads) - 1; {
	case last < 0:
		heads = []notedHead{next}
	case heads[last].Seq == found.Seq && string(heads[last].Hash) == string(found.Hash) || last+1 == maxHeads:
		heads[last] = next
	default:
		heads[last].Found = found.Seq
		heads = append(heads, next)
	}
	raw, err := json.Marshal(heads)
	if err != nil {
		return fmt.Errorf("head of a chain: %w", err)
	}
	return tx.SetMeta(headsMeta(page), raw)
}

// readHeads are the heads that were noted, the newest last. A chain of before they were
// noted has none.
func readHeads(r storage.MetaReader, page string) (heads []notedHead, err error) {
	raw, err := r.Meta(headsMeta(page))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &heads); err != nil {
		return nil, fmt.Errorf("head of a chain: %w", errors.Join(errCorrupt, err))
	}
	return heads, nil
}

func (b *Bot) notedHeads(ctx context.Context, page string) (heads []notedHead, err error) {
	err = b.store.Read(ctx, func(r storage.Reader) error {
		heads, err = readHeads(r, page)
		return err
	})
	return heads, err
}
