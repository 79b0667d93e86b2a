package postgres

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

const (
	entryColumns = `id, page, contact, topic, action, at, body, digest, seq, prev, hash`

	sqlUnsealed = `SELECT ` + entryColumns + ` FROM ledger WHERE seq = 0 ORDER BY id LIMIT $1::bigint`
	// A chain is one process's until its transaction ends: what it seals follows on
	// each other.
	sqlTakeUnsealed = `SELECT ` + entryColumns + ` FROM ledger
		WHERE seq = 0 AND pg_try_advisory_xact_lock(` + lockChains + `, hashtext(page)) ORDER BY id LIMIT $1::bigint FOR NO KEY UPDATE SKIP LOCKED`
	sqlSealed    = `SELECT ` + entryColumns + ` FROM ledger WHERE page = $1::text AND seq > 0 AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint`
	sqlChainHead = `SELECT ` + entryColumns + ` FROM ledger WHERE page = $1::text AND seq > 0 ORDER BY seq DESC LIMIT 1`
	// The pages are few and the entries many: each step looks for the next page.
	sqlChains = `WITH RECURSIVE pages (page) AS (
			SELECT min(page) FROM ledger
			UNION ALL
			SELECT (SELECT min(page) FROM ledger WHERE page > pages.page) FROM pages WHERE page IS NOT NULL
		)
		SELECT page FROM pages WHERE page IS NOT NULL ORDER BY page`
	sqlEntries   = `SELECT ` + entryColumns + ` FROM ledger WHERE contact = $1::text AND contact <> '' ORDER BY id`
	sqlEntry     = `SELECT ` + entryColumns + ` FROM ledger WHERE id = $1::bigint`
	sqlChainLink = `SELECT id::text FROM ledger WHERE page = $1::text AND seq > 0 AND seq = $2::bigint`
	sqlSalt      = `SELECT salt FROM salts WHERE contact = $1::text`

	sqlAppend = `INSERT INTO ledger (id, page, contact, topic, action, at, body, digest, seq)
		SELECT u.*, 0 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bytea[], $8::bytea[]) AS u`
	sqlSeal = `UPDATE ledger l SET seq = u.seq, prev = u.prev, hash = u.hash
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[]) AS u (page, id, seq, prev, hash)
		WHERE l.page = u.page AND l.id = u.id AND l.seq = 0`
	sqlPutSalts = `INSERT INTO salts (contact, salt) SELECT * FROM unnest($1::text[], $2::bytea[])
		ON CONFLICT (contact) DO UPDATE SET salt = excluded.salt`

	// lockChains and lockMeta tell the advisory locks apart. They are of two numbers, of
	// which the second is a hash: that two names share one only makes someone wait.
	lockChains = `1919249507`
	lockMeta   = `1919249517`
)

// salt is the random value of a contact.
type salt struct {
	contact string
	salt    []byte
}

func scanEntry(r *row) (e storage.Entry) {
	e.ID, e.Page, e.Contact, e.Topic, e.Action, e.At = r.int(), r.text(), r.text(), r.text(), r.text(), r.time()
	e.Body, e.Commit, e.Seq, e.Prev, e.Hash = r.bytes(), r.bytes(), r.int(), r.bytes(), r.bytes()
	return e
}

func (r reader) Unsealed(limit int) ([]storage.Entry, error) {
	return list(r, scanEntry, sqlUnsealed, params{}.limit(limit))
}

func (r reader) Sealed(page string, after int64, limit int) ([]storage.Entry, error) {
	return list(r, scanEntry, sqlSealed, params{}.text(page).int(after).limit(limit))
}

func (r reader) ChainHead(page string) (storage.Entry, error) {
	return single(r, scanEntry, sqlChainHead, params{}.text(page))
}

func (r reader) Chains() ([]string, error) { return list(r, scanText, sqlChains, nil) }

func (r reader) Entries(contact string) ([]storage.Entry, error) {
	return list(r, scanEntry, sqlEntries, params{}.text(contact))
}

func (r reader) Salt(contact string) ([]byte, error) {
	return single(r, (*row).bytes, sqlSalt, params{}.text(contact))
}

// Unsealed takes the chains of what it returns, and leaves out those that others
// have.
func (t *transaction) Unsealed(limit int) (found []storage.Entry, err error) {
	err = t.send(step{query: sqlTakeUnsealed, params: params{}.limit(limit), row: func(r *row) {
		e := scanEntry(r)
		t.keepEntry(e)
		found = append(found, e)
	}})
	return found, err
}

