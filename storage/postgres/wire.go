package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Parameters and rows are in PostgreSQL's binary format and written and read by
// hand here: there are six types, and a turn has hundreds of values.

// The numbers PostgreSQL gives to the types of the elements of arrays.
const (
	oidBool  = 16
	oidBytes = 17
	oidInt   = 20
	oidText  = 25
	oidFloat = 701
)

// params are the parameters of one statement, each a value of its own.
type params [][]byte

func (p params) text(s string) params { return append(p, []byte(escaped(s))) }

func (p params) int(n int64) params { return append(p, binary.BigEndian.AppendUint64(nil, uint64(n))) }

// small is an int of two bytes.
func (p params) small(n int64) params {
	return append(p, binary.BigEndian.AppendUint16(nil, uint16(n)))
}

func (p params) float(f float64) params {
	return append(p, binary.BigEndian.AppendUint64(nil, math.Float64bits(f)))
}

func (p params) bool(b bool) params {
	if b {
		return append(p, []byte{1})
	}
	return append(p, []byte{0})
}

func (p params) time(t time.Time) params { return p.int(millis(t)) }

func (p params) bytes(b []byte) params { return append(p, b) }

// limit is the parameter of LIMIT: none for 0.
func (p params) limit(n int) params {
	if n <= 0 {
		return append(p, nil)
	}
	return p.int(int64(n))
}

func (p params) texts(list []string) params {
	var t table
	for _, s := range list {
		t.text(s).next()
	}
	if len(list) == 0 {
		return append(p, emptyArray(oidText))
	}
	return append(p, t.params()...)
}

func (p params) ints(list []int64) params {
	var t table
	for _, n := range list {
		t.int(n).next()
	}
	if len(list) == 0 {
		return append(p, emptyArray(oidInt))
	}
	return append(p, t.params()...)
}

func (p params) digests(list []digest) params {
	var t table
	for i := range list {
		t.bytes(list[i][:]).next()
	}
	if len(list) == 0 {
		return append(p, emptyArray(oidBytes))
	}
	return append(p, t.params()...)
}

// arrayHeader is dimensions, nulls, type, length and lower bound, four bytes each.
const arrayHeader = 20

func emptyArray(oid uint32) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint32(b[8:], oid)
	return b
}

// column is an array of one type as it grows.
type column struct {
	raw  []byte
	oid  uint32
	null bool
}

func (c *column) begin(spare *spare, oid uint32, length int) {
	if c.raw == nil {
		c.raw = spare.take()
		c.oid = oid
	}
	c.raw = binary.BigEndian.AppendUint32(c.raw, uint32(length))
}

// table is rows on their way to a statement that has them as unnest($1, $2, …): an
// array for each column. A row is written from left to right and ended by next.
type table struct {
	spare   *spare // nil: the arrays are made for this one
	columns []column
	at, n   int
}

func (t *table) column() *column {
	if t.at == len(t.columns) {
		t.columns = append(t.columns, column{})
	}
	t.at++
	return &t.columns[t.at-1]
}

func (t *table) text(s string) *table {
	s = escaped(s)
	c := t.column()
	c.begin(t.spare, oidText, len(s))
	c.raw = append(c.raw, s...)
	return t
}

func (t *table) int(n int64) *table {
	c := t.column()
	c.begin(t.spare, oidInt, 8)
	c.raw = binary.BigEndian.AppendUint64(c.raw, uint64(n))
	return t
}

func (t *table) float(f float64) *table {
	c := t.column()
	c.begin(t.spare, oidFloat, 8)
	c.raw = binary.BigEndian.AppendUint64(c.raw, math.Float64bits(f))
	return t
}

func (t *table) time(at time.Time) *table { return t.int(millis(at)) }

func (t *table) bool(b bool) *table {
	c := t.column()
	c.begin(t.spare, oidBool, 1)
	if b {
		c.raw = append(c.raw, 1)
	} else {
		c.raw = append(c.raw, 0)
	}
	return t
}

// bytes writes NULL for nil.
func (t *table) bytes(b []byte) *table {
	c := t.column()
	if b == nil {
		c.begin(t.spare, oidBytes, -1)
		c.null = true
		return t
	}
	c.begin(t.spare, oidBytes, len(b))
	c.raw = append(c.raw, b...)
	return t
}

func (t *table) next() { t.at, t.n = 0, t.n+1 }

// params are the finished arrays.
func (t *table) params() params {
	out := make(params, len(t.columns))
	for i := range t.columns {
		c := &t.columns[i]
		binary.BigEndian.PutUint32(c.raw, 1)
		nulls := uint32(0)
		if c.null {
			nulls = 1
		}
		binary.BigEndian.PutUint32(c.raw[4:], nulls)
		binary.BigEndian.PutUint32(c.raw[8:], c.oid)
		binary.BigEndian.PutUint32(c.raw[12:], uint32(t.n))
		binary.BigEndian.PutUint32(c.raw[16:], 1)
		out[i] = c.raw
		t.spare.lend(c.raw)
	}
	return out
}

// row is one row of an answer, read from left to right. Its values are copied.
type row struct {
	values [][]byte
	at     int
	err    error
}

func (r *row) value() []byte {
	if r.at == len(r.values) {
		r.err = fmt.Errorf("a row of %d columns, want more", len(r.values))
		return nil
	}
	r.at++
	return r.values[r.at-1]
}

func (r *row) text() string { return unescaped(r.value()) }

func (r *row) int() int64 {
	switch v := r.value(); len(v) {
	case 8:
		return int64(binary.BigEndian.Uint64(v))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v)))
	default:
		r.err = fmt.Errorf("column %d is no number", r.at)
		return 0
	}
}

func (r *row) float() float64 {
	v := r.value()
	if len(v) != 8 {
		r.err = fmt.Errorf("column %d is no number", r.at)
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(v))
}

// null says that the next column is NULL, without reading it.
func (r *row) null() bool { return r.at < len(r.values) && r.values[r.at] == nil }

func (r *row) time() time.Time { return instant(r.int()) }

func (r *row) bool() bool { v := r.value(); return len(v) == 1 && v[0] == 1 }

func (r *row) bytes() []byte {
	v := r.value()
	if v == nil {
		return nil
	}
	return append([]byte{}, v...)
}

// millis is how a time is kept. The zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that was kept.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
