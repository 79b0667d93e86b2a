package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// choices are what a question offers: a list, a map of labels and values, or a
// list that an expression gives.
type choices struct {
	fixed   []choice
	dynamic *template
}

// choice is one of a question's. In a list, the label is the value as well.
type choice struct {
	label, value *template
	payload      string // of the quick reply, where the value is fixed
}

// option is a choice as it is offered to somebody.
type option struct {
	label string
	value any
}

func (d *decoder) choices(f *fields) choices {
	var out choices
	n := f.node("choices")
	switch {
	case n == nil:
	case n.kind == scalarNode:
		out.dynamic = f.template("choices")
		if _, literal := out.dynamic.literal(); literal {
			d.errorf("shape", n.span, "write choices: ["+n.text+"]", "choices takes a list, this is a text").mend(n.span, n.listed())
			out.dynamic = nil
		}
	case n.kind == mapNode:
		for _, s := range f.settings("choices") {
			label := d.template(&node{kind: scalarNode, text: s.name.text, plain: true, span: s.name.span, src: d.src})
			out.fixed = append(out.fixed, choice{label: label, value: s.value})
		}
	default:
		for _, item := range n.items {
			if item.kind == mapNode {
				d.errorf("shape", item.span, "write choices: {"+strings.Join(n.labelled(), ", ")+"}", "choices are a list of texts, or labels with their values in one pair of braces")
				break // the others are alike
			}
			if t := d.template(item); t != nil {
				out.fixed = append(out.fixed, choice{label: t, value: t})
			}
		}
	}
	f.atMost("choices", maxQuickReplies, "choices")
	return out
}

// labelled are the items of a list that are maps, as {label: A, value: 1} or {A: 1}, as
// labels with their values.
func (n *node) labelled() (out []string) {
	for _, item := range n.items {
		label, value := item.get("label"), item.get("value")
		if label != nil && value != nil && label.kind == scalarNode && value.kind == scalarNode {
			out = append(out, label.sayable()+": "+value.sayable())
			continue
		}
		for _, p := range item.pairs {
			if p.value.kind == scalarNode && label == nil {
				out = append(out, (&node{text: p.key.text}).sayable()+": "+p.value.sayable())
			}
		}
	}
	if out == nil {
		out = []string{"LABEL: VALUE"}
	}
	return out
}

func (ch *choices) check(c *checker, s *scope, of *Field) {
	if ch.dynamic != nil {
		c.template(ch.dynamic, s)
		if t := ch.dynamic.typ(); !t.fits(listType) {
			c.errorf("type", ch.dynamic.span, "write choices: [a, b], or name a list", "choices takes a list, this is %s", t.describe())
		}
	}
	labels := make([]*template, len(ch.fixed))
	for i, k := range ch.fixed {
		labels[i] = k.label
	}
	c.twice(labels)
	for _, k := range ch.fixed {
		c.template(k.label, s)
		c.atMostRunes(k.label, maxLabel, "a choice")
		if k.value != k.label {
			c.template(k.value, s)
		}
		if text, ok := k.value.literal(); ok && strings.TrimSpace(text) != "" {
			if _, fits := of.accept(text); !fits {
				hint := "write one that fits, or change what the question or its field takes"
				if value := c.meant(of, text); value != "" && k.value == k.label {
					hint = "say what it stands for: choices: {" + (&node{text: text}).sayable() + ": " + value + "}"
				}
				c.errorf("choice", k.value.span, hint, "%q is no answer to this question: it asks for %s", text, of.describe())
				return // the others are hardly answers either
			}
		}
	}
}

// meant is what an answer of people stands for where a value of a type is asked for, as it
// is written there: true for Oui. It is empty where that is not clear.
func (c *checker) meant(of *Field, text string) string {
	switch of.Type {
	case "boolean":
		for _, v := range tongues {
			if slices.Contains(v.yes, fold(text)) {
				return "true"
			}
			if slices.Contains(v.no, fold(text)) {
				return "false"
			}
		}
	case "time":
		if v, ok := typedTime(text, c.tags()...); ok {
			return quoted(spell(v))
		}
	case "date":
		monday := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
		first, ok := typedDate(text, monday, c.tags()...)
		next, _ := typedDate(text, monday.AddDate(0, 0, 1), c.tags()...)
		for n := range 15 {
			if ok && first == monday.AddDate(0, 0, n).Format(time.DateOnly) && next == monday.AddDate(0, 0, n+1).Format(time.DateOnly) {
				return quoted(fmt.Sprintf("{{ add_days(today(), %d) }}", n))
			}
		}
	}
	return ""
}

