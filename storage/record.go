package storage

import (
	"context"
	"errors"
	"time"
)

// Record is one thing that a store keeps, as it stands there: what is told when all of
// it moves to another store. A backend that has keys of its own for them gives them anew.
type Record interface{ record() }

// The records of the nouns are as everywhere, but for what is said of them here.
func (Contact) record()        {}
func (UniqueValue) record()    {}
func (Input) record()          {} // with its Seq
func (SeenKey) record()        {}
func (Subscription) record()   {}
func (InterestTerm) record()   {}
func (Permit) record()         {}
func (Timer) record()          {}
func (Occurrence) record()     {}
func (Campaign) record()       {}
func (CampaignCount) record()  {}
func (Decision) record()       {} // in the order they were put first
func (Send) record()           {} // with its Seq, those of a contact in their order; Claimer is empty: who it was is not there any more
func (Outcome) record()        {} // with its ID
func (Entry) record()          {} // with its ID and seal
func (ContactSalt) record()    {}
func (NamedValue) record()     {}
func (ProgramSources) record() {}
func (Stray) record()          {} // with its ID
func (Numbers) record()        {}

// Digest stands for a text that came from outside in any length: the first 16 bytes of
// its SHA-256.
type Digest [16]byte

// UniqueValue says whose the value of a unique field is.
type UniqueValue struct {
	Contact, Field string
	Digest         Digest // of the value
}

// SeenKey is a key of Once.
type SeenKey struct {
	Digest Digest
	At     time.Time
}

// Subscription is a consent with its Terms, and with the time zone that it is looked for by.
type Subscription struct {
	Consent
	Zone string
}

// InterestTerm is one term of one interest, as the index has it.
type InterestTerm struct {
	Topic, Contact string
	Interest       int // its place among those of the consent
	Digest         Digest
}

// CampaignCount is one of a campaign's.
type CampaignCount struct {
	Trigger, Campaign, Name string
	N                       int
}

// ContactSalt is what a contact's commitments are made with.
type ContactSalt struct {
	Contact string
	Salt    []byte
}

// NamedValue is a small named one, of [MetaReader].
type NamedValue struct {
	Key   string
	Value []byte
}

// ProgramSources are a program with its text.
type ProgramSources struct {
	Program
	Text []byte
}

// Numbers are the last that were given, so that none is given again.
type Numbers struct {
	Input, Send int64 // as Seq
}

// ErrSending is returned by Dump while messages are on their way.
var ErrSending = errors.New("messages are on their way: stop the bot first")

// Dump tells all that a store keeps, one record after the other. If put fails, so does
// it.
type Dump func(ctx context.Context, put func(Record) error) error

// Dumper is what a Store has that can tell all it keeps.
type Dumper interface {
	// Dump tells one snapshot. Nobody may send meanwhile: ErrSending if somebody does.
	Dump(ctx context.Context, put func(Record) error) error
}

// Loader is what a Store has that can take all that another one kept.
type Loader interface {
	// Load fills a store that keeps nothing with what fill puts, in one transaction.
	// check is given what is there then: if it fails, nothing is kept. ErrOccupied if
	// anything is kept there; ErrInDoubt if the answer to the commit was lost, and after no
	// other error is anything kept. What is claimed is an orphan from then on.
	Load(ctx context.Context, fill Dump, check func(there Dump) error) error
}
