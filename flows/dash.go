package flows

import (
	"slices"
	"strings"
)

// stepLists are the keys whose values are lists of steps.
var stepLists = strings.Fields("steps then else otherwise accepted declined on_timeout on_error")

// noDash finds a step without its dash, below another step.
func (e *explainer) noDash() {
	body := strings.TrimLeft(e.line, " ")
	key, _ := splitKey(body)
	if !slices.Contains(verbs(), key) {
		return
	}
	own := len(e.line) - len(body)
	for n := len(e.above); n > 0; n-- {
		above := strings.TrimLeft(e.above[n-1], " ")
		at := len(e.above[n-1]) - len(above)
		if !structural(e.above[n-1]) || at > own || !strings.HasPrefix(above, "- ") {
			if at < own && structural(e.above[n-1]) && !strings.HasPrefix(above, "- ") && strings.HasSuffix(strings.TrimRight(above, " "), ":") {
				return // it is the first of a block
			}
			continue
		}
		// The step above has its verb already, so this is another.
		if verbIn(e.above[n-1:]) {
			e.add("yaml-dash", own, own+runes(key), strings.Repeat(" ", at)+"- "+body, "a dash is missing in front of this step", "write: - "+body)
		}
		return
	}
}

// verbIn says whether the item that begins on the first of some lines has a verb.
func verbIn(lines []string) bool {
	at := 0 // where its keys begin
	for i, line := range lines {
		body := strings.TrimLeft(line, " ")
		col := len(line) - len(body)
		if i == 0 {
			rest := strings.TrimLeft(body[1:], " ")
			col, body = col+len(body)-len(rest), rest
			at = col
		}
		if key, _ := splitKey(body); col == at && slices.Contains(verbs(), key) {
			return true
		}
	}
	return false
}

// noFirstDash finds a list of steps whose first has no dash, where a later one has:
// the keys of the first are those of a map.
func (e *explainer) noFirstDash() {
	body := strings.TrimLeft(e.line, " ")
	own := len(e.line) - len(body)
	if !strings.HasPrefix(body, "- ") {
		e.keyOfFirst(own)
		return
	}
	for n := len(e.above); n > 0; n-- {
		line := e.above[n-1]
		above := strings.TrimLeft(line, " ")
		at := len(line) - len(above)
		key, value := splitKey(strings.TrimLeft(strings.TrimLeft(above, "- "), " "))
		if !structural(line) || value != "" || !slices.Contains(stepLists, key) || at > own {
			continue
		}
		first := n
		for first < len(e.above) && !structural(e.above[first]) {
			first++
		}
		if first == len(e.above) {
			return
		}
		p := newExplainer(e.above, first+1)
		step := strings.TrimLeft(p.line, " ")
		verb, _ := splitKey(step)
		if col := len(p.line) - len(step); verb == "id" || slices.Contains(verbs(), verb) {
			p.add("yaml-dash", col, col+runes(verb), strings.Repeat(" ", own)+"- "+step, "a list of steps is needed here, and its first step has no dash", "put a dash in front: - "+step)
			f := &p.fixes[0]
			for i := first + 1; i < len(e.above); i++ {
				inner := strings.TrimLeft(e.above[i], " ")
				if by := own + 2 - col; structural(e.above[i]) && len(e.above[i])-len(inner)+by >= 0 {
					f.also = append(f.also, edit{i + 1, strings.Repeat(" ", len(e.above[i])-len(inner)+by) + inner})
				}
			}
			e.fixes = append(e.fixes, p.fixes...)
		}
		return
	}
}

// keyOfFirst finds the same where the line is the second of that first step.
func (e *explainer) keyOfFirst(own int) {
	n := e.structuralAbove()
	if n < 2 {
		return
	}
	p := newExplainer(e.above, n)
	step := strings.TrimLeft(p.line, " ")
	verb, _ := splitKey(step)
	col := len(p.line) - len(step)
	if m := p.structuralAbove(); m > 0 && own == col+2 && slices.Contains(verbs(), verb) && slices.Contains(stepLists, keyOf(p.above[m-1])) {
		p.add("yaml-dash", col, col+runes(verb), strings.Repeat(" ", col)+"- "+step, "a list of steps is needed here, and its first step has no dash", "put a dash in front: - "+step)
		e.fixes = append(e.fixes, p.fixes...)
	}
}
