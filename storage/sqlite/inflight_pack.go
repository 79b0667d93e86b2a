package sqlite

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/relance-bot/relance/storage"
)

// A send in flight is packed as what differs between them: its texts, each behind its
// length, and its numbers. The state, and who claimed it, is the row's.

var errPackedSend = errors.New("a send in flight is not packed as it should be")

// textsOf are the texts of a send.
func textsOf(s *storage.Send) [7]*string {
	return [...]*string{&s.ID, &s.Contact, &s.Page, &s.Topic, &s.Lane, &s.MID, &s.Error}
}

// appendSend packs a send.
func appendSend(b []byte, s *storage.Send) []byte {
	for _, text := range textsOf(s) {
		b = append(binary.AppendUvarint(b, uint64(len(*text))), *text...)
	}
	body := uint64(0) // nil, or one more than its length
	if s.Body != nil {
		body = uint64(len(s.Body)) + 1
	}
	b = append(binary.AppendUvarint(b, body), s.Body...)
	bulk := int64(0)
	if s.Bulk {
		bulk = 1
	}
	for _, n := range [...]int64{s.Seq, millis(s.Ready), millis(s.At), millis(s.ClaimAt), int64(s.Attempt), bulk} {
		b = binary.AppendVarint(b, n)
	}
	return b
}

// unpackSend is the opposite of appendSend. n is how many bytes it took.
func unpackSend(b []byte, opening int64) (s storage.Send, n int, err error) {
	in := unpacking{b: b}
	for _, text := range textsOf(&s) {
		*text = string(in.bytes(in.length()))
	}
	if n := in.length(); n > 0 {
		s.Body = append([]byte{}, in.bytes(n-1)...)
	}
	s.Seq = in.number()
	s.Ready, s.At, s.ClaimAt = instant(in.number()), instant(in.number()), instant(in.number())
	s.Attempt, s.Bulk = int(in.number()), in.number() != 0
	if in.bad {
		return storage.Send{}, 0, errPackedSend
	}
	s.State, s.Claimer = storage.SendClaimed, strconv.FormatInt(opening, 10)
	return s, len(b) - len(in.b), nil
}

// unpacking is what is left to be read.
type unpacking struct {
	b   []byte
	bad bool
}

func (u *unpacking) length() uint64 {
	v, n := binary.Uvarint(u.b)
	if !u.goOn(n) {
		return 0
	}
	return v
}

func (u *unpacking) number() int64 {
	v, n := binary.Varint(u.b)
	if !u.goOn(n) {
		return 0
	}
	return v
}

// goOn goes behind a number of n bytes, if there was one.
func (u *unpacking) goOn(n int) bool {
	if u.bad = u.bad || n <= 0; !u.bad {
		u.b = u.b[n:]
	}
	return !u.bad
}

func (u *unpacking) bytes(n uint64) []byte {
	if u.bad = u.bad || n > uint64(len(u.b)); u.bad {
		return nil
	}
	some := u.b[:n]
	u.b = u.b[n:]
	return some
}
