package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	_ "github.com/mattn/go-sqlite3" // the driver
)

// floorSQLite is a file with synchronous=FULL and statements that are prepared
// once.
type floorSQLite struct {
	db   *sql.DB
	conn *sql.Conn

	begin, end, insert, done, claimed, marked *sql.Stmt
	last                                      int64 // of the letters claimed
}

func openFloorSQLite(ctx context.Context, path string) (_ *floorSQLite, err error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_mutex=no&_cache_size=-8000")
	if err != nil {
		return nil, err
	}
	s := &floorSQLite{db: db}
	if s.conn, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	// INTEGER makes the key SQLite's own row number.
	for _, table := range []string{
		`CREATE TABLE received (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, mid TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, reply TEXT)`,
		`CREATE TABLE letters (id INTEGER PRIMARY KEY, token TEXT NOT NULL, name TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, mid TEXT)`,
	} {
		if _, err := s.conn.ExecContext(ctx, table); err != nil {
			return nil, err
		}
	}
	for statement, query := range map[**sql.Stmt]string{
		&s.begin:   `BEGIN IMMEDIATE`,
		&s.end:     `COMMIT`,
		&s.insert:  `INSERT INTO received (id, sender, mid, body, at) VALUES (?, ?, ?, ?, ?)`,
		&s.done:    `UPDATE received SET done = 1, reply = ? WHERE id = ?`,
		&s.claimed: `UPDATE letters SET state = 1 WHERE id > ? AND id <= ? AND state = 0 RETURNING id, token, name`,
		&s.marked:  `UPDATE letters SET state = 2, mid = ? WHERE id = ?`,
	} {
		if *statement, err = s.conn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// in runs f in a transaction. After an error the program ends, and the transaction
// with it.
func (s *floorSQLite) in(f func() error) error {
	if _, err := s.begin.Exec(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	_, err := s.end.Exec()
	return err
}

func (s *floorSQLite) commit(_ context.Context, in []received, done []mark) error {
	return s.in(func() error {
		for i := range in {
			if _, err := s.insert.Exec(in[i].id, in[i].sender, in[i].mid, in[i].body, in[i].at); err != nil {
				return err
			}
		}
		return markAll(s.done, done)
	})
}

func markAll(statement *sql.Stmt, done []mark) error {
	for _, one := range done {
		if _, err := statement.Exec(one.mid, one.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *floorSQLite) fill(ctx context.Context, n int) error {
	insert, err := s.conn.PrepareContext(ctx, `INSERT INTO letters (id, token, name) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	err = s.in(func() error {
		for i := range n {
			if _, err := insert.Exec(i+1, token(i), firstName(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.conn.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`) // what is measured begins here
	return err
}

// claim takes letters by their number: there is nothing else they could be found by
// in less time.
func (s *floorSQLite) claim(_ context.Context, done []mark, limit int) (out []letter, err error) {
	err = s.in(func() error {
		if err := markAll(s.marked, done); err != nil || limit == 0 {
			return err
		}
		rows, err := s.claimed.Query(s.last, s.last+int64(limit))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one letter
			if err := rows.Scan(&one.id, &one.token, &one.name); err != nil {
				return err
			}
			out = append(out, one)
		}
		s.last += int64(limit)
		return rows.Err()
	})
	return out, err
}

// close closes the file, which takes the log into it.
func (s *floorSQLite) close(context.Context) error {
	if s.db == nil {
		return nil
	}
	var errs []error
	for _, statement := range []*sql.Stmt{s.begin, s.end, s.insert, s.done, s.claimed, s.marked} {
		errs = append(errs, statement.Close())
	}
	errs = append(errs, s.conn.Close(), s.db.Close())
	s.db = nil
	return errors.Join(errs...)
}

// firstName is the n-th person's: a letter is personal.
func firstName(n int) string { return fmt.Sprintf("Zoe%d", n) }
