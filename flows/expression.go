package flows

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// expression is one bare expression or the inside of one {{ }}.
type expression struct {
	source string
	in     *node // the scalar it stands in
	from   int   // where in the scalar's text, in runes
	span   Span
	is     typ
	code   *compiled // nil if it could not be parsed
	// unset is what stands for each name it reads where that is not set; nil: nothing
	// stands for any.
	unset []any
}

// newExpression reads a scalar as a bare expression.
func (d *decoder) newExpression(n *node, key string) *expression {
	if n.comment != "" {
		d.commentBehind(n, "an expression")
	}
	if inner, ok := strings.CutPrefix(strings.TrimSpace(n.text), "{{"); ok && strings.HasSuffix(inner, "}}") {
		inner = strings.TrimSpace(strings.TrimSuffix(inner, "}}"))
		bare := d.errorf("expression-braces", n.span, "write: "+key+": "+inner, "%q takes a bare expression, without {{ }}", key)
		if n.span.Start.Line == n.span.End.Line {
			bare.mend(n.span, quoted(inner))
		}
		return d.parseExpression(n, inner, runes(n.text[:strings.Index(n.text, inner)]))
	}
	if m := eachIn().FindStringSubmatch(n.text); m != nil && key == "each" {
		d.errorf("expression", n.span, "write each: "+m[1]+"; every item of it is called item", "each: takes the list alone").mend(n.span, quoted(m[1]))
		return d.parseExpression(n, m[1], runes(n.text)-runes(m[1]))
	}
	return d.parseExpression(n, n.text, 0)
}

// eachIn is a loop as other languages have it.
var eachIn = lazily(`^[\p{L}_]\w* in ([\p{L}_][\w.]*)$`)

// parseExpression compiles a stretch of a scalar's text, from a rune of it on.
func (d *decoder) parseExpression(n *node, source string, from int) *expression {
	lead := len(source) - len(strings.TrimLeft(source, " \t\n"))
	x := &expression{in: n, from: from + runes(source[:lead]), source: strings.TrimSpace(source)}
	x.span = x.at(0, runes(x.source))
	if x.source == "" {
		d.errorf("expression-empty", n.span, "write a name, like contact.first_name", "the expression is empty")
		return x
	}
	code := d.dialect.compile(strings.ReplaceAll(x.source, "\n", " "))
	switch {
	case code.err != nil:
		message, hint, from, to := explainExpression(x.source, code.err)
		d.errorf("expression-syntax", x.at(from, to), hint, "%s", message)
	case code.bounds != nil:
		d.errorf("expression-bound", x.span, "compute it in steps: set: saves what was found to a name", "the expression is too much: %v", code.bounds)
	default:
		x.code = code
	}
	return x
}

// commentBehind reports a comment behind an unquoted text.
func (d *decoder) commentBehind(n *node, what string) {
	line := d.src.line(n.span.End.Line)
	from := runes(line) - runes(n.comment)
	hint := "put the text in quotes"
	// "size #42" is part of the text; behind "# " may stand a note for the author, and
	// quotes would show that to people.
	note := what == "a text" && (n.comment == "#" || strings.HasPrefix(n.comment, "# "))
	if n.span.Start.Line == n.span.End.Line {
		text := strings.TrimRight(cutColumns(line, n.span.Start.Column-1), " ")
		hint = "if it belongs to " + strings.Replace(strings.Replace(what, "an ", "a ", 1), "a ", "the ", 1) + ", quote it all: " + strings.TrimSpace(withQuoted(line, n.span.Start.Column-1, text)) + "; a comment stands on a line of its own"
		if note {
			hint = ownLine + strings.TrimSpace(withQuoted(line, n.span.Start.Column-1, text))
		}
	}
	last := n.span.End.Line
	found := d.errorf("yaml-comment", d.src.span(last, from+1, runes(line)+1), hint, "YAML drops everything from # on, and here it stands behind %s", what)
	switch {
	case n.span.Start.Line != last, note:
	case what == "a text":
		found.mend(d.src.span(last, n.span.Start.Column, runes(line)+1), quoted(strings.TrimRight(cutColumns(line, n.span.Start.Column-1), " ")))
	default: // nobody computes with a #, so it is a comment
		indent := runes(line) - runes(strings.TrimLeft(line, " "))
		moved := strings.Repeat(" ", indent) + n.comment + "\n" + strings.TrimRight(string([]rune(line)[:from]), " ")
		found.mend(d.src.span(last, 1, runes(line)+1), moved)
	}
}

