package flows

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Outline is a flow as a picture of it shows it: what is written, in order.
type Outline struct {
	Flow        string
	Description string
	Triggers    []OutlineTrigger
	Steps       []OutlineStep
}

// OutlineTrigger is one item of triggers.
type OutlineTrigger struct {
	Kind  TriggerKind
	Value string // "stock, size", "0 9 * * MON"; empty of start and fallback
	Topic string // of a notification
	Where string
}

// OutlineStep is one step with those inside of it.
type OutlineStep struct {
	Address  string // its id, or its place: "3.else.1"
	Verb     string
	Text     string  // what stands behind the verb, templates as they are written
	Details  []Given // its other keys that hold values, in order; of a map or list one each
	Buttons  []OutlineButton
	Branches []OutlineBranch
	To       string // of go and run: the flow, or "flow#step"
}

// OutlineButton is a button or quick reply.
type OutlineButton struct {
	Label string
	Does  string // go, open, phone or opt_out
	To    string // the flow or "flow#step", the address, number or topic
}

// OutlineBranch is steps inside a step, or a flow in their place.
type OutlineBranch struct {
	Name  string // then, else, accepted …; options.2, variants.1
	Label string // of an option or variant
	To    string // the flow it goes to instead
	Steps []OutlineStep
}

// Outlines lists the flows of a bot in the order of their ids. The program's sources
// are read again for it.
func (p *Program) Outlines() []Outline {
	var out []Outline
	for _, file := range slices.Sorted(maps.Keys(p.Sources)) {
		id, ok := strings.CutSuffix(strings.TrimPrefix(file, "flows/"), ".yaml")
		if !ok || !strings.HasPrefix(file, "flows/") {
			continue
		}
		d := newDecoder(file, p.Sources[file], &reporter{sources: make(map[string]*source)})
		d.flow = id
		root := d.parse()
		if root == nil {
			continue
		}
		o := Outline{Flow: id, Description: root.get("description").plainText()}
		for _, n := range root.get("triggers").list() {
			o.Triggers = append(o.Triggers, outlineTrigger(n))
		}
		r := outliner{flow: id, verbs: make(map[string]Construct)}
		for _, c := range Grammar() {
			if c.Place == PlaceStep {
				r.verbs[c.Name] = c
			}
		}
		o.Steps = r.steps(root.get("steps"), "")
		out = append(out, o)
	}
	return out
}

// list is the items of a list; nil if it is none.
func (n *node) list() []*node {
	if n == nil || n.kind != listNode {
		return nil
	}
	return n.items
}

// plainText is a value in one text: of a list its items, of a map its keys with their
// values.
func (n *node) plainText() string {
	switch {
	case n == nil:
		return ""
	case n.kind == scalarNode:
		return n.text
	}
	var out []string
	for _, item := range n.items {
		out = append(out, item.plainText())
	}
	for _, p := range n.pairs {
		out = append(out, p.key.text+": "+p.value.plainText())
	}
	return strings.Join(out, ", ")
}

func outlineTrigger(n *node) OutlineTrigger {
	t := OutlineTrigger{Topic: n.get("topic").plainText(), Where: n.get("where").plainText()}
	for _, k := range triggerKinds {
		if v := n.get(string(k.kind)); v != nil {
			t.Kind, t.Value = k.kind, v.plainText()
		}
	}
	if t.Kind == OnStart || t.Kind == OnFallback {
		t.Value = ""
	}
	return t
}

// outliner reads the steps of one flow by the grammar.
type outliner struct {
	flow  string
	verbs map[string]Construct
}

func (r *outliner) steps(list *node, prefix string) []OutlineStep {
	var out []OutlineStep
	for i, n := range list.list() {
		if n.kind != mapNode {
			continue
		}
		address := n.get("id").plainText()
		if address == "" {
			address = prefix + strconv.Itoa(i+1)
		}
		out = append(out, r.step(n, address))
	}
	return out
}

func (r *outliner) step(n *node, address string) OutlineStep {
	st := OutlineStep{Address: address}
	var c Construct
	for _, p := range n.pairs {
		if found, ok := r.verbs[p.key.text]; ok {
			c, st.Verb = found, found.Name
		}
	}
	for _, p := range n.pairs {
		key := c.Key(p.key.text)
		switch {
		case key == nil || p.key.text == "id":
		case p.key.text == st.Verb:
			r.value(&st, p.value)
		case p.key.text == "buttons" || p.key.text == "quick_replies":
			for _, b := range p.value.list() {
				st.Buttons = append(st.Buttons, r.button(b))
			}
		case key.Takes[0].Kind == StepsValue:
			st.Branches = append(st.Branches, OutlineBranch{Name: p.key.text, Steps: r.steps(p.value, address+"."+p.key.text+".")})
		case p.key.text == "options" || p.key.text == "variants":
			for i, item := range p.value.list() {
				b := r.branch(item, p.key.text+"."+strconv.Itoa(i+1), address)
				st.Branches = append(st.Branches, b)
			}
		default:
			st.Details = append(st.Details, Given{p.key.text, p.value.plainText()})
		}
	}
	return st
}

// value reads what stands behind the verb.
func (r *outliner) value(st *OutlineStep, n *node) {
	switch {
	case st.Verb == "go" || st.Verb == "run":
		st.To = r.target(n.plainText())
		st.Text = st.To
	case n.kind == scalarNode && n.text == "true":
	case n.kind == mapNode && st.Verb == "set":
		for _, p := range n.pairs {
			st.Details = append(st.Details, Given{p.key.text, p.value.plainText()})
		}
	case n.kind == mapNode:
		for _, p := range n.pairs {
			if p.key.text == "on_timeout" {
				st.Branches = append(st.Branches, OutlineBranch{Name: p.key.text, Steps: r.steps(p.value, st.Address+".on_timeout.")})
				continue
			}
			if p.value.kind == listNode && len(p.value.items) > 0 && st.Text == "" { // of one_of, the first
				st.Text = p.value.items[0].plainText()
			} else {
				st.Details = append(st.Details, Given{p.key.text, p.value.plainText()})
			}
		}
	default:
		st.Text = n.plainText()
	}
}

// branch reads an option or variant.
func (r *outliner) branch(n *node, name, address string) OutlineBranch {
	label := n.get("label")
	if label == nil {
		label = n.get("name")
	}
	return OutlineBranch{
		Name: name, Label: label.plainText(), To: r.target(n.get("go").plainText()),
		Steps: r.steps(n.get("steps"), address+"."+name+"."),
	}
}

func (r *outliner) button(n *node) OutlineButton {
	b := OutlineButton{Label: n.get("label").plainText()}
	for _, does := range []string{"go", "open", "phone", "opt_out"} {
		if v := n.get(does); v != nil {
			b.Does, b.To = does, v.plainText()
		}
	}
	if b.Does == "go" {
		b.To = r.target(b.To)
	}
	return b
}

// target is where go: leads, with its flow.
func (r *outliner) target(to string) string {
	if strings.HasPrefix(to, "#") {
		return r.flow + to
	}
	return to
}
