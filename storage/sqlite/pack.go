package sqlite

import (
	"errors"
	"strings"
)

// Ids are long texts of few different characters: ours of 32, the platform's of 64
// after an "m_". They are kept as the bits they stand for, three fifths and three
// quarters of their length. One that comes in no such form is kept as text, so
// every id comes back as it was put.
//
// What is packed begins with a byte that says how: the alphabet in the upper half,
// and below it how many characters there are, modulo 8, since the last byte may hold
// the bits of one more. After a byte of 0, which older rows have, there is no id.
const (
	packedRoom    = 0 << 4
	packedOurs    = 1 << 4
	packedMID     = 2 << 4
	packedSextets = 3 << 4

	quintets    = "0123456789abcdefghjkmnpqrstvwxyz"
	sextets     = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
	prefixOfMID = "m_"
)

var errPacked = errors.New("an id is not packed as it should be")

// packer knows the place of each character in the two alphabets, -1 if it has none.
type packer struct{ quintets, sextets [256]int8 }

func newPacker() *packer {
	var p packer
	for i := range 256 {
		p.quintets[i] = int8(strings.IndexByte(quintets, byte(i)))
		p.sextets[i] = int8(strings.IndexByte(sextets, byte(i)))
	}
	return &p
}

// pack returns how an id is kept: nil for none, bytes, or the text itself.
func (p *packer) pack(id string) any {
	if id == "" {
		return nil
	}
	if packed := packWith(packedOurs, &p.quintets, 5, id); packed != nil {
		return packed
	}
	if rest, ok := strings.CutPrefix(id, prefixOfMID); ok {
		if packed := packWith(packedMID, &p.sextets, 6, rest); packed != nil {
			return packed
		}
	}
	if packed := packWith(packedSextets, &p.sextets, 6, id); packed != nil {
		return packed
	}
	return id
}

// packWith returns nil if a character is not of the alphabet.
func packWith(how byte, places *[256]int8, bits uint, text string) []byte {
	if text == "" {
		return nil
	}
	packed := make([]byte, 1, 1+packedLen(len(text), bits))
	packed[0] = how | byte(len(text)%8)
	var gathered, n uint
	for i := range len(text) {
		value := places[text[i]]
		if value < 0 {
			return nil
		}
		gathered, n = gathered<<bits|uint(value), n+bits
		if n >= 8 {
			n -= 8
			packed = append(packed, byte(gathered>>n))
		}
	}
	if n > 0 {
		packed = append(packed, byte(gathered<<(8-n)))
	}
	return packed
}

// packedLen is how many bytes so many characters take.
func packedLen(characters int, bits uint) int { return (characters*int(bits) + 7) / 8 }

// unpack is the id that was kept; "" where there is none or only room for one.
func unpack(kept any) (string, error) {
	switch kept := kept.(type) {
	case nil:
		return "", nil
	case string:
		return kept, nil
	case []byte:
		if len(kept) == 0 {
			return "", errPacked
		}
		switch how, residue := kept[0]&^7, int(kept[0]&7); how {
		case packedRoom:
			return "", nil
		case packedOurs:
			return unpackWith("", quintets, 5, residue, kept[1:])
		case packedMID:
			return unpackWith(prefixOfMID, sextets, 6, residue, kept[1:])
		case packedSextets:
			return unpackWith("", sextets, 6, residue, kept[1:])
		}
	}
	return "", errPacked
}

func unpackWith(prefix, alphabet string, bits uint, residue int, packed []byte) (string, error) {
	characters := len(packed) * 8 / int(bits)
	for characters > 0 && characters%8 != residue {
		characters--
	}
	if characters <= 0 || packedLen(characters, bits) != len(packed) {
		return "", errPacked
	}
	var text strings.Builder
	text.Grow(len(prefix) + characters)
	text.WriteString(prefix)
	var gathered, n uint
	for range characters {
		if n < bits {
			gathered, n = gathered<<8|uint(packed[0]), n+8
			packed = packed[1:]
		}
		n -= bits
		text.WriteByte(alphabet[gathered>>n&(1<<bits-1)])
	}
	return text.String(), nil
}
