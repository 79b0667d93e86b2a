package sqlite

import (
	"errors"
	"runtime/debug"

	"github.com/relance-bot/relance/storage"
)

// maxGroup bounds how many writes share a commit, and so how long the first of
// them waits for the last.
const maxGroup = 256

const (
	sqlBeginWrite = `BEGIN IMMEDIATE`
	sqlCommit     = `COMMIT`
	sqlSavepoint  = `SAVEPOINT f`
	sqlRelease    = `RELEASE f`
	sqlRollbackTo = `ROLLBACK TO f`
)

// logSettings are about the write-ahead log. It is folded into the file every 16
// MiB instead of every 4, since pages that change again and again are then copied
// less often; and what a long read made it grow to is given back.
var logSettings = [...]string{`PRAGMA wal_autocheckpoint = 4000`, `PRAGMA journal_size_limit = 67108864`}

// errEnded is the answer to a write whose function ended its goroutine, as
// t.FailNow does.
var errEnded = errors.New("the function of a write ended its goroutine")

// run commits group after group until the writer is closed and its queue empty.
func (w *writer) run() {
	proper := false
	defer func() {
		if proper {
			close(w.ended)
			return
		}
		// A function ended this goroutine: its group is lost, the store is not.
		w.abandon(errEnded)
		go w.run()
	}()
	for w.gather() {
		w.commit()
	}
	proper = true
}

// gather waits for one write and takes all others that wait already.
func (w *writer) gather() bool {
	w.group = w.group[:0]
	select {
	case r := <-w.queue:
		w.take(r)
	case <-w.closing:
		// Those who were let in are served, then it ends.
		select {
		case r := <-w.queue:
			w.take(r)
		default:
			return false
		}
	}
	for len(w.group) < maxGroup {
		select {
		case r := <-w.queue:
			w.take(r)
			continue
		default:
		}
		break
	}
	return true
}

// take adds a request to the group unless its caller has left.
func (w *writer) take(r *request) {
	if err := r.ctx.Err(); err != nil {
		if r.state.CompareAndSwap(requestWaiting, requestTaken) {
			r.answer(err)
		}
		return
	}
	if r.state.CompareAndSwap(requestWaiting, requestTaken) {
		w.group = append(w.group, r)
	}
}

// open gets the one writing connection.
func (w *writer) open() error {
	c, err := openConn(w.from)
	if err != nil {
		return err
	}
	for _, setting := range logSettings {
		var now int64
		if err := c.row(setting, nil, &now); err != nil {
			return errors.Join(err, c.close())
		}
	}
	w.c = c
	w.tx = &transaction{reader: reader{c}, midRoom: defaultMIDRoom, ahead: map[string]*ahead{}}
	return nil
}

// commit runs the group in one transaction and answers it.
func (w *writer) commit() {
	if len(w.group) == 0 {
		return
	}
	if w.c == nil {
		if err := w.open(); err != nil {
			w.abandon(err)
			return
		}
	}
	if err := w.begin(); err != nil {
		w.abandon(err)
		return
	}
	if err := w.tx.Need(w.need()); err != nil {
		w.abandon(err)
		return
	}
	kept, err := w.runAll(len(w.group) == 1)
	if err == nil && kept == 0 {
		if err = w.c.rollback(); err == nil {
			w.answerAll()
			return
		}
	}
	if err == nil {
		err = w.tx.flush()
	}
	if err == nil {
		err = w.c.exec(sqlCommit)
	}
	if err != nil {
		w.abandon(err)
		return
	}
	w.answerAll()
}

// need is the contacts that the functions of the group have said they need.
func (w *writer) need() (all storage.Need) {
	for _, r := range w.group {
		for _, n := range r.needs {
			all.Contacts = append(all.Contacts, n.Contacts...)
		}
	}
	return all
}

func (w *writer) begin() error {
	if err := w.c.exec(sqlBeginWrite); err != nil {
		return err
	}
	w.tx.begin()
	return nil
}

// runAll runs the functions of the group and counts those to be kept. Most groups
// have none that fails, so they are run as they are, which is cheaper than marking
// where each begins. If one fails, everything is undone, and all are run again, each
// in a savepoint. An error of runAll is the end of the transaction.
func (w *writer) runAll(single bool) (kept int, err error) {
	for _, r := range w.group {
		if r.err = call(r.f, w.tx); r.err == nil {
			r.err = w.c.failed // f swallowed it
		}
		if r.err == nil {
			kept++
			continue
		}
		if single {
			return 0, nil
		}
		if err := w.c.rollback(); err != nil {
			return 0, err
		}
		if err := w.begin(); err != nil {
			return 0, err
		}
		return w.runEach()
	}
	return kept, nil
}

// runEach runs each function so that its failure undoes its own changes only.
func (w *writer) runEach() (kept int, err error) {
	for _, r := range w.group {
		r.err = nil
	}
	for _, r := range w.group {
		if r.err = w.apply(r.f); r.err == nil {
			kept++
			continue
		}
		if w.c.failed != nil || w.c.idle() {
			return 0, r.err
		}
	}
	return kept, nil
}

// apply runs one function in a savepoint. If it fails its own changes are undone; if
// that is not possible any more, the connection's failed says so.
func (w *writer) apply(f func(tx storage.Tx) error) error {
	if err := w.c.exec(sqlSavepoint); err != nil {
		return err
	}
	err := call(f, w.tx)
	if w.c.failed != nil && err == nil {
		err = w.c.failed // f swallowed it
	}
	if err != nil {
		// An error of SQLite may be f's alone (no room for its row), but it may also
		// have ended the transaction.
		w.c.failed = nil
		w.c.forget()
		clear(w.tx.ahead)
		if w.c.idle() {
			w.c.failed = failure(err)
			return err
		}
		if undo := w.c.exec(sqlRollbackTo); undo != nil {
			return err
		}
	}
	if end := w.c.exec(sqlRelease); end != nil {
		return end
	}
	return err
}

func call(f func(tx storage.Tx) error, tx storage.Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f(tx)
}

// answerAll gives everyone in the group the answer that stands in its request.
func (w *writer) answerAll() {
	for i, r := range w.group {
		r.answer(r.err)
		w.group[i] = nil
	}
	w.group = w.group[:0]
}

// abandon ends the transaction without keeping anything, leaves the connection
// clean or drops it, and answers everyone: with their own error if they had one.
func (w *writer) abandon(err error) {
	if w.c != nil {
		if w.c.rollback() != nil {
			_ = w.c.close()
			w.c, w.tx = nil, nil
		}
	}
	for _, r := range w.group {
		if r.err == nil {
			r.err = err
		}
	}
	w.answerAll()
}
