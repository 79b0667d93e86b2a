package postgres

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// copying is a COPY under way: rows that stream into one table, in PostgreSQL's binary
// format. A row is written from left to right, behind the number of its columns.
type copying struct {
	out  *bufio.Writer
	pipe *io.PipeWriter
	done chan error
	err  error // of writing

	columns, written int // of the row
}

// signature is what the binary format begins with: then come flags and the length of an
// extension, both 0.
const signature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// errCopyEnded is what a writer meets whose COPY has failed: its end says why.
var errCopyEnded = errors.New("the copy has ended")

// copyInto begins to copy rows into columns of a table, TABLE (COLUMN, …).
func copyInto(ctx context.Context, pg *pgconn.PgConn, columns string) *copying {
	from, pipe := io.Pipe()
	c := &copying{out: bufio.NewWriterSize(pipe, 1<<16), pipe: pipe, done: make(chan error, 1)}
	go func() {
		_, err := pg.CopyFrom(ctx, from, `COPY `+columns+` FROM STDIN (FORMAT binary)`)
		_ = from.CloseWithError(errCopyEnded)
		c.done <- err
	}()
	_, c.err = c.out.WriteString(signature)
	return c
}

// end sends what is left, and says what became of it all. With an error nothing is kept.
func (c *copying) end(err error) error {
	if err == nil {
		err = c.two(-1).err // no more rows
	}
	if err == nil {
		err = c.out.Flush()
	}
	_ = c.pipe.CloseWithError(err) // never fails; nil is the end
	if done := <-c.done; done != nil && (err == nil || errors.Is(err, errCopyEnded)) {
		return failure(done)
	}
	return err
}

// write writes bytes; after an error nothing more.
func (c *copying) write(b []byte) *copying {
	if c.err == nil {
		_, c.err = c.out.Write(b)
	}
	return c
}

// row begins one.
func (c *copying) row(columns int) *copying {
	c.columns, c.written = columns, 0
	return c.two(int16(columns))
}

// whole is the error of writing, or that the row has not as many values as columns.
func (c *copying) whole() error {
	if c.err == nil && c.written != c.columns {
		c.err = fmt.Errorf("a row of %d columns got %d values", c.columns, c.written)
	}
	return c.err
}

// size begins a value of so many bytes; -1 is NULL.
func (c *copying) size(n int32) *copying {
	c.written++
	return c.four(n)
}

func (c *copying) two(n int16) *copying {
	return c.write(binary.BigEndian.AppendUint16(c.out.AvailableBuffer(), uint16(n)))
}

func (c *copying) four(n int32) *copying {
	return c.write(binary.BigEndian.AppendUint32(c.out.AvailableBuffer(), uint32(n)))
}

func (c *copying) text(s string) *copying { return c.bytes([]byte(escaped(s))) }

// bytes writes NULL for nil.
func (c *copying) bytes(b []byte) *copying {
	if b == nil {
		return c.size(-1)
	}
	return c.size(int32(len(b))).write(b)
}

func (c *copying) int(n int64) *copying {
	return c.size(8).write(binary.BigEndian.AppendUint64(c.out.AvailableBuffer(), uint64(n)))
}

func (c *copying) time(t time.Time) *copying { return c.int(millis(t)) }

// int4 is an int of four bytes, and int2 one of two.
func (c *copying) int4(n int) *copying { return c.size(4).four(int32(n)) }

func (c *copying) int2(n int64) *copying { return c.size(2).two(int16(n)) }

func (c *copying) float(f float64) *copying { return c.int(int64(math.Float64bits(f))) }

func (c *copying) bool(b bool) *copying {
	if b {
		return c.size(1).write([]byte{1})
	}
	return c.size(1).write([]byte{0})
}
