package bench

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// floorPostgres is one connection; everything that belongs together goes in one
// round trip, which PostgreSQL takes as one transaction.
type floorPostgres struct{ conn *pgx.Conn }

func openFloorPostgres(ctx context.Context, url string) (*floorPostgres, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, errors.New("the floor cannot connect to PostgreSQL") // the error may show the address
	}
	_, err = conn.Exec(ctx, `
CREATE TABLE received (id BIGINT PRIMARY KEY, sender TEXT NOT NULL, mid TEXT NOT NULL, body BYTEA NOT NULL, at BIGINT NOT NULL, done INTEGER NOT NULL DEFAULT 0, reply TEXT)
	WITH (fillfactor = 70);
CREATE TABLE letters (id BIGINT PRIMARY KEY, token TEXT NOT NULL, name TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, mid TEXT)
	WITH (fillfactor = 60);
CREATE INDEX waiting ON letters (id) WHERE state = 0;`)
	return &floorPostgres{conn: conn}, err
}

func (s *floorPostgres) commit(ctx context.Context, in []received, done []mark) error {
	batch := &pgx.Batch{}
	if len(in) > 0 {
		ids, ats := make([]int64, len(in)), make([]int64, len(in))
		senders, mids, bodies := make([]string, len(in)), make([]string, len(in)), make([][]byte, len(in))
		for i := range in {
			ids[i], senders[i], mids[i], bodies[i], ats[i] = in[i].id, in[i].sender, in[i].mid, in[i].body, in[i].at
		}
		batch.Queue(`INSERT INTO received (id, sender, mid, body, at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[])`, ids, senders, mids, bodies, ats)
	}
	queueMarks(batch, `UPDATE received r SET done = 1, reply = m.mid
FROM unnest($1::bigint[], $2::text[]) AS m (id, mid) WHERE r.id = m.id`, done)
	return s.conn.SendBatch(ctx, batch).Close()
}

func queueMarks(batch *pgx.Batch, query string, done []mark) {
	if len(done) == 0 {
		return
	}
	ids, mids := make([]int64, len(done)), make([]string, len(done))
	for i, one := range done {
		ids[i], mids[i] = one.id, one.mid
	}
	batch.Queue(query, ids, mids)
}

func (s *floorPostgres) fill(ctx context.Context, n int) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"letters"}, []string{"id", "token", "name"},
		pgx.CopyFromSlice(n, func(i int) ([]any, error) { return []any{int64(i + 1), token(i), firstName(i)}, nil }))
	if err != nil {
		return err
	}
	_, err = s.conn.Exec(ctx, `ANALYZE letters`)
	return err
}

// claim is written for several processes, as the bot's is.
func (s *floorPostgres) claim(ctx context.Context, done []mark, limit int) (out []letter, err error) {
	batch := &pgx.Batch{}
	queueMarks(batch, `UPDATE letters l SET state = 2, mid = m.mid
FROM unnest($1::bigint[], $2::text[]) AS m (id, mid) WHERE l.id = m.id`, done)
	if limit > 0 {
		batch.Queue(`UPDATE letters l SET state = 1
FROM (SELECT id FROM letters WHERE state = 0 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) c
WHERE l.id = c.id RETURNING l.id, l.token, l.name`, limit)
	}
	results := s.conn.SendBatch(ctx, batch)
	if len(done) > 0 {
		if _, err := results.Exec(); err != nil {
			return nil, errors.Join(err, results.Close())
		}
	}
	if limit > 0 {
		rows, err := results.Query()
		if err == nil {
			out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one letter, err error) {
				err = row.Scan(&one.id, &one.token, &one.name)
				return one, err
			})
		}
		if err != nil {
			return nil, errors.Join(err, results.Close())
		}
	}
	return out, results.Close()
}

func (s *floorPostgres) close(ctx context.Context) error { return s.conn.Close(ctx) }
