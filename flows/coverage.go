package flows

import "sync"

// Coverage notes which spots of a program turns came by. Its Hear is a
// World.Trace; all its methods may be used by several goroutines.
type Coverage struct {
	program string
	spots   []Spot           // shared, never changed
	at      map[Span][]int   // spots by where they stand, branches by their first step too
	trigger map[string][]int // triggers by id

	mu     sync.Mutex
	ran    []bool
	offers map[offer][]int // buttons by what they carried when they were last shown
}

// offer is what a button carries. An empty label stands for any.
type offer struct{ payload, label string }

// NewCoverage begins with nothing run. spots are the program's own, from Spots.
func NewCoverage(p *Program, spots []Spot) *Coverage {
	c := &Coverage{
		program: p.Hash, spots: spots, at: make(map[Span][]int), trigger: make(map[string][]int),
		ran: make([]bool, len(spots)), offers: make(map[offer][]int),
	}
	for i := range spots {
		spot := &spots[i]
		if spot.Kind == TriggerSpot {
			c.trigger[spot.trigger] = append(c.trigger[spot.trigger], i)
			continue
		}
		c.at[spot.At] = append(c.at[spot.At], i)
		if spot.entry != (Span{}) {
			c.at[spot.entry] = append(c.at[spot.entry], i)
		}
		if spot.payload != "" { // it can be tapped from the beginning
			c.offers[offer{spot.payload, spot.Name}] = []int{i}
		}
	}
	return c
}

// Hear takes one mark. Those of other programs are of no interest.
func (c *Coverage) Hear(m Mark) {
	if m.Program != c.program {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case m.Trigger != "":
		c.ranAll(c.trigger[m.Trigger])
	case m.Offered != "":
		c.offers[offer{m.Offered, m.Label}] = c.at[m.At]
		c.offers[offer{m.Offered, ""}] = c.at[m.At]
	case m.Tapped != "":
		at, there := c.offers[offer{m.Tapped, m.Label}]
		if !there {
			at = c.offers[offer{m.Tapped, ""}]
		}
		c.ranAll(at)
	default:
		c.ranAll(c.at[m.At])
	}
}

func (c *Coverage) ranAll(spots []int) {
	for _, i := range spots {
		c.ran[i] = true
	}
}

// Join adds what another coverage of the same spots noted.
func (c *Coverage) Join(other *Coverage) {
	ran := other.Ran()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, yes := range ran {
		c.ran[i] = c.ran[i] || yes
	}
}

// Spots are all spots, in the order of Program.Spots.
func (c *Coverage) Spots() []Spot { return c.spots }

// Ran says for each of Spots whether a turn came by it: the trigger started its
// flow, the step was done, the branch taken, the button tapped. A step that only
// waited for the person, or failed, was not done.
func (c *Coverage) Ran() []bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]bool(nil), c.ran...)
}
