package sqlite

import (
	"errors"
	"strconv"

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

	// unclean is 0, or counts the commits since somebody was erased whose words may
	// still stand in the write-ahead log.
	unclean int
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
	w.tx = &transaction{reader: reader{c: c}, ahead: map[string]*ahead{}, keys: newKeyLog(), inflight: newInflight(), inboxes: newInboxes(), remembers: maxRemembered}
	w.tx.lastKeys = w.tx.keys
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

// The log is emptied after somebody was erased: what they said stands in it until it is
// written over, which takes weeks where little happens. Who reads meanwhile keeps it from
// being emptied; then it is tried again.
const (
	sqlEmptyLog   = `PRAGMA wal_checkpoint(TRUNCATE)`
	sqlWaitLittle = `PRAGMA busy_timeout = 50`
	sqlWait       = `PRAGMA busy_timeout = `
	emptyEvery    = 16 // commits between two tries
)

// clean empties the log if somebody was erased. What was committed is kept in any case.
func (w *writer) clean() {
	if w.tx.erased {
		w.tx.erased, w.unclean = false, 1
	}
	if w.unclean == 0 {
		return
	}
	if w.unclean++; w.unclean%emptyEvery != 2 {
		return
	}
	var before, waits, busy, pages, moved int64
	err := w.c.row(`PRAGMA busy_timeout`, nil, &before)
	if err == nil {
		err = w.c.row(sqlWaitLittle, nil, &waits)
	}
	if err == nil {
		err = w.c.row(sqlEmptyLog, nil, &busy, &pages, &moved)
	}
	if err == nil {
		err = w.c.row(sqlWait+strconv.FormatInt(before, 10), nil, &waits)
	}
	switch {
	case err != nil:
		w.c.failed = nil // nothing was to be kept
	case busy == 0:
		w.unclean = 0
	}
}

// need is the contacts that the functions of the group have said they need.
func (w *writer) need() (all storage.Need) {
	for _, r := range w.group {
		for _, n := range r.Needs {
			all.Contacts = append(append(all.Contacts, n.Contacts...), n.Free...)
		}
	}
	return all
}