// at is the place of the runes from, to of the expression.
func (x *expression) at(from, to int) Span {
	return x.in.at(x.from+from, x.from+to)
}

func (x *expression) typ() typ {
	if x == nil {
		return anyType
	}
	return x.is
}

// truth is whether a condition holds. What is nil, or fails, does not hold.
func (x *expression) truth(e *env) bool {
	if x == nil {
		return false
	}
	v, err := x.value(e)
	holds, _ := v.(bool)
	return err == nil && holds
}

// nothingThere is how expr says that something is nil: of loops over it and of a part of
// it, as reflect does.
var nothingThere = []string{"nil", "zero Value", "cannot slice"}

// value evaluates the expression. What fails because something in it is nil is
// nil; any other failure is an error, which names no values.
func (x *expression) value(e *env) (any, error) {
	if x.code == nil || x.code.prog == nil && x.code.path == nil {
		return nil, errors.New("expression without code")
	}
	if x.code.path != nil {
		v := normal(x.read(e, 0, x.code.path))
		if x.code.instead != nil && isNil(v) {
			return x.code.instead, nil
		}
		return v, nil
	}
	s := e.surroundings
	if s.machine == nil {
		s.machine, s.vars = &vm.VM{MemoryBudget: maxMemory}, make(map[string]any, 8)
	}
	for i := range x.code.slots {
		slot := &x.code.slots[i]
		s.vars[slot.key] = x.read(e, i, slot.path)
	}
	if x.code.asks {
		s.vars[contextName] = e
	}
	v, err := s.machine.Run(x.code.prog, s.vars)
	if err != nil {
		if errors.Is(err, errEffort) {
			return nil, fmt.Errorf("the expression on line %d of %s %w", x.span.Start.Line, x.span.File, errEffort)
		}
		message := err.Error()
		var placed *file.Error
		if errors.As(err, &placed) {
			message = placed.Message
		}
		for _, says := range nothingThere {
			if strings.Contains(message, says) {
				return nil, nil
			}
		}
		return nil, fmt.Errorf("the expression on line %d of %s cannot be evaluated", x.span.Start.Line, x.span.File)
	}
	v = normal(v)
	if err := e.keep(v); err != nil {
		return nil, fmt.Errorf("the expression on line %d of %s %w", x.span.Start.Line, x.span.File, errEffort)
	}
	return v, nil
}

// read is the value of one of the names the expression reads. A boolean that is not set
// is false and a list empty; but of what is not there at all, nothing is known.
func (x *expression) read(e *env, slot int, path []string) any {
	v := e.resolve(path)
	if x.unset == nil || x.unset[slot] == nil || !isNil(v) {
		return v
	}
	if holder := path[:len(path)-1]; len(holder) > 0 && isNil(e.resolve(holder)) {
		return v
	}
	return x.unset[slot]
}

// shown is the value as people read it. A name of the person, which most texts begin with,
// is taken as it stands.
func (x *expression) shown(e *env) (string, error) {
	if c := x.code; c != nil && len(c.path) == 2 && c.path[0] == "contact" {
		if text, own := e.own(c.path[1]); own && text != "" {
			return text, nil
		}
	}
	v, err := x.value(e)
	if err != nil {
		return "", err
	}
	return e.show(v, x.is.printed()), nil
}

