package flows

import "fmt"

// scope holds the names an expression may use at a place in a flow.
type scope struct {
	parent *scope
	names  map[string]typ
}

// declare adds what ask, set or run save: a bare name, or "contact.x" (which marks the field as filled from here on).
func (s *scope) declare(name word, t typ) {}

// with adds item, value, event, interest, topic for what stands inside.
func (s *scope) with(name string, t typ) *scope { return s }

// given is the scope where the condition x holds: fields it tests are filled there.
func (s *scope) given(x *expression) *scope { return s }

// checker checks what can only be known when all files are decoded.
type checker struct {
	bot   *Bot
	out   *reporter
	flows map[string]*draft
}

// draft is a flow as decoded, before its steps are linked.
type draft struct {
	id          string
	file        string
	description string
	inputs      []input
	triggers    []*Trigger
	steps       []*step
	moved       map[string]string // old step id → step id
	span        Span
	broken      bool // the file could not be read as YAML: nothing is known about its steps
}

// input is one declared input of a flow.
type input struct {
	name word
	is   typ
}

func (c *checker) errorf(code string, at Span, hint string, format string, args ...any) {
	c.out.report(Error, code, at, hint, fmt.Sprintf(format, args...))
}

func (c *checker) warnf(code string, at Span, hint string, format string, args ...any) {
	c.out.report(Warning, code, at, hint, fmt.Sprintf(format, args...))
}

// expression checks x in s; want is what the place needs (anyType: whatever). A nil x is fine.
func (c *checker) expression(x *expression, s *scope, want typ) {}

// template checks every {{ }} of t. A nil t is fine.
func (c *checker) template(t *template, s *scope) {}

// flow finds a flow by its id and reports an unknown one. "#id" is not part of the name.
func (c *checker) flow(name word) *draft { return c.flows[name.text] }

// topic finds a topic and reports an unknown one.
func (c *checker) topic(name word) *Topic { return nil }

// field finds a declared contact field and reports an unknown one; the name stands without "contact.".
func (c *checker) field(name word) *Field { return nil }
