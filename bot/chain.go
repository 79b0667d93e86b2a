package bot

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"

	"github.com/relance-bot/relance/storage"
)

const (
	maxFindings = 100  // of one verification; what follows a broken link is noise
	linksKept   = 4096 // hashes remembered to tell a moved entry from a missing one
)

// SealNext gives an entry its place behind prev, the last sealed entry of its
// chain; the zero Entry for the first.
//
// The hash covers the previous hash and everything the entry says but its contact:
// that is covered by its commitment, and can go when the person is erased.
func SealNext(prev, e storage.Entry) storage.Entry {
	e.Seq = prev.Seq + 1
	e.Prev = prev.Hash
	e.Hash = entryHash(e)
	return e
}

// entryHash is SHA-256 over the previous hash and the entry's content, each part
// with its length. Times count to the millisecond, which is what storage keeps.
func entryHash(e storage.Entry) []byte {
	h := sha256.New()
	writePart(h, []byte("relance entry 1"))
	writePart(h, e.Prev)
	writePart(h, []byte(e.Page))
	writePart(h, []byte(e.Topic))
	writePart(h, []byte(e.Action))
	writePart(h, []byte(e.At.UTC().Format("2006-01-02T15:04:05.000Z")))
	writePart(h, e.Body)
	writePart(h, e.Commit)
	return h.Sum(nil)
}

// Finding is one thing that is wrong with a chain.
type Finding struct {
	Kind string // "altered", "removed", "moved"
	Seq  int64  // the entry it is about; of removed, the first that is missing
	Text string // in words
}

// Mark is the head of a chain as it was noted elsewhere, in a log or an export. A
// chain that was cut off at its end, or rewritten as a whole, shows only by one.
type Mark struct {
	Seq  int64
	Hash []byte
}

// VerifyChain checks one chain, given in order from its first entry, against
// itself and against marks noted before. No finding means that nothing was
// altered, removed or moved. At most 100 findings are named.
func VerifyChain(entries iter.Seq[storage.Entry], marks ...Mark) []Finding {
	v := verifier{expected: map[string]int64{}, seen: map[string]bool{}}
	for e := range entries {
		v.entry(e)
		for _, m := range marks {
			if m.Seq == e.Seq && !bytes.Equal(m.Hash, e.Hash) {
				v.find("altered", e.Seq, "entry %d is not the one that was noted", e.Seq)
			}
		}
	}
	for _, m := range marks {
		if m.Seq > v.last.Seq {
			v.find("removed", v.last.Seq+1, "the chain ends at entry %d, and reached %d when it was noted", v.last.Seq, m.Seq)
			break
		}
	}
	return v.done()
}

// verifier walks a chain once.
type verifier struct {
	last     storage.Entry // the one farthest on
	findings []Finding

	// seen holds the hashes of the latest entries, in order; expected the previous
	// hashes that were not those of the entry before, with the entry that named them.
	seen     map[string]bool
	order    []string
	expected map[string]int64
	broken   []int64 // entries in expected, in order
}

func (v *verifier) entry(e storage.Entry) {
	if !bytes.Equal(e.Hash, entryHash(e)) {
		v.find("altered", e.Seq, "entry %d (%s) does not say what was sealed", e.Seq, e.Action)
	}
	switch {
	case e.Seq > v.last.Seq+1:
		v.find("removed", v.last.Seq+1, "entries %d to %d are missing", v.last.Seq+1, e.Seq-1)
	case e.Seq <= v.last.Seq:
		v.find("moved", e.Seq, "entry %d stands behind entry %d", e.Seq, v.last.Seq)
	case !bytes.Equal(e.Prev, v.last.Hash):
		v.unlinked(e)
	}
	if at, ok := v.expected[string(e.Hash)]; ok {
		v.find("moved", e.Seq, "entry %d was sealed before entry %d and stands behind it", e.Seq, at)
		delete(v.expected, string(e.Hash))
	}
	v.remember(string(e.Hash))
	if e.Seq > v.last.Seq {
		v.last = e
	}
}

// unlinked notes an entry that does not follow the one before it.
func (v *verifier) unlinked(e storage.Entry) {
	if v.seen[string(e.Prev)] {
		v.find("moved", e.Seq, "entry %d was sealed behind another entry than the one before it", e.Seq)
		return
	}
	if len(v.broken) < maxFindings {
		v.expected[string(e.Prev)] = e.Seq
		v.broken = append(v.broken, e.Seq)
	}
}

func (v *verifier) remember(hash string) {
	v.seen[hash] = true
	v.order = append(v.order, hash)
	if len(v.order) > linksKept {
		delete(v.seen, v.order[0])
		v.order = v.order[1:]
	}
}

// done adds what is still without its predecessor: that was replaced, or removed
// and the rest renumbered.
func (v *verifier) done() []Finding {
	open := map[int64]bool{}
	for _, seq := range v.expected {
		open[seq] = true
	}
	for _, seq := range v.broken {
		if open[seq] {
			v.find("altered", seq-1, "entry %d is not the one that entry %d was sealed behind: it was replaced, or one between them removed", seq-1, seq)
		}
	}
	return v.findings
}

func (v *verifier) find(kind string, seq int64, format string, args ...any) {
	if len(v.findings) < maxFindings {
		v.findings = append(v.findings, Finding{Kind: kind, Seq: seq, Text: fmt.Sprintf(format, args...)})
	}
}
