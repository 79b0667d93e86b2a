package flows

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// fix is one explanation of a syntax error: its line (from 1) and columns (from 0),
// and that line without it.
type fix struct {
	code, message, hint string
	n, from, to         int
	line                string
	also                []edit // other lines that change with it
	blind               bool   // the line can be read then, and does not say what was meant
}

// edit is a line (from 1) as it would read.
type edit struct {
	n    int
	line string
}

// explain lists what may be wrong with a line (from 1), the likeliest first. Each
// explanation is tried; one that does not help is not the mistake.
func explain(lines []string, n int) []fix {
	e := newExplainer(lines, n)
	e.below = lines[n:]
	e.blanks()
	body := strings.TrimLeft(e.line, " \t")
	col := runes(e.line) - runes(body)
	if len(body) > 1 && body[0] == '-' && known(keyOf(body[1:])) {
		e.add("yaml-dash", col, col+1, e.replace(col, col+1, "- "), "a blank is missing behind the dash", "write: - "+body[1:])
	}
	e.stray()
	for strings.HasPrefix(body, "- ") {
		rest := strings.TrimLeft(body[1:], " ")
		col += runes(body) - runes(rest)
		body = rest
	}
	key, value := splitKey(body)
	if key == "" {
		key, value = splitQuoted(body)
	}
	if key == "" {
		e.missingColon(body, col)
		e.value("", body, col)
	} else {
		e.value(key, value, col+runes(body)-runes(value))
	}
	e.previous()
	if len(strings.Fields(body)) == 2 {
		e.anyColon(body, col)
	}
	e.noDash()
	e.noFirstDash()
	e.indent()
	e.anyColon(body, col)
	return e.fixes
}

// stray finds a bracket at the end of a line that closes nothing.
func (e *explainer) stray() {
	text := strings.TrimRight(e.line, " ")
	last := text[max(len(text)-1, 0):]
	opener := map[string]string{"}": "{", "]": "["}[last]
	if opener == "" || strings.Count(text, last) <= strings.Count(text, opener) {
		return
	}
	at := runes(text) - 1
	e.add("yaml-bracket", at, at+1, text[:len(text)-1], "this "+last+" closes nothing", "delete it, or open its bracket")
}

// previous explains the line above, where a missing colon makes this one unreadable.
func (e *explainer) previous() {
	n := e.structuralAbove()
	if n == 0 {
		return
	}
	p := newExplainer(e.above, n)
	p.stray()
	p.inside()
	body := strings.TrimRight(strings.TrimLeft(p.line, " "), " ")
	for strings.HasPrefix(body, "- ") {
		body = strings.TrimLeft(body[1:], " ")
	}
	col := runes(strings.TrimRight(p.line, " ")) - runes(body)
	if known(body) || namePattern.MatchString(body) {
		p.add("yaml-colon", col, col+runes(body), strings.TrimRight(p.line, " ")+":", `a colon is missing behind "`+body+`"`, "write: "+body+":")
	} else if key, _ := splitKey(body); key == "" {
		p.missingColon(body, col)
	}
	e.fixes = append(e.fixes, p.fixes...)
}

// inside looks into the brackets of a line on which they are not closed, because a
// # in them begins a comment.
func (e *explainer) inside() {
	at := strings.IndexAny(e.line, "[{")
	if at >= 0 && strings.Contains(e.line[at:], " #") {
		e.inline(strings.TrimRight(e.line[at:], " "), runes(e.line[:at]))
	}
}

// explainer collects explanations of one line.
type explainer struct {
	n     int
	line  string
	note  string // the comment behind the line, with the blanks in front of it
	above []string
	below []string
	fixes []fix
}

// newExplainer begins to explain a line (from 1).
func newExplainer(lines []string, n int) explainer {
	e := explainer{n: n, line: lines[n-1], above: lines[:n-1]}
	if at := strings.LastIndex(e.line, "  # "); at > 0 && structural(e.line) && !strings.ContainsAny(e.line[at:], "\"]}") {
		body := strings.TrimRight(e.line[:at], " ")
		e.line, e.note = body, e.line[len(body):]
	}
	return e
}

func (e *explainer) add(code string, from, to int, line, message, hint string) {
	e.fixes = append(e.fixes, fix{code: code, n: e.n, from: from, to: to, line: line + e.note, message: message, hint: hint})
}

// replace is the line with the columns from, to replaced.
func (e *explainer) replace(from, to int, with string) string {
	r := []rune(e.line)
	return string(r[:from]) + with + string(r[min(to, len(r)):])
}

