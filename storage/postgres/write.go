package postgres

import (
	"context"
	"sync/atomic"

	"github.com/relance-bot/relance/storage/groupcommit"
)

// task is one write of a group.
type task struct {
	*groupcommit.Request
	span  [2]int   // of the transaction's met, by its function
	met   []string // contacts that its function touched when it was run before
	ended bool     // with Err, whatever becomes of the others
}

// writer is the one connection that writes, and the queue for it.
type writer struct {
	*groupcommit.Queue
	s *Store

	// What follows belongs to the committer alone.
	c  *conn // nil when the last one was broken
	tx *transaction

	aloft map[string]*aloft // by contact, of whom this process has a notification in flights
	flown int64             // rows of flights that it has put

	strangers []string // whose rows transactions may have left that were not kept

	exchanges atomic.Int64 // of all connections it had, for tests
}

func startWriter(ctx context.Context, s *Store) (*writer, error) {
	w := &writer{s: s, aloft: make(map[string]*aloft)}
	w.tx = &transaction{w: w, spare: &spare{}}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	w.Queue = groupcommit.Start(w.commit, w.rollback)
	return w, nil
}

// open gets the one writing connection.
func (w *writer) open(ctx context.Context) error {
	c, err := w.s.connect(ctx, sqlBegin)
	if err != nil {
		return err
	}
	w.c = c
	w.s.backend.Store(&c.session)
	_ = w.s.lease.backend(ctx) // only a stopped process needs it
	return nil
}

// close closes the connection, after the queue.
func (w *writer) close() {
	w.Close()
	if w.c != nil {
		w.c.close()
		w.c = nil
	}
}

// rollback ends the transaction without keeping anything, and leaves the
// connection clean or broken.
func (w *writer) rollback() {
	found := w.tx.strangers()
	w.strangers = append(w.strangers, found[:min(len(found), maxTogether-len(w.strangers))]...)
	if w.c != nil {
		w.c.rollback()
	}
}

// tidy forgets the rows that stood for the locks of transactions that were not kept: they
// were made in others. It waits for nobody: who has one of them in hand forgets it. What a
// process leaves that dies meanwhile is forgotten by the next one who touches it.
func (w *writer) tidy() {
	if len(w.strangers) == 0 || w.c == nil || w.c.broken() {
		return
	}
	t := w.tx
	t.begin(w.c, w.s.lease.id(), false)
	err := t.load(wanted{parts: partContact, free: w.strangers})
	if err == nil {
		_, err = t.conclude()
	}
	if err == nil {
		w.strangers = w.strangers[:0]
		return
	}
	t.persons = remade(t.persons) // they are noted already
	w.rollback()
}
