package storage

import "time"

// Stray is something that arrived and that the bot knowingly does not act on:
// an unknown kind, an unknown Page, an event for an unknown flow.
type Stray struct {
	ID     int64 // set by PutStray
	At     time.Time
	Source string // messenger, api
	Reason string
	Body   []byte
}

type MetaReader interface {
	// Meta returns a small named value; ErrNotFound if unset.
	Meta(key string) ([]byte, error)
	// Program returns the sources of a program by their hash.
	Program(hash string) ([]byte, error)
	// Strays returns strays in order of ID, after the given one.
	Strays(after int64, limit int) ([]Stray, error)
}

type MetaWriter interface {
	SetMeta(key string, value []byte) error
	// PutProgram keeps a program's sources; what is there under that hash stays.
	PutProgram(hash string, sources []byte, at time.Time) error
	PutStray(Stray) error
}
