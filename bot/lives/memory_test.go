package lives

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// memory is a store that keeps everything in maps: most lives are lived on it, since a
// real database costs four fifths of a life. What a process had claimed when it died is
// known by the opening that claimed it.
type memory struct {
	mu      sync.Mutex
	opening int
	serial  int64

	contacts    map[string]storage.Contact
	uniques     map[[2]string]string
	inbox       map[string][]storage.Input // by contact, in order
	once        map[string]time.Time
	consents    map[string]map[string]storage.Consent // by contact and topic
	permits     map[string]map[[2]string]storage.Permit
	timers      map[[3]string]storage.Timer
	occurrences map[[2]string]storage.Occurrence
	decisions   map[string]map[[2]string]kept // by contact
	bySend      map[string][][3]string
	sends       map[string]storage.Send
	lines       map[string][]string // ids of unsettled sends, by contact, in order
	campaigns   map[[2]string]storage.Campaign
	counts      map[[2]string]map[string]int
	outcomes    []storage.Outcome
	ledger      []storage.Entry
	salts       map[string][]byte
	meta        map[string][]byte
	programs    map[string]storage.Program
	sources     map[string][]byte
	strays      []storage.Stray
}

// kept is a decision with when it was put.
type kept struct {
	storage.Decision
	n int64
}

func newMemory() *memory {
	return &memory{
		contacts: map[string]storage.Contact{}, uniques: map[[2]string]string{}, inbox: map[string][]storage.Input{}, once: map[string]time.Time{},
		consents: map[string]map[string]storage.Consent{}, permits: map[string]map[[2]string]storage.Permit{}, timers: map[[3]string]storage.Timer{},
		occurrences: map[[2]string]storage.Occurrence{}, decisions: map[string]map[[2]string]kept{}, bySend: map[string][][3]string{},
		sends: map[string]storage.Send{}, lines: map[string][]string{}, salts: map[string][]byte{}, meta: map[string][]byte{},
		campaigns: map[[2]string]storage.Campaign{}, counts: map[[2]string]map[string]int{},
		programs: map[string]storage.Program{}, sources: map[string][]byte{},
	}
}

// open is the store as a process has it that starts now.
func (m *memory) open() storage.Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opening++
	return &opened{m: m, claimer: strconv.Itoa(m.opening)}
}

type opened struct {
	m       *memory
	claimer string
	closed  bool
}

// Abilities implements storage.Store.
func (o *opened) Abilities() storage.Abilities { return storage.Abilities{} }

func (o *opened) Write(ctx context.Context, f func(storage.Tx) error, _ ...storage.Need) error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	if o.closed {
		return storage.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	x := &memoryTx{memory: o.m, claimer: o.claimer}
	err := f(x)
	if err != nil {
		for _, undo := range slices.Backward(x.undo) {
			undo()
		}
	}
	return err
}

func (o *opened) Read(ctx context.Context, f func(storage.Reader) error) error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	if o.closed {
		return storage.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(&memoryTx{memory: o.m, claimer: o.claimer})
}

func (o *opened) Check(context.Context) error { return nil }

func (o *opened) Close() error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	o.closed = true
	return nil
}

// memoryTx is one transaction. Methods that lives do not need are those of a nil
// interface.
type memoryTx struct {
	storage.Tx
	*memory
	claimer string
	undo    []func()
}

func (x *memoryTx) next() int64 {
	x.serial++
	return x.serial
}

// set and drop change a map so that it can be undone.
func set[K comparable, V any](x *memoryTx, in map[K]V, key K, v V) {
	old, had := in[key]
	x.undo = append(x.undo, func() {
		if had {
			in[key] = old
		} else {
			delete(in, key)
		}
	})
	in[key] = v
}

func drop[K comparable, V any](x *memoryTx, in map[K]V, key K) {
	if old, had := in[key]; had {
		x.undo = append(x.undo, func() { in[key] = old })
		delete(in, key)
	}
}

// assign changes a variable so that it can be undone.
func assign[V any](x *memoryTx, v *V, to V) {
	old := *v
	x.undo = append(x.undo, func() { *v = old })
	*v = to
}

// inside is a map within a map, made if it is not there.
func inside[K comparable, L comparable, V any](in map[K]map[L]V, key K) map[L]V {
	if in[key] == nil {
		in[key] = map[L]V{}
	}
	return in[key]
}

func milli(times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Truncate(time.Millisecond).UTC()
		}
	}
}

func found[V any](v V, ok bool) (V, error) {
	if !ok {
		return v, storage.ErrNotFound
	}
	return v, nil
}

func limited[V any](list []V, limit int) []V {
	if limit > 0 && len(list) > limit {
		return list[:limit]
	}
	return list
}

// Need implements storage.Tx.
func (x *memoryTx) Need(storage.Need) error { return nil }
