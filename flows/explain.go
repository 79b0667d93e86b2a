package flows

import (
	"slices"
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

// quotes finds what is wrong with a quoted value.
func (e *explainer) quotes(text string, col int) {
	q := text[:1]
	end := col + runes(text)
	at := closing(text)
	if at < 0 {
		fixed := e.replace(end, end, q)
		e.add("yaml-quote", col, col+1, fixed, "the quote is never closed", "close it: "+strings.TrimSpace(fixed))
		return
	}
	if at < len(text)-1 {
		inner, message := text, "text stands behind the closing quote"
		if strings.HasSuffix(text, q) {
			inner, message = text[1:len(text)-1], "the quote closes here, in the middle of the text"
		}
		fixed := e.replace(col, end, quoted(inner))
		from := col + runes(text[:at])
		hint, note := "write: ", strings.Contains(text[at:], " # ")
		if note {
			hint = ownLine
		}
		e.add("yaml-quote", from, from+1, fixed, message, hint+strings.TrimSpace(fixed))
		e.fixes[len(e.fixes)-1].blind = note
	}
	if q == `"` {
		e.escapes(text, col)
	}
}

// escapes finds a backslash that means nothing in double quotes.
func (e *explainer) escapes(text string, col int) {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if strings.IndexByte(`0abt nvfre"/\N_LPxuU`+"\t", text[i+1]) >= 0 {
			i++
			continue
		}
		from := col + runes(text[:i])
		fixed := e.replace(from, from+1, `\\`)
		code := string([]rune(text[i:])[:2])
		e.add("yaml-escape", from, from+2, fixed, code+" means nothing in double quotes", `write \\ for a backslash, or use single quotes`)
		return
	}
}

// inline finds what is wrong inside [..] or {..} on one line.
func (e *explainer) inline(text string, col int) {
	r := []rune(text)
	var open []rune
	var bare [][2]int // texts that need quotes
	start := true     // an item or value begins here
	defer func() { e.several(bare) }()
	for i := 0; i < len(r); i++ {
		c := r[i]
		rest := string(r[i:])
		switch {
		case c == ' ':
		case start && strings.HasPrefix(rest, "{{"):
			token := templateAt(rest)
			to := i + runes(token)
			fixed := e.replace(col+i, col+to, quoted(token))
			e.add("yaml-braces", col+i, col+to, fixed, "a value that begins with {{ must stand in quotes", "put it in quotes: "+strings.TrimSpace(fixed))
			i, start = to-1, false
		case start && (c == '"' || c == '\''):
			at := closing(rest)
			if at < 0 {
				e.add("yaml-quote", col+i, col+i+1, e.line+string(c)+closers(open), "the quote is never closed", "close it: "+strings.TrimSpace(e.line+string(c)+closers(open)))
				return
			}
			i += runes(rest[:at])
			start = false
		case c == '[' || c == '{':
			open = append(open, c)
			start = true
		case c == ']' || c == '}':
			if len(open) == 0 || closers(open[len(open)-1:]) != string(c) {
				e.add("yaml-bracket", col+i, col+i+1, e.replace(col+i, col+i+1, ""), "this "+string(c)+" closes nothing", "delete it, or open its bracket")
				return
			}
			open = open[:len(open)-1]
			start = false
		case c == ',':
			start = true
		case c == ':' && (i+1 == len(r) || r[i+1] == ' '):
			start = true
		case start:
			n, needs := e.token(rest, col+i)
			if needs > 0 {
				bare = append(bare, [2]int{col + i, col + i + needs})
			}
			i += n - 1
			start = false
		}
	}
	if len(open) > 0 {
		fixed := e.line + closers(open)
		e.add("yaml-bracket", col, col+1, fixed, "the bracket is never closed", "close it: "+strings.TrimSpace(fixed))
	}
}

// token looks at an unquoted item inside brackets. It gives its length, and how much
// of it must stand in quotes.
func (e *explainer) token(rest string, col int) (n, needs int) {
	r := []rune(rest)
	colons := 0
	for n < len(r) && !strings.ContainsRune(",]}[{", r[n]) {
		if r[n] == ':' && n+1 < len(r) && r[n+1] == ' ' {
			if colons++; colons == 1 && known(strings.TrimSpace(string(r[:n]))) {
				return n, 0 // a key
			}
		}
		n++
	}
	text := strings.TrimRight(string(r[:n]), " ")
	code := "yaml-inline"
	switch {
	case text == "":
		return max(n, 1), 0
	case colons > 0:
		code = "yaml-colon"
	case strings.ContainsAny(text[:1], "@`%*&!|>"):
		code = "yaml-start"
	case !strings.Contains(text, "?") && !strings.Contains(text, " #"):
		return max(n, 1), 0
	}
	fixed := e.replace(col, col+runes(text), quoted(text))
	e.add(code, col, col+runes(text), fixed, "this text must stand in quotes", "put it in quotes: "+strings.TrimSpace(fixed))
	return max(n, 1), runes(text)
}

// several puts all of some stretches of the line into quotes.
func (e *explainer) several(spots [][2]int) {
	if len(spots) < 2 {
		return
	}
	fixed := explainer{line: e.line}
	r := []rune(e.line)
	for _, s := range slices.Backward(spots) {
		fixed.line = fixed.replace(s[0], s[1], quoted(string(r[s[0]:s[1]])))
	}
	e.add("yaml-inline", spots[0][0], spots[0][1], fixed.line, "this text must stand in quotes, as others on this line", "put them in quotes: "+strings.TrimSpace(fixed.line))
}