// isNil says whether a value is nothing, as ?? means it: an event that there is none of
// too.
func isNil(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case map[string]any:
		return x == nil
	case []any:
		return x == nil
	}
	return false
}

// normal brings what expr makes to what JSON keeps.
func normal(v any) any {
	switch x := v.(type) {
	case nil, bool, string, map[string]any:
		return v
	case float64:
		if !isFinite(x) {
			return nil
		}
		return v
	case int:
		return float64(x)
	case []any:
		for i, item := range x {
			switch item.(type) {
			case int, []string, []int, []float64:
				out := make([]any, len(x))
				copy(out, x[:i])
				for j := i; j < len(x); j++ {
					out[j] = normal(x[j])
				}
				return out
			}
		}
		return x
	case []string:
		return toList(x)
	case []int:
		return toList(x)
	case []float64:
		return toList(x)
	}
	return v
}

func toList[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = normal(v)
	}
	return out
}

// explainExpression puts an error of expr's parser in an author's words, with the
// runes it is about.
func explainExpression(source string, err *file.Error) (message, hint string, from, to int) {
	from, to = err.From, max(err.To, err.From+1)
	token := ""
	if r := []rune(source); from < len(r) {
		token = string(r[from:min(to, len(r))])
	}
	if message, hint, ok := explainForeign(source, token, from); ok {
		return message, hint, from, to
	}
	switch raw := err.Message; {
	case strings.Contains(raw, "EOF") || strings.Contains(raw, "end of expression"):
		return "the expression ends too soon", "something is missing at the end: a value, or a closing bracket", from, to
	case strings.Contains(raw, "unrecognized character") && strings.ContainsAny(token, "“”„«»‘’"):
		return "a curly quote stands here", `use straight quotes: "…" or '…'`, from, to
	case strings.Contains(raw, "unrecognized character"):
		return "this character means nothing in an expression", "delete it, or put the text it belongs to in quotes", from, to
	case strings.Contains(raw, "not terminated"):
		return "a quote is never closed", "close it in front of what follows", from, to
	case strings.Contains(raw, "coalesce"):
		return "?? beside another operator needs brackets", "write it like (contact.size ?? 0) > 40", from, to
	case strings.Contains(raw, "maximum allowed nodes"):
		return "the expression is too long", "compute it in steps: set: saves what was found to a name", from, to
	case strings.Contains(raw, "bad number syntax"):
		return "letters stand right behind a number", "write the number alone, as in contact.size > 4; texts stand in quotes", from, to
	case token == "=":
		return "a single = compares nothing", "write == to compare", from, to
	case token == "&" || token == "|":
		return "a single " + token + " means nothing here", `write "and" or "or"`, from, to
	case strings.EqualFold(token, "and"), strings.EqualFold(token, "or"), strings.EqualFold(token, "not"), strings.EqualFold(token, "in"):
		return token + " must be written in small letters", "write " + strings.ToLower(token), from, to
	case token == ":" && closure(source, from):
		return "braces right behind a comma hold a condition here, not a record", "put the record in brackets: map(list, ({name: .name}))", from, to
	case strings.Contains(raw, "unexpected token"):
		return "did not expect " + quoteToken(token) + " here", "texts stand in quotes; two conditions are joined by and, or", from, to
	default:
		return raw, "texts stand in quotes; names have letters, digits and _", from, to
	}
}

// closure says whether what stands in front of a place of an expression is the beginning of
// a record where expr reads a condition: map(list, {name
func closure(source string, at int) bool {
	before := strings.TrimRight(string([]rune(source)[:at]), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ")
	before, ok := strings.CutSuffix(before, "{")
	return ok && strings.HasSuffix(strings.TrimRight(before, " "), ",")
}

func quoteToken(token string) string {
	if strings.ContainsAny(token, `"'`) {
		return token
	}
	return `"` + token + `"`
}
