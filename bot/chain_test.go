package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// someChain is n sealed entries: asked, granted, stopped, asked …
func someChain(t *testing.T, n int) []storage.Entry {
	t.Helper()
	actions := []Action{Asked, Granted, Stopped}
	var chain []storage.Entry
	var head storage.Entry
	for i := range n {
		b := someBody()
		b.Action, b.At = actions[i%len(actions)], at(i)
		e := someEntry(t, b)
		e.ID = int64(100 + i)
		head = SealNext(head, e)
		chain = append(chain, head)
	}
	return chain
}

func TestVerifyChain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func([]storage.Entry) []storage.Entry
		want []string // kind and entry
	}{
		{"intact", func(c []storage.Entry) []storage.Entry { return c }, nil},
		{"empty", func([]storage.Entry) []storage.Entry { return nil }, nil},
		{"the person was erased", func(c []storage.Entry) []storage.Entry {
			for i := range c {
				c[i].Contact = ""
			}
			return c
		}, nil},
		{"below the millisecond, which storage does not keep", func(c []storage.Entry) []storage.Entry {
			c[2].At = c[2].At.Add(time.Microsecond).In(time.FixedZone("", 3600))
			return c
		}, nil},
		{"a body altered", func(c []storage.Entry) []storage.Entry {
			c[2].Body = []byte(`{"source":"platform"}`)
			return c
		}, []string{"altered 3"}},
		{"an action altered", func(c []storage.Entry) []storage.Entry { c[2].Action = "granted"; return c }, []string{"altered 3"}},
		{"a topic altered", func(c []storage.Entry) []storage.Entry { c[0].Topic = "news"; return c }, []string{"altered 1"}},
		{"a time altered", func(c []storage.Entry) []storage.Entry {
			c[4].At = c[4].At.Add(time.Millisecond)
			return c
		}, []string{"altered 5"}},
		{"a commitment altered", func(c []storage.Entry) []storage.Entry { c[1].Commit = []byte("x"); return c }, []string{"altered 2"}},
		{"a page altered", func(c []storage.Entry) []storage.Entry { c[1].Page = "messenger:7"; return c }, []string{"altered 2"}},
		{"a hash altered", func(c []storage.Entry) []storage.Entry { c[5].Hash = []byte("x"); return c }, []string{"altered 6"}},
		{"an entry altered and sealed again", func(c []storage.Entry) []storage.Entry {
			c[2].Action = "granted"
			c[2] = SealNext(c[1], c[2])
			return c
		}, []string{"altered 3"}},
		{"one removed", func(c []storage.Entry) []storage.Entry { return slices.Delete(c, 2, 3) }, []string{"removed 3"}},
		{"the first two removed", func(c []storage.Entry) []storage.Entry { return c[2:] }, []string{"removed 1"}},
		{"one removed, the rest renumbered", func(c []storage.Entry) []storage.Entry {
			c = slices.Delete(c, 2, 3)
			for i := range c {
				c[i].Seq = int64(i + 1)
			}
			return c
		}, []string{"altered 2"}},
		{"two exchanged", func(c []storage.Entry) []storage.Entry {
			c[2], c[3] = c[3], c[2]
			return c
		}, []string{"removed 3", "moved 3"}},
		{"two exchanged and renumbered", func(c []storage.Entry) []storage.Entry {
			c[2], c[3] = c[3], c[2]
			c[2].Seq, c[3].Seq = 3, 4
			return c
		}, []string{"moved 4"}},
		{"one put in, with a hash that is right", func(c []storage.Entry) []storage.Entry {
			forged := c[2]
			forged.Action = "stopped"
			return renumbered(slices.Insert(c, 3, SealNext(c[2], forged)))
		}, []string{"inserted 4"}},
		{"one put in as the second last", func(c []storage.Entry) []storage.Entry {
			return renumbered(slices.Insert(c, 5, SealNext(c[3], c[2])))
		}, []string{"inserted 6"}},
		{"one put in that belongs to nothing", func(c []storage.Entry) []storage.Entry {
			return renumbered(slices.Insert(c, 3, SealNext(storage.Entry{Hash: []byte("x")}, c[0])))
		}, []string{"inserted 4"}},
		{"one put in with a hash that is wrong", func(c []storage.Entry) []storage.Entry {
			forged := c[2]
			forged.Hash = []byte("x")
			return renumbered(slices.Insert(c, 3, forged))
		}, []string{"altered 4", "inserted 4"}},
		{"two put in", func(c []storage.Entry) []storage.Entry {
			first := SealNext(c[1], c[4])
			return renumbered(slices.Insert(c, 2, first, SealNext(first, c[5])))
		}, []string{"inserted 3", "inserted 4"}},
		{"one put in first", func(c []storage.Entry) []storage.Entry {
			return renumbered(slices.Insert(c, 0, SealNext(storage.Entry{}, c[4])))
		}, []string{"inserted 1"}},
		{"one twice", func(c []storage.Entry) []storage.Entry { return slices.Insert(c, 3, c[2]) }, []string{"moved 3"}},
		{"the end cut off shows only by a mark", func(c []storage.Entry) []storage.Entry { return c[:4] }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			chain := test.edit(someChain(t, 6))
			if diff := cmp.Diff(test.want, found(VerifyChain(slices.Values(chain)))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// renumbered gives entries the places in which they stand.
func renumbered(chain []storage.Entry) []storage.Entry {
	for i := range chain {
		chain[i].Seq = int64(i + 1)
	}
	return chain
}

func found(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %d", f.Kind, f.Seq))
	}
	return out
}

func TestVerifyChainAgainstMarks(t *testing.T) {
	t.Parallel()
	chain := someChain(t, 6)
	head := Mark{Seq: 6, Hash: chain[5].Hash}
	other := someChain(t, 6)
	other[0].Action = "stopped"
	for i := range other {
		var prev storage.Entry
		if i > 0 {
			prev = other[i-1]
		}
		other[i] = SealNext(prev, other[i])
	}
	tests := []struct {
		name  string
		chain []storage.Entry
		marks []Mark
		want  []string
	}{
		{"as it was noted", chain, []Mark{{Seq: 3, Hash: chain[2].Hash}, head}, nil},
		{"grown since", chain, []Mark{{Seq: 3, Hash: chain[2].Hash}}, nil},
		{"cut off", chain[:4], []Mark{head}, []string{"removed 5"}},
		{"gone", nil, []Mark{head}, []string{"removed 1"}},
		{"rewritten as a whole", other, []Mark{head}, []string{"altered 6"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, found(VerifyChain(slices.Values(test.chain), test.marks...))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyChainIsBounded(t *testing.T) {
	t.Parallel()
	chain := someChain(t, 3*maxFindings)
	for i := range chain {
		chain[i].Prev = []byte(fmt.Sprint(i))
	}
	if n := len(VerifyChain(slices.Values(chain))); n != maxFindings {
		t.Errorf("%d findings, want %d", n, maxFindings)
	}
}

// However long a chain is, and however much of it is wrong, what is remembered of it
// does not grow.
func TestVerifyingRemembersLittle(t *testing.T) {
	t.Parallel()
	v := newVerifier(nil)
	var head storage.Entry
	for i := range 20 * linksKept {
		head = SealNext(head, storage.Entry{Page: "p", Topic: "restock", Action: "granted", Body: []byte("{}")})
		if e := head; i%3 != 0 {
			v.entry(e)
		}
	}
	if len(v.seen) > linksKept || len(v.order) > linksKept || len(v.expected) > maxFindings || len(v.named) > maxFindings || len(v.findings) > maxFindings {
		t.Errorf("remembered %d hashes, %d of them in order, %d gaps, %d findings", len(v.seen), len(v.order), len(v.expected), len(v.findings))
	}
	if v.last.Seq != head.Seq || len(v.findings) == 0 {
		t.Errorf("looked at entries up to %d and found %d things", v.last.Seq, len(v.findings))
	}
}

func TestFindingsReadWell(t *testing.T) {
	t.Parallel()
	chain := someChain(t, 6)
	chain[1].Body = []byte(`{}`)
	chain = slices.Delete(chain, 3, 5)
	var got []string
	for _, f := range VerifyChain(slices.Values(chain)) {
		got = append(got, f.Text)
	}
	want := []string{
		"entry 2 (granted) does not say what was sealed",
		"entries 4 to 5 are missing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
