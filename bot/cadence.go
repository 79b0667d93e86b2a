package bot

import "time"

// Cadences a person may choose.
const (
	Daily   = "daily"   // one message a calendar day
	Weekly  = "weekly"  // one an ISO week, Monday to Sunday
	Monthly = "monthly" // one a calendar month
)

// NextChance is when the cadence lets the next message go: the zero time if one
// may go now, else the start of the next day, week or month in zone, at the time
// of day the message was first due. Days are those of today's zone, also for what
// was sent while the person lived in another.
func NextChance(cadence string, lastSent, firstDue, now time.Time, zone *time.Location) time.Time {
	if lastSent.IsZero() {
		return time.Time{}
	}
	last, today := wallOf(lastSent, zone), wallOf(now, zone)
	if periodStart(cadence, last).Before(periodStart(cadence, today)) {
		return time.Time{}
	}
	due := wallOf(firstDue, zone)
	hour := due.Sub(time.Date(due.Year(), due.Month(), due.Day(), 0, 0, 0, 0, time.UTC))
	for first := periodAfter(cadence, last); ; first = periodAfter(cadence, first) {
		// One chance is enough, but for zones whose clocks went back over midnight:
		// there the next day may have begun already, for a minute.
		if next := instantOf(first.Add(hour), zone); next.After(now) {
			return next
		}
	}
}

// periodStart is the first day of the period that a wall time lies in. A cadence
// that is not known counts as the most careful one.
func periodStart(cadence string, wall time.Time) time.Time {
	year, month, day := wall.Date()
	switch cadence {
	case Daily:
	case Weekly:
		day -= (int(wall.Weekday()) + 6) % 7 // since Monday
	default:
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// periodAfter is the first day of the period after that of a wall time.
func periodAfter(cadence string, wall time.Time) time.Time {
	start := periodStart(cadence, wall)
	switch cadence {
	case Daily:
		return start.AddDate(0, 0, 1)
	case Weekly:
		return start.AddDate(0, 0, 7)
	default:
		return start.AddDate(0, 1, 0)
	}
}

// effectiveCadence is what a consent's cadence means: the topic's first where the
// person chose none, and daily where the topic says nothing either.
func effectiveCadence(chosen string, offered []string) string {
	switch {
	case chosen != "":
		return chosen
	case len(offered) > 0:
		return offered[0]
	}
	return Daily
}
