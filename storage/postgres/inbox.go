package postgres

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	inputColumns = `contact, seq, kind, body, at, ready, attempt`

	// An input stands first if none of its contact is before it. That is looked for
	// and not written down: one process takes away the first while another puts a
	// second. Those that may be handled at once come by arrival, those that had to wait
	// by the time they became ready: two ranges of one index.
	standsFirst = ` NOT EXISTS (SELECT 1 FROM inbox e WHERE e.contact = i.contact AND e.seq < i.seq)`
	pendingNow  = ` FROM inbox i WHERE i.ready = 0 AND` + standsFirst + ` ORDER BY i.seq LIMIT `
	pendingLate = ` FROM inbox i WHERE i.ready > 0 AND i.ready <= $1::bigint AND` + standsFirst + ` ORDER BY i.ready, i.seq LIMIT `

	pendingColumns = `i.contact, i.seq, i.kind, i.body, i.at, i.ready, i.attempt`
	sqlPendingNow  = `SELECT ` + pendingColumns + pendingNow + `$1::bigint`
	sqlPendingLate = `SELECT ` + pendingColumns + pendingLate + `$2::bigint`
	sqlInputs      = `SELECT ` + inputColumns + ` FROM inbox WHERE contact = $1::text ORDER BY seq LIMIT $2::bigint`
	sqlNextReady   = `SELECT i.ready FROM inbox i WHERE i.ready > $1::bigint AND` + standsFirst + ` ORDER BY i.ready LIMIT 1`

	sqlTakeNow = `SELECT ` + pendingColumns + `, c.known FROM inbox i JOIN contacts c ON c.id = i.contact
		WHERE i.ready = 0 AND` + standsFirst + ` ORDER BY i.seq LIMIT $1::bigint FOR NO KEY UPDATE OF i, c SKIP LOCKED`
	sqlTakeLate = `SELECT ` + pendingColumns + `, c.known FROM inbox i JOIN contacts c ON c.id = i.contact
		WHERE i.ready > 0 AND i.ready <= $1::bigint AND` + standsFirst + ` ORDER BY i.ready, i.seq LIMIT $2::bigint
		FOR NO KEY UPDATE OF i, c SKIP LOCKED`
	// Contacts that never were locked have no row yet. They are looked for among the
	// first only, which is where they get to.
	sqlStrangersNow = `SELECT h.contact FROM (SELECT i.contact` + pendingNow + `$1::bigint) h
		WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = h.contact)`
	sqlStrangersLate = `SELECT h.contact FROM (SELECT i.contact` + pendingLate + `$2::bigint) h
		WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = h.contact)`

	sqlEnqueue = `INSERT INTO inbox (` + inputColumns + `)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[])`
	sqlSetInputs = `UPDATE inbox i SET body = u.body, ready = u.ready, attempt = u.attempt
		FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[]) AS u (contact, seq, body, ready, attempt)
		WHERE i.contact = u.contact AND i.seq = u.seq`
	sqlDeleteInputs = `DELETE FROM inbox i USING unnest($1::text[], $2::bigint[]) AS u (contact, seq)
		WHERE i.contact = u.contact AND i.seq = u.seq`
	sqlInput = `SELECT ` + inputColumns + ` FROM inbox WHERE contact = $1::text AND seq = $2::bigint`

	sqlKnownKeys  = `SELECT digest FROM once WHERE digest = ANY ($1::bytea[])`
	sqlOnce       = `INSERT INTO once (digest, at) SELECT * FROM unnest($1::bytea[], $2::bigint[])`
	sqlForgetOnce = `DELETE FROM once WHERE digest = ANY (ARRAY (
		SELECT digest FROM once WHERE at < $1::bigint ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))`
)

type inputKey struct {
	contact string
	seq     int64
}

// onceKey is a key of Once and when it was recorded.
type onceKey struct {
	digest digest
	at     time.Time
}

func scanInput(r *row) (in storage.Input) {
	in.Contact, in.Seq, in.Kind, in.Body = r.text(), r.int(), r.text(), r.bytes()
	in.At, in.Ready, in.Attempt = r.time(), r.time(), int(r.int())
	return in
}

