package sqlite

import "github.com/relance-bot/relance/storage/groupcommit"

const (
	sqlBeginWrite = `BEGIN IMMEDIATE`
	sqlCommit     = `COMMIT`
	sqlSavepoint  = `SAVEPOINT f`
	sqlRelease    = `RELEASE f`
	sqlRollbackTo = `ROLLBACK TO f`
)

// commit runs the group in one transaction and answers it.
func (w *writer) commit(group []*groupcommit.Request) {
	w.group = group
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
	w.tx.kept()
	w.clean()
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
		if r.Err = r.Run(w.tx); r.Err == nil {
			r.Err = w.c.failed // f swallowed it
		}
		if r.Err == nil {
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
		r.Err = nil
	}
	for _, r := range w.group {
		if r.Err = w.apply(r); r.Err == nil {
			kept++
			continue
		}
		if w.c.failed != nil || w.c.idle() {
			return 0, r.Err
		}
	}
	return kept, nil
}

// apply runs one function in a savepoint. If it fails its own changes are undone; if
// that is not possible any more, the connection's failed says so.
func (w *writer) apply(r *groupcommit.Request) error {
	if err := w.c.exec(sqlSavepoint); err != nil {
		return err
	}
	before := w.tx.mark()
	err := r.Run(w.tx)
	if w.c.failed != nil && err == nil {
		err = w.c.failed // f swallowed it
	}
	if err != nil {
		// An error of SQLite may be f's alone (no room for its row), but it may also
		// have ended the transaction.
		w.c.failed = nil
		w.tx.undo(before)
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
