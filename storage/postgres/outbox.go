package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sendColumns = `id, contact, seq, page, state, ready, attempt, bulk, topic, lane, body, at, claim_at, claimer, mid, error, head`

	// Conditions of the indexes, spelled as they are.
	unsettled = `state <= 3`
	inHand    = `state >= 2 AND state <= 3`
	settled   = `state >= 4`
	going     = `head AND state = 1`

	sqlSend  = `SELECT ` + sendColumns + ` FROM outbox WHERE id = $1::text UNION ALL ` + flying + ` WHERE u.id = $1::text`
	sqlSends = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = $1::text AND ` + unsettled + `
		UNION ALL ` + flying + ` WHERE u.contact = $1::text ORDER BY seq`
	sqlSendByMID = `SELECT ` + sendColumns + ` FROM outbox
		WHERE contact = $1::text AND ` + settled + ` AND mid = $2::text AND mid <> '' ORDER BY seq DESC LIMIT 1`
	sqlSettledSends = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = $1::text AND ` + settled + ` ORDER BY seq DESC LIMIT $2::bigint`
	sqlSendsIn      = `SELECT ` + sendColumns + ` FROM outbox WHERE state = $1::smallint ORDER BY ready, id LIMIT $2::bigint`
	// Few are in flight at a time, and they have an index.
	sqlSendsInFlight = `SELECT ` + sendColumns + ` FROM outbox
		WHERE ` + inHand + ` AND state = $1::smallint UNION ALL ` + flying + ` WHERE $1::smallint = 2 ORDER BY ready, id LIMIT $2::bigint`
	sqlOrphans = `SELECT ` + sendColumns + ` FROM outbox o WHERE ` + inHand + ` AND state = 2 AND ` + orphaned + `o.claimer ` + lives + `
		UNION ALL ` + flying + ` WHERE ` + orphaned + `f.claimer ` + lives + ` ORDER BY id LIMIT $1::bigint`
	orphaned = `NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = `
	lives    = `AND p.until > clock_timestamp())`

	sqlNewSends = `INSERT INTO outbox (` + sendColumns + `)
		SELECT u.id, u.contact, CASE u.seq WHEN 0 THEN nextval('outbox_seq') ELSE u.seq END, u.page, u.state, u.ready, u.attempt,
			u.bulk, u.topic, u.lane, u.body, u.at, u.claim_at, u.claimer, u.mid, u.error, u.head` + sendRows
	sqlSetSends = `UPDATE outbox o SET page = u.page, state = u.state, ready = u.ready, attempt = u.attempt, bulk = u.bulk,
			topic = u.topic, lane = u.lane, body = u.body, at = u.at, claim_at = u.claim_at, claimer = u.claimer, mid = u.mid,
			error = u.error, head = u.head` + sendRows + ` WHERE o.id = u.id`
	sendRows = ` FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bool[],
			$9::text[], $10::text[], $11::bytea[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[], $16::text[],
			$17::bool[]) AS u (` + sendColumns + `)`
	sqlSetHeads    = `UPDATE outbox o SET head = u.head FROM unnest($1::text[], $2::bool[]) AS u (id, head) WHERE o.id = u.id`
	sqlDeleteSends = `DELETE FROM outbox WHERE id = ANY ($1::text[])`
	sqlPruneSends  = `DELETE FROM outbox WHERE id = ANY (ARRAY (
		SELECT id FROM outbox WHERE at < $1::bigint AND ` + settled + ` ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))`
	// A place that someone chose is not given again: the sequence goes past it.
	sqlReach      = `SELECT count(nextval('outbox_seq')) FROM generate_series(1, $1::bigint - (SELECT last_value FROM outbox_seq))`
	sqlLastPlace  = `SELECT last_value FROM outbox_seq`
	sqlSendInSeat = `SELECT id FROM outbox WHERE contact = $1::text AND seq = $2::bigint AND ` + unsettled + `
		UNION ALL SELECT id FROM outbox WHERE contact = $1::text AND seq = $2::bigint AND ` + settled

	// maxReach bounds how far a chosen place may be from the last that was given.
	maxReach = 1_000_000
)

