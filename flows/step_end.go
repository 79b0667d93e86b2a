package flows

// endStep ends the flow. One that ran it goes on.
//
//	end: true
type endStep struct{}

func decodeEnd(d *decoder, f *fields) action {
	if !f.boolean("end", true) {
		d.errorf("value-unknown", f.at("end"), "write end: true, or delete the step", "a step that does not end the flow does nothing")
	}
	return endStep{}
}

func (endStep) check(*checker, *step, *scope) {}

func (endStep) run(*machine, *step) move { return leave() }
