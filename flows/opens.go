package flows

// Opens says what the message of a notification is.
type Opens string

const (
	OpensFree     Opens = ""         // whatever a Page may write: a text, cards, …
	OpensTemplate Opens = "template" // one that the platform approved before (show: template)
	OpensEither   Opens = "either"   // the one or the other: who runs the flow sees
)

// opens says what the notifications of a flow are, as far as its steps tell.
func (c *checker) opens(d *draft) Opens {
	o := opener{c: c, through: map[*draft]bool{d: true}, left: maxOpening}
	o.follow(d.steps)
	switch {
	case o.template && o.free:
		return OpensEither
	case o.template:
		return OpensTemplate
	}
	return OpensFree
}

// opener follows the steps of a flow to all that may be its first message.
type opener struct {
	c              *checker
	through        map[*draft]bool
	left           int
	template, free bool
}

// follow says whether every way through the steps comes to a message, or ends.
func (o *opener) follow(steps []*step) (over bool) {
	for _, st := range steps {
		if o.left--; o.left < 0 {
			o.template, o.free = true, true
			return true
		}
		switch a := st.do.(type) {
		case *showStep:
			_, model := a.what.(*model)
			o.template, o.free = o.template || model, o.free || !model
			return true
		case *ifStep:
			yes, no := o.follow(a.yes.steps), o.follow(a.other.steps)
			over = yes && no
		case *splitStep:
			over = len(a.variants) > 0
			for _, v := range a.variants {
				over = o.follow(v.steps.steps) && over
			}
		case *optInStep:
			over = o.follow(a.accepted.steps) // they have agreed
		case *goStep:
			o.into(a.to)
			return true
		case *runStep:
			over = o.into(a.to)
		case *setStep, *trackStep:
		case *waitStep, *handOverStep, *callStep, endStep:
			return true
		default:
			o.free = true
			return true
		}
		if over {
			return true
		}
	}
	return false
}

func (o *opener) into(to *target) (over bool) {
	d := o.c.flows[to.flow]
	switch {
	case d == nil || o.through[d]:
		return false
	case to.step != "": // somewhere in the middle
		o.template, o.free = true, true
		return true
	}
	o.through[d] = true
	defer delete(o.through, d)
	return o.follow(d.steps)
}
