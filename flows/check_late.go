package flows

import (
	"fmt"
	"slices"
	"time"
)

// window is how long the platform lets a Page write after the person did.
const window = 24 * time.Hour

// late reports messages behind a pause so long that they wait for the person: by
// then the window is closed. behind are the steps that follow the pause.
func (c *checker) late(at Span, pause time.Duration, behind []*step) {
	if pause < window || !slices.ContainsFunc(behind, func(st *step) bool { return sends(st) }) {
		return
	}
	c.warnf("window", at, "keep it under 24h, or ask for consent with opt_in: and write to them by an event or cron",
		"24 hours after their last message the Page may not write: what comes behind this waits until they do, and is dropped after 7 days")
}

// sends says whether a step sends something itself.
func sends(st *step) bool {
	switch st.kind {
	case "say", "show", "ask", "choose", "opt_in":
		return true
	}
	return false
}

// lateness looks at the pauses of a flow.
func (c *checker) lateness(steps []*step) {
	for i, st := range steps {
		switch a := st.do.(type) {
		case *waitStep:
			c.late(st.span, time.Duration(a.days)*window+a.pause, steps[i+1:])
			c.late(st.span, a.timeout, a.onTimeout.steps)
		case *askStep:
			c.late(st.span, a.timeout, a.onTimeout.steps)
		case *chooseStep:
			c.late(st.span, a.timeout, a.onTimeout.steps)
		case *optInStep:
			c.late(st.span, a.timeout, a.onTimeout.steps)
		}
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				c.lateness(b.steps)
			}
		}
	}
}

// maxFires bounds how many fires of a cron are looked at: those of a day, each minute.
const maxFires = 24*60 + 60

// held reports a schedule whose notifications fall into the quiet hours and expire in
// them, each time.
func (c *checker) held(t *Trigger) {
	quiet := c.bot.QuietHours
	spec := t.Value
	if t.Kind == OnDate {
		spec = fmt.Sprintf("%d %d * * *", t.At%60, t.At/60)
	}
	if quiet == nil || t.Kind != OnCron && t.Kind != OnDate || t.Expires <= 0 {
		return
	}
	schedule, err := parseCron(spec)
	if err != nil {
		return
	}
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	fires := 0
	for at := schedule.Next(begin); !at.IsZero() && at.Before(begin.Add(farFuture)); at = schedule.Next(at) {
		if fires++; fires > maxFires {
			break
		}
		minute := at.Hour()*60 + at.Minute()
		length := (quiet.To - quiet.From + 24*60) % (24 * 60)
		since := (minute - quiet.From + 24*60) % (24 * 60)
		if since >= length || time.Duration(length-since)*time.Minute < t.Expires {
			return
		}
	}
	if fires == 0 {
		return // never, which was said
	}
	c.warnf("quiet-hours", t.value.span, "fire after they end, or add expires: and a longer time", "it fires in the quiet hours and expires before they end: nothing is ever sent")
}
