package bench

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// floorSQLite is a file with synchronous=FULL, by way of the driver itself and with
// statements that are prepared once.
type floorSQLite struct {
	conn driver.Conn

	begin, end, insert, done, claimed, marked driver.Stmt
	last                                      int64 // of the letters claimed
}

func openFloorSQLite(path string) (_ *floorSQLite, err error) {
	s := &floorSQLite{}
	s.conn, err = (&sqlite3.SQLiteDriver{}).Open("file:" + path + "?_journal_mode=WAL&_synchronous=FULL&_mutex=no&_cache_size=-8000")
	if err != nil {
		return nil, err
	}
	// INTEGER makes the key SQLite's own row number.
	for _, table := range []string{
		`CREATE TABLE received (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, mid TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, reply TEXT)`,
		`CREATE TABLE letters (id INTEGER PRIMARY KEY, token TEXT NOT NULL, name TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, mid TEXT)`,
	} {
		if err := s.once(table); err != nil {
			return nil, err
		}
	}
	for statement, query := range map[*driver.Stmt]string{
		&s.begin:   `BEGIN IMMEDIATE`,
		&s.end:     `COMMIT`,
		&s.insert:  `INSERT INTO received (id, sender, mid, body, at) VALUES (?, ?, ?, ?, ?)`,
		&s.done:    `UPDATE received SET done = 1, reply = ? WHERE id = ?`,
		&s.claimed: `UPDATE letters SET state = 1 WHERE id > ? AND id <= ? AND state = 0 RETURNING id, token, name`,
		&s.marked:  `UPDATE letters SET state = 2, mid = ? WHERE id = ?`,
	} {
		if *statement, err = s.conn.Prepare(query); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// query binds a statement and takes its first step, which the driver does in one
// call.
func query(statement driver.Stmt, values ...driver.Value) (driver.Rows, error) {
	var named [5]driver.NamedValue
	for i, v := range values {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return statement.(driver.StmtQueryContext).QueryContext(context.Background(), named[:len(values)])
}

// run runs a statement that answers nothing.
func run(statement driver.Stmt, values ...driver.Value) error {
	rows, err := query(statement, values...)
	if err != nil {
		return err
	}
	return rows.Close()
}

// once runs a statement that is needed once.
func (s *floorSQLite) once(query string) error {
	statement, err := s.conn.Prepare(query)
	if err != nil {
		return err
	}
	return errors.Join(run(statement), statement.Close())
}

// in runs f in a transaction. After an error the program ends, and the transaction
// with it.
func (s *floorSQLite) in(f func() error) error {
	if err := run(s.begin); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return run(s.end)
}

func (s *floorSQLite) commit(_ context.Context, in []received, done []mark) error {
	return s.in(func() error {
		for i := range in {
			if err := run(s.insert, in[i].id, in[i].sender, in[i].mid, in[i].body, in[i].at); err != nil {
				return err
			}
		}
		return markAll(s.done, done)
	})
}

func markAll(statement driver.Stmt, done []mark) error {
	for _, one := range done {
		if err := run(statement, one.mid, one.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *floorSQLite) fill(_ context.Context, n int) error {
	insert, err := s.conn.Prepare(`INSERT INTO letters (id, token, name) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	err = s.in(func() error {
		for i := range n {
			if err := run(insert, int64(i+1), token(i), firstName(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, insert.Close()); err != nil {
		return err
	}
	return s.once(`PRAGMA wal_checkpoint(TRUNCATE)`) // what is measured begins here
}

// claim takes letters by their number: there is nothing else they could be found by
// in less time.
func (s *floorSQLite) claim(_ context.Context, done []mark, limit int) (out []letter, err error) {
	err = s.in(func() error {
		if err := markAll(s.marked, done); err != nil || limit == 0 {
			return err
		}
		rows, err := query(s.claimed, s.last, s.last+int64(limit))
		if err != nil {
			return err
		}
		row := make([]driver.Value, 3)
		for err = rows.Next(row); err == nil; err = rows.Next(row) {
			one := letter{}
			one.id, _ = row[0].(int64)
			one.token, _ = row[1].(string)
			one.name, _ = row[2].(string)
			out = append(out, one)
		}
		s.last += int64(limit)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, rows.Close())
	})
	return out, err
}

// close closes the file, which takes the log into it.
func (s *floorSQLite) close(context.Context) error {
	if s.conn == nil {
		return nil
	}
	var errs []error
	for _, statement := range []driver.Stmt{s.begin, s.end, s.insert, s.done, s.claimed, s.marked} {
		errs = append(errs, statement.Close())
	}
	errs = append(errs, s.conn.Close())
	s.conn = nil
	return errors.Join(errs...)
}

// firstName is the n-th person's: a letter is personal.
func firstName(n int) string { return fmt.Sprintf("Zoe%d", n) }
