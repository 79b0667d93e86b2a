package flows

import (
	"fmt"
	"time"
)

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
