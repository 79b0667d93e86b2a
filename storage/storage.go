// Package storage says what a bot keeps, and how it must be kept.
//
// It holds the records and the roles a backend plays; it decides nothing and
// knows nobody. Two backends play all roles, [storage/sqlite] and (for several
// processes) [storage/postgres]; storagetest is the suite both must pass, and
// any other backend with them.
//
//	webhook, event API ──► Write(Enqueue)
//	turn ────────────────► Write(Pending, contact, consents … PutContact, PutSend, PutTimer, DeleteInput)
//	sender ──────────────► Write(ClaimSends) … Write(PutSend or DeleteSend)
//
// Two rules make the promises of the project possible. A Write is all or
// nothing and durable when it returns. And time is always a parameter: no
// backend reads a clock to decide anything about a record.
//
// Several processes may use one store at once, if it is [Shared]. Then these hold,
// and a store of one process keeps them without doing anything. In a Write, what
// is read or written of a contact is that Write's alone until it ends, and so is a
// key of Meta; another process waits. Only Enqueue waits for nobody. And the
// methods that hand out work (Pending, DueTimers, Occurrences, SweptCampaigns, SendsIn,
// Orphans, Unsealed, ClaimSends) leave out, in a Write, what another process has in hand.
//
// What holds for all of them: strings are compared and ordered by their bytes.
// Times are kept to the millisecond and come back in UTC; the zero time means
// none, and the first instant of 1970 cannot be told from it. Bytes that are nil
// come back nil, and nobody writes into those that a store was given, or gave. A
// limit of 0 is no limit, unless a method says otherwise. To put a record again
// replaces it; to delete what is not there is no error.
package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"time"
)

// ErrNotFound is returned by every method that is asked for one record and
// finds none.
var ErrNotFound = errors.New("not found")

// ErrUnavailable is wrapped by the errors that say the store cannot take a
// write, or answer a read, now: the disk is full, the file is locked, the
// machinery below failed. Nothing of what was asked is kept; asking again later
// may work. A webhook answers it with 503.
var ErrUnavailable = errors.New("store unavailable")

// ErrClosed is returned by a Store that was closed.
var ErrClosed = errors.New("store closed")

// ErrNewer is wrapped by the error of opening what a newer program wrote.
var ErrNewer = errors.New("written by a newer version of relance")

// ErrOlder is wrapped by the error of opening what processes of an older program use, who
// know it as it is: it cannot be brought up to date under them.
var ErrOlder = errors.New("in use by an older version of relance")

// ErrOccupied is wrapped by the error of Load where something is kept, or somebody works.
var ErrOccupied = errors.New("the store is not empty and unused")

// ErrInDoubt is wrapped by the error of Load where it is not known whether all of it was
// kept, or nothing.
var ErrInDoubt = errors.New("whether it was kept is not known")

// ErrReplaced is wrapped by the errors of a store whose database is not the one it opened
// any more: emptied, or with a copy restored over it. It does not come back: whoever has it
// open ends, and begins anew on what is there.
var ErrReplaced = errors.New("the database was emptied, or a copy restored over it, while the bot ran")

// PanicError is what Write returns when its function panicked.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says where it panicked, and with a value of which type: the value itself may be a
// person's words, unless Go's own runtime said it.
func (e *PanicError) Error() string {
	what := fmt.Sprintf("%T", e.Value)
	if own, ok := e.Value.(runtime.Error); ok {
		what = own.Error()
	}
	return fmt.Sprintf("panic in a write: %s at %s", what, e.Place())
}

// Place is the file and line that panicked, by the stack: the first behind panic that is none of
// Go's runtime.
func (e *PanicError) Place() string {
	_, stack, _ := bytes.Cut(e.Stack, []byte("\npanic("))
	for line := range bytes.Lines(stack) {
		at, ok := bytes.CutPrefix(line, []byte("\t"))
		if !ok || bytes.Contains(at, []byte("/src/runtime/")) || bytes.HasPrefix(at, []byte("runtime/")) { // so with -trimpath
			continue
		}
		at, _, _ = bytes.Cut(bytes.TrimSpace(at), []byte(" "))
		return path.Base(string(at))
	}
	return "an unknown place"
}