// offered are the labels of a question, and the value of each, where all stand in the flow.
func (ch *choices) offered() [][2]string {
	out := make([][2]string, len(ch.fixed))
	for i, k := range ch.fixed {
		label, fixed := k.label.literal()
		value, kept := k.value.literal()
		if !fixed || !kept {
			return nil
		}
		out[i] = [2]string{label, value}
	}
	return out
}

// twice warns of two labels that are the same to whoever types them, in any language.
func (c *checker) twice(labels []*template) {
	for _, of := range append([]*localeFile{nil}, c.locales...) {
		first := make(map[string]bool, len(labels))
		for _, t := range labels {
			own := t
			if of != nil && t != nil {
				entry := of.texts[t.source]
				own = entry.value
			}
			text, fixed := own.literal()
			if !fixed {
				continue
			}
			folded := fold(text)
			if folded == "" {
				folded = strings.TrimSpace(text)
			}
			if first[folded] {
				c.warnf("value-twice", own.span, "give it another label", "two of them are called %q: whoever types that means the first", text)
				return
			}
			first[folded] = true
		}
	}
}

// none says that the question offers nothing.
func (ch *choices) none() bool { return len(ch.fixed) == 0 && ch.dynamic == nil }

// options are the choices in the person's language.
func (ch *choices) options(m *machine, e *env, of *Field) ([]option, error) {
	if ch.dynamic != nil {
		v, err := ch.dynamic.value(e)
		if err != nil {
			return nil, fmt.Errorf("choices: %w", err)
		}
		items, _ := plain(v).([]any)
		out := make([]option, 0, min(len(items), maxQuickReplies))
		for _, item := range items[:min(len(items), maxQuickReplies)] {
			if label := strings.TrimSpace(e.spoken(m.language).show(item, of.typ().printed())); label != "" {
				out = append(out, option{label, item})
			}
		}
		return out, nil
	}
	out := make([]option, 0, len(ch.fixed))
	for _, k := range ch.fixed {
		label, err := m.label(k.label, e)
		if err != nil {
			return nil, fmt.Errorf("choices: %w", err)
		}
		value, err := k.value.value(e)
		if err != nil {
			return nil, fmt.Errorf("choices: %w", err)
		}
		out = append(out, option{label, plain(value)})
	}
	return out, nil
}

// placed makes the payloads of choices that are the same for everybody.
func (ch *choices) placed(st *step) {
	for i := range ch.fixed {
		if c := &ch.fixed[i]; c.value != nil && c.value.parts == nil {
			c.payload = st.choice(plain(c.value.fixed))
		}
	}
}

// replies are the choices as quick replies.
func (ch *choices) replies(m *machine, st *step, e *env, of *Field) ([]QuickReply, error) {
	if len(ch.fixed) == 0 || slices.ContainsFunc(ch.fixed, func(c choice) bool { return c.payload == "" }) {
		options, err := ch.options(m, e, of)
		if err != nil {
			return nil, err
		}
		return st.replies(options), nil
	}
	out := make([]QuickReply, len(ch.fixed))
	for i := range ch.fixed {
		label, err := m.label(ch.fixed[i].label, e)
		if err != nil {
			return nil, fmt.Errorf("choices: %w", err)
		}
		out[i] = QuickReply{Label: label, Payload: ch.fixed[i].payload}
	}
	return out, nil
}

// fieldOptions are the options of a field of type choice, which nobody listed at
// the question.
func (m *machine) fieldOptions(of *Field) []option {
	out := make([]option, len(of.Options))
	for i, text := range of.Options {
		out[i] = option{text, text}
		if t := m.own.translation(m.language, text); t != nil {
			out[i].label = t.source
		}
	}
	return out
}

// same compares values as their spelling does: 42 is "42".
func same(a, b any) bool {
	return a == nil && b == nil || a != nil && b != nil && spell(a) == spell(b)
}

// spell writes a value in one way: 42, not 42.0; a text as it is.
func spell(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(appendValue(nil, plain(v)))
}