// The states by their number in the column.
var states = [...]string{
	1: storage.SendPending, 2: storage.SendClaimed, 3: storage.SendWaiting,
	4: storage.SendSent, 5: storage.SendUnknown, 6: storage.SendFailed, 7: storage.SendDropped,
}

const (
	statePending  = 1
	stateClaimed  = 2
	lastUnsettled = 3
)

// stateNumber is the number of a state.
func stateNumber(state string) (int64, error) {
	if n := slices.Index(states[:], state); n > 0 {
		return int64(n), nil
	}
	return 0, fmt.Errorf("a send has no state %q", state)
}

// send is a send with what its row has besides. Its Seq is 0 as long as the
// database has not given it one.
type send struct {
	storage.Send
	state   int64
	claimer int64
	head    bool  // as stored
	place   int64 // among those without a Seq

	function int             // of the group, that has put it last
	flight   *flight         // it stands in, or has
	carries  *item[decision] // put with it
}

// waits says that it has a place in its contact's line.
func (s *send) waits() bool { return s.state <= lastUnsettled }

// claimerName is how a process is called; "" for none.
func claimerName(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func scanSend(r *row) (s send) {
	s.ID, s.Contact, s.Seq, s.Page, s.state = r.text(), r.text(), r.int(), r.text(), r.int()
	s.Ready, s.Attempt, s.Bulk, s.Topic, s.Lane, s.Body = r.time(), int(r.int()), r.bool(), r.text(), r.text(), r.bytes()
	s.At, s.ClaimAt, s.claimer, s.MID, s.Error, s.head = r.time(), r.time(), r.int(), r.text(), r.text(), r.bool()
	s.Claimer = claimerName(s.claimer)
	if s.state < 1 || s.state >= int64(len(states)) {
		r.err = fmt.Errorf("a send in state %d", s.state)
		return s
	}
	s.State = states[s.state]
	return s
}

func scanPlainSend(r *row) storage.Send {
	s := scanSend(r)
	return s.Send
}

func sendContact(s storage.Send) string { return s.Contact }

func (r reader) Send(id string) (storage.Send, error) {
	return single(r, scanPlainSend, sqlSend, params{}.text(id))
}

func (r reader) Sends(contact string) ([]storage.Send, error) {
	return list(r, scanPlainSend, sqlSends, params{}.text(contact))
}

func (r reader) SendsIn(state string, limit int) ([]storage.Send, error) {
	n, err := stateNumber(state)
	if err != nil {
		return nil, err
	}
	query := sqlSendsIn
	if state == storage.SendClaimed || state == storage.SendWaiting {
		query = sqlSendsInFlight
	}
	return list(r, scanPlainSend, query, params{}.small(n).limit(limit))
}

func (r reader) Orphans(limit int) ([]storage.Send, error) {
	return list(r, scanPlainSend, sqlOrphans, params{}.limit(limit))
}

func (r reader) SendByMID(contact, mid string) (storage.Send, error) {
	return single(r, scanPlainSend, sqlSendByMID, params{}.text(contact).text(mid))
}

func (r reader) SettledSends(contact string, limit int) ([]storage.Send, error) {
	return list(r, scanPlainSend, sqlSettledSends, params{}.text(contact).limit(limit))
}

// keepSend notes a send that was read.
func (t *transaction) keepSend(s send) *item[send] {
	it, ok := t.sends[s.ID]
	if !ok {
		it = t.newSend(s)
	}
	it.refresh(s)
	return it
}

// newSend is an item of its contact.
func (t *transaction) newSend(s send) *item[send] {
	it := &item[send]{value: s}
	t.sends[s.ID] = it
	p := t.person(s.Contact)
	p.sends = append(p.sends, it)
	return it
}

// sendOf is the item of a send with its contact's line, nil if there is none.
func (t *transaction) sendOf(id string) (*item[send], error) {
	it := t.sends[id]
	if !it.known() {
		if err := t.load(wanted{sends: []string{id}}); err != nil {
			return nil, err
		}
		it = t.sends[id]
	}
	if !it.there {
		return nil, nil
	}
	_, err := t.with(it.value.Contact, partLine)
	return it, err
}

func (t *transaction) Send(id string) (storage.Send, error) {
	it, err := t.sendOf(id)
	if err == nil && it == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.Send{}, err
	}
	if err := t.seat(t.person(it.value.Contact)); err != nil {
		return storage.Send{}, err
	}
	return it.value.Send, nil
}

