package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// callee is what a call: runs, as far as its step must know. A Go function of a name
// comes before an endpoint of it.
type callee struct {
	name   string
	in     []parameter
	open   bool // nothing is known of what it takes
	out    typ
	silent bool // it gives nothing
	// endpoint is where it is, if it is no Go function.
	endpoint *endpoint
}

// callee finds a handler and reports an unknown one; nil if nothing is known of it.
func (c *checker) callee(name word) *callee {
	c.called[name.text] = true
	if i := slices.IndexFunc(c.handlers, func(s Signature) bool { return s.Name == name.text }); i >= 0 {
		s := c.handlers[i]
		return &callee{name: s.Name, in: s.in, open: s.open, out: s.out, silent: s.silent}
	}
	for _, e := range c.endpoints {
		switch {
		case e.Name != name.text:
		case e.broken:
			return nil
		default:
			return e.callee()
		}
	}
	if c.unsure || c.lenient || name.text == "" || c.slipped[name.text] {
		return nil
	}
	known := c.handlerNames()
	hint := didYouMean(name.text, known, "there are ")
	if len(known) == 0 {
		hint = "declare it in bot.yaml: handlers: {" + name.text + `: {post: "https://…"}}; a Go function of that name is known to the program that has it`
	}
	c.errorf("handler-unknown", name.span, hint, "unknown handler %q", name.text)
	return nil
}

