package graph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// Measures of a card, in pixels.
const (
	cardWidth  = 310.0 // of a flow whose steps are not nested
	indent     = 20.0  // of each branch
	pad        = 12.0
	verbWidth  = 62.0 // the column of verbs
	lineHeight = 16.0
	tapHeight  = 22.0
	stepGap    = 8.0
	textSize   = 12.0
	smallSize  = 11.0
	nameSize   = 15.0
	textLines  = 3
	maxIndents = 6 // deeper branches are not indented further
)

// card is what stands in a node, measured from its upper left corner.
type card struct {
	w, h    float64
	x, y    float64 // set when it is placed
	name    string
	note    []string
	marks   []line
	boxes   []box
	labels  []line // of branches
	rails   []rail
	ports   map[string]float64 // where links leave, from the top
	landing map[string]float64 // where links to a step arrive
}

// line is one line of text, its baseline at y.
type line struct {
	x, y  float64
	key   string // in front, in another colour
	text  string
	full  string // for who points at it
	class string
}

// box is one step.
type box struct {
	x, y, w, h float64
	verb       string
	lines      []line
	taps       []tap
	full       string
}

// tap is a button, quick reply or choice.
type tap struct {
	x, y, w float64
	text    string
	leads   bool // a link leaves from it
}

// rail is a line that joins the steps of a list, or leads to a branch.
type rail struct{ x1, y1, x2, y2 float64 }

// measure lays out what stands in a node.
func (n *node) measure() {
	c := &n.card
	c.ports, c.landing = make(map[string]float64), make(map[string]float64)
	c.w = cardWidth + indent*float64(min(depthOf(n.steps), maxIndents))
	if n.kind == topicNode || n.kind == builtinNode {
		c.w = 250
	}
	c.name = cut(plain(n.id), nameSize, c.w-2*pad)
	y := pad + nameSize
	c.note = wrap(n.note, smallSize, c.w-2*pad, 2)
	y += float64(len(c.note)) * 15
	for _, k := range n.marks {
		y += 18
		key := k.key
		value := plain(k.value)
		full := value
		room := c.w - 2*pad - width(key, smallSize) - 10
		if k.topic != "" {
			value, full = value+" → notifies "+plain(k.topic), full+" notifies "+plain(k.topic)
		}
		c.marks = append(c.marks, line{x: pad, y: y, key: key, text: cut(value, smallSize, room), full: full})
	}
	if n.kind == topicNode {
		c.ports[""] = y / 2
	}
	c.landing[""] = pad + nameSize - 5
	y += pad
	for i, t := range n.taps {
		y += c.tapLine(pad, y, c.w-2*pad, t, fmt.Sprintf("tap %d", i), nil)
	}
	if len(n.steps) > 0 {
		y = c.list(n.steps, pad, y, 0)
	}
	c.h = y + 4
}

// depthOf is how deep branches are nested.
func depthOf(steps []flows.OutlineStep) int {
	depth := 0
	for _, st := range steps {
		for _, b := range st.Branches {
			depth = max(depth, 1+depthOf(b.Steps))
		}
	}
	return depth
}

// list lays out steps one below the other, and returns where it ends.
func (c *card) list(steps []flows.OutlineStep, x, y float64, depth int) float64 {
	top, last := y, y
	for i := range steps {
		last = y
		y = c.step(&steps[i], x, y, depth)
	}
	if len(steps) > 1 {
		c.rails = append(c.rails, rail{x + 8, top + 6, x + 8, last + 6})
	}
	return y
}

// step lays out one step and its branches.
func (c *card) step(st *flows.OutlineStep, x, y float64, depth int) float64 {
	b := box{x: x, y: y, w: c.w - pad - x, verb: st.Verb, full: st.Verb + ": " + plain(st.Text)}
	room := b.w - verbWidth - 10
	at := y + 17
	put := func(texts []string, class string) {
		for _, t := range texts {
			b.lines = append(b.lines, line{x: x + verbWidth, y: at, text: t, class: class})
			at += lineHeight
		}
	}
	put(wrap(slots.ReplaceAllString(textOf(st), "‹$1›"), textSize, room, textLines), "")
	for _, d := range detailsOf(st) {
		b.full += "\n" + d.Path + ": " + plain(d.Value)
		put([]string{cut(d.Path+" "+slots.ReplaceAllString(plain(d.Value), "‹$1›"), smallSize, room)}, "detail")
	}
	if len(b.lines) == 0 {
		at += lineHeight
	}
	c.landing[st.Address], c.ports[st.Address] = y+13, y+13
	at -= 8
	for i, t := range st.Buttons {
		at += c.tapLine(x+verbWidth, at, room, t, fmt.Sprintf("%s button %d", st.Address, i), &b)
	}
	b.h = at - y
	c.boxes = append(c.boxes, b)
	y = at + stepGap
	inner := x
	if depth < maxIndents {
		inner += indent
	}
	for _, br := range st.Branches {
		if len(br.Steps) == 0 && br.To == "" && br.Label == "" {
			continue
		}
		label := strings.ReplaceAll(br.Name, "_", " ")
		if br.Label != "" {
			label = br.Label
		}
		c.rails = append(c.rails, rail{x + 8, y + 6, inner - 2, y + 6}, rail{x + 8, b.y + b.h, x + 8, y + 6})
		class := "branch"
		if br.Label != "" {
			class = "branch option"
		}
		c.labels = append(c.labels, line{x: inner, y: y + 10, text: cut(plain(label), smallSize, c.w-pad-inner-30), full: plain(label), class: class})
		c.ports[st.Address+" "+br.Name] = y + 6
		y += 18
		if len(br.Steps) > 0 {
			y = c.list(br.Steps, inner, y, depth+1)
		}
	}
	return y
}

// tapLine lays out one button, in a box or in the card itself, and returns its height.
func (c *card) tapLine(x, y, room float64, b flows.OutlineButton, port string, in *box) float64 {
	text := plain(b.Label)
	switch b.Does {
	case "open":
		text += " ↗"
	case "phone":
		text += " ☎"
	case "opt_out":
		text += " ⊘"
	case "go":
		text += " →"
	}
	text = cut(text, smallSize, room-16)
	t := tap{x: x, y: y, w: width(text, smallSize) + 14, text: text, leads: b.Does == "go"}
	c.ports[port] = y + 9
	if in == nil {
		c.boxes = append(c.boxes, box{taps: []tap{t}})
	} else {
		in.taps = append(in.taps, t)
	}
	return tapHeight
}

// slots are the {{ }} of a text. The picture shows what comes there, without the
// default that stands in for it.
var slots = regexp.MustCompile(`\{\{\s*(.*?)\s*(?:\?\?.*?)?\}\}`)

// textOf is what a step shows behind its verb.
func textOf(st *flows.OutlineStep) string {
	switch st.Verb {
	case "end":
		return "the flow ends"
	case "preferences":
		return "the preference centre"
	case "hand_over":
		return "people take over"
	case "go", "run":
		return "→ " + st.To
	}
	return st.Text
}

// detailsOf are the other keys that say what a step does. What is fine print is left
// out.
func detailsOf(st *flows.OutlineStep) []flows.Given {
	var out []flows.Given
	for _, d := range st.Details {
		switch d.Path {
		case "retry", "attempts", "typing", "image", "subtitle", "open", "resume_after", "retries", "value":
			continue
		}
		out = append(out, d)
		if len(out) == 4 {
			break
		}
	}
	return out
}
