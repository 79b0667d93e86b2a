package bot

import (
	"context"
	"errors"

	"github.com/relance-bot/relance/storage"
)

// txn is one transaction of the runtime: what the store is to keep, and what is to
// be done once it has.
type txn struct {
	storage.Tx
	kept []func()
}

// whenKept lets f be done once the transaction is durable, and not at all if it
// fails. What the bot holds in memory and the figures it tells thus follow the
// store.
func (x *txn) whenKept(f func()) { x.kept = append(x.kept, f) }

// write runs f in a transaction.
func (b *Bot) write(ctx context.Context, f func(tx *txn) error, needs ...storage.Need) error {
	var kept []func()
	err := b.store.Write(ctx, func(tx storage.Tx) error {
		x := &txn{Tx: tx}
		err := f(x)
		kept = x.kept
		return err
	}, needs...)
	if err != nil {
		return err
	}
	for _, f := range kept {
		f()
	}
	return nil
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
