package flows

import (
	"slices"
	"strings"
)

// relocation is one entry of moved:, what something was called before and what it is
// called now:
//
//	moved:
//	  hello: intro            # the step with the id hello has the id intro now
//	  where: shops#where      # it stands in another flow
//	  sizes#ask: size         # it stood in the flow sizes, which is gone
//	  sizes#: fitting         # the flow sizes is this one now, in flows/fitting.yaml
//
// Buttons of old messages lead there, and who stands at the old step goes over to it.
type relocation struct{ from, to word }

// relocations decodes moved:.
func (d *decoder) relocations(f *fields) []relocation {
	n := f.node("moved")
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write moved: {old_id: new_id}", `"moved" takes old ids with new ones, this is %s`, n.describe())
		return nil
	}
	var out []relocation
	for _, p := range n.pairs {
		switch {
		case p.value.broken:
		case p.value.kind != scalarNode:
			d.errorf("shape", p.value.span, "write moved: {old_id: new_id}", "the id of a step is needed here, this is %s", p.value.describe())
		default:
			out = append(out, relocation{from: p.key, to: word{text: p.value.text, span: p.value.span}})
		}
	}
	return out
}

// ids are those of the flow's steps that have one.
func (d *draft) ids() []string {
	var out []string
	walk(d.steps, func(st *step) {
		if st.id.text != "" {
			out = append(out, st.id.text)
		}
	})
	return out
}

// source is what a relocation of a flow is about: "flow#id", or "flow#" for all of one.
func (r relocation) source(d *draft) string { return full(r.from.text, d) }

// aim is the "flow#id" it leads to, or "flow#".
func (r relocation) aim(d *draft) string {
	if strings.HasSuffix(r.from.text, "#") && !strings.Contains(r.to.text, "#") {
		return r.to.text + "#"
	}
	return full(r.to.text, d)
}

func full(name string, d *draft) string {
	switch {
	case !strings.Contains(name, "#"):
		return d.id + "#" + name
	case strings.HasPrefix(name, "#"):
		return d.id + name
	}
	return name
}

// moved checks the relocations of all flows.
func (c *checker) moved() {
	first := make(map[string]claim)
	aims := make(map[string]string)
	for _, id := range c.order {
		for _, r := range c.flows[id].moved {
			aims[r.source(c.flows[id])] = r.aim(c.flows[id])
		}
	}
	for _, id := range c.order {
		d := c.flows[id]
		for _, r := range d.moved {
			source := r.source(d)
			switch other, twice := first[source]; {
			case twice:
				c.errorf("moved", r.from.span, "keep one of the two", "%s says already where %q has gone", other.flow, r.from.text)
			case c.left(d, r):
				first[source] = claim{d.id, r.from.span}
				c.arrives(d, r, aims)
			}
		}
	}
}

// left says whether what was moved is gone from where it was.
func (c *checker) left(d *draft, r relocation) bool {
	flow, id, _ := strings.Cut(r.source(d), "#")
	from := c.flows[flow]
	whole := id == "" && strings.HasSuffix(r.from.text, "#")
	switch {
	case !whole && (!isStepID(id) || len(id) > 40):
		c.errorf("moved", r.from.span, "write the id that the step had; a step without an id cannot be moved", "%q is not the id of a step", r.from.text)
	case from == nil:
		return true
	case whole:
		c.errorf("moved", r.from.span, "delete this line, or the flow", "the flow %q is still there", flow)
	case from != d:
		c.errorf("moved", r.from.span, "write it in "+from.file+": moved: {"+id+": "+r.aim(d)+"}", "the flow %q is still there, and says itself where its steps have gone", flow)
	case contains(from.ids(), id):
		c.errorf("moved", r.from.span, "give that step its new id, or delete this line", "a step with the id %q is still there", id)
	default:
		return true
	}
	return false
}

// arrives reports a relocation that leads to nothing.
func (c *checker) arrives(d *draft, r relocation, aims map[string]string) {
	aim := r.aim(d)
	for seen := []string{r.source(d)}; aims[aim] != ""; aim = aims[aim] {
		if slices.Contains(seen, aim) {
			if slices.Min(seen) == seen[0] { // of one circle once
				c.errorf("moved", r.to.span, "let the last of them lead to a step that is there", "moved: leads in a circle")
			}
			return
		}
		seen = append(seen, aim)
	}
	flow, id, _ := strings.Cut(aim, "#")
	to := c.flows[flow]
	switch {
	case strings.HasSuffix(r.from.text, "#") && aim != d.id+"#":
		c.errorf("moved", r.to.span, "if it is this flow now, write "+r.from.text+": "+d.id+"; if it is another, write it in that one's file", "a whole flow is moved in the file of the flow it is now")
	case id == "" && !strings.HasSuffix(r.from.text, "#"):
		c.errorf("moved", r.to.span, "write the id of a step: "+r.to.text+"ID", "no step is named behind #")
	case to == nil:
		c.flow(word{text: flow, span: r.to.span})
	case to.broken || id == "" || contains(to.ids(), id):
	case len(to.ids()) == 0:
		c.errorf("step-missing", r.to.span, "give the step an id: - id: "+id, "the flow has no step with the id %q", id)
	default:
		c.errorf("step-missing", r.to.span, didYouMean(id, to.ids(), "the flow's ids are "), "the flow has no step with the id %q", id)
	}
}

// relocated is today's step for each name of before, of flows that were checked.
func (c *checker) relocated(flows map[string]*flow) map[string]*step {
	aims := make(map[string]string)
	for _, d := range c.flows {
		for _, r := range d.moved {
			aims[r.source(d)] = r.aim(d)
		}
	}
	out := make(map[string]*step, len(aims))
	for source, aim := range aims {
		for aims[aim] != "" {
			aim = aims[aim]
		}
		flow, id, _ := strings.Cut(aim, "#")
		fl := flows[flow]
		switch {
		case fl == nil:
		case id == "":
			out[source] = fl.first
		default:
			out[source] = fl.find(id)
		}
	}
	return out
}
