package flows

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"
)

// setStep saves values, in the order they are written: to the contact, or to names
// of the flow. An expression that gives nil unsets.
//
//	set:
//	  contact.size: 42
//	  found: "{{ filter(data.shoes, .size == contact.size) }}"
type setStep struct{ values []setting }

// ownFields are what a flow may set of the contact beside the declared fields.
var ownFields = [...]string{"first_name", "last_name", "locale", "timezone"}

func decodeSet(d *decoder, f *fields) action {
	a := &setStep{values: f.settings("set")}
	if n := f.node("set"); n != nil && n.kind == mapNode && len(n.pairs) == 0 {
		d.errorf("key-missing", n.span, "write name: value, one to a line", "nothing is set")
	}
	return a
}

func (a *setStep) check(c *checker, _ *step, s *scope) {
	for _, v := range a.values {
		c.template(v.value, s)
		is := v.value.typ()
		if c.neverBegins(v, s) {
			is.empty = false // that was said
		}
		c.saved(v.name, s, is)
		field, ofContact := strings.CutPrefix(v.name.text, "contact.")
		if text, literal := v.value.literal(); literal && ofContact && field == "timezone" {
			if _, err := loadZone(text); err != nil {
				c.errorf("timezone", v.value.span, zoneHint(text), "unknown time zone %q", text)
			}
		}
		if text, literal := v.value.literal(); literal && ofContact && field == "locale" && languageTag(text) == "" {
			c.errorf("locale", v.value.span, "write a language like fr, or a language and country like pt_BR", "%q is not a language", text)
		}
		if f := c.bot.field(field); ofContact && f != nil {
			c.fits(v.value, f)
		}
	}
}

// neverBegins warns of a count of the person that is nil as long as it was never set:
// nil and one more is nil, so it stays so. It says whether it did.
func (c *checker) neverBegins(v setting, s *scope) bool {
	field, ofContact := strings.CutPrefix(v.name.text, "contact.")
	x := v.value.only()
	if !ofContact || x == nil || x.code == nil || !x.is.empty || s.root().shaky || c.out.failed(v.value.span.File) {
		return false
	}
	i := &inferrer{c: c, x: x, s: s}
	n := i.operand(x.code.tree, field)
	if n == nil {
		return false
	}
	start := "0"
	if x.is.textual() {
		start = "''"
	}
	from, to := extent(n)
	source := []rune(x.source)
	better := quoted("{{ " + string(source[:from]) + "(" + v.name.text + " ?? " + start + ")" + string(source[to:]) + " }}")
	found := c.warnf("may-be-empty", x.at(from, to), "write "+better, "%s may be empty, and then it stays so: nothing can be added to it", v.name.text)
	if in := v.value.in; in != nil && in.span.Start.Line == in.span.End.Line {
		found.mend(in.span, better)
	}
	return true
}

// operand is a field of the person where something is added to it or it is multiplied,
// or nil.
func (i *inferrer) operand(n ast.Node, field string) ast.Node {
	x, ok := n.(*ast.BinaryNode)
	if !ok || !contains(strings.Fields("+ - * / % **"), x.Operator) {
		return nil
	}
	for _, side := range []ast.Node{x.Left, x.Right} {
		if member, ok := side.(*ast.MemberNode); ok {
			of, contact := member.Node.(*ast.IdentifierNode)
			name, named := member.Property.(*ast.StringNode)
			if contact && named && of.Value == "contact" && name.Value == field {
				return side
			}
		} else if inner := i.operand(side, field); inner != nil {
			return inner
		}
	}
	return nil
}

// fits reports a value that a field can never take.
func (c *checker) fits(t *template, f *Field) {
	text, literal := t.literal()
	switch {
	case literal:
		if _, ok := f.accept(t.fixed); !ok && !c.out.raised(t.span, "template") {
			c.errorf("type", t.span, "write "+f.describe(), "%q does not fit: %s takes %s", text, f.Name, f.describe())
		}
	case !t.typ().fits(f.typ()):
		c.errorf("type", t.span, "give it "+f.describe()+", or save it to a name of the flow", "%s takes %s, this is %s", f.Name, f.describe(), t.typ().describe())
	}
}

// saved checks a name that a step saves to, and declares it.
func (c *checker) saved(name word, s *scope, t typ) {
	field, ofContact := strings.CutPrefix(name.text, "contact.")
	if !ofContact {
		if c.localName(name) {
			s.declare(name, t)
			return
		}
		// my-name is read as my minus name where it is used: say nothing more there.
		for _, part := range strings.FieldsFunc(name.text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
			if root := s.root(); !contains(reserved, part) && root.names[part].kind == anyKind {
				root.names[part] = anyType
			}
		}
		return
	}
	for _, own := range ownFields {
		if field == own {
			s.declare(name, textType)
			return
		}
	}
	if contains(builtinFields, field) {
		c.errorf("field-unknown", name.span, "save it to a name of the flow, or to a field of bot.yaml", "%s is what the platform says, and cannot be saved to", name.text)
		return
	}
	if c.field(name.from(len("contact."))) != nil {
		s.declare(name, t)
	} else if root := s.root(); root.names[field].kind == anyKind {
		root.names[field] = anyType // it may be meant wherever it is used
	}
}

func (a *setStep) run(m *machine, st *step) move {
	for _, s := range a.values {
		v, err := s.value.value(m.scope())
		if err == nil {
			err = m.save(s.name.text, v)
		}
		if err != nil {
			return fail(fmt.Errorf("set %s: %w", s.name.text, err))
		}
	}
	return st.onward()
}
