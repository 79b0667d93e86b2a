package flows

import (
	"bytes"
	"cmp"
	"slices"
)

// Stand is where one thread of a session stands.
type Stand struct {
	Program string // hash of the program it began with; empty: not known
	Flow    string
	Step    string // its id or place; empty: behind the last, or below another flow
	thread  thread
	aside   bool // it waits beside the stack
}

// Stands are the places of all threads, those on the stack first.
func (s Session) Stands() []Stand {
	var out []Stand
	for n, list := range [...][]thread{s.stack, s.beside} {
		for _, th := range list {
			hash := th.Program
			if hash == "" {
				hash = s.own
			}
			f := th.top()
			out = append(out, Stand{Program: hash, Flow: f.Flow, Step: f.Step, thread: th, aside: n > 0})
		}
	}
	return out
}

// Change says how a step differs between two programs.
type Change string

const (
	Unchanged   Change = ""             // its flow is as it was
	FlowChanged Change = "flow changed" // the step is as it was, others of its flow are not
	StepChanged Change = "step changed"
	StepGone    Change = "step gone" // nothing stands under its id or place
	FlowGone    Change = "flow gone"
)

// Outcome says what becomes of somebody when another program is deployed.
type Outcome string

const (
	Finishes Outcome = "finishes as it began" // in the program it began with
	Moves    Outcome = "goes over"            // to the step that moved: names, with the next input
	Adopted  Outcome = "goes on in the new"   // its program is lost; the step's id is known
	Ends     Outcome = "ends"                 // its program is lost, and so is its step
)

// Fate is what becomes of a thread when another program is deployed.
type Fate struct {
	Change  Change
	Outcome Outcome
	To      string // flow#step of Moves
}

// Fate says what becomes of a thread of a session when p is deployed. began is the
// program that the thread began with; nil if it is lost.
func (p *Program) Fate(began *Program, s Stand) Fate {
	out := Fate{Change: p.change(began, s), Outcome: Finishes}
	may := s.Step != "" && !(s.aside && len(s.thread.Frames) > 1)
	switch to := p.movedTo(s.Flow, s.Step); {
	case s.Program == p.Hash:
	case may && to != nil:
		out.Outcome, out.To = Moves, to.flow.id+"#"+to.address
	case began != nil:
	case p.standsIn(&s.thread):
		out.Outcome = Adopted
	default:
		out.Outcome = Ends
	}
	return out
}

// change compares a step with what stands at its place in p.
func (p *Program) change(began *Program, s Stand) Change {
	file := "flows/" + s.Flow + ".yaml"
	fl := p.flows[s.Flow]
	switch {
	case fl == nil:
		return FlowGone
	case began == nil || began == p || bytes.Equal(began.Sources[file], p.Sources[file]):
		if s.Step != "" && fl.find(s.Step) == nil {
			return StepGone
		}
		return Unchanged
	case s.Step == "":
		return FlowChanged
	}
	is := fl.find(s.Step)
	if is == nil {
		return StepGone
	}
	if was := began.flows[s.Flow]; was == nil || !slices.Equal(written(began, was, s.Step), written(p, fl, s.Step)) {
		return StepChanged
	}
	return FlowChanged
}

// written are the lines of a step, up to where the next begins.
func written(p *Program, fl *flow, address string) []string {
	st := fl.find(address)
	if st == nil {
		return nil
	}
	src := newSource("", p.Sources["flows/"+fl.id+".yaml"])
	begins := make([]int, 0, len(fl.steps))
	for _, other := range fl.steps {
		begins = append(begins, other.line())
	}
	slices.SortFunc(begins, cmp.Compare)
	end := len(src.lines) + 1
	if at, _ := slices.BinarySearch(begins, st.line()+1); at < len(begins) {
		end = begins[at]
	}
	return src.lines[min(st.line()-1, len(src.lines)):min(end-1, len(src.lines))]
}

// line is where the step begins.
func (st *step) line() int {
	line := st.span.Start.Line
	if at := st.id.span.Start.Line; st.id.text != "" && at < line {
		line = at
	}
	return max(line, 1)
}
