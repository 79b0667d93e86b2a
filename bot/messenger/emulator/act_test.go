package emulator

import (
	"errors"
	"testing"
)

// TestImpossible does what no one could do on a phone.
func TestImpossible(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		before func(b *bench)
		act    func(b *bench) error
		want   error
	}{
		{"a person who does not exist", nil, func(b *bench) error { return b.Write("1", "hi") }, UnknownPersonError{"1"}},
		{"nothing to write", nil, func(b *bench) error { return b.Write(b.zoe, "  ") }, ErrEmpty},
		{"far too much", nil, func(b *bench) error { return b.Write(b.zoe, long(20_001)) }, ErrTooLong},
		{"a label nobody showed", wrote, func(b *bench) error { return b.Tap(b.zoe, "Buy") }, ErrNoButton},
		{"a button without a link", func(b *bench) { wrote(b); b.must(to(b.zoe, m{"text": "a", "quick_replies": quickly("Buy")})) },
			func(b *bench) error { return b.Open(b.zoe, "Buy") }, ErrNoButton},
		{"a reaction to nothing", wrote, func(b *bench) error { return b.React(b.zoe, "❤") }, ErrNothing},
		{"an answer to nothing", wrote, func(b *bench) error { return b.Reply(b.zoe, "m_1", "hi") }, ErrNothing},
		{"far too much of an answer", wrote, func(b *bench) error { return b.Reply(b.zoe, b.Chat(b.zoe)[0].MID, long(20_001)) }, ErrTooLong},
		{"a sixth change", func(b *bench) {
			wrote(b)
			for range 5 {
				b.ok(b.Edit(b.zoe, b.Chat(b.zoe)[0].MID, "ho"))
			}
		}, func(b *bench) error { return b.Edit(b.zoe, b.Chat(b.zoe)[0].MID, "ha") }, ErrEdits},
		{"changing what the Page said", func(b *bench) { wrote(b); b.must(to(b.zoe, m{"text": "hello"})); b.ok(b.Flush(b.t.Context())) },
			func(b *bench) error { return b.Edit(b.zoe, b.Chat(b.zoe)[1].MID, "ha") }, ErrNoMessage},
		{"taking back what nobody wrote", wrote, func(b *bench) error { return b.Unsend(b.zoe, "m_1") }, ErrNoMessage},
		{"changing what was taken back", unsent, func(b *bench) error { return b.Edit(b.zoe, b.Chat(b.zoe)[0].MID, "ha") }, ErrNoMessage},
		{"taking a message back twice", unsent, func(b *bench) error { return b.Unsend(b.zoe, b.Chat(b.zoe)[0].MID) }, ErrNoMessage},
		{"taking back a comment", commented, func(b *bench) error { return b.Unsend(b.zoe, b.Chat(b.zoe)[0].MID) }, ErrNoMessage},
		{"changing a comment", commented, func(b *bench) error { return b.Edit(b.zoe, b.Chat(b.zoe)[0].MID, "ha") }, ErrNoMessage},
		{"rating what asks for nothing", wrote, func(b *bench) error { return b.Rate(b.zoe, b.Chat(b.zoe)[0].MID, "4", "") }, ErrNoSurvey},
		{"accepting nothing", wrote, func(b *bench) error { return b.Accept(b.zoe) }, ErrNoRequest},
		{"accepting twice", agreed("News"), func(b *bench) error { return b.Accept(b.zoe) }, ErrNoRequest},
		{"accepting another title", asked("News"), func(b *bench) error { return b.AcceptTitle(b.zoe, "Sales") }, ErrNoRequest},
		{"stopping what nobody offered", agreed("News"), func(b *bench) error { return b.StopTopic(b.zoe, "Sales") }, ErrNoTopic},
		{"a link to a topic nobody knows", nil, func(b *bench) error { return b.AcceptLink(b.zoe, "Sales") }, ErrNoTopic},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			if c.before != nil {
				c.before(b)
			}
			b.told()
			if err := c.act(b); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if told := b.told(); len(told) != 0 {
				t.Errorf("and the bot is told %v", told)
			}
		})
	}
}

func unsent(b *bench) {
	b.write("hi")
	b.ok(b.Unsend(b.zoe, b.Chat(b.zoe)[0].MID))
}

func commented(b *bench) { b.ok(b.Comment(b.zoe, "Du 42 ?")) }
