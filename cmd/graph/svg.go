package graph

import (
	"bytes"
	"fmt"
	"html"
	"strconv"

	"github.com/relance-bot/relance/flows"
)

const (
	margin  = 32.0
	heading = 106.0
)

// SVG draws all flows of a bot as one picture: each flow with its steps, what starts
// it, and where it leads. The same bot always gives the same picture.
func SVG(p *flows.Program) []byte {
	m := modelOf(p)
	for _, n := range m.nodes {
		n.measure()
	}
	connected, alone := parts(m)
	var layouts []*layout
	y, widest := heading, 900.0
	for _, members := range connected {
		l := arrange(m, members)
		for _, s := range l.slots {
			s.y += y
		}
		for _, i := range members {
			m.nodes[i].x += margin
			m.nodes[i].y += y
		}
		for at := range l.left {
			l.left[at] += margin
		}
		layouts = append(layouts, l)
		widest = max(widest, l.w)
		y += l.h + 2*rowGap
	}
	y = stack(m, alone, y, widest)
	d := &drawing{m: m}
	d.open(widest+2*margin, y+margin-rowGap)
	d.legend()
	for _, l := range layouts {
		d.routes(l)
	}
	for _, n := range m.nodes {
		d.node(n)
	}
	for _, l := range layouts {
		d.ends(l)
	}
	d.text("</svg>\n")
	return d.b.Bytes()
}

// stack places nodes without links in as many columns as the page is wide, each where
// there is most room.
func stack(m *model, alone []int, y, widest float64) float64 {
	if len(alone) == 0 {
		return y
	}
	wide := 0.0
	for _, i := range alone {
		wide = max(wide, m.nodes[i].w)
	}
	columns := make([]float64, max(1, min(len(alone), int((widest+rowGap)/(wide+rowGap)))))
	for i := range columns {
		columns[i] = y
	}
	for _, i := range alone {
		at := 0
		for k := range columns {
			if columns[k] < columns[at]-1 {
				at = k
			}
		}
		n := m.nodes[i]
		n.x, n.y = margin+float64(at)*(wide+rowGap), columns[at]
		columns[at] += n.h + rowGap
	}
	for _, bottom := range columns {
		y = max(y, bottom)
	}
	return y
}

// drawing writes SVG.
type drawing struct {
	m *model
	b bytes.Buffer
}

// text writes what is SVG already.
func (d *drawing) text(s string) { d.b.WriteString(s) }

// put writes an element whose numbers are rounded and whose texts are escaped.
func (d *drawing) put(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case float64:
			args[i] = strconv.FormatFloat(float64(int(a*10+0.5*sign(a)))/10, 'f', -1, 64)
		case string:
			args[i] = html.EscapeString(a)
		}
	}
	fmt.Fprintf(&d.b, format, args...)
}

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