// Store is the durable memory of one bot. All methods may be called from any
// goroutine.
type Store interface {
	// Write runs f in a read-write transaction and returns when it is durable.
	// Writers are grouped: several calls may share one commit, but if f returns
	// an error only its own changes are undone and Write returns that error.
	// If the commit itself fails (disk full, database locked), every call in the
	// group gets that error and nothing is kept.
	//
	// f must touch nothing but tx and variables of its own, and must not call
	// Write or Read. It may be run again if what it shared a commit with failed, so
	// it sets its variables anew each time. ctx is checked before f runs, never
	// inside a transaction. A panic in f is a *PanicError of this call and of no other.
	//
	// needs may say what f will touch, as far as that is known before.
	Write(ctx context.Context, f func(tx Tx) error, needs ...Need) error

	// Read runs f on one consistent snapshot. Writes meanwhile neither wait for it
	// nor are seen by it. f must not call Read.
	Read(ctx context.Context, f func(r Reader) error) error

	// Check reports whether the store can take a write now, by making a small one
	// that leaves nothing behind. It waits for a bounded time. /readyz asks it.
	Check(ctx context.Context) error

	// Close ends the writes and reads that have begun; later ones get ErrClosed.
	// Closing again does nothing.
	Close() error

	// Abilities says what this store can do beside. It is asked for and not found out by
	// its type, so that a type of somebody's own which embeds a Store hands it on: a bot
	// that took a shared store for its own would send what others have in hand.
	Abilities() Abilities
}

// Abilities are what not every store can do; those it lacks are nil.
type Abilities struct {
	Shared   Shared   // several processes may use it at once
	Backuper Backuper // it copies itself to a file
	Resealer Resealer // it keeps values under a secret key
	Dumper   Dumper   // it tells all it keeps
	Loader   Loader   // it takes all that another one told
	Surveyor Surveyor // it knows what its operator should look at
}

// Need is what a function will touch. It changes nothing but speed: a store that is
// a round trip away locks and fetches all of it at once, for all functions of a
// group; one that is at hand may read many contacts for the price of a few.
type Need struct {
	Contacts []string // what a turn reads: contact, first input, consents, permits, timers, unsettled sends, held decisions
	Free     []string // contacts of whom a turn is to read the same, if no other process has them in hand: see Tx.Has
	Keys     []string // of Once
	Sends    []string // ids, with what else of their contacts' sends is not settled
	Lines    []string // contacts of whom only the sends that are not settled are touched
}

// Shared is what a Store has that several processes may use at once. Each holds a
// lease while it works; one that stops for too long loses it, and with it what it has
// claimed.
type Shared interface {
	// Holds says whether this process still holds its lease, without asking anyone.
	// It is asked right before a claimed message goes out.
	Holds() bool

	// Claimer is the name that this process claims under now, as in Send.Claimer. It
	// changes when a lease was lost: what was claimed under another name is not ours.
	Claimer() string

	// Others is how many other processes hold a lease now.
	Others(ctx context.Context) (int, error)

	// Wakes tells that another process may have left work for this one. One signal
	// may stand for many, and some may be missed: look now and then without one.
	Wakes() <-chan struct{}

	// Offset is how far the clock that the processes have in common is ahead of this
	// machine's.
	Offset() time.Duration
}

// Backuper is what a Store has that can copy itself to a file while in use.
type Backuper interface {
	// Backup writes one snapshot to path, which must not exist yet: the error then
	// wraps fs.ErrExist.
	Backup(ctx context.Context, path string) error
}

// Resealer is what a Store has that keeps values under a secret key.
type Resealer interface {
	// Reseal does one bounded step of writing values anew under the newest key, and
	// says whether another should follow at once. retired are the ids of older keys
	// that are needed no more.
	Reseal(ctx context.Context, now time.Time) (more bool, retired []string, err error)
}

// Surveyor is what a Store has whose server may be set up so that it lets the store down.
type Surveyor interface {
	Survey(ctx context.Context) ([]Worry, error)
}

// Worry is one thing about a server that its operator should look at.
type Worry struct {
	Code string // a word
	What string // is wrong
	Do   string // about it
}

// Reader is the reading half of every role.
type Reader interface {
	ContactReader
	InboxReader
	ConsentReader
	TimerReader
	OccurrenceReader
	CampaignReader
	OutboxReader
	OutcomeReader
	LedgerReader
	MetaReader
}

// Tx reads its own writes.
type Tx interface {
	Reader
	// Need says what the function will touch next, as Write's needs do.
	Need(Need) error
	// Has says whether a contact is in this transaction's hands, as those are that it
	// needed or has read. Those of Need.Free may be in another's: to touch them waits.
	Has(contact string) bool
	ContactWriter
	InboxWriter
	ConsentWriter
	TimerWriter
	OccurrenceWriter
	CampaignWriter
	OutboxWriter
	OutcomeWriter
	LedgerWriter
	MetaWriter
}
