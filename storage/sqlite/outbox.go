package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sendColumns = `id, contact, seq, page, state, ready, attempt, bulk, topic, lane, body, at, claim_at, claimer, mid, error`

	// Conditions of the indexes, spelled as they are.
	unsettled = `state <= 3`
	waiting   = `state = 3`
	settled   = `state >= 4`
	going     = `head = 1 AND state = 1`

	sqlSend      = `SELECT ` + sendColumns + ` FROM outbox WHERE id = ?1`
	sqlSends     = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = ?1 AND ` + unsettled + ` ORDER BY seq`
	sqlSendByMID = `SELECT ` + sendColumns + ` FROM outbox
		WHERE contact = ?1 AND ` + settled + ` AND mid = ?2 AND mid <> '' ORDER BY seq DESC LIMIT 1`
	sqlSettledSends = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = ?1 AND ` + settled + ` ORDER BY seq DESC LIMIT ?2`
	sqlSendsIn      = `SELECT ` + sendColumns + ` FROM outbox WHERE state = ?1 ORDER BY ready, id LIMIT ?2`
	// What is claimed is found among the unsettled.
	sqlClaimed = `SELECT ` + sendColumns + ` FROM outbox INDEXED BY outbox_line WHERE ` + unsettled + ` AND state = 2 ORDER BY ready, id LIMIT ?1`
	sqlWaiting = `SELECT ` + sendColumns + ` FROM outbox WHERE ` + waiting + ` ORDER BY ready, id LIMIT ?1`
	sqlOrphans = `SELECT ` + sendColumns + ` FROM outbox WHERE orphan = 1 ORDER BY id LIMIT ?1`
	// Whatever is claimed when an opening begins, an earlier one has claimed.
	sqlOrphan = `UPDATE outbox SET orphan = 1 WHERE rowid IN
		(SELECT rowid FROM outbox INDEXED BY outbox_line WHERE ` + unsettled + ` AND state = 2)`

	// Where a send stands, and whether others stand behind it.
	sqlSendState = `SELECT rowid, contact, state, head, claimer,
			head AND EXISTS (SELECT 1 FROM outbox AS o WHERE o.contact = outbox.contact AND o.` + unsettled + ` AND o.rowid <> outbox.rowid)
		FROM outbox WHERE id = ?1`
	sqlSendAt = `SELECT id FROM outbox WHERE contact = ?1 AND seq = ?2 AND ` + unsettled + `
		UNION ALL SELECT id FROM outbox WHERE contact = ?1 AND seq = ?2 AND ` + settled
	// ?17 says that nothing of the contact is in flight.
	sqlNewSend = `INSERT INTO outbox (` + sendColumns + `, orphan, head)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0,
			?17 AND ?5 <= 3 AND NOT EXISTS (SELECT 1 FROM outbox WHERE contact = ?2 AND ` + unsettled + `))`
	sqlSetSend = `UPDATE outbox SET page = ?2, state = ?3, ready = ?4, attempt = ?5, bulk = ?6, topic = ?7, lane = ?8,
			body = ?9, at = ?10, claim_at = ?11, claimer = ?12, mid = ?13, error = ?14, head = ?15,
			orphan = orphan AND ?3 = 2
		WHERE rowid = ?1`
	// The head of a line, and whether it is marked as such.
	sqlLineHead = `SELECT rowid, head FROM outbox WHERE contact = ?1 AND ` + unsettled + ` ORDER BY seq LIMIT 1`
	sqlSetHead  = `UPDATE outbox SET head = 1 WHERE rowid = ?1`
	sqlLineRest = `UPDATE outbox SET head = 0 WHERE contact = ?1 AND ` + unsettled + ` AND head = 1 AND rowid <> ?2`

	sqlPruneSends = `DELETE FROM outbox WHERE rowid IN (SELECT rowid FROM outbox WHERE at < ?1 AND ` + settled + ` LIMIT ?2)`
	sqlDeleteSend = `DELETE FROM outbox WHERE rowid = ?1`
	// Most sends are all there is in their line: they are deleted, or accepted, without a
	// look at what there was.
	alone         = `head = 1 AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.contact = outbox.contact AND o.` + unsettled + ` AND o.rowid <> outbox.rowid)`
	sqlDeleteLone = `DELETE FROM outbox WHERE id = ?1 AND ` + alone
	sqlAcceptLone = `UPDATE outbox SET state = 4, head = 0, orphan = 0, mid = ?2, body = ?3, error = '' WHERE id = ?1 AND state = 2 AND ` + alone
)

