package graph

import (
	"math"
	"slices"
	"sort"
)

// column gaps and the room that a link takes when it passes a column.
const (
	columnGap = 110.0
	rowGap    = 34.0
	passRoom  = 14.0
)

// slot is what stands in a column: a node, or a place where links to one node pass.
type slot struct {
	node  int // the node itself, or the one that the links lead to
	pass  bool
	layer int
	y, h  float64
}

// layout is one connected part of the picture, in columns.
type layout struct {
	m       *model
	members []int   // nodes, in order
	layerOf []int   // by node
	slots   []*slot // all
	columns [][]*slot
	passes  map[[2]int]*slot // by target node and layer
	routes  []route
	w, h    float64
	left    []float64 // of columns
	wide    []float64
}

// route is one link with the slots it goes by, from its node to the target.
type route struct {
	link
	via []*slot
}

// parts splits the nodes into connected parts, the largest first; those without links
// come by themselves.
func parts(m *model) (connected [][]int, alone []int) {
	group := make([]int, len(m.nodes))
	for i := range group {
		group[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if group[i] != i {
			group[i] = find(group[i])
		}
		return group[i]
	}
	for _, l := range m.links {
		a, b := find(l.from), find(l.to)
		group[max(a, b)] = min(a, b)
	}
	members := make(map[int][]int)
	for i := range m.nodes {
		members[find(i)] = append(members[find(i)], i)
	}
	for i := range m.nodes {
		switch list := members[i]; {
		case len(list) == 1:
			alone = append(alone, i)
		case len(list) > 1:
			connected = append(connected, list)
		}
	}
	sort.SliceStable(connected, func(a, b int) bool { return len(connected[a]) > len(connected[b]) })
	return connected, alone
}

// arrange puts a connected part into columns.
func arrange(m *model, members []int) *layout {
	l := &layout{m: m, members: members, layerOf: make([]int, len(m.nodes)), passes: make(map[[2]int]*slot)}
	ahead := l.forward()
	l.layers(ahead)
	l.fill()
	l.order()
	l.place()
	return l
}

// forward is the links without circles: for each node, where it leads, each target
// once. A link that leads back towards where conversations begin is turned round.
func (l *layout) forward() map[int][]int {
	next := make(map[int][]int)
	arrives := make(map[int]int)
	for _, k := range l.m.links {
		if k.from != k.to && l.has(k.from) && !slices.Contains(next[k.from], k.to) {
			next[k.from] = append(next[k.from], k.to)
			arrives[k.to]++
		}
	}
	// Conversations begin where nothing else leads to, and with Get Started; then
	// with what a person may write.
	rank := func(i int) int {
		n := l.m.nodes[i]
		switch {
		case arrives[i] == 0:
			return 0
		case slices.ContainsFunc(n.marks, func(k mark) bool { return k.key == "start" }):
			return 1
		case len(n.marks) > 0 && n.kind == flowNode:
			return 2
		}
		return 3
	}
	starts := slices.Clone(l.members)
	sort.SliceStable(starts, func(a, b int) bool { return rank(starts[a]) < rank(starts[b]) })
	place := make(map[int]int) // in the order of how far from a beginning a node is
	var near []int
	see := func(i int) {
		if _, seen := place[i]; !seen {
			place[i] = len(near)
			near = append(near, i)
		}
	}
	for _, i := range starts {
		if rank(i) < 2 {
			see(i)
		}
	}
	for done := 0; len(near) < len(l.members); done++ {
		if done == len(near) { // a circle that nothing else leads to
			see(starts[slices.IndexFunc(starts, func(i int) bool { _, seen := place[i]; return !seen })])
		}
		for _, to := range next[near[done]] {
			see(to)
		}
	}
	out := make(map[int][]int)
	for _, from := range l.members {
		for _, to := range next[from] {
			a, b := from, to
			if place[a] > place[b] {
				a, b = b, a
			}
			if !slices.Contains(out[a], b) {
				out[a] = append(out[a], b)
			}
		}
	}
	return out
}

func (l *layout) has(i int) bool { return slices.Contains(l.members, i) }

// layers gives each node its column: behind all that lead to it, and no further left
// than what it leads to allows. A column that would get too tall is broken.
func (l *layout) layers(ahead map[int][]int) {
	behind := make(map[int]int) // links that arrive
	for _, i := range l.members {
		for _, to := range ahead[i] {
			behind[to]++
		}
	}
	total := 0.0
	for _, i := range l.members {
		total += (l.m.nodes[i].h + rowGap) * (l.m.nodes[i].w + columnGap)
	}
	tallest := max(1300, math.Sqrt(total/1.7))
	var ready, sorted []int
	for _, i := range l.members {
		if behind[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		sorted = append(sorted, i)
		for _, to := range ahead[i] {
			if behind[to]--; behind[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	height := make(map[int]float64)
	for _, i := range sorted {
		at := l.layerOf[i]
		for height[at] > 0 && height[at]+l.m.nodes[i].h > tallest {
			at++
		}
		l.layerOf[i] = at
		height[at] += l.m.nodes[i].h + rowGap
		for _, to := range ahead[i] {
			l.layerOf[to] = max(l.layerOf[to], at+1)
		}
	}
	for _, i := range slices.Backward(sorted) { // close to what they lead to
		if len(ahead[i]) == 0 {
			continue
		}
		nearest := l.layerOf[ahead[i][0]]
		for _, to := range ahead[i] {
			nearest = min(nearest, l.layerOf[to])
		}
		if at := nearest - 1; at > l.layerOf[i] && height[at]+l.m.nodes[i].h <= tallest {
			height[l.layerOf[i]] -= l.m.nodes[i].h + rowGap
			height[at] += l.m.nodes[i].h + rowGap
			l.layerOf[i] = at
		}
	}
	used := make(map[int]bool)
	for _, i := range l.members {
		used[l.layerOf[i]] = true
	}
	var kept []int
	for at := range used {
		kept = append(kept, at)
	}
	slices.Sort(kept)
	for _, i := range l.members {
		l.layerOf[i] = slices.Index(kept, l.layerOf[i])
	}
	l.columns = make([][]*slot, len(kept))
}

// fill makes the slots of all columns, and the routes of the links by them. Links to
// the same node share the places where they pass.
func (l *layout) fill() {
	own := make(map[int]*slot)
	for _, i := range l.members {
		s := &slot{node: i, layer: l.layerOf[i], h: l.m.nodes[i].h}
		own[i] = s
		l.slots = append(l.slots, s)
		l.columns[s.layer] = append(l.columns[s.layer], s)
	}
	for _, k := range l.m.links {
		if !l.has(k.from) {
			continue
		}
		r := route{link: k, via: []*slot{own[k.from]}}
		from, to := l.layerOf[k.from], l.layerOf[k.to]
		step := 1
		if to < from {
			step = -1
		}
		for at := from + step; at != to && from != to; at += step {
			key := [2]int{k.to, at}
			if l.passes[key] == nil {
				s := &slot{node: k.to, pass: true, layer: at, h: passRoom}
				l.passes[key] = s
				l.slots = append(l.slots, s)
				l.columns[at] = append(l.columns[at], s)
			}
			r.via = append(r.via, l.passes[key])
		}
		r.via = append(r.via, own[k.to])
		l.routes = append(l.routes, r)
	}
}

// order sorts each column so that links cross little: by the middle of what each slot
// is linked to in the columns beside it, several times to and fro.
func (l *layout) order() {
	index := make(map[*slot]float64)
	number := func() {
		for _, column := range l.columns {
			y := 0.0
			for _, s := range column {
				index[s] = y + s.h/2
				y += s.h + rowGap
			}
		}
	}
	number()
	beside := l.neighbours()
	for round := range 12 {
		for k := range l.columns {
			at, side := k, -1
			if round%2 == 1 {
				at, side = len(l.columns)-1-k, 1
			}
			middle := make(map[*slot]float64)
			for _, s := range l.columns[at] {
				sum, n := 0.0, 0.0
				for _, other := range beside[s] {
					if other.layer == at+side {
						sum, n = sum+index[other], n+1
					}
				}
				if middle[s] = index[s]; n > 0 {
					middle[s] = sum / n
				}
			}
			sort.SliceStable(l.columns[at], func(a, b int) bool { return middle[l.columns[at][a]] < middle[l.columns[at][b]] })
			number()
		}
	}
}

// neighbours are the slots that links join, in both directions.
func (l *layout) neighbours() map[*slot][]*slot {
	out := make(map[*slot][]*slot)
	for _, r := range l.routes {
		for i := 1; i < len(r.via); i++ {
			a, b := r.via[i-1], r.via[i]
			if a != b {
				out[a], out[b] = append(out[a], b), append(out[b], a)
			}
		}
	}
	return out
}
