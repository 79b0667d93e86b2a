package flows

import (
	"slices"
	"strings"
)

// maxReread bounds how much text is parsed again to find the places of syntax errors.
const maxReread = 48 << 20

// repair explains a syntax error, reports it, and repairs its line, so that what
// follows can be read. YAML libraries seldom say where the mistake is, so the place
// is found by parsing ever shorter beginnings of the file: the first line that no
// longer parses holds it. Of the explanations of a line, the one with which most of
// the file can be read is the mistake. It is false if nothing more can be read.
func (d *decoder) repair(err error) bool {
	bad := d.culprit()
	if bad == 0 {
		line, _ := errorLine(err)
		d.unplaced(min(max(line, 1), len(d.src.lines)), err)
		return false
	}
	fixes := explain(d.src.lines, bad)
	best, ok := d.best(fixes, bad, true)
	if !ok {
		best, ok = d.best(fixes, bad, false)
	}
	if !ok {
		d.unplaced(bad, err)
		return false
	}
	found := d.out.force(Error, best.code, d.src.span(best.n, best.from+1, max(best.to+1, best.from+2)), best.hint, best.message)
	if !best.blind {
		d.mend(found, best)
	}
	d.src.repair(best.n, best.line)
	for _, other := range best.also {
		d.src.repair(other.n, other.line)
	}
	return true
}

// mend gives a finding the lines that an explanation changes.
func (d *decoder) mend(found finding, f fix) {
	with := map[int]string{f.n: f.line}
	first, last := f.n, f.n
	for _, other := range f.also {
		with[other.n] = other.line
		first, last = min(first, other.n), max(last, other.n)
	}
	var lines []string
	for n := first; n <= last; n++ {
		line, changed := with[n]
		if !changed {
			line = d.src.shown[n-1]
		}
		lines = append(lines, line)
	}
	found.mend(Span{File: d.src.file, Start: Pos{first, 1}, End: Pos{last, runes(d.src.shown[last-1]) + 1}}, strings.Join(lines, "\n"))
}

// best is the fix with which the file can be read farthest, and of those the one
// that leaves the fewest keys empty or twice, of the kind of the first that helps.
// quick looks only at those after which the bad line itself reads.
func (d *decoder) best(fixes []fix, bad int, quick bool) (best fix, ok bool) {
	reach, left := bad, 0 // the line the file can be read up to; flaws that are left
	for _, f := range fixes {
		if f.line == d.src.line(f.n) || ok && f.code != best.code {
			continue
		}
		was := d.src.lines
		d.src.lines = slices.Clone(was)
		d.src.lines[f.n-1] = f.line
		for _, other := range f.also {
			d.src.lines[other.n-1] = other.line
		}
		next, bare := bad, 0
		if !quick || f.code == "yaml-inline" || d.parses(bad) { // its brackets may close further down
			if next = d.culprit(); next == 0 {
				next = len(d.src.lines) + 1
			}
			if next > bad {
				bare = d.flaws(next - 1)
			}
		}
		d.src.lines = was
		if next > reach || ok && next == reach && bare < left {
			best, reach, left, ok = f, next, bare, true
		}
		if next > len(d.src.lines) && bare == 0 {
			break
		}
	}
	return best, ok
}

// flaws counts keys without value and keys that stand twice in the first n lines.
func (d *decoder) flaws(n int) int {
	text := strings.Join(d.src.lines[:n], "\n") + "\n"
	d.reread += len(text)
	doc, _, err := parseYAML(text)
	if err != nil || doc == nil {
		return 0
	}
	return countFlaws(doc, 0)
}

// parses says whether the first n lines are YAML.
func (d *decoder) parses(n int) bool {
	text := strings.Join(d.src.lines[:n], "\n") + "\n"
	d.reread += len(text)
	_, _, err := parseYAML(text)
	return err == nil
}

// culprit is the first line (from 1) with which the file does not parse, 0 if it
// does or if looking for it would take too long.
func (d *decoder) culprit() int {
	lines := d.src.lines
	if d.reread > maxReread || d.parses(len(lines)) {
		return 0
	}
	// Beginnings that end inside a quoted text or brackets do not parse either, but
	// longer ones do; so look again behind every such place.
	good, bad := 0, len(lines)
	for d.reread <= maxReread {
		for good+1 < bad {
			if middle := (good + bad) / 2; d.parses(middle) {
				good = middle
			} else {
				bad = middle
			}
		}
		later := 0
		for n := bad + 1; n < len(lines) && n <= bad+12; n++ {
			if d.parses(n) {
				later = n
				break
			}
		}
		if later == 0 {
			return bad
		}
		good, bad = later, len(lines)
	}
	return 0
}

// unplaced reports a syntax error on a line that nothing here explains.
func (d *decoder) unplaced(bad int, err error) {
	line := d.src.line(bad)
	from := runes(line) - runes(strings.TrimLeft(line, " "))
	_, message := errorLine(err)
	d.out.force(Error, "yaml-syntax", d.src.span(bad, from+1, max(runes(line)+1, from+2)),
		"quotes and brackets must be closed, and the keys of one step stand below one another", "this line cannot be read: "+message)
}
