package postgres

import (
	"errors"
	"slices"
)

const (
	// maxBuffer is how large a buffer is that is used again, and maxSpare how large
	// those of columns are together.
	maxBuffer = 1 << 20
	maxSpare  = 4 << 20
)

// room is a message that is none: it makes room for those that follow it in an
// exchange, in a buffer that the next exchange uses again. Without it the driver's
// would grow anew in each, by copying.
//
// The driver writes the buffer out before an exchange is answered, and then forgets
// it, or goes on with it from the start if little stood in it; the connection has one
// user at a time.
type room struct {
	buffer []byte
	need   int
}

// Frontend implements [pgproto3.FrontendMessage].
func (*room) Frontend() {}

// Decode implements [pgproto3.Message].
func (*room) Decode([]byte) error { return errors.New("nobody sends that") }

// Encode implements [pgproto3.Message].
func (r *room) Encode(before []byte) ([]byte, error) {
	r.buffer = slices.Grow(r.buffer[:0], len(before)+r.need)
	return append(r.buffer, before...), nil
}

// makeRoom makes room for steps.
func (c *conn) makeRoom(steps []step) {
	const each, value = 128, 6 // the parts of a message around its values, and of a value
	need := 0
	for _, s := range steps {
		need += each
		if c.stmts[s.query] == nil {
			need += len(s.query)
		}
		for _, v := range s.params {
			need += value + len(v)
		}
	}
	c.room.need = need
	c.pg.Frontend().Send(&c.room)
	if cap(c.room.buffer) > maxBuffer {
		c.room.buffer = nil
	}
}

// spare are the buffers of columns that no statement needs any more.
type spare struct {
	free, lent [][]byte
	size       int // of free, together
}

// take gives a buffer that begins with room for the header of an array.
func (s *spare) take() []byte {
	if s == nil || len(s.free) == 0 {
		return make([]byte, arrayHeader, 512)
	}
	last := len(s.free) - 1
	b := s.free[last]
	s.free[last] = nil
	s.free, s.size = s.free[:last], s.size-cap(b)
	return b[:arrayHeader]
}

// lend notes a buffer that is in a statement now.
func (s *spare) lend(b []byte) {
	if s != nil && cap(b) <= maxBuffer {
		s.lent = append(s.lent, b)
	}
}

// back takes back what was lent: the statements have been sent, or never will be.
func (s *spare) back() {
	for _, b := range s.lent {
		if s.size+cap(b) <= maxSpare {
			s.free, s.size = append(s.free, b), s.size+cap(b)
		}
	}
	clear(s.lent)
	s.lent = s.lent[:0]
}
