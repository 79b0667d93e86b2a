package graph

import "sort"

// place gives every slot its height on the page: near what it is linked to, in the
// order of its column, without touching the others.
func (l *layout) place() {
	l.left, l.wide = make([]float64, len(l.columns)), make([]float64, len(l.columns))
	x := 0.0
	for at, column := range l.columns {
		for _, s := range column {
			if !s.pass {
				l.wide[at] = max(l.wide[at], l.m.nodes[s.node].w)
			}
		}
		l.left[at] = x
		x += l.wide[at] + columnGap
		y := 0.0
		for _, s := range column {
			s.y = y
			y += s.h + l.gap(s)
		}
	}
	l.w = x - columnGap
	type pull struct {
		other  *slot
		offset float64 // other.y + offset is where this slot wants its top
	}
	pulls := make(map[*slot][]pull)
	for _, r := range l.routes {
		for i := 1; i < len(r.via); i++ {
			a, b := r.via[i-1], r.via[i]
			if a == b {
				continue
			}
			leaves, arrives := l.leaves(r, a), l.arrives(r, b)
			pulls[b] = append(pulls[b], pull{a, leaves - arrives})
			pulls[a] = append(pulls[a], pull{b, arrives - leaves})
		}
	}
	for round := range 16 {
		for k := range l.columns {
			at := k
			if round%2 == 1 {
				at = len(l.columns) - 1 - k
			}
			column := l.columns[at]
			wanted := make([]float64, len(column))
			for i, s := range column {
				wanted[i] = s.y
				var all []float64
				for _, p := range pulls[s] {
					all = append(all, p.other.y+p.offset)
				}
				if len(all) > 0 {
					sort.Float64s(all)
					wanted[i] = (all[(len(all)-1)/2] + all[len(all)/2]) / 2
				}
			}
			l.settle(column, wanted)
		}
	}
	top, bottom := 1e18, -1e18
	for _, s := range l.slots {
		top, bottom = min(top, s.y), max(bottom, s.y+s.h)
	}
	for _, s := range l.slots {
		s.y -= top
		if !s.pass {
			n := l.m.nodes[s.node]
			n.x, n.y = l.left[s.layer], s.y
		}
	}
	l.h = bottom - top
}

func (l *layout) gap(s *slot) float64 {
	if s.pass {
		return passRoom
	}
	return rowGap
}

// leaves is how far below the top of a slot a route leaves it.
func (l *layout) leaves(r route, s *slot) float64 {
	if s.pass {
		return s.h / 2
	}
	return l.m.nodes[s.node].ports[r.port]
}

// arrives is how far below the top of a slot a route arrives at it.
func (l *layout) arrives(r route, s *slot) float64 {
	if s.pass {
		return s.h / 2
	}
	return l.m.nodes[s.node].lands(r.step)
}

// lands is where links to a step arrive; where there is no such step, at the name.
func (n *node) lands(step string) float64 {
	if y, ok := n.landing[step]; ok {
		return y
	}
	return n.landing[""]
}

// settle places a column as near as it can to where its slots want to be: those that
// would overlap move together, to the middle of what they want.
func (l *layout) settle(column []*slot, wanted []float64) {
	type block struct {
		from, to int     // slots
		sum      float64 // of what they want, less their offset in the block
		y, h     float64
	}
	var blocks []block
	for i, s := range column {
		b := block{from: i, to: i + 1, sum: wanted[i], y: wanted[i], h: s.h + l.gap(s)}
		for len(blocks) > 0 && blocks[len(blocks)-1].y+blocks[len(blocks)-1].h > b.y {
			up := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			b = block{from: up.from, to: b.to, sum: up.sum + b.sum - float64(b.to-b.from)*up.h, h: up.h + b.h}
			b.y = b.sum / float64(b.to-b.from)
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		y := b.y
		for _, s := range column[b.from:b.to] {
			s.y = y
			y += s.h + l.gap(s)
		}
	}
}
