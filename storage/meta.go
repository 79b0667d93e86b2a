package storage

import "time"

// Stray is something that arrived and that the bot knowingly does not act on:
// an unknown kind, an unknown Page, an event for an unknown flow.
type Stray struct {
	ID     int64 // set by PutStray
	At     time.Time
	Source string // messenger, api
	// Contact is whom it is about, as far as that can be told: it is erased with them.
	Contact string
	Reason  string
	Body    []byte
}

// Program names a program whose sources are kept.
type Program struct {
	Hash string
	At   time.Time // when a process last said that it runs it
}

// MetaReader finds named values, programs and strays.
type MetaReader interface {
	// Meta returns a small named value; ErrNotFound if unset.
	Meta(key string) ([]byte, error)
	// Program returns the sources of a program by their hash.
	Program(hash string) ([]byte, error)
	// Programs lists the programs that are kept, by hash.
	Programs() ([]Program, error)
	// Strays returns strays in order of ID, after the given one.
	Strays(after int64, limit int) ([]Stray, error)
}

// MetaWriter keeps named values, programs and strays.
type MetaWriter interface {
	SetMeta(key string, value []byte) error
	// PutProgram keeps a program's sources; what is there under that hash stays, and
	// gets the time if that is newer.
	PutProgram(hash string, sources []byte, at time.Time) error
	// DeleteProgram removes a program's sources, unless its time is not before the one
	// given.
	DeleteProgram(hash string, before time.Time) error
	PutStray(Stray) error
	// PruneStrays removes up to limit of the strays older than t, and says how many.
	PruneStrays(before time.Time, limit int) (n int, err error)
}