func (r reader) Pending(now time.Time, limit int) ([]storage.Input, error) {
	if r.ctx != nil && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	var found []storage.Input
	keep := func(r *row) { found = append(found, scanInput(r)) }
	err := r.c.run(step{query: sqlPendingNow, params: params{}.limit(limit), row: keep},
		step{query: sqlPendingLate, params: params{}.time(now).limit(limit), row: keep})
	if err != nil {
		return nil, err
	}
	return oldestFirst(found, limit), nil
}

// oldestFirst mixes inputs, so that those who had to wait and those who had not
// cannot starve each other.
func oldestFirst(inputs []storage.Input, limit int) []storage.Input {
	slices.SortStableFunc(inputs, func(a, b storage.Input) int {
		return cmp.Or(since(a).Compare(since(b)), cmp.Compare(a.Seq, b.Seq))
	})
	if limit > 0 && len(inputs) > limit {
		inputs = inputs[:limit]
	}
	return inputs
}

// since is when an input began to wait for its turn.
func since(in storage.Input) time.Time {
	if in.Ready.IsZero() {
		return in.At
	}
	return in.Ready
}

func (r reader) Inputs(contact string, limit int) ([]storage.Input, error) {
	return list(r, scanInput, sqlInputs, params{}.text(contact).limit(limit))
}

func (r reader) NextReady(now time.Time) (time.Time, bool, error) {
	return r.earliest(sqlNextReady, params{}.int(millis(now)))
}

