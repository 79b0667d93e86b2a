package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Experiment is a split, or a trigger with a holdout, with what came of each variant.
type Experiment struct {
	Kind    string `json:"kind"`              // split, holdout
	Name    string `json:"name"`              // of the split; of a trigger's flow
	Trigger string `json:"trigger,omitempty"` // of a holdout, within its flow: a flow may have several
	Arms    []Arm  `json:"variants"`
}

// Title is what an experiment is called.
func (e Experiment) Title() string {
	switch {
	case e.Kind == "split":
		return "Split " + e.Name
	case e.Trigger == "":
		return "Holdout of " + e.Name
	}
	return "Holdout of " + e.Name + ", " + e.Trigger
}

// Arm is one variant, or those who are told, or those who are held out.
type Arm struct {
	Name    string     `json:"name"`
	People  int        `json:"people"`
	Results []Measured `json:"results"`
	// Revenue is what those people brought, by currency, and that divided among all of them.
	Revenue          []Money    `json:"revenue"`
	RevenuePerPerson []MoneyPer `json:"revenue_per_person"`

	got map[string]int
}

// Measured is how many of an arm's people did something, beside the first arm's.
type Measured struct {
	What   string    `json:"what"` // clicked, bought, bought the same day, stopped, goal NAME
	People int       `json:"people"`
	Rate   *float64  `json:"rate"`
	Range  Interval  `json:"interval"` // of the rate, 95 %
	Diff   *float64  `json:"difference,omitempty"`
	Within *Interval `json:"difference_interval,omitempty"` // 95 %
	// Telling says that the interval of the difference leaves out that there is none.
	Telling bool   `json:"telling"`
	Says    string `json:"says,omitempty"` // the same in words
}

// What experiments measure, beside goals.
const (
	didClick    = "clicked"
	didBuy      = "bought"
	didBuyToday = "bought the same day"
	didStop     = "stopped"
)

// Names of a holdout's arms.
const (
	armHeldOut = "held out"
	armTold    = "told"
)

// Experiments compares the variants of every split, and of every trigger with a holdout
// those who are told with those who are held out. A window is as in StatsQuery.
func (b *Bot) Experiments(ctx context.Context, q StatsQuery) ([]Experiment, error) {
	if err := q.complete(); err != nil {
		return nil, err
	}
	s := &trials{query: q}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		s.runs, s.arms = map[string]run{}, map[string]map[string]*Arm{}
		if err := b.eachLife(r, s.begun); err != nil {
			return err
		}
		return b.eachLife(r, s.add)
	})
	if err != nil {
		return nil, err
	}
	return s.done(b.Program().Goals()), nil
}

// trials counts one person after the other.
type trials struct {
	query StatsQuery
	runs  map[string]run             // by trigger
	arms  map[string]map[string]*Arm // by experiment and name
}

// run is how long a holdout ran.
type run struct {
	flow        string
	first, last time.Time // moments at which somebody was held out
}

// holds says whether others who were due then may be compared: a campaign comes to one after the
// other, and from zone to zone, but within a day.
func (r run) holds(at time.Time) bool {
	return !at.Before(r.first.Add(-24*time.Hour)) && !at.After(r.last.Add(24*time.Hour))
}

// begun finds out how long each holdout ran: whoever was told before, or after, has nobody to
// be compared with.
func (s *trials) begun(l storage.Life, _ *time.Location) error {
	for _, d := range l.Decisions {
		if d.Rule != RuleHoldout {
			continue
		}
		r, at := s.runs[d.Trigger], dueAt(d)
		r.flow, r.first = d.Flow, earlier(r.first, at)
		if at.After(r.last) {
			r.last = at
		}
		s.runs[d.Trigger] = r
	}
	return nil
}

// dueAt is when a notification would first have reached somebody: the same moment for
// those who are told and those who are held out.
func dueAt(d storage.Decision) time.Time {
	if d.FirstDue.IsZero() {
		return d.At
	}
	return d.FirstDue
}

func (s *trials) asked(at time.Time) bool {
	return !at.Before(s.query.Since) && (s.query.Until.IsZero() || at.Before(s.query.Until))
}

// add counts a person in the arm of each experiment they are in.
func (s *trials) add(l storage.Life, zone *time.Location) error {
	given := map[string]storage.Outcome{} // by split; the last one, should a variant have gone
	for _, o := range l.Outcomes {
		if o.Kind == OutcomeVariant && s.asked(o.At) {
			given[o.Name] = o
		}
	}
	for split, o := range given {
		arm := s.arm("split\x00"+split, o.Variant)
		arm.People++
		did := map[string]bool{}
		for _, next := range l.Outcomes {
			if next.At.Before(o.At) {
				continue
			}
			s.did(did, next)
			if next.Kind == OutcomePurchased {
				arm.Revenue = addMoney(arm.Revenue, next.Currency, next.Amount)
			}
		}
		arm.count(did)
	}
	for trigger, r := range s.runs {
		s.addHeldOut(l, zone, trigger, r)
	}
	return nil
}

// did notes what an outcome is of what is measured.
func (s *trials) did(did map[string]bool, o storage.Outcome) {
	switch {
	case o.Kind == OutcomeClicked:
		did[didClick] = true
	case o.Kind == OutcomePurchased && o.Amount >= 0:
		did[didBuy] = true
	case o.Kind == OutcomeStopped && o.Name != SourceRetention:
		did[didStop] = true
	case o.Kind == OutcomeGoal:
		did["goal "+o.Name] = true
	}
}

