package chat

import (
	"maps"
	"slices"
)

// edits say what becomes of some lines of a script, by index. -1 is the place
// before the first.
type edits map[int]*edit

// edit is what becomes of one line.
type edit struct {
	before, after []string
	drop          bool
}

func (e edits) of(at int) *edit {
	if e[at] == nil {
		e[at] = &edit{}
	}
	return e[at]
}

func (e edits) drop(at int)                { e.of(at).drop = true }
func (e edits) before(at int, text string) { e.of(at).before = append(e.of(at).before, text) }
func (e edits) after(at int, text string)  { e.of(at).after = append(e.of(at).after, text) }

// first is the first line that changes; the one before new lines, if there are only
// those.
func (e edits) first() int {
	return max(0, slices.Min(slices.Collect(maps.Keys(e))))
}

// shift is by how many lines the one at an index moves down.
func (e edits) shift(to int) int {
	n := 0
	for at, one := range e {
		if at < to {
			n += len(one.before) + len(one.after)
			if one.drop {
				n--
			}
		}
	}
	return n
}

// join adds edits of other lines, and new lines behind the same ones.
func (e edits) join(more edits) {
	for at, m := range more {
		one := e.of(at)
		one.before = append(one.before, m.before...)
		one.after = append(one.after, m.after...)
		one.drop = one.drop || m.drop
	}
}

// apply gives the script's text with the edits done. All other lines stay as they are.
func (s *Script) apply(e edits) []byte {
	out := &Script{mark: s.mark}
	ending := "\n"
	add := func(texts []string) {
		for _, t := range texts {
			out.lines = append(out.lines, line{text: t, end: ending})
		}
	}
	if top := e[-1]; top != nil {
		add(top.after)
	}
	for i, l := range s.lines {
		if l.end != "" {
			ending = l.end
		}
		one := e[i]
		if one == nil {
			one = &edit{}
		}
		add(one.before)
		if !one.drop {
			out.lines = append(out.lines, line{text: l.text, end: ending})
		}
		add(one.after)
	}
	if n := len(s.lines); n > 0 && len(out.lines) > 0 && s.lines[n-1].end == "" {
		out.lines[len(out.lines)-1].end = "" // the file ended without a line break
	}
	return out.Format()
}