// readiness is how an input's Ready is kept: 0 for at once, and else above it.
func readiness(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

// Pending locks what it returns, and the contacts, and leaves out what others have
// locked.
func (t *transaction) Pending(now time.Time, limit int) ([]storage.Input, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	// Those at the front may be in the hands of others: now and then the look for
	// strangers goes beyond.
	window := limit
	if t.number%8 == 0 {
		window = 4 * limit
	}
	for {
		var found []storage.Input
		var strangers []string
		input := func(r *row) {
			in := scanInput(r)
			found = append(found, in)
			p := t.take(in.Contact, r.bool())
			p.first = t.keepInput(in)
			p.loaded |= partInput
		}
		stranger := func(r *row) { strangers = append(strangers, r.text()) }
		err := t.c.run(
			step{query: sqlTakeNow, params: params{}.limit(limit), row: input},
			step{query: sqlTakeLate, params: params{}.time(now).limit(limit), row: input},
			step{query: sqlStrangersNow, params: params{}.limit(window), row: stranger},
			step{query: sqlStrangersLate, params: params{}.time(now).limit(window), row: stranger},
		)
		if err != nil {
			return nil, err
		}
		if len(strangers) == 0 {
			return oldestFirst(found, limit), nil
		}
		slices.Sort(strangers)
		if err := t.w.placeholders(slices.Compact(strangers)); err != nil {
			return nil, err
		}
	}
}

func (t *transaction) NextReady(now time.Time) (time.Time, bool, error) {
	if err := t.flush(); err != nil {
		return time.Time{}, false, err
	}
	return t.reader.NextReady(now)
}

// keepInput notes an input that was read.
func (t *transaction) keepInput(in storage.Input) *item[storage.Input] {
	key := inputKey{in.Contact, in.Seq}
	it, ok := t.inputs[key]
	if !ok {
		it = &item[storage.Input]{}
		t.inputs[key] = it
	}
	it.refresh(in)
	return it
}

// Inputs answers from memory if it is asked for the first and that is there. What
// others put meanwhile stands behind it.
func (t *transaction) Inputs(contact string, limit int) ([]storage.Input, error) {
	if limit == 1 {
		p, err := t.with(contact, partInput)
		if err != nil {
			return nil, err
		}
		if p.first != nil && p.first.there {
			return []storage.Input{p.first.value}, nil
		}
		if p.first == nil && t.dirtyInputs.empty() {
			return nil, nil
		}
	} else if _, err := t.with(contact, partContact); err != nil {
		return nil, err
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Inputs(contact, limit)
}

// Enqueue waits for nobody: it locks nothing.
func (t *transaction) Enqueue(in storage.Input) (int64, error) {
	seq, err := t.next(&t.inboxNumbers, sqlInboxNumbers)
	if err != nil {
		return 0, err
	}
	in.Seq = seq
	it := &item[storage.Input]{absent: true} // its number is new
	t.inputs[inputKey{in.Contact, seq}] = it
	t.dirtyInputs.put(t, it, in, true)
	return seq, nil
}

// inputOf is an input by its name, read if it was not.
func (t *transaction) inputOf(contact string, seq int64) (*item[storage.Input], error) {
	if it := t.inputs[inputKey{contact, seq}]; it.known() {
		return it, nil
	}
	in, err := one(t.c, scanInput, sqlInput, params{}.text(contact).int(seq))
	if err != nil {
		return nil, err
	}
	return t.keepInput(in), nil
}

func (t *transaction) PutInput(in storage.Input) error {
	if _, err := t.with(in.Contact, partContact); err != nil {
		return err
	}
	it, err := t.inputOf(in.Contact, in.Seq)
	if err != nil {
		return err
	}
	if !it.there {
		return storage.ErrNotFound
	}
	now := it.value
	now.Body, now.Ready, now.Attempt = in.Body, in.Ready, in.Attempt
	t.dirtyInputs.put(t, it, now, true)
	return nil
}

func (t *transaction) DeleteInput(contact string, seq int64) error {
	t.touch(contact)
	it, ok := t.inputs[inputKey{contact, seq}]
	if !ok {
		it = &item[storage.Input]{value: storage.Input{Contact: contact, Seq: seq}}
		t.inputs[inputKey{contact, seq}] = it
	}
	t.dirtyInputs.put(t, it, it.value, false)
	return nil
}

// fetchKeys asks which keys are known.
func (t *transaction) fetchKeys(keys []digest) step {
	for _, d := range keys {
		t.keys[d] = &item[onceKey]{value: onceKey{digest: d}}
	}
	return step{query: sqlKnownKeys, params: params{}.digests(keys), row: func(r *row) {
		if d := r.bytes(); len(d) == len(digest{}) {
			t.keys[digest(d)].refresh(onceKey{digest: digest(d)})
		}
	}}
}

// Once takes a key for fresh that is not known. If another process records it at
// the same time, one of the two commits fails and is run again.
func (t *transaction) Once(key string, at time.Time) (bool, error) {
	d := digestOf(key)
	it, ok := t.keys[d]
	if !ok {
		if err := t.c.run(t.fetchKeys([]digest{d})); err != nil {
			return false, err
		}
		it = t.keys[d]
	}
	if it.there {
		return false, nil
	}
	t.dirtyKeys.put(t, it, onceKey{d, at}, true)
	return true, nil
}

func (t *transaction) ForgetOnce(before time.Time, limit int) (int, error) {
	var n int64
	err := t.send(step{query: sqlForgetOnce, params: params{}.int(millis(before)).limit(limit), count: &n})
	clear(t.keys)
	return int(n), err
}

func (t *transaction) flushKeys() []step {
	kept, _ := t.dirtyKeys.take()
	if len(kept) == 0 {
		return nil
	}
	// In one order for everyone, so that no two processes wait for each other.
	slices.SortFunc(kept, func(a, b *item[onceKey]) int { return bytes.Compare(a.value.digest[:], b.value.digest[:]) })
	rows := t.table()
	for _, it := range kept {
		rows.bytes(it.value.digest[:]).time(it.value.at).next()
		it.stored = true
	}
	return []step{{query: sqlOnce, params: rows.params()}}
}

func (t *transaction) flushInputs() (steps []step) {
	kept, gone := t.dirtyInputs.take()
	put, set, deleted := t.table(), t.table(), t.table()
	for _, it := range gone {
		if it.stored || !it.absent {
			deleted.text(it.value.Contact).int(it.value.Seq).next()
			t.handled++
		}
		it.gone()
	}
	for _, it := range kept {
		in := &it.value
		if it.stored {
			set.text(in.Contact).int(in.Seq).bytes(in.Body).int(readiness(in.Ready)).int(int64(in.Attempt)).next()
			continue
		}
		it.stored, t.left = true, true
		if p := t.persons[in.Contact]; p != nil && p.first == nil {
			p.loaded &^= partInput // it was loaded before this was there
		}
		put.text(in.Contact).int(in.Seq).text(in.Kind).bytes(in.Body).time(in.At).int(readiness(in.Ready)).int(int64(in.Attempt)).next()
	}
	return tables(steps, sqlDeleteInputs, deleted, sqlSetInputs, set, sqlEnqueue, put)
}
