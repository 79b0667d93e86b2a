package sqlite

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDsArePackedToWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	p := newPacker()
	for _, c := range []struct {
		id   string
		want int // bytes; 0 for text as it is
	}{
		{"01k5z3k8q7e4v9w2x6y0abcdef", 18},
		{"m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwlqLP_5cgXIbu7I3rBN0P", 66},
		{"m_" + strings.Repeat("z", 87), 67},
		{"m_" + strings.Repeat("z", 88), 67},
		{"mid.1457764197618:41d102a3e1ae206a38", 0},
		{"m_", 3},
		{"m", 2},
		{"O-l", 4},
		{"é", 0},
		{"a\x00b", 0},
	} {
		packed := p.pack(c.id)
		if bytes, ok := packed.([]byte); ok != (c.want > 0) || len(bytes) != c.want {
			t.Errorf("%q is packed as %v, want %d bytes", c.id, packed, c.want)
		}
		if back, err := unpack(packed); back != c.id || err != nil {
			t.Errorf("%q came back as %q, %v", c.id, back, err)
		}
	}
}

func TestEveryIDComesBack(t *testing.T) {
	t.Parallel()
	p := newPacker()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.StringMatching(`(m_)?[-_0-9A-Za-z]{0,120}`), rapid.StringMatching(`[0-9a-hjkmnp-tv-z]{0,30}`)).Draw(t, "id")
		other := rapid.OneOf(rapid.Just(id+"0"), rapid.Just(id+"-"), rapid.StringMatching(`(m_)?[-_0-9A-Za-z]{0,3}`)).Draw(t, "other")
		if back, err := unpack(p.pack(id)); back != id || err != nil {
			t.Fatalf("%q came back as %q, %v", id, back, err)
		}
		a, aPacked := p.pack(id).([]byte)
		b, bPacked := p.pack(other).([]byte)
		if id != other && aPacked && bPacked && string(a) == string(b) {
			t.Fatalf("%q and %q are packed alike", id, other)
		}
	})
}

func TestWhatIsNotPackedIsRefused(t *testing.T) {
	t.Parallel()
	for _, kept := range []any{
		[]byte{}, []byte{packedOurs}, []byte{packedOurs | 1}, []byte{packedOurs | 3, 1, 2, 3}, []byte{0xf0, 1}, int64(1),
	} {
		if id, err := unpack(kept); err == nil {
			t.Errorf("%v is %q, want an error", kept, id)
		}
	}
	for _, room := range []any{nil, []byte{0}, make([]byte, 66)} {
		if id, err := unpack(room); id != "" || err != nil {
			t.Errorf("%v is %q, %v, want none", room, id, err)
		}
	}
}
