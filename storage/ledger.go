package storage

import "time"

// Entry is one line of the consent ledger. It is written unsealed with the turn
// and chained by one sealer afterwards; nothing ever changes it but the seal.
type Entry struct {
	ID      int64  // rises; set by Append
	Page    string // the chain it belongs to, CHANNEL:PAGE
	Contact string // empty once the person is erased
	Topic   string
	Action  string // asked, granted, cadence, snoozed, stopped, resumed, erased
	At      time.Time
	Body    []byte // JSON: wording, source, flow, step, program, proof …
	Commit  []byte // hash over salt and personal data

	Seq  int64 // place in the chain, from 1; 0 until sealed
	Prev []byte
	Hash []byte
}

// LedgerReader finds entries of the consent ledger, and what they are proved by.
type LedgerReader interface {
	// Unsealed returns entries without a seal in order of ID.
	Unsealed(limit int) ([]Entry, error)
	// Sealed returns a chain in order, after the given Seq.
	Sealed(page string, after int64, limit int) ([]Entry, error)
	// ChainHead is the last sealed entry of a chain; ErrNotFound if it is empty.
	ChainHead(page string) (Entry, error)
	// Chains lists the pages that have entries.
	Chains() ([]string, error)
	// Entries returns a contact's entries in order of ID.
	Entries(contact string) ([]Entry, error)
	// Salt is the random value a contact's commitments are made with.
	Salt(contact string) ([]byte, error)
}

// LedgerWriter appends to the consent ledger, and chains it.
type LedgerWriter interface {
	// Append keeps an entry, unsealed.
	Append(Entry) (id int64, err error)
	// Seal sets Seq, Prev and Hash of an entry that has none yet; ErrTaken if it
	// has, or if another has that Seq in its chain.
	Seal(Entry) error
	PutSalt(contact string, salt []byte) error
}
