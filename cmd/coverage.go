package cmd

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/relance-bot/relance/flows"
)

// tour notes what the transcripts of a bot come by, each for itself.
type tour struct {
	program *flows.Program
	spots   []flows.Spot

	mu     sync.Mutex
	byFile map[string]*flows.Coverage
}

func newTour(program *flows.Program) *tour {
	return &tour{program: program, spots: program.Spots(), byFile: map[string]*flows.Coverage{}}
}

// of begins the notes of one transcript.
func (t *tour) of(file string) func(flows.Mark) {
	c := flows.NewCoverage(t.program, t.spots)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byFile[file] = c
	return c.Hear
}

// coverage is what all transcripts came by together.
func (t *tour) coverage() coverage {
	all := flows.NewCoverage(t.program, t.spots)
	t.mu.Lock()
	for _, c := range t.byFile {
		all.Join(c)
	}
	t.mu.Unlock()
	ran := all.Ran()
	out := coverage{Missed: []missed{}, Flows: []flowCoverage{}}
	byFlow := map[string]*flowCoverage{}
	for i, p := range t.spots {
		flow := byFlow[p.Flow]
		if flow == nil {
			flow = &flowCoverage{Flow: p.Flow, File: p.At.File}
			byFlow[p.Flow] = flow
		}
		for _, c := range []*flowCoverage{flow, &out.Total} {
			share := map[flows.SpotKind]*share{
				flows.TriggerSpot: &c.Triggers, flows.StepSpot: &c.Steps, flows.BranchSpot: &c.Branches, flows.ButtonSpot: &c.Buttons,
			}[p.Kind]
			share.All++
			if ran[i] {
				share.Ran++
			}
		}
		if !ran[i] {
			out.Missed = append(out.Missed, missed{
				Kind: p.Kind, Name: p.Name, Flow: p.Flow, Step: p.Step,
				File: p.At.File, Line: p.At.Start.Line, Column: p.At.Start.Column,
			})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byFlow)) {
		byFlow[id].Percent = byFlow[id].Steps.percent()
		out.Flows = append(out.Flows, *byFlow[id])
	}
	out.Total.Percent = out.Total.Steps.percent()
	return out
}

// coverage says which spots of a bot's flows its transcripts come by.
type coverage struct {
	Missed []missed       `json:"missed"` // in the order of the files
	Flows  []flowCoverage `json:"flows"`  // by name; the one without a name is bot.yaml
	Total  flowCoverage   `json:"total"`
}

// missed is a place no transcript came by.
type missed struct {
	Kind   flows.SpotKind `json:"kind"`
	Name   string         `json:"name"` // see flows.Spot
	Flow   string         `json:"flow,omitempty"`
	Step   string         `json:"step,omitempty"`
	File   string         `json:"file"` // in the bot's folder
	Line   int            `json:"line"`
	Column int            `json:"column"`
}

// flowCoverage is the coverage of one flow, or of all.
type flowCoverage struct {
	Flow     string  `json:"flow,omitempty"`
	File     string  `json:"file,omitempty"`
	Percent  float64 `json:"percent"` // of the steps, cut after the first decimal; 100 if there are none
	Steps    share   `json:"steps"`
	Branches share   `json:"branches"`
	Buttons  share   `json:"buttons"`
	Triggers share   `json:"triggers"`
}

// share is how many of some spots were come by.
type share struct {
	Ran int `json:"ran"`
	All int `json:"all"`
}

func (s share) percent() float64 {
	if s.All == 0 {
		return 100
	}
	return float64(s.Ran*1000/s.All) / 10 // cut: 99.96 % is not all
}

func (s share) String() string {
	if s.All == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Ran, s.All)
}

// String says what was missed, as an author calls it.
func (m missed) String() string {
	switch {
	case m.Kind == flows.BranchSpot:
		name, number, numbered := strings.Cut(m.Name, ".")
		if numbered {
			name = strings.TrimSuffix(name, "s") + " " + number
		}
		return fmt.Sprintf("%s of step %s never taken", name, m.Step)
	case m.Kind == flows.ButtonSpot:
		return fmt.Sprintf("button %q never tapped", m.Name)
	case m.Kind == flows.TriggerSpot:
		return fmt.Sprintf("trigger %s never started the flow", m.Name)
	}
	return fmt.Sprintf("step %s (%s) never ran", m.Step, m.Name)
}

// print writes what was missed, and then how much of each flow was not.
func (c coverage) print(w io.Writer) error {
	var b strings.Builder
	b.WriteString("\n")
	for _, m := range c.Missed {
		fmt.Fprintf(&b, "%s:%d:%d: %s\n", m.File, m.Line, m.Column, m)
	}
	if len(c.Missed) > 0 {
		b.WriteString("\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "flow\tsteps\t\tbranches\tbuttons\ttriggers")
	for _, f := range append(c.Flows, c.Total) {
		name := f.Flow
		switch {
		case f.File == "":
			name = "all"
		case name == "":
			name = f.File
		}
		percent := "-"
		if f.Steps.All > 0 {
			percent = fmt.Sprintf("%.1f %%", f.Percent)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", name, f.Steps, percent, f.Branches, f.Buttons, f.Triggers)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
