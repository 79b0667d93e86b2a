package graph

import (
	"strconv"
	"strings"
)

// point is a place on the page.
type point struct{ x, y float64 }

// ends are where a route leaves its node and arrives at the other, and whether it
// leads to the right.
func (l *layout) ends(r route) (from, to point, right bool) {
	a, b := l.m.nodes[r.from], l.m.nodes[r.to]
	right = l.layerOf[r.from] < l.layerOf[r.to]
	from = point{a.x + a.w, a.y + a.ports[r.port]}
	to = point{b.x, b.y + b.lands(r.step)}
	switch {
	case r.from == r.to:
		to.x = b.x + b.w
	case !right:
		from.x, to.x = a.x, b.x+b.w
	}
	return from, to, right
}

// path is the way of a link: straight through columns, in curves between them.
func (l *layout) path(r route) string {
	from, to, right := l.ends(r)
	var b strings.Builder
	inside := from
	if right || r.from == r.to { // from the step to the edge of the card
		inside.x -= pad - 2
	} else {
		inside.x += pad - 2
	}
	move(&b, "M", inside)
	move(&b, "L", from)
	if r.from == r.to {
		out := from.x + 26
		curve(&b, point{out, from.y}, point{out, to.y}, to)
		return b.String()
	}
	at := from
	next := func(p point) {
		half := (p.x - at.x) / 2
		curve(&b, point{at.x + half, at.y}, point{p.x - half, p.y}, p)
		at = p
	}
	for _, s := range r.via[1 : len(r.via)-1] {
		near, far := l.left[s.layer], l.left[s.layer]+l.wide[s.layer]
		if !right {
			near, far = far, near
		}
		next(point{near, s.y + s.h/2})
		at = point{far, at.y}
		move(&b, "L", at)
	}
	// Cards are narrower than their column: what turns does so beside the column.
	edge := point{l.left[l.layerOf[r.to]], to.y}
	if !right {
		edge.x += l.wide[l.layerOf[r.to]]
	}
	if begin := l.left[l.layerOf[r.from]] + l.wide[l.layerOf[r.from]]; right && len(r.via) == 2 && begin > at.x {
		at.x = begin
		move(&b, "L", at)
	}
	next(edge)
	move(&b, "L", to)
	return b.String()
}

// tip is the last bit of a link, which carries its arrow.
func (l *layout) tip(r route) string {
	_, to, right := l.ends(r)
	before := point{to.x - 8, to.y}
	if !right {
		before.x = to.x + 8
	}
	var b strings.Builder
	move(&b, "M", before)
	move(&b, "L", to)
	return b.String()
}

func move(b *strings.Builder, command string, p point) {
	b.WriteString(command + rounded(p.x) + " " + rounded(p.y))
}

func curve(b *strings.Builder, one, two, to point) {
	b.WriteString("C" + rounded(one.x) + " " + rounded(one.y) + " " + rounded(two.x) + " " + rounded(two.y) + " " + rounded(to.x) + " " + rounded(to.y))
}

func rounded(v float64) string {
	return strconv.FormatFloat(float64(int(v*10+0.5*sign(v)))/10, 'f', -1, 64)
}