func (t *transaction) keepEntry(e storage.Entry) *item[storage.Entry] {
	it, ok := t.entries[e.ID]
	if !ok {
		it = &item[storage.Entry]{}
		t.entries[e.ID] = it
	}
	it.refresh(e)
	return it
}

func (t *transaction) Sealed(page string, after int64, limit int) ([]storage.Entry, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Sealed(page, after, limit)
}

func (t *transaction) ChainHead(page string) (e storage.Entry, err error) {
	head, err := t.head(page)
	if err == nil && head == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		return e, err
	}
	return *head, nil
}

// head is the last entry of a chain, sealed before or in this transaction.
func (t *transaction) head(page string) (*storage.Entry, error) {
	if head, ok := t.heads[page]; ok {
		return head, nil
	}
	found, err := list(t.reader, scanEntry, sqlChainHead, params{}.text(page))
	if err != nil {
		return nil, err
	}
	t.heads[page] = nil
	if len(found) > 0 {
		t.heads[page] = &found[0]
	}
	return t.heads[page], nil
}

func (t *transaction) Chains() ([]string, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Chains()
}

func (t *transaction) Entries(contact string) ([]storage.Entry, error) {
	if _, err := t.with(contact, partContact); err != nil {
		return nil, err
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Entries(contact)
}

func (t *transaction) Salt(contact string) ([]byte, error) {
	p, err := t.with(contact, partSalt)
	if err == nil && !p.salt.there {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return p.salt.value.salt, nil
}

func (t *transaction) Append(e storage.Entry) (id int64, err error) {
	if id, err = t.next(&t.ledgerNumbers, sqlLedgerNumbers); err != nil {
		return 0, err
	}
	e.ID, e.Seq, e.Prev, e.Hash = id, 0, nil, nil
	it := &item[storage.Entry]{}
	t.entries[id] = it
	t.dirtyEntries.put(t, it, e, true)
	return id, nil
}

func (t *transaction) Seal(e storage.Entry) error {
	if e.Seq < 1 {
		return fmt.Errorf("sealing entry %d: its place in the chain is %d, want 1 or more", e.ID, e.Seq)
	}
	it, ok := t.entries[e.ID]
	if !ok {
		found, err := one(t.c, scanEntry, sqlEntry, params{}.int(e.ID))
		if err != nil {
			return fmt.Errorf("sealing entry %d: %w", e.ID, err)
		}
		it = t.keepEntry(found)
	}
	sealed := it.value
	head, err := t.head(sealed.Page)
	if err != nil {
		return err
	}
	taken := sealed.Seq != 0
	if !taken && head != nil && e.Seq <= head.Seq {
		if err := t.flush(); err != nil {
			return err
		}
		_, err := one(t.c, scanText, sqlChainLink, params{}.text(sealed.Page).int(e.Seq))
		if t.c.failed != nil {
			return err
		}
		taken = err == nil
	}
	if taken {
		return fmt.Errorf("sealing entry %d at place %d of its chain: %w", e.ID, e.Seq, storage.ErrTaken)
	}
	sealed.Seq, sealed.Prev, sealed.Hash = e.Seq, e.Prev, e.Hash
	t.dirtyEntries.put(t, it, sealed, true)
	if head == nil || e.Seq > head.Seq {
		was := head
		t.undos = append(t.undos, func() { t.heads[sealed.Page] = was })
		t.heads[sealed.Page] = &sealed
	}
	return nil
}

func (t *transaction) PutSalt(contact string, value []byte) error {
	if len(value) == 0 {
		return errors.New("an empty salt hides nothing")
	}
	p := t.touch(contact)
	t.dirtySalts.put(t, &p.salt, salt{contact, value}, true)
	return nil
}

func (t *transaction) flushLedger() (steps []step) {
	entries, _ := t.dirtyEntries.take()
	added, sealed, salts := t.table(), t.table(), t.table()
	for _, it := range entries {
		e := &it.value
		if !it.stored {
			it.stored = true
			added.int(e.ID).text(e.Page).text(e.Contact).text(e.Topic).text(e.Action).time(e.At).bytes(e.Body).bytes(e.Commit).next()
		}
		if e.Seq > 0 {
			sealed.text(e.Page).int(e.ID).int(e.Seq).bytes(e.Prev).bytes(e.Hash).next()
		}
	}
	kept, _ := t.dirtySalts.take()
	for _, it := range kept {
		it.stored = true
		salts.text(it.value.contact).bytes(it.value.salt).next()
	}
	return tables(steps, sqlAppend, added, sqlSeal, sealed, sqlPutSalts, salts)
}
