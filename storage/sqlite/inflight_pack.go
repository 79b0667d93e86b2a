package sqlite

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"github.com/relance-bot/relance/storage"
)

// A send in flight is packed as what differs between them: its texts, each behind its
// length, and its numbers; and behind those what it carries, which is its contact's and names
// it. The state, and who claimed it, is the row's.

var errPackedSend = errors.New("a send in flight is not packed as it should be")

// textsOf are the texts of a send.
func textsOf(s *storage.Send) [7]*string {
	return [...]*string{&s.ID, &s.Contact, &s.Page, &s.Topic, &s.Lane, &s.MID, &s.Error}
}

// What is so of a send in flight.
const (
	bulkFlight = 1 << iota
	carryingFlight
)

// appendSend packs a send that so many decisions are packed behind.
func appendSend(b []byte, s *storage.Send, carried int) []byte {
	for _, text := range textsOf(s) {
		b = append(binary.AppendUvarint(b, uint64(len(*text))), *text...)
	}
	b = appendBytes(b, s.Body)
	what := int64(0)
	if s.Bulk {
		what = bulkFlight
	}
	if carried > 0 {
		what |= carryingFlight
	}
	for _, n := range [...]int64{s.Seq, millis(s.Ready), millis(s.At), millis(s.ClaimAt), int64(s.Attempt), what} {
		b = binary.AppendVarint(b, n)
	}
	if carried > 0 {
		b = binary.AppendUvarint(b, uint64(carried))
	}
	return b
}

// appendDecision packs what a decision has that the send has not which carries it.
func appendDecision(b []byte, d *storage.Decision, words *[7]int64) []byte {
	for _, word := range words {
		b = binary.AppendVarint(b, word)
	}
	b = appendBytes(appendBytes(b, d.Values), d.Event)
	for _, at := range timesOf(d) {
		b = binary.AppendVarint(b, millis(*at))
	}
	return b
}

// timesOf are the times of a decision.
func timesOf(d *storage.Decision) [6]*time.Time {
	return [...]*time.Time{&d.At, &d.Next, &d.FirstDue, &d.Expires, &d.Delivered, &d.Read}
}

// appendBytes packs bytes behind one more than their length, which is 0 for nil.
func appendBytes(b, some []byte) []byte {
	if some == nil {
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(some))+1), some...)
}

// unpackFlight unpacks a send with what it carries. n is how many bytes they took.
func unpackFlight(b []byte, opening int64) (s storage.Send, carried []numbered, n int, err error) {
	in := unpacking{b: b}
	for _, text := range textsOf(&s) {
		*text = string(in.bytes(in.length()))
	}
	s.Body = in.copied()
	s.Seq = in.number()
	s.Ready, s.At, s.ClaimAt = instant(in.number()), instant(in.number()), instant(in.number())
	s.Attempt = int(in.number())
	what := in.number()
	s.Bulk = what&bulkFlight != 0
	if what&carryingFlight != 0 {
		for left := in.length(); left > 0 && !in.bad; left-- {
			carried = append(carried, in.decision(&s))
		}
	}
	if in.bad {
		return storage.Send{}, nil, 0, errPackedSend
	}
	s.State, s.Claimer = storage.SendClaimed, strconv.FormatInt(opening, 10)
	return s, carried, len(b) - len(in.b), nil
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

// copied are bytes of their own, nil if there were none.
func (u *unpacking) copied() []byte {
	n := u.length()
	if n == 0 {
		return nil
	}
	return append([]byte{}, u.bytes(n-1)...)
}

// decision is one that a send carries.
func (u *unpacking) decision(s *storage.Send) (d numbered) {
	for i := range d.words {
		d.words[i] = u.number()
	}
	d.Contact, d.Send, d.Values, d.Event = s.Contact, s.ID, u.copied(), u.copied()
	for _, at := range timesOf(&d.Decision) {
		*at = instant(u.number())
	}
	return d
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
