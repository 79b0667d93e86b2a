package flows

import (
	"slices"
	"strings"
)

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
