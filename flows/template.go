package flows

import (
	"strings"
	"unicode/utf8"
)

// maxTemplate bounds the length of what a template makes, in bytes.
const maxTemplate = 20_000

// template is a text with {{ }}. Its source is also the key of its translations.
type template struct {
	source string
	in     *node
	span   Span
	parts  []part
	// kept says that the value itself is wanted, not a text for people: with:,
	// about:, set:. Nothing is said about values that may be nil there.
	kept   bool
	spoken bool // people read it
	fixed  any  // the value, if there is no {{ }}
	is     typ
}

// part is a stretch of text, or an expression.
type part struct {
	text string
	x    *expression
}

// readable are the keys whose texts people read. A comment behind such a text,
// unquoted, was hardly meant as one.
var readable = []string{"", "say", "ask", "choose", "label", "title", "subtitle", "retry", "greeting", "intro", "payment", "merchant"}

// single is a name in single braces, where two were meant.
var single = lazily(`\{\s*((?:contact|event|interest|data|item)\.[\p{L}\p{N}_.]+)\s*\}`)

// doubled is a text with such names in two braces.
func doubled(s string) string { return single().ReplaceAllString(s, "{{ $1 }}") }

// unbraced warns of a name in single braces, which people would read as it is.
func (d *decoder) unbraced(n *node) (half bool) {
	for _, at := range single.find(n.text, "{", 1) {
		if at[0] > 0 && n.text[at[0]-1] == '{' {
			continue
		}
		from, to := runes(n.text[:at[0]]), runes(n.text[:at[1]])
		meant := doubled(n.text[at[0]:at[1]])
		if strings.HasPrefix(n.text[at[1]:], "}") {
			half = true
			d.errorf("template", n.at(from, to+1), "write "+meant, "an expression begins with two braces, and this with one").mend(n.at(from, to+1), meant)
			continue
		}
		d.warnf("template", n.at(from, to), "did you mean "+meant+"?", "people read this as it stands: an expression has two braces").mend(n.at(from, to), meant)
	}
	return half
}