// missingColon finds "say Bonjour" and "say:Bonjour".
func (e *explainer) missingColon(body string, col int) {
	verb := firstWord(body)
	if name, glued, ok := strings.Cut(verb, ":"); ok && (known(name) || namePattern.MatchString(name)) && strings.Trim(glued, "]}") != "" && !strings.HasPrefix(glued, "//") {
		from := col + runes(name)
		e.add("yaml-colon", col, from+1, e.replace(from, from+1, ": "), `a blank is missing behind "`+name+`:"`, "write: "+name+": "+strings.TrimSpace(body[len(name)+1:]))
		return
	}
	rest := strings.TrimSpace(strings.TrimPrefix(body, verb))
	if known(verb) {
		e.colonBehind(verb, verb, rest, col)
		return
	}
	for _, name := range vocabulary {
		if rest != "" && len(verb) > 3 && (levenshtein.ComputeDistance(verb, name) == 1 || swapped(verb, name)) {
			e.colonBehind(verb, name, rest, col)
			return
		}
	}
}

// colonBehind explains a key without colon; meant is how it is spelled.
func (e *explainer) colonBehind(verb, meant, rest string, col int) {
	value := rest
	if needsQuotes(rest) && !strings.ContainsAny(rest[:1], "[{\"'") {
		value = quoted(rest)
	}
	e.add("yaml-colon", col, col+runes(verb), string([]rune(e.line)[:col])+verb+": "+value, `a colon is missing behind "`+verb+`"`, "write: "+meant+": "+value)
}

// anyColon is the last guess: a word that could be a key, and no colon in the line.
func (e *explainer) anyColon(body string, col int) {
	word := firstWord(body)
	rest := strings.TrimSpace(strings.TrimPrefix(body, word))
	if colonIn(body) >= 0 && !strings.HasPrefix(rest, "{") || !namePattern.MatchString(word) || rest == "" {
		return
	}
	e.add("yaml-colon", col, col+runes(word), string([]rune(e.line)[:col])+word+": "+rest, `a colon is missing behind "`+word+`"`, "write: "+word+": "+rest)
}

// ownLine is the hint about a line that needs quotes and ends in what may be a comment: in
// the quotes people would read it.
const ownLine = "put a comment on a line of its own; if it belongs to the text, quote it all: "

// value finds what is wrong with a value that begins at a column.
func (e *explainer) value(key, value string, col int) {
	text := strings.TrimRight(value, " \t")
	if text == "" {
		return
	}
	end := col + runes(text)
	if key == "<<" {
		e.add("yaml-merge", col, end, "", "merge keys (<<) are not allowed", noMerge)
		e.fixes[len(e.fixes)-1].blind = true
		return
	}
	quote := func(code, message string, from, to int) {
		fixed := e.replace(col, end, quoted(text))
		hint := "put it in quotes: " + strings.TrimSpace(fixed)
		note := strings.Contains(text, " # ")
		if note {
			hint = ownLine + strings.TrimSpace(fixed)
		}
		if text[0] == '!' && bare(key) {
			hint = "write: " + key + ": not " + strings.TrimSpace(text[1:])
		}
		e.add(code, from, to, fixed, message, hint)
		e.fixes[len(e.fixes)-1].blind = note
	}
	first, rest := text[:1], text[1:]
	switch {
	case strings.HasPrefix(text, "{{"):
		quote("yaml-braces", "a value that begins with {{ must stand in quotes", col, end)
	case first == "{" && single().MatchString(text):
		fixed := e.replace(col, end, quoted(doubled(text)))
		e.add("yaml-braces", col, end, fixed, "a value that begins with { must stand in quotes, and an expression in two braces", "write: "+strings.TrimSpace(fixed))
	case first == "{" || first == "[":
		e.inline(text, col)
		e.add("yaml-syntax", col, end, e.replace(col, end, quoted(text)), "the brackets cannot be read as a list or map", "each [ and { is closed by its like, with commas between what stands in it; texts with other signs stand in quotes")
		e.fixes[len(e.fixes)-1].blind = true
	case first == "@" || first == "`" || first == "%":
		quote("yaml-start", "a value that begins with "+first+" must stand in quotes", col, end)
	case first == "*" || first == "&" || first == "!":
		quote("yaml-start", "a value that begins with "+first+" must stand in quotes: YAML has a meaning of its own for it", col, end)
	case first == `"` || first == "'":
		e.quotes(text, col)
	case first == "|" || first == ">":
		quote("yaml-start", "behind "+first+" the text begins on the next line", col, end)
	case strings.ContainsAny(first, "-?:") && (rest == "" || rest[0] == ' '), strings.ContainsAny(first, ",]}"):
		quote("yaml-start", "a value that begins with "+first+" must stand in quotes", col, end)
	default:
		if at := colonIn(text); at >= 0 && key != "" {
			from := col + runes(text[:at])
			if verb := text[:at]; contains(stepLists, key) && contains(verbs(), verb) {
				step := (&node{text: strings.TrimSpace(text[at+1:])}).sayable()
				fixed := e.replace(col, end, "[{"+verb+": "+step+"}]")
				e.add("yaml-dash", col, col+runes(verb), fixed, "a list of steps is needed here, and a step stands behind the colon", "write: "+strings.TrimSpace(fixed))
			}
			quote("yaml-colon", "a text with a colon in it must stand in quotes", from, from+1)
		}
		if key != "" {
			quote("yaml-syntax", "this value cannot be read as it is", col, end)
		}
	}
}
