package sqlite

import (
	"errors"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/groupcommit"
)

// writerSettings are what the writing connection needs. The write-ahead log is folded
// into the file every 16 MiB instead of every 4, since pages that change again and
// again are then copied less often; and what a long read made it grow to is given
// back. What is deleted is overwritten: else the words of somebody who was erased, and
// of each message before, would stand in the file until their room is used again.
var writerSettings = [...]string{`PRAGMA wal_autocheckpoint = 4000`, `PRAGMA journal_size_limit = 67108864`, `PRAGMA secure_delete = ON`}

// writer is the one connection that writes, and the queue for it.
type writer struct {
	*groupcommit.Queue
	from source

	// What follows belongs to the committer alone.
	c     *conn // nil when the last one was broken
	tx    *transaction
	group []*groupcommit.Request
}

func startWriter(from source) (*writer, error) {
	w := &writer{from: from}
	if err := w.open(); err != nil {
		return nil, err
	}
	w.Queue = groupcommit.Start(w.commit, w.rollback)
	return w, nil
}

// open gets the one writing connection.
func (w *writer) open() error {
	c, err := openConn(w.from)
	if err != nil {
		return err
	}
	for _, setting := range writerSettings {
		var now int64
		if err := c.row(setting, nil, &now); err != nil {
			return errors.Join(err, c.close())
		}
	}
	w.c = c
	w.tx = &transaction{reader: reader{c}, midRoom: defaultMIDRoom, ahead: map[string]*ahead{}}
	return nil
}

// close closes the connection, after the queue.
func (w *writer) close() error {
	w.Close()
	if w.c == nil {
		return nil
	}
	err := w.c.close()
	w.c = nil
	return err
}

// rollback ends the transaction without keeping anything, and leaves the connection
// clean or drops it.
func (w *writer) rollback() {
	if w.c != nil && w.c.rollback() != nil {
		_ = w.c.close()
		w.c, w.tx = nil, nil
	}
}

// abandon is rollback with an error for everyone who has none of their own.
func (w *writer) abandon(err error) {
	w.rollback()
	for _, r := range w.group {
		if r.Err == nil {
			r.Err = err
		}
	}
}

// need is the contacts that the functions of the group have said they need.
func (w *writer) need() (all storage.Need) {
	for _, r := range w.group {
		for _, n := range r.Needs {
			all.Contacts = append(all.Contacts, n.Contacts...)
		}
	}
	return all
}
