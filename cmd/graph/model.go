package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// nodeKind says what a node of the picture is.
type nodeKind string

const (
	flowNode    nodeKind = "flow"
	noticeNode  nodeKind = "notice"  // a flow that a notification starts
	topicNode   nodeKind = "topic"   // what people agree to
	profileNode nodeKind = "profile" // a channel's menu and ice breakers
	builtinNode nodeKind = "builtin" // the preference centre, if something leads there
)

// node is a box of the picture: a flow with its steps, a topic, a channel's menu.
type node struct {
	kind  nodeKind
	id    string // the flow, the topic, the channel
	note  string // a description, a topic's title
	marks []mark // triggers
	steps []flows.OutlineStep
	taps  []flows.OutlineButton // of a profile

	card // measured
}

// mark is one line under a node's name.
type mark struct{ key, value, topic string }

// link leads from a place in a node to another node.
type link struct {
	from, to int    // nodes
	port     string // where it leaves: the address of a step, and what in it
	step     string // the step it leads to; empty: the first
	label    string
	kind     linkKind
}

type linkKind string

const (
	goesTo  linkKind = "go"      // go, a button, an option
	runs    linkKind = "run"     // and comes back
	consent linkKind = "consent" // opt_in to a topic, and from there to its notifications
	stops   linkKind = "stop"    // opt_out to the flow that speaks then
)

// model is a bot as nodes and links, in a fixed order.
type model struct {
	name  string
	nodes []*node
	links []link
	index map[string]int // of nodes, by kind and id
}

func modelOf(p *flows.Program) *model {
	m := &model{name: p.Bot.Name, index: make(map[string]int)}
	outlines := p.Outlines()
	asked := make(map[string]bool)
	for _, c := range p.Bot.Channels {
		if taps := profileTaps(c); len(taps) > 0 {
			m.add(&node{kind: profileNode, id: c.Name, note: "before the first message, and in the menu", taps: taps})
		}
	}
	for _, o := range outlines {
		n := &node{kind: flowNode, id: o.Flow, note: o.Description, steps: o.Steps}
		for _, t := range o.Triggers {
			if t.Topic != "" {
				n.kind = noticeNode
				asked[t.Topic] = true
			}
			n.marks = append(n.marks, mark{key: string(t.Kind), value: t.Value, topic: t.Topic})
		}
		m.add(n)
		everyStep(o.Steps, func(st *flows.OutlineStep) {
			if st.Verb == "opt_in" {
				asked[st.Text] = true
			}
		})
	}
	for _, t := range p.Bot.Topics {
		if asked[t.Name] {
			m.add(&node{kind: topicNode, id: t.Name, note: t.Title, marks: []mark{{key: "how often", value: strings.Join(t.Cadence, ", ")}}})
		}
	}
	if leadsToCentre(m, outlines) {
		m.add(&node{kind: builtinNode, id: centre, note: "topics, how often, quiet hours, pauses, language, delete me"})
	}
	m.connect(outlines)
	return m
}

// centre is the flow that every bot has: the preference centre.
const centre = "preferences"

// leadsToCentre says whether anything opens the built-in preference centre.
func leadsToCentre(m *model, outlines []flows.Outline) bool {
	_, own := m.index[string(flowNode)+" "+centre]
	found := false
	tap := func(does, to string) {
		id, _, _ := strings.Cut(to, "#")
		found = found || !own && does == "go" && id == centre
	}
	for _, n := range m.nodes {
		for _, b := range n.taps {
			tap(b.Does, b.To)
		}
	}
	for _, o := range outlines {
		everyStep(o.Steps, func(st *flows.OutlineStep) {
			found = found || st.Verb == "preferences"
			tap("go", st.To)
			for _, b := range st.Buttons {
				tap(b.Does, b.To)
			}
			for _, b := range st.Branches {
				tap("go", b.To)
			}
		})
	}
	return found
}

func (m *model) add(n *node) {
	m.index[n.key()] = len(m.nodes)
	m.nodes = append(m.nodes, n)
}

// key names a node. Flows are told apart by their id alone, whatever starts them.
func (n *node) key() string {
	if n.kind == noticeNode {
		return string(flowNode) + " " + n.id
	}
	return string(n.kind) + " " + n.id
}

// profileTaps are what can be tapped without a message, as buttons.
func profileTaps(c flows.Channel) []flows.OutlineButton {
	var out []flows.OutlineButton
	for _, b := range slices.Concat(c.IceBreakers, c.Menu) {
		tap := flows.OutlineButton{Label: b.Label, Does: "open", To: b.Open}
		if b.Phone != "" {
			tap.Does, tap.To = "phone", b.Phone
		}
		if p, ok := flows.DecodePayload(b.Payload); ok && p.Go != "" {
			tap.Does, tap.To = "go", p.Go
		} else if ok && p.OptOut != "" {
			tap.Does, tap.To = "opt_out", p.OptOut
		}
		out = append(out, tap)
	}
	return out
}

// everyStep visits steps and those inside of them.
func everyStep(steps []flows.OutlineStep, visit func(*flows.OutlineStep)) {
	for i := range steps {
		visit(&steps[i])
		for _, b := range steps[i].Branches {
			everyStep(b.Steps, visit)
		}
	}
}

// connect finds the links.
func (m *model) connect(outlines []flows.Outline) {
	for i, n := range m.nodes {
		for k, tap := range n.taps {
			m.tap(i, fmt.Sprintf("tap %d", k), tap)
		}
		everyStep(n.steps, func(st *flows.OutlineStep) {
			switch st.Verb {
			case "go", "run":
				kind := goesTo
				if st.Verb == "run" {
					kind = runs
				}
				m.lead(i, st.Address, st.To, "", kind)
			case "preferences":
				m.links = append(m.links, link{from: i, to: m.index[string(builtinNode)+" "+centre], port: st.Address, kind: runs})
			case "opt_in":
				if to, ok := m.index[string(topicNode)+" "+st.Text]; ok {
					m.links = append(m.links, link{from: i, to: to, port: st.Address, kind: consent})
				}
			}
			for k, b := range st.Buttons {
				m.tap(i, fmt.Sprintf("%s button %d", st.Address, k), b)
			}
			for _, b := range st.Branches {
				if b.To != "" {
					m.lead(i, st.Address+" "+b.Name, b.To, b.Label, goesTo)
				}
			}
		})
	}
	for _, o := range outlines {
		to := m.index[string(flowNode)+" "+o.Flow]
		for _, t := range o.Triggers {
			topic := t.Topic
			if t.Kind == flows.OnOptedIn {
				topic = t.Value
			}
			if from, ok := m.index[string(topicNode)+" "+topic]; ok {
				m.links = append(m.links, link{from: from, to: to, port: "", label: string(t.Kind), kind: consent})
			}
		}
	}
}

func (m *model) tap(from int, port string, b flows.OutlineButton) {
	if b.Does == "go" {
		m.lead(from, port, b.To, b.Label, goesTo)
	}
}

// lead adds a link to a flow or a step of it.
func (m *model) lead(from int, port, target, label string, kind linkKind) {
	id, step, _ := strings.Cut(target, "#")
	to, ok := m.index[string(flowNode)+" "+id]
	if !ok && id == centre {
		to, ok = m.index[string(builtinNode)+" "+centre]
	}
	if ok {
		m.links = append(m.links, link{from: from, to: to, port: port, step: step, label: label, kind: kind})
	}
}
