package bot

import "math"

// z95 is the point of the normal distribution for intervals that hold nineteen times
// in twenty.
const z95 = 1.959963984540054

// Interval is between what and what a number lies, as far as is known.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// wilson is the score interval (95 %) of a share of which k of n were seen: E. B.
// Wilson, 1927. Of nobody it is everything.
func wilson(k, n int) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	p, size := float64(k)/float64(n), float64(n)
	middle := p + z95*z95/(2*size)
	width := z95 * math.Sqrt(p*(1-p)/size+z95*z95/(4*size*size))
	scale := 1 + z95*z95/size
	out := Interval{max(0, (middle-width)/scale), min(1, (middle+width)/scale)}
	if k == 0 {
		out.Low = 0
	}
	if k == n {
		out.High = 1
	}
	return out
}

// newcombe is the interval (95 %) of the difference of two shares, the first less the
// second, made of their score intervals: R. G. Newcombe, 1998, method 10.
func newcombe(k1, n1, k2, n2 int) Interval {
	if n1 <= 0 || n2 <= 0 {
		return Interval{-1, 1}
	}
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	a, b := wilson(k1, n1), wilson(k2, n2)
	return Interval{
		p1 - p2 - math.Hypot(p1-a.Low, b.High-p2),
		p1 - p2 + math.Hypot(a.High-p1, p2-b.Low),
	}
}
