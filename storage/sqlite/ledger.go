package sqlite

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

const (
	entryColumns = `id, page, contact, topic, action, at, body, digest, seq, prev, hash`

	sqlUnsealed = `SELECT ` + entryColumns + ` FROM ledger INDEXED BY ledger_unsealed
		WHERE seq = 0 ORDER BY id LIMIT ?1`
	sqlSealed    = `SELECT ` + entryColumns + ` FROM ledger WHERE page = ?1 AND seq > 0 AND seq > ?2 ORDER BY seq LIMIT ?3`
	sqlChainHead = `SELECT ` + entryColumns + ` FROM ledger WHERE page = ?1 AND seq > 0 ORDER BY seq DESC LIMIT 1`
	// The pages are few and the entries many: each step looks for the next page.
	sqlChains = `WITH RECURSIVE
		sealed (page) AS (
			SELECT min(page) FROM ledger WHERE seq > 0
			UNION ALL
			SELECT (SELECT min(page) FROM ledger WHERE seq > 0 AND page > sealed.page) FROM sealed WHERE page IS NOT NULL
		),
		unsealed (page) AS (
			SELECT min(page) FROM ledger WHERE seq = 0
			UNION ALL
			SELECT (SELECT min(page) FROM ledger WHERE seq = 0 AND page > unsealed.page) FROM unsealed WHERE page IS NOT NULL
		)
		SELECT page FROM sealed WHERE page IS NOT NULL
		UNION
		SELECT page FROM unsealed WHERE page IS NOT NULL
		ORDER BY page`
	sqlEntries = `SELECT ` + entryColumns + ` FROM ledger WHERE contact = ?1 AND contact <> '' ORDER BY id`
	sqlSalt    = `SELECT salt FROM salts WHERE contact = ?1`

	sqlAppend = `INSERT INTO ledger (page, contact, topic, action, at, body, digest, seq)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) RETURNING id`
	sqlSeal      = `UPDATE ledger SET seq = ?2, prev = ?3, hash = ?4 WHERE id = ?1 AND seq = 0`
	sqlEntrySeq  = `SELECT seq FROM ledger WHERE id = ?1`
	sqlChainLink = `SELECT id FROM ledger WHERE page = (SELECT page FROM ledger WHERE id = ?1) AND seq > 0 AND seq = ?2`
	sqlPutSalt   = `INSERT INTO salts (contact, salt) VALUES (?1, ?2) ON CONFLICT (contact) DO UPDATE SET salt = ?2`
)

func scanEntry(row scanner) (e storage.Entry, err error) {
	var at int64
	err = row.Scan(&e.ID, &e.Page, &e.Contact, &e.Topic, &e.Action, &at, &e.Body, &e.Commit, &e.Seq, &e.Prev, &e.Hash)
	e.At = instant(at)
	return e, err
}

func (r reader) Unsealed(limit int) ([]storage.Entry, error) {
	return many(r.c, scanEntry, sqlUnsealed, bounded(limit))
}

func (r reader) Sealed(page string, after int64, limit int) ([]storage.Entry, error) {
	return many(r.c, scanEntry, sqlSealed, page, after, bounded(limit))
}

func (r reader) ChainHead(page string) (storage.Entry, error) {
	return one(r.c, scanEntry, sqlChainHead, page)
}

func (r reader) Chains() ([]string, error) { return many(r.c, scanText, sqlChains) }

func (r reader) Entries(contact string) ([]storage.Entry, error) {
	return many(r.c, scanEntry, sqlEntries, contact)
}

func (r reader) Salt(contact string) (salt []byte, err error) {
	err = r.c.row(sqlSalt, args{contact}, &salt)
	return salt, err
}

func (t *transaction) Append(e storage.Entry) (id int64, err error) {
	err = t.c.row(sqlAppend, args{e.Page, e.Contact, e.Topic, e.Action, millis(e.At), e.Body, e.Commit}, &id)
	return id, err
}

func (t *transaction) Seal(e storage.Entry) error {
	if e.Seq < 1 {
		return fmt.Errorf("sealing entry %d: its place in the chain is %d, want 1 or more", e.ID, e.Seq)
	}
	var seq, other int64
	if err := t.c.row(sqlEntrySeq, args{e.ID}, &seq); err != nil {
		return fmt.Errorf("sealing entry %d: %w", e.ID, err)
	}
	err := t.c.row(sqlChainLink, args{e.ID, e.Seq}, &other)
	if seq != 0 || err == nil {
		return fmt.Errorf("sealing entry %d at place %d of its chain: %w", e.ID, e.Seq, storage.ErrTaken)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return t.c.exec(sqlSeal, e.ID, e.Seq, e.Prev, e.Hash)
}

func (t *transaction) PutSalt(contact string, salt []byte) error {
	if len(salt) == 0 {
		return errors.New("an empty salt hides nothing")
	}
	return t.c.exec(sqlPutSalt, contact, salt)
}
