package flows

// flow is one flow, compiled: its steps know what follows them.
type flow struct {
	id          string
	description string
	inputs      []input
	first       *step             // nil if the flow has no steps
	steps       map[string]*step  // by address
	moved       map[string]string // old step id → step id
}

// link makes a flow of a draft that has no errors.
func link(d *draft) *flow { return &flow{} }
