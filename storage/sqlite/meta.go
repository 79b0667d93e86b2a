package sqlite

import (
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlMeta       = `SELECT value FROM meta WHERE key = ?1`
	sqlSetMeta    = `INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2`
	sqlProgram    = `SELECT sources FROM programs WHERE hash = ?1`
	sqlPrograms   = `SELECT hash, at FROM programs ORDER BY hash`
	sqlPutProgram = `INSERT INTO programs (hash, at, sources) VALUES (?1, ?2, ?3)
		ON CONFLICT (hash) DO UPDATE SET at = max(at, ?2)`
	sqlDeleteProgram = `DELETE FROM programs WHERE hash = ?1 AND at < ?2`
	sqlStrays        = `SELECT id, at, source, reason, body, contact FROM strays WHERE id > ?1 ORDER BY id LIMIT ?2`
	sqlPutStray      = `INSERT INTO strays (at, source, reason, body, contact) VALUES (?1, ?2, ?3, ?4, ?5)`
	sqlPruneStrays   = `DELETE FROM strays WHERE id IN (SELECT id FROM strays WHERE at < ?1 LIMIT ?2)`
)

func (r reader) Meta(key string) (value []byte, err error) {
	err = r.c.row(sqlMeta, args{key}, &value)
	return value, err
}

func (r reader) Program(hash string) (sources []byte, err error) {
	err = r.c.row(sqlProgram, args{hash}, &sources)
	return sources, err
}

func (r reader) Programs() ([]storage.Program, error) {
	return many(r.c, func(row scanner) (p storage.Program, err error) {
		var at int64
		err = row.Scan(&p.Hash, &at)
		p.At = instant(at)
		return p, err
	}, sqlPrograms)
}

func scanStray(row scanner) (s storage.Stray, err error) {
	var at int64
	err = row.Scan(&s.ID, &at, &s.Source, &s.Reason, &s.Body, &s.Contact)
	s.At = instant(at)
	return s, err
}

func (r reader) Strays(after int64, limit int) ([]storage.Stray, error) {
	return many(r.c, scanStray, sqlStrays, after, bounded(limit))
}

func (t *transaction) SetMeta(key string, value []byte) error {
	return t.c.exec(sqlSetMeta, key, value)
}

// PutProgram keeps the first: the same hash means the same sources.
func (t *transaction) PutProgram(hash string, sources []byte, at time.Time) error {
	return t.c.exec(sqlPutProgram, hash, millis(at), sources)
}

func (t *transaction) DeleteProgram(hash string, before time.Time) error {
	return t.c.exec(sqlDeleteProgram, hash, millis(before))
}

func (t *transaction) PutStray(s storage.Stray) error {
	return t.c.exec(sqlPutStray, millis(s.At), s.Source, s.Reason, s.Body, s.Contact)
}

func (t *transaction) PruneStrays(before time.Time, limit int) (int, error) {
	n, err := t.c.change(sqlPruneStrays, millis(before), bounded(limit))
	return int(n), err
}