// addHeldOut counts a person of a trigger's audience: by what they did within the window
// after the first moment at which a notification was due for them, whether it went, was
// skipped by a later rule, or held out. Moments after the first are none to compare by: those
// told may have stopped, or have had what they waited for, because they were told.
func (s *trials) addHeldOut(l storage.Life, zone *time.Location, trigger string, r run) {
	var name string
	var due time.Time
	for _, d := range l.Decisions {
		if at := dueAt(d); d.Trigger == trigger && letThrough(d) && r.holds(at) {
			switch out := d.Rule == RuleHoldout; {
			case out && name != armHeldOut:
				name, due = armHeldOut, at // what went before their share was held out is no part of it
			case out == (name == armHeldOut):
				name, due = cmp.Or(name, armTold), earlier(due, at)
			}
		}
	}
	if name == "" || !s.asked(due) {
		return
	}
	arm := s.arm("holdout\x00"+trigger, name)
	arm.People++
	did := map[string]bool{}
	for _, o := range l.Outcomes {
		if o.At.Before(due) || o.At.Sub(due) > s.query.Window {
			continue
		}
		s.did(did, o)
		if o.Kind == OutcomePurchased {
			arm.Revenue = addMoney(arm.Revenue, o.Currency, o.Amount)
			did[didBuyToday] = did[didBuyToday] || o.Amount >= 0 && sameDay(wallOf(due, zone), wallOf(o.At, zone))
		}
	}
	arm.count(did)
}

// letThrough says whether the rules before a holdout let a notification through. One that
// failed by the rule of consent went out, and the platform knew of a stop.
func letThrough(d storage.Decision) bool {
	return d.Kind == DecisionFailed || d.Rule != RuleConsent && d.Rule != RuleWhere
}

func (s *trials) arm(experiment, name string) *Arm {
	arms := s.arms[experiment]
	if arms == nil {
		arms = map[string]*Arm{}
		s.arms[experiment] = arms
	}
	if arms[name] == nil {
		arms[name] = &Arm{Name: name, got: map[string]int{}}
	}
	return arms[name]
}

func (a *Arm) count(did map[string]bool) {
	for what, yes := range did {
		if yes {
			a.got[what]++
		}
	}
}

// done compares each arm with the first: of a holdout with those held out, of a split
// with the first in order of name.
func (s *trials) done(goals []string) []Experiment {
	out := []Experiment{} // not nil: of none the API answers a list too
	for _, key := range slices.Sorted(maps.Keys(s.arms)) {
		arms := s.arms[key]
		var e Experiment
		e.Kind, e.Name, _ = cutKey(key)
		measures := []string{didClick, didBuy}
		if e.Kind == "holdout" {
			trigger := e.Name
			e.Name, measures = s.runs[trigger].flow, []string{didBuyToday, didBuy} // who gets no link opens none
			e.Trigger = strings.TrimPrefix(trigger, e.Name+"/")
		}
		measures = append(measures, didStop)
		for _, goal := range goals {
			measures = append(measures, "goal "+goal)
		}
		for _, arm := range arms {
			e.Arms = append(e.Arms, *arm)
		}
		slices.SortFunc(e.Arms, func(a, b Arm) int { return cmp.Compare(a.Name, b.Name) }) // held out stands before told
		measures = slices.DeleteFunc(measures, func(what string) bool {
			return what != didBuy && what != didStop && what != didClick && !slices.ContainsFunc(e.Arms, func(a Arm) bool { return a.got[what] > 0 })
		})
		for i := range e.Arms {
			e.Arms[i].measure(measures, &e.Arms[0], i > 0)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Experiment) int { return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.Name, b.Name)) })
	return out
}

func cutKey(key string) (kind, name string, ok bool) {
	for i := range len(key) {
		if key[i] == 0 {
			return key[:i], key[i+1:], true
		}
	}
	return key, "", false
}

// measure works out an arm's results, beside the first's if it is another.
func (a *Arm) measure(measures []string, first *Arm, beside bool) {
	if a.Revenue == nil {
		a.Revenue = []Money{}
	}
	a.RevenuePerPerson = per(a.Revenue, a.People)
	for _, what := range measures {
		k := a.got[what]
		m := Measured{What: what, People: k, Rate: share(k, a.People), Range: wilson(k, a.People)}
		if beside && a.People > 0 && first.People > 0 {
			other := first.got[what]
			diff := *m.Rate - float64(other)/float64(first.People)
			within := newcombe(k, a.People, other, first.People)
			m.Diff, m.Within = &diff, &within
			m.Telling = within.Low > 0 || within.High < 0
			m.Says = verdictOf(what, a, first, within)
		}
		a.Results = append(a.Results, m)
	}
}

// verdictOf says what a difference tells, in a sentence.
func verdictOf(what string, a, first *Arm, d Interval) string {
	switch {
	case d.Low > 0:
		return fmt.Sprintf("more of “%s” %s than of “%s”: by %s to %s points", a.Name, what, first.Name, points(d.Low), points(d.High))
	case d.High < 0:
		return fmt.Sprintf("fewer of “%s” %s than of “%s”: by %s to %s points", a.Name, what, first.Name, points(-d.High), points(-d.Low))
	}
	return fmt.Sprintf("too early to say: among %d and %d people it may be anything from %s points fewer to %s points more", first.People, a.People,
		points(-d.Low), points(d.High))
}

// points are hundredths, for people.
func points(share float64) string {
	return fmt.Sprintf("%.1f", math.Abs(share)*100)
}
