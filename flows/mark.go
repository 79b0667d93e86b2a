package flows

// Mark is one thing a turn did at a Spot, as World.Trace hears it. One of At,
// Trigger and Tapped says which.
type Mark struct {
	Program string // the program's hash: spots of two programs have nothing in common
	At      Span   // a step that was done, a branch that was taken; with Offered, a button that was shown
	Trigger string // the id of a trigger that started its flow

	Offered string // the payload of the button at At
	Tapped  string // the payload of something tapped, whatever message it stood under
	Label   string // what stands on the button
}

// passed marks a spot of a flow, if somebody listens.
func (m *machine) passed(at Span) {
	if m.w.Trace != nil {
		m.w.Trace(Mark{Program: m.own.Hash, At: at})
	}
}
