package postgres

import (
	"cmp"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlMeta     = `SELECT value FROM meta WHERE key = $1::text`
	sqlLockMeta = `SELECT pg_advisory_xact_lock(` + lockMeta + `, hashtext($1::text))`
	sqlLockKeys = `SELECT pg_advisory_xact_lock(` + lockMeta + `, hashtext(k)) FROM unnest($1::text[]) AS k`
	sqlSetMetas = `INSERT INTO meta (key, value) SELECT * FROM unnest($1::text[], $2::bytea[])
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`
	sqlProgram    = `SELECT sources FROM programs WHERE hash = $1::text`
	sqlPrograms   = `SELECT hash, at FROM programs ORDER BY hash COLLATE "C"`
	sqlPutProgram = `INSERT INTO programs (hash, at, sources) VALUES ($1::text, $2::bigint, $3::bytea)
		ON CONFLICT (hash) DO UPDATE SET at = greatest(programs.at, excluded.at)`
	sqlDeleteProgram = `DELETE FROM programs WHERE hash = $1::text AND at < $2::bigint`
	sqlStrays        = `SELECT id, at, source, reason, body, contact FROM strays WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint`
	sqlPutStrays     = `INSERT INTO strays (at, source, reason, body, contact)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[])`
	sqlPruneStrays = `DELETE FROM strays WHERE id = ANY (ARRAY (
		SELECT id FROM strays WHERE at < $1::bigint ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))`
)

// metaValue is a named value; it is locked if it was read.
type metaValue struct {
	key    string
	value  []byte
	locked bool
}

func (r reader) Meta(key string) ([]byte, error) {
	return single(r, (*row).bytes, sqlMeta, params{}.text(key))
}

func (r reader) Program(hash string) ([]byte, error) {
	return single(r, (*row).bytes, sqlProgram, params{}.text(hash))
}

func (r reader) Programs() ([]storage.Program, error) {
	return list(r, func(row *row) storage.Program { return storage.Program{Hash: row.text(), At: row.time()} }, sqlPrograms, params{})
}

func scanStray(r *row) (s storage.Stray) {
	s.ID, s.At, s.Source, s.Reason, s.Body, s.Contact = r.int(), r.time(), r.text(), r.text(), r.bytes(), r.text()
	return s
}

func (r reader) Strays(after int64, limit int) ([]storage.Stray, error) {
	return list(r, scanStray, sqlStrays, params{}.int(after).limit(limit))
}

// Meta locks the name until the transaction ends, whether it is set or not.
func (t *transaction) Meta(key string) ([]byte, error) {
	it := t.metaOf(key)
	if !it.value.locked && !it.dirty {
		steps := []step{
			{query: sqlLockMeta, params: params{}.text(key)},
			{query: sqlMeta, params: params{}.text(key), row: func(r *row) { it.refresh(metaValue{key: key, value: r.bytes()}) }},
		}
		if err := t.c.run(steps...); err != nil {
			return nil, err
		}
		it.value.locked = true
	}
	if !it.there {
		return nil, storage.ErrNotFound
	}
	return it.value.value, nil
}

func (t *transaction) metaOf(key string) *item[metaValue] {
	it, ok := t.metas[key]
	if !ok {
		it = &item[metaValue]{value: metaValue{key: key}}
		t.metas[key] = it
	}
	return it
}

func (t *transaction) SetMeta(key string, value []byte) error {
	it := t.metaOf(key)
	t.dirtyMetas.put(t, it, metaValue{key, value, it.value.locked}, true)
	return nil
}

func (t *transaction) Program(hash string) ([]byte, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Program(hash)
}

// PutProgram keeps the first: the same hash means the same sources.
func (t *transaction) PutProgram(hash string, sources []byte, at time.Time) error {
	return t.send(step{query: sqlPutProgram, params: params{}.text(hash).time(at).bytes(sources)})
}

func (t *transaction) Programs() ([]storage.Program, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Programs()
}

// DeleteProgram waits for whoever says at this moment that it runs the program.
func (t *transaction) DeleteProgram(hash string, before time.Time) error {
	return t.send(step{query: sqlDeleteProgram, params: params{}.text(hash).time(before)})
}

func (t *transaction) Strays(after int64, limit int) ([]storage.Stray, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.Strays(after, limit)
}

func (t *transaction) PutStray(s storage.Stray) error {
	t.dirtyStrays.put(t, &item[storage.Stray]{}, s, true)
	return nil
}

func (t *transaction) flushMeta() (steps []step) {
	kept, _ := t.dirtyMetas.take()
	slices.SortFunc(kept, func(a, b *item[metaValue]) int { return cmp.Compare(a.value.key, b.value.key) })
	names, values, strays := t.table(), t.table(), t.table()
	for _, it := range kept {
		if !it.value.locked {
			names.text(it.value.key).next()
			it.value.locked = true
		}
		values.text(it.value.key).bytes(it.value.value).next()
		it.stored = true
	}
	list, _ := t.dirtyStrays.take()
	for _, it := range list {
		s := &it.value
		strays.time(s.At).text(s.Source).text(s.Reason).bytes(s.Body).text(s.Contact).next()
		it.stored = true
	}
	return tables(steps, sqlLockKeys, names, sqlSetMetas, values, sqlPutStrays, strays)
}
