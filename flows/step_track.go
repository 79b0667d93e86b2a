package flows

import (
	"errors"
	"fmt"
	"math"
)

// trackStep records that a goal was reached, for the figures. One thing that happened
// reaches a goal once, however often the flow comes by.
//
//	track: bought
//	value: "{{ event.total }}"
type trackStep struct {
	goal  word
	value *template
}

func decodeTrack(d *decoder, f *fields) action {
	a := &trackStep{goal: d.label(f.word("track"), "goal")}
	if n := f.scalar("value", "a number"); n != nil {
		a.value = d.newTemplate(n, "=")
	}
	return a
}

func (a *trackStep) check(c *checker, _ *step, s *scope) {
	if a.goal.text != "" && !contains(c.goals, a.goal.text) {
		c.goals = append(c.goals, a.goal.text)
	}
	if a.value == nil {
		return
	}
	c.template(a.value, s)
	if is := a.value.typ(); !is.fits(numberType) {
		c.errorf("type", a.value.span, `write a number without quotes or units, or an expression that is one: value: "{{ event.total }}"`, "the value of a goal is a number, this is %s", is.describe())
	}
}

func (a *trackStep) run(m *machine, st *step) move {
	e := Track{Goal: a.goal.text, Flow: st.flow.id, Step: st.address}
	if a.value != nil {
		v, err := a.value.value(m.scope())
		if err == nil && v != nil {
			e.Value, err = finite(v)
		}
		if err != nil {
			return fail(fmt.Errorf("value: %w", err))
		}
	}
	m.effects = append(m.effects, e)
	return st.onward()
}

// finite is a value as a number that can be counted with.
func finite(v any) (float64, error) {
	n, ok := plain(v).(float64)
	if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, errors.New("not a number")
	}
	return n, nil
}
