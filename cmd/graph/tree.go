package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// spot is a step as the formats of text show it: one box with a name that holds
// letters, digits and _ only.
type spot struct {
	name string
	verb string
	text string
}

// join is an arrow between two spots, or from a spot to a node.
type join struct {
	from, to string
	label    string
	kind     linkKind
}

// tree is a bot as spots in groups, with arrows: what Mermaid and DOT draw themselves.
type tree struct {
	m      *model
	groups [][]spot // by node
	joins  []join
	names  map[string]string // of steps, by flow and address
	ports  map[string]string // where links leave, by node and port
}

func treeOf(p *flows.Program) *tree {
	t := &tree{m: modelOf(p), names: make(map[string]string), ports: make(map[string]string)}
	t.groups = make([][]spot, len(t.m.nodes))
	for i, n := range t.m.nodes {
		t.add(i, "", spot{name: fmt.Sprintf("n%d", i), verb: string(n.kind), text: about(n)})
		for k := range n.taps {
			t.ports[port(i, fmt.Sprintf("tap %d", k))] = fmt.Sprintf("n%d", i)
		}
		t.ports[port(i, "")] = fmt.Sprintf("n%d", i)
		t.list(i, n.steps, []string{fmt.Sprintf("n%d", i)}, "")
	}
	for _, l := range t.m.links {
		to := fmt.Sprintf("n%d", l.to)
		if name, ok := t.names[port(l.to, l.step)]; ok && l.step != "" {
			to = name
		}
		t.joins = append(t.joins, join{t.ports[port(l.from, l.port)], to, plain(l.label), l.kind})
	}
	return t
}

// about is what a node says of itself.
func about(n *node) string {
	out := plain(n.id)
	if n.kind == topicNode {
		return out + ": " + plain(n.note)
	}
	for _, k := range n.marks {
		out += strings.TrimRight("\n"+k.key+" "+plain(k.value), " ")
		if k.topic != "" {
			out += " → notifies " + plain(k.topic)
		}
	}
	return strings.TrimRight(out, " ")
}

func port(node int, name string) string { return fmt.Sprintf("%d %s", node, name) }

func (t *tree) add(node int, address string, s spot) {
	t.groups[node] = append(t.groups[node], s)
	if address != "" {
		t.names[port(node, address)] = s.name
		t.ports[port(node, address)] = s.name
	}
}

// list joins steps one after the other behind those that lead to them, and returns
// what leads on.
func (t *tree) list(node int, steps []flows.OutlineStep, before []string, label string) []string {
	for i := range steps {
		st := &steps[i]
		name := fmt.Sprintf("n%d_%d", node, len(t.groups[node]))
		t.add(node, st.Address, spot{name: name, verb: st.Verb, text: plain(textOf(st))})
		for _, b := range before {
			t.joins = append(t.joins, join{from: b, to: name, label: label})
			label = ""
		}
		for k := range st.Buttons {
			t.ports[port(node, fmt.Sprintf("%s button %d", st.Address, k))] = name
		}
		before = []string{name}
		if st.Verb == "go" || st.Verb == "end" {
			before = nil
		}
		after := before
		for _, b := range st.Branches {
			t.ports[port(node, st.Address+" "+b.Name)] = name
		}
		if onlyBy(st) {
			after = nil
		}
		for _, b := range st.Branches {
			text := b.Label
			if text == "" {
				text = strings.ReplaceAll(b.Name, "_", " ")
			}
			if len(b.Steps) > 0 {
				after = append(after, t.list(node, b.Steps, []string{name}, plain(text))...)
			} else if b.To == "" {
				after = append(after, name)
			}
		}
		before = after
	}
	return before
}

// onlyBy says whether one of a step's branches is taken in any case.
func onlyBy(st *flows.OutlineStep) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(st.Branches, func(b flows.OutlineBranch) bool { return b.Name == name })
	}
	return has("then") && has("else") || has("accepted") || has("options.1") || has("variants.1")
}
