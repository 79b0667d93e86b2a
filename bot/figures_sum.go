package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// summary counts one person after the other.
type summary struct {
	query   StatsQuery
	program *flows.Program
	zone    *time.Location // of days, weeks and months
	bot     *Bot
	total   group
	groups  map[string]*group

	// Of the person who is counted.
	variants []storage.Outcome
	language string
	counted  map[*group]*personIn
}

// group is the sums of one group.
type group struct {
	Figures
	goals map[string]*GoalFigure
}

// personIn is what somebody counts for once in a group, however often it happens.
type personIn struct {
	reached, bought bool
	stops           map[string]bool // by what brought them about
	goals           map[string]bool
}

// add counts a person.
func (s *summary) add(l storage.Life, zone *time.Location) error {
	p := remember(l, zone, s.query.Window)
	s.counted = map[*group]*personIn{}
	s.language = s.program.Language(flows.Contact{Locale: l.Locale})
	s.variants = nil
	for _, o := range p.other {
		if o.Kind == OutcomeVariant {
			s.variants = append(s.variants, o)
		}
	}
	for _, m := range p.told {
		s.each(m.topic, m.flow, m.at, func(g *group, one *personIn) { g.countTold(m, one) })
	}
	for i, b := range p.buys {
		if b.of == nil {
			if s.within(b.At) {
				if b.Amount >= 0 {
					s.total.OtherPurchases++
				}
				s.total.OtherRevenue = addMoney(s.total.OtherRevenue, b.Currency, b.Amount)
			}
			continue
		}
		s.each(b.of.topic, b.of.flow, b.of.at, func(g *group, one *personIn) { g.countBuy(p, i, one) })
	}
	for _, o := range p.stops {
		at, flow := o.At, ""
		if o.Trigger != "" {
			flow = o.Flow
		}
		if m := p.message(o.Trigger, o.Occurrence); m != nil {
			at = m.at
		}
		s.each(o.Topic, flow, at, func(g *group, one *personIn) {
			if act := strings.TrimSuffix(o.Input, actOn("", o.Topic)); !one.stops[act] {
				one.stops[act] = true
				g.OptOuts++
			}
		})
	}
	s.addOther(p.other)
	return nil
}

// addOther counts requests, goals and clicks in conversations.
func (s *summary) addOther(list []storage.Outcome) {
	asked, posed, yes := map[string]storage.Outcome{}, map[string]storage.Outcome{}, map[string]bool{}
	ask := func(o storage.Outcome) {
		asked[o.Input] = o
		s.each(o.Topic, o.Flow, o.At, func(g *group, _ *personIn) { g.Asked++ })
	}
	for _, o := range list {
		if o.Kind == OutcomeAsked {
			ask(o)
		}
	}
	for _, o := range list {
		switch o.Kind {
		case OutcomeAsked:
			if o.Name == byWords {
				posed[o.Topic] = o // the yes in our own words is to the newest before it
			}
		case OutcomeGranted:
			if o.Name != byRequest && o.Name != byWords {
				continue // nobody was asked
			}
			from, known := asked[o.Input]
			if !known && o.Name == byWords {
				from, known = posed[o.Topic]
			}
			if !known { // it was shown, and is older than data_retention
				from = o
				ask(o)
				if o.Name == byWords {
					posed[o.Topic] = o
				}
			}
			if !yes[from.Input] { // else they have said so again
				yes[from.Input] = true
				s.each(from.Topic, from.Flow, from.At, func(g *group, _ *personIn) { g.Accepted++ })
			}
		case OutcomeGoal:
			if s.within(o.At) {
				s.total.countGoal(o, s.person(&s.total))
			}
		case OutcomeClicked:
			if s.within(o.At) {
				s.total.ReplyClicks++
			}
		}
	}
}

// within says whether a time is asked for.
func (s *summary) within(at time.Time) bool {
	return !at.Before(s.query.Since) && (s.query.Until.IsZero() || at.Before(s.query.Until))
}

// each does f for the whole and for the groups that something belongs to.
func (s *summary) each(topic, flow string, at time.Time, f func(g *group, one *personIn)) {
	if !s.within(at) {
		return
	}
	f(&s.total, s.person(&s.total))
	for _, name := range s.names(topic, flow, at) {
		g := s.groups[name]
		if g == nil {
			g = &group{}
			s.groups[name] = g
		}
		f(g, s.person(g))
	}
}

func (s *summary) person(g *group) *personIn {
	one := s.counted[g]
	if one == nil {
		one = &personIn{stops: map[string]bool{}, goals: map[string]bool{}}
		s.counted[g] = one
	}
	return one
}

// names are the groups that something belongs to: several of somebody in several
// splits.
func (s *summary) names(topic, flow string, at time.Time) []string {
	switch s.query.By {
	case ByTopic:
		return []string{orNone(topic)}
	case ByFlow:
		return []string{orNone(flow)}
	case ByLocale:
		return []string{s.language}
	case ByVariant:
		theirs := map[string]string{} // of each split the newest: a deploy may have taken the one before away
		for _, o := range s.variants {
			if !at.Before(o.At) {
				theirs[o.Name] = o.Name + ": " + o.Variant
			}
		}
		return slices.Collect(maps.Values(theirs))
	case ByDay:
		return []string{at.In(s.zone).Format(time.DateOnly)}
	case ByWeek:
		year, week := at.In(s.zone).ISOWeek()
		return []string{fmt.Sprintf("%d-W%02d", year, week)}
	case ByMonth:
		return []string{at.In(s.zone).Format("2006-01")}
	}
	return nil
}

// orNone names what belongs to nothing.
func orNone(name string) string {
	if name == "" {
		return "(none)"
	}
	return name
}

func (g *group) countTold(m *told, one *personIn) {
	g.Sent++
	if m.reached().IsZero() {
		return
	}
	g.Delivered++
	if !one.reached {
		one.reached = true
		g.People++
	}
	if !m.read.IsZero() || !m.clicked.IsZero() {
		g.Read++
	}
	if !m.clicked.IsZero() {
		g.Clicked++
	}
	if m.stopped {
		g.OptOutsAfter++
	}
	if m.price > 0 {
		if g.cost == nil {
			g.cost, g.paidClicks = map[string]int64{}, map[string]int{}
		}
		g.cost[m.currency] += m.price
		if !m.clicked.IsZero() {
			g.paidClicks[m.currency]++
		}
	}
}

func (g *group) countBuy(p past, place int, one *personIn) {
	b := p.buys[place]
	g.Revenue = addMoney(g.Revenue, b.Currency, b.Amount)
	if b.Amount < 0 {
		return
	}
	g.Purchases++
	if b.sameDay {
		g.SameDay++
	}
	if one.bought {
		return
	}
	one.bought = true
	g.Buyers++
	if p.again(place, secondWithin) { // after the first that this group counts
		g.BoughtAgain++
	}
}

func (g *group) countGoal(o storage.Outcome, one *personIn) {
	if g.goals == nil {
		g.goals = map[string]*GoalFigure{}
	}
	goal := g.goals[o.Name]
	if goal == nil {
		goal = &GoalFigure{Name: o.Name}
		g.goals[o.Name] = goal
	}
	goal.Times++
	goal.Value += o.Value
	if !one.goals[o.Name] {
		one.goals[o.Name] = true
		goal.People++
	}
}