// states are the states by their number in the column.
var states = [...]string{
	1: storage.SendPending, 2: storage.SendClaimed, 3: storage.SendWaiting,
	4: storage.SendSent, 5: storage.SendUnknown, 6: storage.SendFailed, 7: storage.SendDropped,
}

const (
	stateClaimed  = 2
	lastUnsettled = 3
	stateSent     = 4
)

// stateNumber is the number of a state.
func stateNumber(state string) (int, error) {
	if n := slices.Index(states[:], state); n > 0 {
		return n, nil
	}
	return 0, fmt.Errorf("a send has no state %q", state)
}

func scanSend(row scanner) (s storage.Send, err error) {
	var state int
	var ready, at, claimed, claimer int64
	err = row.Scan(&s.ID, &s.Contact, &s.Seq, &s.Page, &state, &ready, &s.Attempt, &s.Bulk, &s.Topic, &s.Lane, &s.Body,
		&at, &claimed, &claimer, &s.MID, &s.Error)
	if err != nil {
		return s, err
	}
	if state < 1 || state >= len(states) {
		return s, fmt.Errorf("a send in state %d", state)
	}
	s.State = states[state]
	s.Ready, s.At, s.ClaimAt = instant(ready), instant(at), instant(claimed)
	if state == stateClaimed {
		s.Claimer = strconv.FormatInt(claimer, 10)
	}
	return s, err
}

func (t *transaction) PutSend(s storage.Send) error {
	state, err := stateNumber(s.State)
	if err != nil {
		return err
	}
	if err := t.openInflight(); err != nil {
		return err
	}
	if f := t.inflight.byID[s.ID]; f != nil {
		if err := t.land(f); err != nil {
			return err
		}
	} else if s.Seq == 0 && state <= lastUnsettled {
		// One without a place is most likely new, unless it has an outcome.
		if done, err := t.putNew(&s, state); done || err != nil {
			return err
		}
	}
	was, err := t.sendState(s.ID)
	if errors.Is(err, storage.ErrNotFound) {
		_, err = t.newSend(&s, state)
		return err
	}
	if err != nil {
		return err
	}
	claimer := was.claimer
	if state != stateClaimed || was.state != stateClaimed {
		if claimer, err = t.claimer(state); err != nil {
			return err
		}
	}
	// A send keeps its place in the line it was put in.
	waits, waited := state <= lastUnsettled, was.state <= lastUnsettled
	if waits && !waited {
		t.lined(was.contact)
	}
	err = t.c.exec(sqlSetSend, was.row, s.Page, state, millis(s.Ready), s.Attempt, s.Bulk, s.Topic, s.Lane, s.Body,
		millis(s.At), millis(s.ClaimAt), claimer, s.MID, s.Error, was.head && waits)
	if err != nil || waits == waited || waited && !was.followed {
		return err
	}
	return t.settleLine(was.contact)
}

// putNew puts a send that is not settled if it is new: in flight, if it may.
func (t *transaction) putNew(s *storage.Send, state int) (done bool, err error) {
	if state == stateClaimed {
		if may, err := t.mayFly(s); err != nil {
			return false, err
		} else if may {
			return true, t.fly(s, nil)
		}
	}
	return t.newSend(s, state)
}

// newSend puts a send into a row, at the end of its contact's line, or where its Seq says.
// It is not fresh, and nothing is done, if there is one of that ID.
func (t *transaction) newSend(s *storage.Send, state int) (fresh bool, err error) {
	claimer, err := t.claimer(state)
	if err != nil {
		return false, err
	}
	given := s.Seq != 0
	if given {
		err = t.givenSeq(s)
	} else {
		s.Seq, err = t.next(counterOutbox)
	}
	if err != nil {
		return false, err
	}
	fresh, err = t.insertSend(s, state, claimer)
	if err != nil || !fresh || !given {
		return fresh, err
	}
	return true, t.settleLine(s.Contact)
}