func (d *drawing) open(w, h float64) {
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" width="%v" height="%v" viewBox="0 0 %v %v" role="img">`+"\n", w, h, w, h)
	d.put("<title>%v</title>\n", "The flows of "+plain(d.m.name))
	d.text("<style>" + style + "</style>\n")
	d.text(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker>` +
		`<marker id="tip-consent" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip consent" d="M0 0 8 4 0 8z"/></marker></defs>` + "\n")
	d.put(`<rect class="page" width="%v" height="%v"/>`+"\n", w, h)
	flowCount := 0
	for _, n := range d.m.nodes {
		if n.kind == flowNode || n.kind == noticeNode {
			flowCount++
		}
	}
	count := " flows"
	if flowCount == 1 {
		count = " flow"
	}
	d.put(`<text class="heading" x="%v" y="38">%v <tspan class="muted">%v</tspan></text>`+"\n", margin, cut(plain(d.m.name), 22, 600), strconv.Itoa(flowCount)+count)
}

// legend explains the colours and lines.
func (d *drawing) legend() {
	x := margin
	y := 62.0
	for _, e := range []struct{ class, text string }{
		{"say", "says"}, {"ask", "asks, and waits for an answer"}, {"if", "decides"}, {"set", "keeps or fetches"}, {"wait", "waits"}, {"opt_in", "consent"}, {"go", "moves on"},
	} {
		d.put(`<rect class="verb %v" x="%v" y="%v" width="12" height="12" rx="3"/><text class="muted" x="%v" y="%v">%v</text>`+"\n", kindOf(e.class), x, y-10, x+17, y, e.text)
		x += 17 + width(e.text, smallSize) + 18
	}
	x, y = margin, y+20
	for _, e := range []struct{ class, text string }{{"link", "leads to"}, {"link run", "runs, and comes back"}, {"link consent", "a yes, and the notifications it allows"}} {
		d.put(`<path class="%v" d="M%v %vh26"/><text class="muted" x="%v" y="%v">%v</text>`+"\n", e.class, x, y-4, x+32, y, e.text)
		x += 32 + width(e.text, smallSize) + 18
	}
}

// kindOf is the class of a verb, by which it is coloured.
func kindOf(verb string) string {
	switch verb {
	case "say", "show":
		return "says"
	case "ask", "choose", "preferences":
		return "asks"
	case "if", "split":
		return "decides"
	case "wait":
		return "waits"
	case "opt_in", "opt_out":
		return "consents"
	case "go", "run", "end", "hand_over":
		return "moves"
	}
	return "keeps"
}

// node draws a card.
func (d *drawing) node(n *node) {
	d.put(`<g transform="translate(%v %v)">`+"\n", n.x, n.y)
	d.put(`<rect class="card %v" width="%v" height="%v" rx="12"/>`, string(n.kind), n.w, n.h)
	what := map[nodeKind]string{topicNode: "topic", profileNode: "channel", noticeNode: "notification", builtinNode: "built in"}[n.kind]
	if what != "" {
		room := width(what, smallSize) + 14
		d.put(`<rect class="badge %v" x="%v" y="%v" width="%v" height="18" rx="9"/><text class="badge %v" x="%v" y="%v">%v</text>`,
			string(n.kind), n.w-pad-room+4, pad-2, room, string(n.kind), n.w-pad-room+11, pad+11, what)
		n.name = cut(n.name, nameSize, n.w-2*pad-room-4)
	}
	d.put(`<text class="name" x="%v" y="%v">%v<title>%v</title></text>`+"\n", pad, pad+nameSize-3, n.name, plain(n.id))
	y := pad + nameSize
	for _, s := range n.card.note {
		y += 15
		d.put(`<text class="muted" x="%v" y="%v">%v</text>`+"\n", pad, y, s)
	}
	for _, k := range n.card.marks {
		d.put(`<text class="mark" x="%v" y="%v"><tspan class="key">%v</tspan> <tspan dx="3">%v</tspan><title>%v</title></text>`+"\n", k.x, k.y, k.key, k.text, k.full)
	}
	for _, r := range n.rails {
		d.put(`<path class="rail" d="M%v %vL%v %v"/>`, r.x1, r.y1, r.x2, r.y2)
	}
	d.text("\n")
	for i := range n.boxes {
		d.box(&n.boxes[i])
	}
	for _, l := range n.labels {
		if l.class == "branch option" {
			d.put(`<rect class="tap" x="%v" y="%v" width="%v" height="18" rx="9"/>`, l.x, l.y-13, width(l.text, smallSize)+14)
			l.x += 7
		}
		d.put(`<text class="%v" x="%v" y="%v">%v<title>%v</title></text>`+"\n", l.class, l.x, l.y, l.text, l.full)
	}
	d.text("</g>\n")
}

// box draws a step.
func (d *drawing) box(b *box) {
	if b.verb != "" {
		kind := kindOf(b.verb)
		d.put(`<g class="step %v"><title>%v</title><rect class="box" x="%v" y="%v" width="%v" height="%v" rx="6"/><rect class="verb %v" x="%v" y="%v" width="4" height="%v" rx="2"/><text class="verb %v" x="%v" y="%v">%v</text>`,
			kind, b.full, b.x, b.y, b.w, b.h, kind, b.x, b.y, b.h, kind, b.x+10, b.y+17, verbText(b.verb))
		for _, l := range b.lines {
			d.put(`<text class="%v" x="%v" y="%v">%v</text>`, "text "+l.class, l.x, l.y, l.text)
		}
	} else {
		d.text("<g>")
	}
	for _, t := range b.taps {
		d.put(`<rect class="tap" x="%v" y="%v" width="%v" height="18" rx="9"/><text class="tap" x="%v" y="%v">%v</text>`, t.x, t.y, t.w, t.x+7, t.y+13, t.text)
	}
	d.text("</g>\n")
}

func verbText(verb string) string {
	if len(verb) > 9 {
		return cut(verb, 10, verbWidth-10)
	}
	return verb
}

// routes draws the links of a part, behind the cards.
func (d *drawing) routes(l *layout) {
	for _, r := range l.routes {
		d.put(`<path class="%v" d="%v"><title>%v</title></path>`+"\n", "link "+string(r.kind), l.path(r), d.caption(r))
	}
}

// caption is what a link says when it is pointed at.
func (d *drawing) caption(r route) string {
	text := plain(d.m.nodes[r.from].id) + " → " + plain(d.m.nodes[r.to].id)
	if r.step != "" {
		text += "#" + plain(r.step)
	}
	if r.label != "" {
		text += " (" + plain(r.label) + ")"
	}
	return text
}

// ends draws the tips of the links, over the cards.
func (d *drawing) ends(l *layout) {
	seen := make(map[string]bool)
	for _, r := range l.routes {
		tip := "tip"
		if r.kind == consent {
			tip = "tip-consent"
		}
		path := l.tip(r)
		if !seen[path] {
			d.put(`<path class="%v" d="%v" marker-end="url(#%v)"/>`+"\n", "link end "+string(r.kind), path, tip)
		}
		seen[path] = true
	}
}
