package sqlite

import (
	"cmp"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	inputColumns = `contact, seq, kind, body, at, ready, attempt`

	// Inputs that may be handled at once come by arrival, those that had to wait by
	// the time they became ready: two ranges of one index.
	sqlPendingNow = `SELECT ` + inputColumns + ` FROM inbox
		WHERE head = 1 AND ready = 0 ORDER BY seq LIMIT ?1`
	sqlPendingSince = `SELECT ` + inputColumns + ` FROM inbox
		WHERE head = 1 AND ready > 0 AND ready <= ?1 ORDER BY ready, seq LIMIT ?2`
	sqlNextReady = `SELECT ready FROM inbox WHERE head = 1 AND ready > ?1 ORDER BY ready LIMIT 1`

	// Of one input; and those who do not remember whose they are look through them all.
	sqlInput       = `SELECT ` + inputColumns + ` FROM inbox WHERE seq = ?1`
	sqlInputs      = `SELECT ` + inputColumns + ` FROM inbox WHERE contact = ?1 ORDER BY seq LIMIT ?2`
	sqlEnqueue     = `INSERT INTO inbox (seq, contact, indexed, head, ready, at, attempt, kind, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`
	sqlPutInput    = `UPDATE inbox SET body = ?3, ready = ?4, attempt = ?5 WHERE seq = ?2 AND contact = ?1`
	sqlDeleteInput = `DELETE FROM inbox WHERE seq = ?2 AND contact = ?1`
	sqlInboxHead   = `UPDATE inbox SET head = 1 WHERE seq = ?1`
)

func scanInput(row scanner) (in storage.Input, err error) {
	var at, ready int64
	err = row.Scan(&in.Contact, &in.Seq, &in.Kind, &in.Body, &at, &ready, &in.Attempt)
	in.At, in.Ready = instant(at), instant(ready)
	return in, err
}

func (r reader) Pending(now time.Time, limit int) ([]storage.Input, error) {
	fresh, err := many(r.c, scanInput, sqlPendingNow, bounded(limit))
	if err != nil {
		return nil, err
	}
	late, err := many(r.c, scanInput, sqlPendingSince, millis(now), bounded(limit))
	if err != nil || len(late) == 0 {
		return fresh, err
	}
	// Oldest first, so that neither range can starve the other.
	list := append(late, fresh...)
	slices.SortStableFunc(list, func(a, b storage.Input) int {
		return cmp.Or(since(a).Compare(since(b)), cmp.Compare(a.Seq, b.Seq))
	})
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, nil
}

// since is when an input began to wait for its turn.
func since(in storage.Input) time.Time {
	if in.Ready.IsZero() {
		return in.At
	}
	return in.Ready
}

func (r reader) Inputs(contact string, limit int) ([]storage.Input, error) {
	return many(r.c, scanInput, sqlInputs, contact, bounded(limit))
}

func (r reader) NextReady(now time.Time) (time.Time, bool, error) {
	return r.earliest(sqlNextReady, millis(now))
}

// readiness is how an input's Ready is kept: 0 for at once, and else above it.
func readiness(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

// Inputs implements storage.InboxReader.
func (t *transaction) Inputs(contact string, limit int) ([]storage.Input, error) {
	seqs, err := t.seqsOf(contact, limit)
	if err != nil || len(seqs) == 0 {
		return nil, err
	}
	list := make([]storage.Input, len(seqs))
	for i, seq := range seqs {
		if list[i], err = one(t.c, scanInput, sqlInput, seq); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (t *transaction) Enqueue(in storage.Input) (int64, error) {
	before, err := t.seqsOf(in.Contact, 1)
	if err != nil {
		return 0, err
	}
	seq, err := t.next(counterInbox)
	if err != nil {
		return 0, err
	}
	indexed := t.inboxes.count >= t.remembers
	err = t.c.exec(sqlEnqueue, seq, in.Contact, indexed, len(before) == 0,
		readiness(in.Ready), millis(in.At), in.Attempt, in.Kind, in.Body)
	switch {
	case err != nil:
	case indexed:
		t.inboxes.indexed = true
	default:
		t.inboxes.add(in.Contact, seq)
	}
	return seq, err
}

func (t *transaction) PutInput(in storage.Input) error {
	n, err := t.c.change(sqlPutInput, in.Contact, in.Seq, in.Body, readiness(in.Ready), in.Attempt)
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	return err
}

func (t *transaction) DeleteInput(contact string, seq int64) error {
	if gone, err := t.dropInput(contact, seq); err != nil || !gone {
		return err
	}
	first, err := t.seqsOf(contact, 1)
	if err != nil || len(first) == 0 || first[0] < seq { // it stood behind that
		return err
	}
	return t.c.exec(sqlInboxHead, first[0])
}

// dropInput deletes an input, and says whether there was one.
func (t *transaction) dropInput(contact string, seq int64) (gone bool, err error) {
	if err := t.openInboxes(); err != nil {
		return false, err
	}
	remembered := t.inboxes.remove(contact, seq)
	if !remembered && !t.inboxes.indexed {
		return false, nil
	}
	n, err := t.c.change(sqlDeleteInput, contact, seq)
	if err == nil && n > 0 && remembered {
		_, err = t.next(counterInbox) // others are to notice
	}
	return n > 0, err
}

// eraseInputs deletes all inputs of a contact.
func (t *transaction) eraseInputs(contact string) error {
	seqs, err := t.seqsOf(contact, 0)
	for _, seq := range slices.Clone(seqs) {
		if _, err := t.dropInput(contact, seq); err != nil {
			return err
		}
	}
	return err
}
