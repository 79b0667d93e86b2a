package bot

import (
	"fmt"
	"time"
)

// Takes says how long a load keeps the Page busy; empty if it is not known or nothing.
func (l *Load) Takes() string {
	if l.Ends.IsZero() || !l.Ends.After(l.Begins) {
		return ""
	}
	return spell(l.Ends.Sub(l.Begins))
}

// spell is a duration as people say it, rounded up: "40 s", "3 min", "2 h 30 min".
func spell(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int((d+time.Minute-1)/time.Minute))
	}
	minutes := int((d + time.Minute - 1) / time.Minute)
	if minutes%60 == 0 {
		return fmt.Sprintf("%d h", minutes/60)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// people is a number of them.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return Grouped(n) + " people"
}

// ofAtMost is a part of an upper bound.
func ofAtMost(part, all int) string {
	if part >= all {
		return "all"
	}
	return fmt.Sprintf("%s of at most %s", Grouped(part), Grouped(all))
}
