package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// block is what a transcript expects of one person's chat between two things that
// happen.
type block struct {
	anchor int // the line that let the bot speak; -1: the top
	wants  []want
	silent []int // lines "< nothing"; they stand behind all wants
}

// want is one expected line.
type want struct {
	at int
	message
}

// expect adds a line to the block; nil is silence. It is compared when the block
// is closed, so that all of it is seen together.
func (p *player) expect(ctx context.Context, at int, m *message) error {
	if err := p.someone(ctx); err != nil {
		return err
	}
	if m == nil {
		p.block.silent = append(p.block.silent, at)
	} else {
		p.block.wants = append(p.block.wants, want{at, *m})
	}
	return nil
}

// close compares the block with what the current person was shown. wait lets more
// than that stand for later.
func (p *player) close(ctx context.Context, wait bool) error {
	if p.current == nil {
		return nil
	}
	b := p.block
	p.block = block{anchor: b.anchor}
	got, err := p.unread(ctx, p.current)
	if err != nil {
		return err
	}
	fits := len(b.wants) <= len(got)
	for i := 0; fits && i < len(b.wants); i++ {
		fits = b.wants[i].matches(got[i])
	}
	if fits && (len(got) == len(b.wants) || wait && len(b.silent) == 0) {
		p.current.read += len(b.wants)
		return nil
	}
	p.current.read += len(got)
	e, message, hint := p.repair(b, got)
	if failed := p.failedCalls(); failed != "" {
		hint = failed
	}
	if hint == "" && len(got) < len(b.wants) {
		hint = p.why(ctx)
	}
	p.settle(e, message, hint)
	return nil
}

// repair finds the edits after which the block lists what was said.
func (p *player) repair(b block, got []shown) (e edits, message, hint string) {
	indent := ""
	if b.anchor >= 0 {
		indent = p.script.lines[b.anchor].indent()
	}
	switch {
	case len(got) == 0:
		return b.hush(indent), "the bot said nothing", ""
	case len(b.wants) > 0:
		return p.realign(b, got, indent)
	case len(b.silent) > 0:
		return b.list(got, indent), "the bot was to say nothing", ""
	}
	return b.list(got, indent), "the bot said what no line lists", ""
}

// hush takes all expected lines out, for silence.
func (b block) hush(indent string) edits {
	e := edits{}
	if len(b.silent) == 0 {
		e.after(b.wants[len(b.wants)-1].at, indent+silence{}.String())
	}
	for _, w := range b.wants {
		e.drop(w.at)
	}
	return e
}

// list puts what was said where nothing was expected.
func (b block) list(got []shown, indent string) edits {
	e := edits{}
	at := b.anchor
	if len(b.silent) > 0 {
		at = b.silent[0]
	}
	for _, s := range got {
		e.after(at, indent+"< "+s.String())
	}
	for _, at := range b.silent {
		e.drop(at)
	}
	return e
}

// realign changes the lines that were said in other words, takes out what was not
// said, and puts in what was not expected.
func (p *player) realign(b block, got []shown, indent string) (e edits, message, hint string) {
	e = edits{}
	var swapped, missing, extra int
	last := -1 // the want before
	for _, a := range align(b.wants, got) {
		switch {
		case a.want < 0:
			extra++
			if text := indent + "< " + got[a.got].String(); last >= 0 {
				e.after(b.wants[last].at, text)
			} else {
				e.before(b.wants[0].at, text)
			}
			continue
		case a.got < 0:
			missing++
			e.drop(b.wants[a.want].at)
		case !b.wants[a.want].matches(got[a.got]):
			swapped++
			w := b.wants[a.want]
			e.drop(w.at)
			e.after(w.at, p.script.lines[w.at].indent()+w.rewrite(got[a.got]))
			if hint == "" {
				hint = difference(w.message, got[a.got])
			}
		}
		last = a.want
	}
	switch {
	case swapped == 0 && extra == 0:
		return e, "the bot did not say all this", hint
	case swapped == 0 && missing == 0:
		return e, "the bot said what no line lists", hint
	}
	return e, "the bot said something else", hint
}

// difference is a hint where two lines look alike, or were meant to.
func difference(m message, s shown) string {
	if len(m.labels) == 0 && len(s.labels) > 0 && strings.HasSuffix(m.text.plain, "]") {
		return "labels stand behind two blanks"
	}
	a, b := []rune(m.text.plain), []rune(s.text)
	if m.text.also != nil || len(a) != len(b) {
		return ""
	}
	at := -1
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if at >= 0 {
			return ""
		}
		at = i
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("character %d of the text is %q (%U) instead of %q (%U)", at+1, b[at], b[at], a[at], a[at])
}

// pairing says which expected line stands against which said one; -1: none.
type pairing struct{ want, got int }

// align pairs expected lines with said ones, in order, so that as many as possible
// match. What lies between two matches is paired as it comes.
func align(wants []want, got []shown) []pairing {
	n, m := len(wants), len(got)
	match := func(i, j int) bool { return wants[i].matches(got[j]) }
	var out []pairing
	// Beyond the bound lines are compared one by one.
	var common [][]int
	if n*m <= maxAlign {
		common = make([][]int, n+1) // the most matches of wants[i:] and got[j:]
		for i := range common {
			common[i] = make([]int, m+1)
		}
		for i := n - 1; i >= 0; i-- {
			for j := m - 1; j >= 0; j-- {
				common[i][j] = max(common[i+1][j], common[i][j+1])
				if match(i, j) {
					common[i][j] = max(common[i][j], common[i+1][j+1]+1)
				}
			}
		}
	}
	i, j := 0, 0
	var gapWants, gapGot []int
	flush := func() {
		for k := 0; k < max(len(gapWants), len(gapGot)); k++ {
			pair := pairing{-1, -1}
			if k < len(gapWants) {
				pair.want = gapWants[k]
			}
			if k < len(gapGot) {
				pair.got = gapGot[k]
			}
			out = append(out, pair)
		}
		gapWants, gapGot = nil, nil
	}
	for i < n && j < m {
		switch {
		case match(i, j) && (common == nil || common[i][j] == common[i+1][j+1]+1):
			flush()
			out = append(out, pairing{i, j})
			i, j = i+1, j+1
		case common == nil:
			gapWants, gapGot = append(gapWants, i), append(gapGot, j)
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			gapWants = append(gapWants, i)
			i++
		default:
			gapGot = append(gapGot, j)
			j++
		}
	}
	for ; i < n; i++ {
		gapWants = append(gapWants, i)
	}
	for ; j < m; j++ {
		gapGot = append(gapGot, j)
	}
	flush()
	return slices.Clip(out)
}
