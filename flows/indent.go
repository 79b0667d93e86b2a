package flows

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// structural says whether a line is more than blanks and a comment.
func structural(line string) bool {
	body := strings.TrimLeft(line, " \t")
	return body != "" && body[0] != '#'
}

// noBreak are the blanks that YAML does not take for one. Word processors and chat
// programs write them.
const noBreak = "\u00a0\u202f"

// firstRune is the first character of a text.
func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// blanks finds tabs and no-break spaces where only blanks may stand.
func (e *explainer) blanks() {
	body := strings.TrimLeft(e.line, " \t"+noBreak)
	lead := e.line[:len(e.line)-len(body)]
	width := runes(lead)
	if strings.ContainsAny(lead, "\t"+noBreak) {
		code, message := "yaml-tab", "a tab stands in the indentation"
		if !strings.Contains(lead, "\t") {
			code, message = "yaml-space", "a no-break space stands in the indentation"
		}
		for _, c := range append(e.columns(body), 0, 2, 4, 2*width, 4*width) {
			e.add(code, 0, width, strings.Repeat(" ", c)+body, message, "indent with blanks only; most editors can turn one into the other")
		}
	}
	for _, c := range []string{"\t", "\u00a0", "\u202f"} {
		if strings.HasPrefix(body, "-"+c) {
			e.add("yaml-space", width+1, width+2, e.replace(width+1, width+2, " "), "behind the dash stands a tab or no-break space, not a blank", "replace it by a blank")
		}
		if at := strings.Index(e.line, ":"+c); at >= 0 {
			from := runes(e.line[:at]) + 1
			e.add("yaml-space", from, from+1, e.replace(from, from+1, " "), "behind the colon stands a tab or no-break space, not a blank", "replace it by a blank")
		}
	}
}

// outermost are the keys that stand at the left of their files only.
var outermost = strings.Fields("description inputs triggers steps moved fields topics events handlers webhooks quiet_hours stop_words personas channels")

// columns are where a line may begin instead, the likeliest first: as deep as the
// lines around it suggest, then where anything above begins.
func (e *explainer) columns(body string) []int {
	var out []int
	if key, _ := splitKey(body); contains(outermost, key) {
		out = append(out, 0)
	}
	above := e.structuralAbove()
	sibling := levels(e.above[:above])
	if above > 0 && len(sibling) > 0 {
		if strings.HasSuffix(strings.TrimRight(e.above[above-1], " "), ":") {
			out = append(out, sibling[0]+2)
		}
		if !strings.HasPrefix(body, "- ") && !strings.HasSuffix(strings.TrimRight(body, " "), ":") {
			out = append(out, sibling[0])
		}
	}
	for _, line := range e.below {
		if !structural(line) || strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
			continue
		}
		col := len(line) - len(strings.TrimLeft(line, " "))
		if col >= 2 && !(strings.HasPrefix(body, "- ") && strings.HasPrefix(line[col:], "- ")) {
			out = append(out, col-2)
		}
		out = append(out, col)
		break
	}
	return append(out, sibling...)
}

// structuralAbove is the nearest line above (from 1) that is more than a comment.
func (e *explainer) structuralAbove() int {
	n := len(e.above)
	for n > 0 && !structural(e.above[n-1]) {
		n--
	}
	return n
}

// indent finds a line that fits nothing above it, or is fitted by nothing because
// the line above is wrong.
func (e *explainer) indent() {
	body := strings.TrimLeft(e.line, " ")
	own := len(e.line) - len(body)
	if e.odd(own) {
		// The line above is the one that stands out.
		n := e.structuralAbove()
		p := newExplainer(e.above, n)
		above := strings.TrimLeft(p.line, " ")
		p.move(above, len(p.line)-len(above), own)
		e.fixes = append(e.fixes, p.fixes...)
	}
	for _, c := range append(e.columns(body), levels(e.above)...) {
		e.move(body, own, c)
	}
	// One of the lines it should belong to may be the wrong one.
	limit := 1 << 20
	for n := e.structuralAbove(); n > 0 && limit > 0; n-- {
		line := e.above[n-1]
		above := strings.TrimLeft(line, " ")
		at := len(line) - len(above)
		if !structural(line) || at >= limit {
			continue
		}
		limit = at
		p := newExplainer(e.above, n)
		if own >= 2 && strings.HasPrefix(above, "- ") {
			p.move(above, at, own-2)
		}
		p.move(above, at, own)
		for _, c := range levels(p.above) {
			p.move(above, at, c)
		}
		e.fixes = append(e.fixes, p.fixes...)
	}
}

// odd says whether the line above stands out: the one before it begins where this
// one does.
func (e *explainer) odd(own int) bool {
	n := e.structuralAbove()
	before := explainer{above: e.above[:max(n-1, 0)]}
	m := before.structuralAbove()
	if n == 0 || m == 0 {
		return false
	}
	at := levels(e.above[:m])
	return len(at) > 0 && at[0] == own && len(e.above[n-1])-len(strings.TrimLeft(e.above[n-1], " ")) != own
}

// move explains a line that begins at a column but should at another.
func (e *explainer) move(body string, own, to int) {
	if own == to {
		return
	}
	side := "right"
	if to > own {
		side = "left"
	}
	e.add("yaml-indent", own, own+max(runes(firstWord(body)), 1), strings.Repeat(" ", to)+body, "the line begins too far to the "+side+" to belong to what stands around it",
		"indent it by "+count(to, "blank", "blanks")+" instead of "+itoa(own)+", or put the text above in quotes if it goes on here")
}

// levels are the columns (from 0) where keys and dashes above a line begin, the
// nearest first, from the innermost that is still open outwards.
func levels(above []string) []int {
	var out []int
	limit := 1 << 20
	for i := len(above) - 1; i >= 0 && limit > 0; i-- {
		body := strings.TrimLeft(above[i], " ")
		if body == "" || body[0] == '#' || strings.ContainsRune(body[:1], '\t') {
			continue
		}
		own := len(above[i]) - len(body)
		if own >= limit {
			continue
		}
		col := own
		columns := []int{col}
		for strings.HasPrefix(body, "- ") {
			rest := strings.TrimLeft(body[1:], " ")
			col += len(body) - len(rest)
			columns = append(columns, col)
			body = rest
		}
		for _, c := range slices.Backward(columns) {
			if c < limit && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		limit = own
	}
	return out
}
