// Package transfer moves all that one store keeps to another, and proves that it is
// there.
//
//	from.Dump ──► Load ──► a transaction ──► Dump of what is there ──► the same? ──► commit
//
// A store that can tell all it keeps is a [storage.Dumper], one that can take it a
// [storage.Loader]. What is sealed goes as it is: no key is needed.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// ErrDiffers says that what was read back is not what was put.
var ErrDiffers = errors.New("what arrived is not what was sent")

// Sum is what records of one kind come to: how many they are, and a sum of their
// hashes, which is the same in every order.
type Sum struct {
	N    int
	Hash [4]uint64
}

// Tally is what a dump comes to, by kind: "Contact", "Decision", ….
type Tally map[string]Sum

// ordered are the kinds of which the order counts, since none of what they hold tells it.
func ordered(r storage.Record) bool {
	_, decision := r.(storage.Decision)
	return decision
}

// Add counts a record. Its text stands for it: bytes that are no UTF-8 are all one there.
func (t Tally) Add(r storage.Record) error {
	kind := fmt.Sprintf("%T", r)[len("storage."):]
	sum := t[kind]
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("a record of kind %s: %w", kind, err)
	}
	if ordered(r) {
		text = binary.BigEndian.AppendUint64(text, uint64(sum.N))
	}
	hash := sha256.Sum256(text)
	for i := range sum.Hash {
		sum.Hash[i] += binary.BigEndian.Uint64(hash[8*i:])
	}
	sum.N++
	t[kind] = sum
	return nil
}

// but puts all records except the value of that name: it is about the store itself.
func but(name string, put func(storage.Record) error) func(storage.Record) error {
	return func(r storage.Record) error {
		if v, ok := r.(storage.NamedValue); ok && v.Key == name {
			return nil
		}
		return put(r)
	}
}

// compare is nil if both are the same; else an ErrDiffers that names a kind that is not.
func compare(sent, arrived Tally) error {
	for _, tally := range []Tally{sent, arrived} {
		for _, kind := range slices.Sorted(maps.Keys(tally)) {
			switch s, a := sent[kind], arrived[kind]; {
			case s.N != a.N:
				return fmt.Errorf("%w: of kind %s %d were sent, and %d are there", ErrDiffers, kind, s.N, a.N)
			case s != a:
				return fmt.Errorf("%w: of kind %s, of which %d are there, some are not as they were", ErrDiffers, kind, s.N)
			}
		}
	}
	return nil
}

// Move fills a store that keeps nothing with all that another one keeps, and says what
// that was. Nothing is kept of it unless all of it is read back the same. mark stands there
// in the place of the value of its name: whoever does not know whether the move was kept
// finds out by it.
func Move(ctx context.Context, from storage.Dumper, into storage.Loader, mark storage.NamedValue) (Tally, error) {
	sent := make(Tally)
	fill := func(ctx context.Context, put func(storage.Record) error) error {
		err := from.Dump(ctx, but(mark.Key, func(r storage.Record) error {
			if err := sent.Add(r); err != nil {
				return err
			}
			return put(r)
		}))
		if err != nil {
			return err
		}
		return put(mark)
	}
	check := func(there storage.Dump) error {
		arrived := make(Tally)
		if err := there(ctx, but(mark.Key, arrived.Add)); err != nil {
			return err
		}
		return compare(sent, arrived)
	}
	if err := into.Load(ctx, fill, check); err != nil {
		return nil, err
	}
	return sent, nil
}