// handlerNames are the handlers there are.
func (c *checker) handlerNames() []string {
	var out []string
	for _, e := range c.endpoints {
		out = append(out, e.Name)
	}
	for _, s := range c.handlers {
		if !contains(out, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}

// callee is the endpoint as calls see it.
func (e *endpoint) callee() *callee {
	a := &callee{name: e.Name, out: e.typ(), silent: len(e.Out) == 0, endpoint: e}
	for i := range e.In {
		a.in = append(a.in, parameter{name: e.In[i].Name, is: e.In[i].typ(), field: &e.In[i], needed: true})
	}
	return a
}

// typ is the type of what the endpoint answers.
func (h *Handler) typ() typ {
	t := record("what "+h.Name+" returns", h.Out)
	if h.Many {
		t.name = "an item of " + t.name
		return listOf(t)
	}
	return t
}

// given checks what a call gives its handler.
func (c *checker) given(to *callee, with []setting, at Span, s *scope) {
	for _, w := range with {
		c.template(w.value, s)
	}
	if to == nil || to.open {
		return
	}
	var names []string
	for _, p := range to.in {
		names = append(names, p.name)
	}
	misspelt := false
	for _, w := range with {
		i := slices.Index(names, w.name.text)
		if i < 0 {
			misspelt = true
			hint := didYouMean(w.name.text, names, "it takes ")
			switch {
			case len(names) == 0 && to.endpoint != nil:
				hint = "declare it in bot.yaml: in: {" + w.name.text + ": text}"
			case len(names) == 0:
				hint = "the Go function takes nothing: delete it"
			}
			c.errorf("handler-input", w.name.span, hint, "the handler %q takes no %q", to.name, w.name.text)
			continue
		}
		c.suits(w.value, to.in[i])
	}
	var missing []string
	for _, p := range to.in {
		if p.needed && !slices.ContainsFunc(with, func(w setting) bool { return w.name.text == p.name }) {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 && !misspelt {
		c.warnf("handler-input", at, "add with: {"+strings.Join(missing, ": …, ")+": …}", "the handler %q takes %s, and is not given it", to.name, strings.Join(missing, " and "))
	}
}

// suits reports a value that a parameter can never take.
func (c *checker) suits(t *template, p parameter) {
	if p.field != nil {
		c.fits(t, p.field)
		return
	}
	text, literal := t.literal()
	switch {
	case literal && p.is.kind == instantKind:
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			c.errorf("type", t.span, "write it as 2026-03-27T18:00:00Z", "%q does not fit: %s takes %s", text, p.name, p.is.describe())
		}
	case literal && p.is.kind != anyKind && p.is.kind != objectKind:
		if _, ok := p.is.convert(t.fixed); !ok {
			c.errorf("type", t.span, "write "+p.is.describe(), "%q does not fit: %s takes %s", text, p.name, p.is.describe())
		}
	case !t.typ().fits(p.is):
		c.errorf("type", t.span, "give it "+p.is.describe(), "%s takes %s, this is %s", p.name, p.is.describe(), t.typ().describe())
	}
}

// requests checks the templates of the endpoints, and reports those nobody calls.
func (c *checker) requests() {
	for _, e := range c.endpoints {
		s := newScope()
		for i := range e.In {
			s.names[e.In[i].Name] = e.In[i].typ()
		}
		for _, f := range e.In {
			if contains(reserved, f.Name) {
				c.errorf("name", e.name.span, "choose another name", "%q means something in expressions already", f.Name)
			}
		}
		c.template(e.url, s)
		for _, w := range e.body {
			c.template(w.value, s)
		}
	}
	for _, id := range c.order {
		if d := c.flows[id]; d.broken || c.out.failed(d.file) {
			return // it may call what nobody seems to
		}
	}
	for _, e := range c.endpoints {
		if !c.called[e.Name] && !e.broken {
			c.warnf("handler-unused", e.name.span, "delete it, or use it in a flow: - call: "+e.Name, "no flow calls %q", e.Name)
		}
	}
}

// bring makes of what a handler returned what the flow keeps. The error names no
// value.
func (a *callee) bring(v any) (any, error) {
	if a == nil {
		return bounded(plain(v))
	}
	if a.endpoint == nil {
		return bounded(fill(plain(v), a.out))
	}
	h := &a.endpoint.Handler
	if len(h.Out) == 0 {
		return nil, nil
	}
	if !h.Many {
		out, err := recordOf(h.Out, v)
		if err != nil {
			return nil, err
		}
		return bounded(fill(out, a.out))
	}
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("it must be a list")
	}
	if len(items) > maxChoices {
		return nil, fmt.Errorf("it has more than %d items", maxChoices)
	}
	out := make([]any, len(items))
	for i, item := range items {
		one, err := recordOf(h.Out, item)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		out[i] = one
	}
	return bounded(fill(out, a.out))
}

// nothing is what the flow keeps of a call that failed.
func (a *callee) nothing() any {
	if a == nil {
		return nil
	}
	return fill(nil, a.out)
}

// recordOf takes the declared fields of an answer. What is missing or empty is left
// out; an answer that has none of them is another one than was meant.
func recordOf(fields []Field, v any) (map[string]any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it must be a record")
	}
	out := make(map[string]any, len(fields))
	known := false
	var names []string
	for i := range fields {
		f := &fields[i]
		names = append(names, f.Name)
		value, there := given[f.Name]
		known = known || there
		if value == nil || value == "" {
			continue
		}
		if value, ok = f.accept(value); !ok {
			return nil, fmt.Errorf("%s must be %s", f.Name, f.describe())
		}
		out[f.Name] = value
	}
	if !known {
		return nil, fmt.Errorf("it has no %s", strings.Join(names, ", no "))
	}
	return out, nil
}

// records takes a list of records.
func (f *Field) records(v any) (any, bool) {
	items, ok := v.([]any)
	if !ok || len(items) > maxChoices {
		return nil, false
	}
	out := make([]any, len(items))
	for i, item := range items {
		one, err := recordOf(f.Of, item)
		if err != nil {
			return nil, false
		}
		out[i] = one
	}
	return out, true
}

// fill gives what is not set its value: booleans are false then, and lists empty.
func fill(v any, t typ) any {
	switch x := v.(type) {
	case nil:
		switch {
		case t.empty:
		case t.kind == boolKind:
			return false
		case t.kind == listKind:
			return []any{}
		}
	case map[string]any:
		for name, is := range t.fields {
			if of := fill(x[name], is); of != nil {
				x[name] = of
			}
		}
	case []any:
		if t.elem != nil {
			for i := range x {
				x[i] = fill(x[i], *t.elem)
			}
		}
	}
	return v
}

// bounded refuses what a session has no room for.
func bounded(v any) (any, error) {
	if n := len(appendValue(nil, v)); n > maxResult {
		return nil, fmt.Errorf("it is larger than %d KiB", maxResult>>10)
	}
	return v, nil
}
