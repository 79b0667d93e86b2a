package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// floorPostgres is one connection with statements that are prepared once; everything
// that belongs together goes in one round trip, which PostgreSQL takes as one transaction.
type floorPostgres struct{ conn *pgconn.PgConn }

// The statements by their names. Claiming is written for several processes, as the bot's is.
var floorStatements = map[string]string{
	"insert": `INSERT INTO received (id, sender, mid, body, at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[])`,
	"done": `UPDATE received r SET done = 1, reply = m.mid
FROM unnest($1::bigint[], $2::text[]) AS m (id, mid) WHERE r.id = m.id`,
	"mark": `UPDATE letters l SET state = 2, mid = m.mid
FROM unnest($1::bigint[], $2::text[]) AS m (id, mid) WHERE l.id = m.id`,
	"claim": `UPDATE letters l SET state = 1
FROM (SELECT id FROM letters WHERE state = 0 ORDER BY id LIMIT $1::bigint FOR UPDATE SKIP LOCKED) c
WHERE l.id = c.id RETURNING l.id, l.token, l.name`,
}

func openFloorPostgres(ctx context.Context, url string) (*floorPostgres, error) {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, errors.New("the floor cannot connect to PostgreSQL") // the error may show the address
	}
	_, err = conn.Exec(ctx, `
CREATE TABLE received (id BIGINT PRIMARY KEY, sender TEXT NOT NULL, mid TEXT NOT NULL, body BYTEA NOT NULL, at BIGINT NOT NULL, done INTEGER NOT NULL DEFAULT 0, reply TEXT)
	WITH (fillfactor = 70);
CREATE TABLE letters (id BIGINT PRIMARY KEY, token TEXT NOT NULL, name TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, mid TEXT)
	WITH (fillfactor = 60);
CREATE INDEX waiting ON letters (id) WHERE state = 0;`).ReadAll()
	for name, statement := range floorStatements {
		if err == nil {
			_, err = conn.Prepare(ctx, name, statement, nil)
		}
	}
	return &floorPostgres{conn: conn}, err
}

func (s *floorPostgres) commit(ctx context.Context, in []received, done []mark) error {
	batch := &pgconn.Batch{}
	if n := len(in); n > 0 {
		queue(batch, "insert",
			int8s(n, func(i int) int64 { return in[i].id }),
			texts(n, func(i int) string { return in[i].sender }),
			texts(n, func(i int) string { return in[i].mid }),
			array(oidBytea, n, func(to []byte, i int) []byte { return append(to, in[i].body...) }),
			int8s(n, func(i int) int64 { return in[i].at }))
	}
	queueMarks(batch, "done", done)
	_, err := s.conn.ExecBatch(ctx, batch).ReadAll()
	return err
}

func queueMarks(batch *pgconn.Batch, statement string, done []mark) {
	if n := len(done); n > 0 {
		queue(batch, statement, int8s(n, func(i int) int64 { return done[i].id }), texts(n, func(i int) string { return done[i].mid }))
	}
}

func (s *floorPostgres) fill(ctx context.Context, n int) error {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, "%d\t%s\t%s\n", i+1, token(i), firstName(i))
	}
	if _, err := s.conn.CopyFrom(ctx, strings.NewReader(lines.String()), `COPY letters (id, token, name) FROM STDIN`); err != nil {
		return err
	}
	_, err := s.conn.Exec(ctx, `ANALYZE letters`).ReadAll()
	return err
}

func (s *floorPostgres) claim(ctx context.Context, done []mark, limit int) (out []letter, err error) {
	batch := &pgconn.Batch{}
	queueMarks(batch, "mark", done)
	if limit > 0 {
		queue(batch, "claim", binary.BigEndian.AppendUint64(nil, uint64(limit)))
	}
	results := s.conn.ExecBatch(ctx, batch)
	for results.NextResult() {
		for rows := results.ResultReader(); rows.NextRow(); {
			v := rows.Values()
			id, err := strconv.ParseInt(string(v[0]), 10, 64)
			if err != nil {
				return nil, errors.Join(err, results.Close())
			}
			out = append(out, letter{id, string(v[1]), string(v[2])})
		}
	}
	return out, results.Close()
}

func (s *floorPostgres) close(ctx context.Context) error { return s.conn.Close(ctx) }

// queue adds a statement with parameters in the binary format.
func queue(batch *pgconn.Batch, statement string, params ...[]byte) {
	batch.ExecPrepared(statement, params, []int16{1}, nil)
}

// What PostgreSQL calls the types.
const (
	oidBytea = 17
	oidInt8  = 20
	oidText  = 25
)

func int8s(n int, of func(i int) int64) []byte {
	return array(oidInt8, n, func(to []byte, i int) []byte { return binary.BigEndian.AppendUint64(to, uint64(of(i))) })
}

func texts(n int, of func(i int) string) []byte {
	return array(oidText, n, func(to []byte, i int) []byte { return append(to, of(i)...) })
}

// array is an array that is not empty in the binary format: dimensions, nulls, type, length
// and first index, and then each element behind its length.
func array(oid uint32, n int, element func(to []byte, i int) []byte) []byte {
	var out []byte
	for _, head := range []uint32{1, 0, oid, uint32(n), 1} {
		out = binary.BigEndian.AppendUint32(out, head)
	}
	for i := range n {
		at := len(out)
		out = element(append(out, 0, 0, 0, 0), i)
		binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	}
	return out
}
