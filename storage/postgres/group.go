package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/groupcommit"
)

// maxTries bounds how often a group is begun anew before its functions are run one
// by one, and each of those after that.
const maxTries = 3

var (
	// errMixed says that a function failed after some of what it wrote was sent with
	// what others wrote.
	errMixed = errors.New("undone for the sake of another")
	// errLease says that the process got a new lease while the group ran.
	errLease = errors.New("the lease was renewed under another name")
)

// commit runs the group in one transaction and answers it. If that meets another
// process, or one of the functions spoils it for the others, it is run again, and
// in the end function by function.
func (w *writer) commit(group []*groupcommit.Request) {
	rest := make([]*task, len(group))
	for i, r := range group {
		rest[i] = &task{Request: r}
	}
	for try := 0; len(rest) > 0; try++ {
		err := w.attempt(rest, try > 0)
		rest = slices.DeleteFunc(rest, func(r *task) bool { return r.ended })
		if err == nil {
			break
		}
		err = w.s.noticed(err)
		w.remember(rest)
		w.rollback()
		if len(rest) > 1 && (try > 0 && worthAgain(err) || !errors.Is(err, storage.ErrUnavailable) && !worthAgain(err)) {
			w.oneByOne(rest) // one of them may have what the database does not take
			break
		}
		if !worthAgain(err) || try >= maxTries {
			w.end(rest, err)
			break
		}
	}
	w.tidy()
}

// remember notes which contacts functions touched that are run again: then they are
// locked in the same order by everyone.
func (w *writer) remember(rest []*task) {
	for _, r := range rest {
		met := w.tx.met[r.span[0]:r.span[1]]
		r.met = append(r.met, met[:min(len(met), maxTogether)]...)
		r.span = [2]int{}
	}
}

// oneByOne runs each function in a transaction of its own.
func (w *writer) oneByOne(rest []*task) {
	for _, r := range rest {
		for try := 0; !r.ended; try++ {
			err := w.attempt([]*task{r}, true)
			if err == nil {
				break
			}
			w.remember([]*task{r})
			w.rollback() // also if it has failed by itself
			// Everyone waits while one waits for a lock.
			if !r.ended && (!worthAgain(err) || try >= maxTries || try > 0 && code(err) == codeLocked) {
				w.end([]*task{r}, err)
			}
		}
	}
}

// worthAgain says that nothing was kept and that the same may succeed now.
func worthAgain(err error) bool {
	return errors.Is(err, errMixed) || errors.Is(err, errLease) || errors.Is(err, errLost) || again(err)
}

// end gives an error to requests that have none of their own.
func (w *writer) end(rest []*task, err error) {
	if again(err) || errors.Is(err, errLease) || errors.Is(err, errMixed) {
		err = fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	for _, r := range rest {
		r.ended, r.Err = true, err
	}
}

// attempt runs the functions in one transaction and commits it. Functions that
// fail by themselves are ended; the error is about all others, and if there is one
// nothing is kept.
func (w *writer) attempt(group []*task, careful bool) (err error) {
	if w.c == nil || w.c.broken() {
		if w.c != nil {
			w.c.close()
			w.c = nil
		}
		if err := w.open(context.Background()); err != nil {
			return err
		}
	}
	c := w.c // it may be another, or none, in the end
	before := c.exchanges
	defer func() { w.exchanges.Add(c.exchanges - before) }()
	t := w.tx
	t.begin(w.c, w.s.lease.id(), careful)
	defer func() { t.recall(err == nil) }()

	if err := t.prefetch(group); err != nil {
		return w.lost(err)
	}
	kept := 0
	for _, r := range group {
		mark := t.mark()
		met := len(t.met)
		t.function++
		err := r.Run(t)
		r.span = [2]int{met, len(t.met)}
		if w.c.failed != nil {
			return w.lost(w.c.failed)
		}
		if err == nil {
			kept++
			continue
		}
		r.ended, r.Err = true, err
		if t.flushes != mark.flushes {
			return errMixed
		}
		t.undo(mark)
	}
	if kept == 0 {
		w.rollback()
		return nil
	}
	return w.conclude(t)
}

// errLost marks the loss of the connection while nothing was kept: on another one
// the same may succeed.
var errLost = errors.New("nothing was kept")

// lost marks an error if the connection went with it.
func (w *writer) lost(err error) error {
	if w.c.broken() {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// conclude commits. If the connection breaks under the commit, it asks the server
// on another one what became of it.
func (w *writer) conclude(t *transaction) error {
	sent, err := t.conclude()
	if err == nil {
		if t.left {
			w.s.wakeOthers()
		}
		w.s.sweeper.left(t.handled, t.sent, t.landed)
		return nil
	}
	if !sent || !w.c.broken() {
		return w.lost(err)
	}
	kept, asked := w.outcome(w.c, t.number)
	switch {
	case asked != nil:
		return fmt.Errorf("%w: whether a commit was kept is not known: %w: %w", storage.ErrUnavailable, err, asked)
	case kept:
		return nil
	}
	return fmt.Errorf("%w: %w", errLost, err)
}
