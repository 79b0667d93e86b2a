package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// What was meant as {{ contact.city }} and is a text: the name alone, or as other
// tools write it.

var (
	// dotted is a name that may have been meant as a value.
	dotted = lazily(`\b(contact|event|item|interest|data)\.([\p{L}_][\p{L}\p{N}_]*)`)
	// bracketed is a name as other tools have it: [[city]], %city%, {city}, <city>.
	bracketed = lazily(`\[\[?\s*([\p{L}_][\p{L}\p{N}_. ]*?)\s*\]\]?|%([\p{L}_][\p{L}\p{N}_.]*)%|\$?\{\s*([\p{L}_][\p{L}\p{N}_ ]*?)\s*\}|<<?([\p{L}_][\p{L}\p{N}_]*)>>?`)
)

// placeholders warns of names in a text that people would read as they stand, and of
// a value that is the name of one.
func (c *checker) placeholders(t *template, s *scope) {
	if c.foreign || t.in == nil || !t.kept && !t.spoken || single.find(t.source, "{", 1) != nil {
		return
	}
	text := masked(t.source)
	if strings.Contains(text, "}}") {
		return // that was said, and what it belongs to
	}
	for _, at := range dotted.find(text, ".", -1) {
		if c.means(text[at[2]:at[3]], text[at[4]:at[5]], s) && alone(text, at[0], at[1]) {
			c.placeholder(t, at[0], at[1], text[at[0]:at[1]])
			return
		}
	}
	if t.kept {
		_, saved := s.look(t.source)
		if t.in.plain && t.source != "" && !contains(reserved, t.source) && saved || c.computes(t.source, s) {
			c.placeholder(t, 0, len(t.source), t.source)
		}
		return
	}
	for _, at := range bracketed.find(text, "[%{<", -1) {
		name := ""
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				name = text[at[g]:at[g+1]]
			}
		}
		if field := c.fieldMeant(name); field != "" {
			c.placeholder(t, at[0], at[1], "contact."+field)
			return
		}
	}
}

// placeholder reports the bytes from, to of a text that were meant as a value.
func (c *checker) placeholder(t *template, from, to int, name string) {
	at := t.in.at(runes(t.source[:from]), runes(t.source[:to]))
	one := t.in.span.Start.Line == t.in.span.End.Line
	if t.kept {
		if code := c.dialect.compile(t.source); code.err != nil || code.bounds != nil || t.parts != nil {
			return // a sentence
		}
		whole := "{{ " + t.source + " }}"
		found := c.warnf("template", t.span, "write "+quoted(whole), "this is kept as a text, letter by letter: an expression has two braces around it")
		if one {
			found.mend(t.span, quoted(whole))
		}
		return
	}
	braced := "{{ " + name + " }}"
	found := c.warnf("template", at, "did you mean "+braced+"?", "people read this as it stands: an expression has two braces")
	switch {
	case one && t.in.plain && from == 0:
		found.mend(t.in.span, quoted(braced+t.source[to:]))
	case one:
		found.mend(at, braced)
	}
}

// computes says whether a text is an expression that makes something of what is known
// here: total + 1, len(found), today().
func (c *checker) computes(text string, s *scope) bool {
	if !strings.ContainsAny(text, "+-*/%?(") {
		return false // a name, or words
	}
	code := c.dialect.compile(text)
	if code.err != nil || code.bounds != nil || code.late != nil {
		return false
	}
	switch code.tree.(type) {
	case *ast.CallNode, *ast.BuiltinNode: // today() reads no name
	case *ast.BinaryNode, *ast.ConditionalNode:
		if len(code.slots) == 0 {
			return false
		}
	default:
		return false
	}
	for i := range code.slots {
		if _, known := s.look(code.slots[i].path[0]); !known {
			return false
		}
	}
	return true
}

// means says whether root.name is something here.
func (c *checker) means(root, name string, s *scope) bool {
	switch root {
	case "contact":
		return !c.unsure && (contains(builtinFields, name) || c.bot.field(name) != nil)
	case "data":
		if c.data == nil {
			return false
		}
		_, ok := c.data.typ(name)
		return ok
	}
	for at := s; at != nil; at = at.parent {
		if is, ok := at.names[root]; ok {
			_, ok = is.fields[name]
			return ok
		}
	}
	return false
}

// fieldMeant is the field of the person that another tool calls so, or "".
func (c *checker) fieldMeant(name string) string {
	name = strings.ReplaceAll(fold(name), " ", "_")
	for _, prefix := range []string{"contact_", "user_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	switch {
	case name == "first_name" || name == "firstname" || name == "last_name":
		return strings.Replace(name, "firstname", "first_name", 1)
	case !c.unsure && c.bot.field(name) != nil:
		return name
	}
	return ""
}

// alone says whether the bytes from, to are a name by themselves, and no part of an
// address or a longer word.
func alone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	behind, size := utf8.DecodeRuneInString(text[to:])
	next, _ := utf8.DecodeRuneInString(text[to+min(size, len(text)-to):])
	return !strings.ContainsRune(`.@/_-`, before) && !strings.ContainsRune(`@/_-`, behind) && !(behind == '.' && unicode.IsLetter(next))
}

// masked is a text with blanks instead of its {{ }}.
func masked(text string) string {
	for at := strings.Index(text, "{{"); at >= 0; at = strings.Index(text, "{{") {
		end := len(text)
		if size := inside(text[at+2:]); size >= 0 {
			end = at + 2 + size + 2
		}
		text = text[:at] + strings.Repeat(" ", end-at) + text[end:]
	}
	return text
}