// insertSend puts the row of a send, unless there is one of its ID.
func (t *transaction) insertSend(s *storage.Send, state int, claimer int64) (fresh bool, err error) {
	first := true
	if state <= lastUnsettled {
		t.lined(s.Contact)
		if f := t.inflight.byContact[s.Contact]; f != nil {
			f.followed, first = true, false
		}
	}
	fresh, err = t.c.insert(sqlNewSend, s.ID, s.Contact, s.Seq, s.Page, state, millis(s.Ready), s.Attempt, s.Bulk, s.Topic,
		s.Lane, s.Body, millis(s.At), millis(s.ClaimAt), claimer, s.MID, s.Error, first)
	if fresh {
		t.inflight.lastID = max(t.inflight.lastID, s.ID)
	}
	return fresh, err
}

// lined notes that a contact has a line in the outbox.
func (t *transaction) lined(contact string) {
	if a := t.ahead[contact]; a != nil {
		a.lineless = false
	}
}

// claimer is who has a send in that state: this opening of the file, or nobody.
func (t *transaction) claimer(state int) (int64, error) {
	if state != stateClaimed {
		return 0, nil
	}
	err := t.load(counterOpening)
	return t.counter[counterOpening].value, err
}

// givenSeq checks a place that the caller chose and keeps it from being given
// again. It may be before that of what is in flight.
func (t *transaction) givenSeq(s *storage.Send) error {
	if err := t.landContact(s.Contact); err != nil {
		return err
	}
	var id string
	err := t.c.row(sqlSendAt, args{s.Contact, s.Seq}, &id)
	switch {
	case err == nil && id != s.ID:
		return fmt.Errorf("place %d of a contact's sends: %w", s.Seq, storage.ErrTaken)
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return err
	}
	return t.reach(counterOutbox, s.Seq)
}

// settleLine marks the head of a contact's line after a change at its front.
func (t *transaction) settleLine(contact string) error {
	var row int64
	var marked bool
	err := t.c.row(sqlLineHead, args{contact}, &row, &marked)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil || marked {
		return err
	}
	if err := t.c.exec(sqlLineRest, contact, row); err != nil {
		return err
	}
	return t.c.exec(sqlSetHead, row)
}

// sendState is where a send stands.
type sendState struct {
	row, claimer int64
	contact      string
	state        int
	head         bool // of its line
	followed     bool // it is, and others stand behind it
}

func scanSendState(row scanner) (s sendState, err error) {
	err = row.Scan(&s.row, &s.contact, &s.state, &s.head, &s.claimer, &s.followed)
	return s, err
}

// sendState looks a send up before it is changed. To have the change tell what it met,
// by RETURNING, costs more than both: SQLite makes a table for that each time. What its
// contact has in flight lands: from then on rows tell where each stands.
func (t *transaction) sendState(id string) (sendState, error) {
	was, err := one(t.c, scanSendState, sqlSendState, id)
	if err != nil || t.inflight.byContact[was.contact] == nil {
		return was, err
	}
	if err := t.landContact(was.contact); err != nil {
		return was, err
	}
	return one(t.c, scanSendState, sqlSendState, id)
}

// AcceptSend implements storage.OutboxWriter.
func (t *transaction) AcceptSend(s storage.Send) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	if err := t.landCarrying(s.ID); err != nil {
		return err
	}
	if f := t.inflight.byID[s.ID]; f != nil {
		s.Seq, s.Error = f.seq, ""
		if err := t.leave(f); err != nil {
			return err
		}
		_, err := t.insertSend(&s, stateSent, 0)
		return err
	}
	n, err := t.c.change(sqlAcceptLone, s.ID, s.MID, s.Body)
	if err != nil || n > 0 {
		return err
	}
	return t.PutSend(s)
}

func (t *transaction) DeleteSend(id string) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	if err := t.landCarrying(id); err != nil {
		return err
	}
	if f := t.inflight.byID[id]; f != nil {
		return t.leave(f)
	}
	if n, err := t.c.change(sqlDeleteLone, id); err != nil || n > 0 {
		return err
	}
	was, err := t.sendState(id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.c.exec(sqlDeleteSend, was.row); err != nil || !was.followed {
		return err
	}
	return t.settleLine(was.contact)
}

func (t *transaction) PruneSends(before time.Time, limit int) (int, error) {
	n, err := t.c.change(sqlPruneSends, millis(before), bounded(limit))
	return int(n), err
}
