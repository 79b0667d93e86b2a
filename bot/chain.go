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
	writePart(h, []byte(e.At.UTC().Format(hashedLayout)))
	writePart(h, e.Body)
	writePart(h, e.Commit)
	return h.Sum(nil)
}

// Finding is one thing that is wrong with a chain.
type Finding struct {
	Kind string `json:"kind"` // "altered", "removed", "moved", "inserted"
	Seq  int64  `json:"seq"`  // the entry it is about; of removed, the first that is missing
	Text string `json:"text"` // in words

	// What stands at that place now; of removed, in the entry behind the gap. Contact
	// is empty where the person was erased, and in a ledger that was handed out.
	Contact string `json:"contact,omitempty"`
	Topic   string `json:"topic,omitempty"`
	Action  string `json:"action,omitempty"`
}

// Mark is the head of a chain as it was noted elsewhere, in a log or an export. A
// chain that was cut off at its end, or rewritten as a whole, shows only by one.
type Mark struct {
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// VerifyChain checks one chain, given in order from its first entry, against
// itself and against marks noted before. No finding means that nothing was
// altered, removed, moved or inserted. At most 100 findings are named, and however
// long the chain is, only its latest entries are kept in memory.
func VerifyChain(entries iter.Seq[storage.Entry], marks ...Mark) []Finding {
	v := newVerifier(marks)
	for e := range entries {
		v.entry(e)
	}
	return v.done()
}

// verifier walks a chain once.
type verifier struct {
	marks    []Mark
	last     storage.Entry // the one farthest on
	findings []Finding
	named    map[int64]bool // entries that a finding is about

	// seen holds the hashes of the latest entries with their places, in order; expected
	// the previous hashes that were not those of the entry before, with the entry that
	// named them.
	seen     map[string]int64
	order    []string
	expected map[string]storage.Entry
	broken   []int64 // entries in expected, in order
	fork     *fork
}

// fork is an entry that was sealed behind an earlier one than that before it. Which
// of the two lines is the chain shows by the entry behind it.
type fork struct {
	entry, before storage.Entry
	from          int64 // the entry it was sealed behind
}

func newVerifier(marks []Mark) *verifier {
	return &verifier{marks: marks, named: map[int64]bool{}, expected: map[string]storage.Entry{}, seen: map[string]int64{}}
}

func (v *verifier) entry(e storage.Entry) {
	if !bytes.Equal(e.Hash, entryHash(e)) {
		v.find("altered", e, "entry %d (%s) does not say what was sealed", e.Seq, e.Action)
	}
	for _, m := range v.marks {
		if m.Seq == e.Seq && !bytes.Equal(m.Hash, e.Hash) {
			v.find("altered", e, "entry %d is not the one that was noted", e.Seq)
		}
	}
	follows := bytes.Equal(e.Prev, v.last.Hash)
	if v.fork != nil {
		follows = v.resolve(e) || follows
	}
	before, late := v.expected[string(e.Hash)]
	switch {
	case late:
		v.find("moved", e, "entry %d was sealed before entry %d and stands behind it", e.Seq, before.Seq)
		delete(v.expected, string(e.Hash))
	case e.Seq <= v.last.Seq:
		v.find("moved", e, "entry %d stands behind entry %d", e.Seq, v.last.Seq)
	}
	switch {
	case e.Seq > v.last.Seq+1 && e.Seq == v.last.Seq+2:
		v.missing(e, "entry %d is missing", v.last.Seq+1)
	case e.Seq > v.last.Seq+1:
		v.missing(e, "entries %d to %d are missing", v.last.Seq+1, e.Seq-1)
	case !late && e.Seq > v.last.Seq && !follows:
		v.unlinked(e)
	}
	v.remember(e)
	if e.Seq > v.last.Seq {
		v.last = e
	}
}

// resolve says of a fork which of its entries do not belong, now that the entry behind
// it is known, and whether that one is linked so.
func (v *verifier) resolve(next storage.Entry) (follows bool) {
	f := v.fork
	v.fork = nil
	switch {
	case bytes.Equal(next.Prev, f.entry.Hash):
		for seq := f.from + 1; seq < f.entry.Seq && len(v.findings) < maxFindings; seq++ {
			if v.named[seq] && !v.awaited(seq) {
				continue // it was moved here, which is said
			}
			v.intruder(storage.Entry{Seq: seq}, f)
		}
	case bytes.Equal(next.Prev, f.before.Hash):
		v.intruder(f.entry, f)
		return true
	default:
		v.find("moved", f.entry, "entry %d was sealed behind another entry than the one before it", f.entry.Seq)
	}
	return false
}

// intruder names an entry that stands between two that were sealed one behind the other.
func (v *verifier) intruder(e storage.Entry, f *fork) {
	if e.Seq == f.before.Seq {
		e = f.before
	}
	v.find("inserted", e, "entry %d was put in: the entries around it were sealed without it", e.Seq)
	for hash, open := range v.expected {
		if open.Seq == e.Seq {
			delete(v.expected, hash)
		}
	}
}

// awaited says whether an entry names one before it that has not come.
func (v *verifier) awaited(seq int64) bool {
	for _, open := range v.expected {
		if open.Seq == seq {
			return true
		}
	}
	return false
}

// unlinked notes an entry that does not follow the one before it.
func (v *verifier) unlinked(e storage.Entry) {
	if from, ok := v.seen[string(e.Prev)]; ok || len(e.Prev) == 0 {
		v.fork = &fork{entry: e, before: v.last, from: from}
		return
	}
	if len(v.broken) < maxFindings {
		v.expected[string(e.Prev)] = e
		v.broken = append(v.broken, e.Seq)
	}
}

func (v *verifier) remember(e storage.Entry) {
	hash := string(e.Hash)
	v.seen[hash] = e.Seq
	v.order = append(v.order, hash)
	if len(v.order) > linksKept {
		delete(v.seen, v.order[0])
		v.order = v.order[1:]
	}
}

// done adds what is still without its predecessor: that was replaced, or removed
// and the rest renumbered; and the end that a mark knows of.
func (v *verifier) done() []Finding {
	if f := v.fork; f != nil {
		v.find("moved", f.entry, "entry %d was sealed behind another entry than the one before it", f.entry.Seq)
	}
	open := map[int64]storage.Entry{}
	for _, e := range v.expected {
		open[e.Seq] = e
	}
	for _, seq := range v.broken {
		if e, ok := open[seq]; ok {
			e.Seq--
			v.find("altered", e, "entry %d is not the one that entry %d was sealed behind: it was replaced, or one between them removed", seq-1, seq)
		}
	}
	for _, m := range v.marks {
		if m.Seq > v.last.Seq {
			v.missing(storage.Entry{}, "the chain ends at entry %d, and reached %d when it was noted", v.last.Seq, m.Seq)
			break
		}
	}
	return v.findings
}

// missing names a gap behind the entry farthest on. next is the entry behind the gap.
func (v *verifier) missing(next storage.Entry, format string, args ...any) {
	next.Seq = v.last.Seq + 1
	v.find("removed", next, format, args...)
}

func (v *verifier) find(kind string, e storage.Entry, format string, args ...any) {
	if len(v.findings) < maxFindings {
		v.named[e.Seq] = true
		v.findings = append(v.findings, Finding{
			Kind: kind, Seq: e.Seq, Text: fmt.Sprintf(format, args...), Contact: e.Contact, Topic: e.Topic, Action: e.Action,
		})
	}
}