// unescaped warns of a \n that is none: only double quotes make a line break of it.
func (d *decoder) unescaped(n *node) {
	at := strings.Index(n.text, `\n`)
	if at < 0 || !n.plain && n.style != singleStyle {
		return
	}
	from := runes(n.text[:at])
	found := d.warnf("yaml-escape", n.at(from, from+2), `put the text in double quotes, or write say: | and the lines below it`, `people read this \n as it stands: it is a line break in double quotes only`)
	if n.span.Start.Line == n.span.End.Line {
		found.mend(n.span, strings.ReplaceAll(`"`+strings.ReplaceAll(strings.ReplaceAll(n.text, `\`, `\\`), `"`, `\"`)+`"`, `\\n`, `\n`))
	}
}

// tagged is what web pages and other tools mark texts with: <b>, **bold**, [here](address).
var tagged = lazily(`(?i)</?(?:b|i|u|em|strong|br|p|a|span|div|ul|ol|li|h[1-6])(?:\s[^<>]*)?/?>|\*\*[^*\n]+\*\*|\[[^\]\n]+\]\(https?://[^)\s]+\)`)

// markup warns of marks that people would read.
func (d *decoder) markup(n *node) {
	if !strings.ContainsAny(n.text, "<*[") {
		return
	}
	at := tagged().FindStringIndex(n.text)
	if at == nil {
		return
	}
	from, to := runes(n.text[:at[0]]), runes(n.text[:at[1]])
	d.warnf("markup", n.at(from, to), "write the text alone; a page opens by buttons: [{label: …, open: …}]", "people read this as it stands: a message has neither tags nor bold words")
}

// newTemplate reads a scalar as a text with {{ }}. key says where it stands: "" in a
// list of texts, "=" where the value itself is wanted.
func (d *decoder) newTemplate(n *node, key string) *template {
	t := &template{source: n.text, in: n, span: n.span, kept: key == "="}
	open, half := strings.Contains(n.text, "{{"), false
	if contains(readable, key) {
		d.spoken, t.spoken = append(d.spoken, t), true
		half = d.unbraced(n)
		d.unescaped(n)
		d.markup(n)
		if strings.TrimSpace(n.text) == "" {
			d.errorf("text-empty", n.span, "write the words people read, or delete it", "there is nothing in this text, and the platform takes none that is empty")
		}
	}
	if n.swallowed() && (open || contains(readable, key)) {
		d.commentBehind(n, "a text")
	}
	if !open {
		if at := strings.Index(n.text, "}}"); at >= 0 && !half {
			from := runes(n.text[:at])
			d.errorf("template", n.at(from, from+2), "write {{ in front of the expression", "}} closes nothing")
		}
		t.fixed, t.is = n.text, textType
		if v, ok := literal(n); ok && t.kept {
			t.fixed = v
			if t.is = numberType; n.text == "true" || n.text == "false" {
				t.is = boolType
			}
		}
		return t
	}
	d.split(t)
	return t
}

// literal is an unquoted scalar that is a number, true or false.
func literal(n *node) (any, bool) {
	if !n.plain {
		return nil, false
	}
	switch n.text {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	v, ok := parseNumber(n.text)
	return v, ok
}

// split takes a text with {{ }} apart.
func (d *decoder) split(t *template) {
	text, at := t.source, 0 // at: bytes done
	for {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			break
		}
		open += at
		if open > at {
			t.parts = append(t.parts, part{text: text[at:open]})
		}
		size := inside(text[open+2:])
		if size < 0 {
			from := runes(text[:open])
			d.errorf("template", t.in.at(from, from+2), "write }} behind the expression", "{{ is never closed")
			t.parts = append(t.parts, part{text: "…"}) // it is no literal
			return
		}
		source := text[open+2 : open+2+size]
		if statement.MatchString(strings.TrimSpace(source)) {
			from := runes(text[:open])
			d.errorf("expression-syntax", t.in.at(from, from+4+runes(source)), statementHint, "{{ }} shows a value, and does nothing else")
			t.parts = append(t.parts, part{text: "…"})
			return // what follows belongs to it
		}
		t.parts = append(t.parts, part{x: d.parseExpression(t.in, source, runes(text[:open+2]))})
		at = open + 2 + size + 2
	}
	if at < len(text) {
		t.parts = append(t.parts, part{text: text[at:]})
	}
	t.is = textType
}

// inside is the length of an expression up to the }} that closes it, -1 if none
// does. Braces and quotes of the expression are its own.
func inside(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'', '`':
			end := closingQuote(s[i:])
			if end < 0 {
				return strings.Index(s, "}}")
			}
			i += end
		case '{', '(', '[':
			depth++
		case '}':
			if depth == 0 && strings.HasPrefix(s[i:], "}}") {
				return i
			}
			depth--
		case ')', ']':
			depth--
		}
	}
	return strings.Index(s, "}}")
}

// closingQuote is where the quoted text s begins with ends in an expression, or -1.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == s[0]:
			return i
		}
	}
	return -1
}

func (t *template) typ() typ {
	if t == nil {
		return anyType
	}
	return t.is
}

// literal is the text of a template without {{ }}.
func (t *template) literal() (string, bool) {
	if t == nil || t.parts != nil {
		return "", false
	}
	return t.source, true
}

// shortest is the length of what a template makes if all its {{ }} are empty, in what
// size counts.
func (t *template) shortest(size func(string) int) int {
	if t.parts == nil {
		return size(t.source)
	}
	n := 0
	for _, p := range t.parts {
		n += size(p.text)
	}
	return n
}

// only is the expression of a template that is exactly one {{ }}, or nil.
func (t *template) only() *expression {
	if len(t.parts) == 1 {
		return t.parts[0].x
	}
	return nil
}

// text is what a person reads: the translation into a language, if there is one,
// filled in.
func (t *template) text(e *env, language string) (string, error) {
	if t == nil {
		return "", nil
	}
	if own := e.p.translation(language, t.source); own != nil {
		t = own
	}
	return t.fill(e.spoken(language))
}

// value is the template's value: of exactly one {{ }} the value of its expression,
// else a text.
func (t *template) value(e *env) (any, error) {
	if t == nil {
		return nil, nil
	}
	if x := t.only(); x != nil {
		return x.value(e)
	}
	if t.parts == nil {
		return t.fixed, nil
	}
	return t.fill(e)
}

func (t *template) fill(e *env) (string, error) {
	if t.parts == nil {
		return t.source, nil
	}
	var b strings.Builder
	b.Grow(len(t.source) + 16)
	for i := range t.parts {
		p := &t.parts[i]
		if p.x == nil {
			b.WriteString(p.text)
			continue
		}
		shown, err := p.x.shown(e)
		if err != nil {
			return "", err
		}
		b.WriteString(shown)
		if b.Len() > maxTemplate {
			break
		}
	}
	return clip(b.String(), maxTemplate), nil
}

// clip cuts a text to at most n bytes, at a whole rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
