package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// resendAfter is how long a reply of unknown outcome waits for its echo, less what
// its way to the platform may have taken.
const resendAfter = 25 * time.Second

// caused wants a reason for every message of unknown outcome: its answer was cut, or
// the process that had it was hit. One that was answered is settled. A reply comes again
// once, and once more where a process ended with it on its way: each time but the last
// its answer was lost.
func (e *evidence) caused(broken reporter) {
	for _, p := range e.people {
		for _, s := range p.sends {
			copies := p.shown(s.ID)
			if s.State != storage.SendUnknown && len(copies) < 2 {
				continue
			}
			calls, lost := e.callsOf(s)
			// Or it was never sent, by a process that ended before.
			excused := lost > 0 || calls == 0 && slices.ContainsFunc(e.faults, func(f fault) bool { return f.near(s.ClaimAt) })
			if s.State == storage.SendUnknown && !excused {
				broken(p.psid, "%q (%s, claimed %s) is unknown, and nothing had happened to it", words(s), s.ID, s.ClaimAt.Format(time.TimeOnly))
			}
			if len(copies) > 1+lost {
				broken(p.psid, "%q (%s, claimed %s) was shown %d times, and the answers to %d of its calls may have been lost",
					words(s), s.ID, s.ClaimAt.Format(time.TimeOnly), len(copies), lost)
			}
			for i := 1; i < len(copies); i++ {
				if later := copies[i].At.Sub(copies[i-1].At); later < resendAfter {
					broken(p.psid, "%q came again %s later", words(s), later)
				}
			}
		}
	}
}

// callsOf counts the calls with a message, and those whose answers may not have been read.
func (e *evidence) callsOf(s storage.Send) (calls, lost int) {
	for _, call := range e.line {
		if !strings.Contains(call.body, s.ID) {
			continue
		}
		calls++
		if call.cut || e.hitAt(call.seat, call.at) {
			lost++
		}
	}
	return calls, lost
}

func (e *evidence) hitAt(seat int, at time.Time) bool {
	return slices.ContainsFunc(e.faults, func(f fault) bool {
		return (f.seat == seat || f.seat == everyone) && !f.asleep && f.near(at)
	})
}

// near reports whether what happened then may have been lost.
func (f fault) near(at time.Time) bool {
	return at.After(f.from.Add(-5*time.Second)) && at.Before(f.to.Add(5*time.Second))
}

// seldom wants at most one message a week of the restock, and one a month of the
// news: that is what everybody chooses. A test is not longer than a week.
func (e *evidence) seldom(broken reporter) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		broken("", "%v", err)
		return
	}
	for _, p := range e.people {
		times := map[string]int{}
		for _, m := range p.fromPage() {
			switch at := m.At.In(zone); {
			case news(m):
				times["news of "+at.Format("2006-01")]++
			case told(m):
				year, week := at.ISOWeek()
				times[fmt.Sprintf("restock in week %d of %d", week, year)]++
			}
		}
		for what, n := range times {
			if n > 1 {
				broken(p.psid, "was sent %d messages: %s", n, what)
			}
		}
	}
}

// How far the notifications may be from an even pace: a Page uses up to a second of
// it at once, and what was on its way may arrive late.
const (
	paceBurst = time.Second
	paceSlack = 500 * time.Millisecond
)

// paced looks at any two notifications, and how many there are from one to the
// other.
func (e *evidence) paced(broken reporter) {
	var at []time.Time
	for _, p := range e.people {
		for _, m := range p.fromPage() {
			if told(m) {
				at = append(at, m.At)
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	worst, over := "", 0.0
	for i := range at {
		for j := i + 1; j < len(at); j++ {
			span := at[j].Sub(at[i])
			if more := float64(j-i+1) - float64(e.rate)*(span+paceBurst+paceSlack).Seconds(); more > over {
				worst, over = fmt.Sprintf("%d notifications within %s, at a rate of %d/s", j-i+1, span, e.rate), more
			}
		}
	}
	if worst != "" {
		broken("", "%s", worst)
	}
}

// fired wants every occurrence to have counted everybody once, and every schedule to
// wait for its next fire.
func (e *evidence) fired(broken reporter) {
	decided := map[string]int{}
	for _, p := range e.people {
		for _, d := range p.decisions {
			decided[d.Trigger+" "+d.Occurrence]++
		}
	}
	counted, unsure, last := map[string]int{}, map[string]int{}, map[[2]string]string{} // by trigger and zone
	for _, o := range e.occurrences {
		key := o.Trigger + " " + strings.TrimSuffix(o.ID, " "+o.Zone)
		if o.Zone != "" {
			schedule := [2]string{o.Trigger, o.Zone}
			last[schedule] = max(last[schedule], strings.TrimSuffix(o.ID, " "+o.Zone))
		}
		var counts map[string]int
		if err := json.Unmarshal(o.Counts, &counts); len(o.Counts) > 0 && err != nil {
			broken("", "occurrence %s has the counts %s", o.ID, o.Counts)
		}
		counted[key] += 0
		for kind, n := range counts {
			switch kind {
			case "missed":
			case "queued": // decided in a turn of their own, if they still are in its audience
				unsure[key] += n
				counted[key] += n
			default:
				counted[key] += n
			}
		}
	}
	for key := range counted {
		if n := decided[key]; n > counted[key] || n < counted[key]-unsure[key] {
			broken("", "%s counted %d people (%d of them queued), and %d were decided about", key, counted[key], unsure[key], n)
		}
	}
	for key, n := range decided {
		if _, ok := counted[key]; !ok {
			broken("", "%d people were decided about for %s, which never occurred", n, key)
		}
	}
	for schedule, fire := range last {
		next := 0
		for _, timer := range e.timers {
			var body struct{ Trigger, Zone, Local string }
			if timer.At.Before(e.at) {
				continue
			}
			if err := json.Unmarshal(timer.Body, &body); err == nil && body.Trigger == schedule[0] && body.Zone == schedule[1] && body.Local > fire {
				next++
			}
		}
		if next != 1 {
			broken("", "the schedule %q has %d coming fires after %s", schedule, next, fire)
		}
	}
}
