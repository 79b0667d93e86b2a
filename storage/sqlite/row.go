package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/relance-bot/relance/storage"
)

// scanner is a row of an answer, as the driver reads it: int64, float64, string, []byte,
// nil. The bytes are copies already.
type scanner []driver.Value

// Scan puts the row into pointers of the kinds this package has. A NULL is only
// nil bytes, or nothing in an any. It keeps none of the pointers, so that what they point
// to need not be on the heap.
func (r scanner) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d columns for %d places", len(r), len(dest))
	}
	for i, v := range r {
		if !put(dest[i], v) {
			return fmt.Errorf("column %d is a %T, not for its place", i, v)
		}
	}
	return nil
}

func put(dest any, v driver.Value) (ok bool) {
	switch dest := dest.(type) {
	case *int64:
		*dest, ok = v.(int64)
	case *string:
		*dest, ok = v.(string)
	case *[]byte:
		*dest, ok = v.([]byte)
		ok = ok || v == nil
	case *float64:
		*dest, ok = v.(float64)
	case *int:
		var n int64
		n, ok = v.(int64)
		*dest = int(n)
	case *bool:
		var n int64
		n, ok = v.(int64)
		*dest = n != 0
	case *any:
		*dest, ok = v, true
	}
	return ok
}

// args keeps a query's arguments apart from where its answer goes.
type args []any

// row reads one row; storage.ErrNotFound if there is none.
func (c *conn) row(query string, in args, out ...any) error {
	_, err := one(c, func(row scanner) (struct{}, error) { return struct{}{}, row.Scan(out...) }, query, in...)
	return err
}

// one reads the one row that scan understands.
func one[T any](c *conn, scan func(scanner) (T, error), query string, in ...any) (v T, err error) {
	rows, s, err := c.start(query, in)
	if err != nil {
		return v, err
	}
	found := true
	switch err = rows.Next(s.row); {
	case err == nil:
		v, err = scan(s.row)
	case errors.Is(err, io.EOF):
		found, err = false, nil
	}
	if err = errors.Join(err, rows.Close()); err != nil {
		return v, c.fail(err)
	}
	if !found {
		return v, storage.ErrNotFound
	}
	return v, nil
}

// many reads all rows of an answer.
func many[T any](c *conn, scan func(scanner) (T, error), query string, in ...any) (list []T, err error) {
	return about(c, 0, scan, query, in...)
}

// about is many, of an answer of which is known about how many rows it has.
func about[T any](c *conn, n int, scan func(scanner) (T, error), query string, in ...any) (list []T, err error) {
	rows, s, err := c.start(query, in)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		list = make([]T, 0, n)
	}
	for err == nil {
		if err = rows.Next(s.row); err != nil {
			break
		}
		var v T
		if v, err = scan(s.row); err == nil {
			list = append(list, v)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, rows.Close()); err != nil {
		return nil, c.fail(err)
	}
	return list, nil
}

// each runs scan on all rows of an answer.
func each(c *conn, scan func(scanner) error, query string, in ...any) error {
	_, err := many(c, func(row scanner) (struct{}, error) { return struct{}{}, scan(row) }, query, in...)
	return err
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}
