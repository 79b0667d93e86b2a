package flows

import "strconv"

// flow is one flow, compiled: its steps know what follows them.
type flow struct {
	id          string
	description string
	inputs      []input
	first       *step            // nil if the flow has no steps
	steps       map[string]*step // by address
}

// link makes a flow of a draft that has no errors.
func link(d *draft) *flow {
	f := &flow{id: d.id, description: d.description, inputs: d.inputs, steps: make(map[string]*step)}
	f.link(d.steps, "", nil)
	if len(d.steps) > 0 {
		f.first = d.steps[0]
	}
	return f
}

// link gives steps their addresses and successors. An address is the step's id, or
// its place, from 1, behind that of the block it stands in: "3", "3.else.1",
// "size.otherwise.2".
func (f *flow) link(steps []*step, prefix string, after *step) {
	for i, st := range steps {
		st.flow, st.next = f, after
		if i+1 < len(steps) {
			st.next = steps[i+1]
		}
		st.address = st.id.text
		if st.address == "" {
			st.address = prefix + strconv.Itoa(i+1)
		}
		f.steps[st.address] = st
		if a, ok := st.do.(placed); ok {
			a.placed(st)
		}
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				f.link(b.steps, st.address+"."+b.name+".", st.next)
			}
		}
	}
}

// find is the step at an address; nil if there is none.
func (f *flow) find(address string) *step { return f.steps[address] }

// given keeps of some names the flow's inputs, in their types.
func (f *flow) given(names map[string]any) map[string]any {
	if len(f.inputs) == 0 {
		return nil
	}
	out := make(map[string]any, len(f.inputs))
	for _, in := range f.inputs {
		if v, ok := in.is.convert(names[in.name.text]); ok {
			out[in.name.text] = v
		}
	}
	return out
}

// typed converts those of some names that are the flow's inputs to their types.
func (f *flow) typed(names map[string]any) map[string]any {
	for _, in := range f.inputs {
		v, there := names[in.name.text]
		if !there {
			continue
		}
		if v, ok := in.is.convert(v); ok {
			names[in.name.text] = v
		} else {
			delete(names, in.name.text)
		}
	}
	return names
}

// convert gives a value the type; ok is false if it has no form of that type, or
// is nil.
func (t typ) convert(v any) (out any, ok bool) {
	v = plain(v)
	if v == nil {
		return nil, false
	}
	text, isText := v.(string)
	switch t.kind {
	case numberKind:
		if isText {
			return parseNumberValue(text)
		}
		_, ok = v.(float64)
	case boolKind:
		if isText {
			return text == "true", text == "true" || text == "false"
		}
		_, ok = v.(bool)
	case textKind:
		if n, is := v.(float64); is {
			return string(appendNumber(nil, n)), true
		}
		ok = isText
	case dateKind, timeKind, instantKind:
		ok = isText
	case listKind:
		_, ok = v.([]any)
	case objectKind:
		_, ok = v.(map[string]any)
	default:
		ok = true
	}
	return v, ok
}

func parseNumberValue(text string) (any, bool) {
	n, ok := parseNumber(text)
	return n, ok
}
