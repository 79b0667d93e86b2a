package bench

import "fmt"

// A goal is what a figure is held against: another of the same run, or a number.
type goal struct {
	set     bool
	ratio   bool // of the floor's, else the figure itself
	least   bool // at least, else at most
	limit   float64
	stretch float64 // a harder one; 0: none
}

func floorAtMost(limit, stretch float64) goal {
	return goal{set: true, ratio: true, limit: limit, stretch: stretch}
}

func floorAtLeast(limit, stretch float64) goal {
	return goal{set: true, ratio: true, least: true, limit: limit, stretch: stretch}
}

func atMost(limit float64) goal { return goal{set: true, limit: limit} }

func atMostStretch(limit, stretch float64) goal {
	return goal{set: true, limit: limit, stretch: stretch}
}

func atLeast(limit float64) goal { return goal{set: true, least: true, limit: limit} }

// String is the goal as the table shows it.
func (g goal) String() string {
	if !g.set {
		return ""
	}
	sign, times := "<=", ""
	if g.least {
		sign = ">="
	}
	if g.ratio {
		times = " x floor"
	}
	text := fmt.Sprintf("%s %s%s", sign, number(g.limit), times)
	if g.stretch > 0 {
		text += fmt.Sprintf(" (%s)", number(g.stretch))
	}
	return text
}

// verdict says whether a figure, or its ratio to the floor's, is good enough.
func (g goal) verdict(value, ratio float64) string {
	if g.ratio {
		value = ratio
	}
	meets := func(limit float64) bool { return g.least && value >= limit || !g.least && value <= limit }
	switch {
	case !g.set:
		return ""
	case value != value: // no number: nothing to compare with
		return "unknown"
	case g.stretch > 0 && meets(g.stretch):
		return "ok+"
	case meets(g.limit):
		return "ok"
	}
	return "MISS"
}
