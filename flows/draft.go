package flows

import "slices"

// draft is a flow as decoded, before its steps are linked.
type draft struct {
	id          string
	file        string
	description string
	inputs      []input
	triggers    []*Trigger
	steps       []*step
	moved       []relocation
	span        Span
	broken      bool // the file could not be read as YAML: nothing is known about its steps

	// shaky says that something in the file could not be read: what it would have
	// saved or asked is not known. mentioned are the names it may be.
	shaky     bool
	mentioned map[string]bool
}

// input is one declared input of a flow.
type input struct {
	name word
	is   typ
}

// decodeFlow reads a file of flows/.
func (d *decoder) decodeFlow(id string) *draft {
	d.flow = id
	out := &draft{id: id, file: d.src.file, span: Span{File: d.src.file, Start: Pos{1, 1}, End: Pos{1, 2}}}
	root := d.parse()
	if root == nil {
		out.broken = true
		return out
	}
	if root.kind == listNode {
		d.errorf("shape", root.span, "write steps: above them, and indent them", "a flow is a map with triggers: and steps:, this is a list")
		out.broken = true
		return out
	}
	f := d.fields(root, "flow")
	if f.n.broken {
		out.broken = true
		return out
	}
	out.span = root.span
	if w := f.plainText("description"); w != nil {
		out.description = w.text
	}
	for _, p := range f.entries("inputs", "input") {
		if field, ok := d.field(p, []string{"text", "number", "boolean", "date", "time", "list"}); ok {
			out.inputs = append(out.inputs, input{name: p.key, is: field.typ()})
		}
	}
	out.triggers = d.triggerList(f)
	if f.has("steps") {
		out.steps = d.stepList(f.node("steps"))
		if n := f.node("steps"); n != nil && n.kind == listNode && len(n.items) == 0 {
			d.errorf("flow-empty", f.key("steps"), "write at least one step: - say: Hello", "the flow has no steps")
		}
	} else if !slices.ContainsFunc(root.pairs, func(p pair) bool { return nearest(p.key.text, []string{"steps"}) != "" }) {
		d.errorf("flow-empty", out.span, "add steps: and what the flow does", "the flow has no steps")
	}
	out.moved = d.relocations(f)
	f.finish()
	out.shaky, out.mentioned = d.out.failed(out.file), d.mentioned
	return out
}