func (t *transaction) Sends(contact string) (found []storage.Send, err error) {
	p, err := t.with(contact, partLine)
	if err != nil {
		return nil, err
	}
	if err := t.seat(p); err != nil {
		return nil, err
	}
	for _, it := range p.line() {
		found = append(found, it.value.Send)
	}
	return found, nil
}

func (t *transaction) SendByMID(contact, mid string) (storage.Send, error) {
	found, err := afresh(t, sendContact, func() ([]storage.Send, error) { return optional(t.reader.SendByMID(contact, mid)) })
	return only(found, err)
}

func (t *transaction) SettledSends(contact string, limit int) ([]storage.Send, error) {
	return afresh(t, sendContact, func() ([]storage.Send, error) { return t.reader.SettledSends(contact, limit) })
}

func (t *transaction) PutSend(s storage.Send) error {
	state, err := stateNumber(s.State)
	if err != nil {
		return err
	}
	var it *item[send]
	if _, known := t.sends[s.ID]; known || s.Seq != 0 || t.careful {
		if it, err = t.sendOf(s.ID); err != nil {
			return err
		}
	}
	next := send{Send: s, state: state, function: t.function}
	if it == nil {
		// One without a place is most likely new. If it is not, the commit fails, and all
		// is run again with more care.
		p, err := t.with(s.Contact, partLine)
		if err != nil {
			return err
		}
		if s.Seq != 0 {
			if err := t.choose(p, s); err != nil {
				return err
			}
		}
		next.place = t.place()
		if it = t.sends[s.ID]; it == nil {
			it = t.newSend(send{Send: storage.Send{ID: s.ID, Contact: s.Contact}})
		} else { // that it was deleted is known, or that there was none
			it.value.Contact = s.Contact
			if !slices.Contains(p.sends, it) {
				p.sends = append(p.sends, it)
			}
		}
		if _, ok := t.carried[s.ID]; !ok && !t.careful {
			t.carried[s.ID] = nil // so nothing was carried by it
		}
	} else {
		was := &it.value
		next.Contact, next.Seq, next.place, next.head, next.claimer = was.Contact, was.Seq, was.place, was.head, was.claimer
		next.flight = was.flight
		if was.state != stateClaimed {
			next.claimer = 0
		}
	}
	switch {
	case state != stateClaimed:
		next.claimer = 0
	case next.claimer == 0:
		next.claimer = t.me
	}
	next.Claimer = claimerName(next.claimer)
	t.dirtySends.put(t, it, next, true)
	return nil
}

// AcceptSend implements storage.OutboxWriter.
func (t *transaction) AcceptSend(s storage.Send) error { return t.PutSend(s) }

func (t *transaction) DeleteSend(id string) error {
	it, err := t.sendOf(id)
	if err != nil || it == nil {
		return err
	}
	if it.value.inFlight() { // what it carries stays
		if err := t.unseat(t.person(it.value.Contact)); err != nil {
			return err
		}
	}
	t.dirtySends.put(t, it, it.value, false)
	return nil
}

func (t *transaction) PruneSends(before time.Time, limit int) (int, error) {
	var n int64
	err := t.send(step{query: sqlPruneSends, params: params{}.int(millis(before)).limit(limit), count: &n})
	for id, it := range t.sends { // whether they are among those is not known
		if it.there && !it.value.waits() && it.value.At.Before(before) {
			delete(t.sends, id)
			it.there = false
		}
	}
	return int(n), err
}
