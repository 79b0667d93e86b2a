package bot

import (
	"time"

	"github.com/relance-bot/relance/flows"
)

// QuietEnd is when the quiet hours that now lies in are over, in the person's zone;
// the zero time if now lies in none, or there are none (nil, or from a time to the
// same).
//
// Quiet hours run from an instant to an instant, both found by InstantOf, so a
// change of the clocks inside them makes them longer or shorter, and one at their
// end never makes them begin again.
func QuietEnd(quiet *flows.Hours, now time.Time, zone *time.Location) time.Time {
	if quiet == nil || quiet.From == quiet.To {
		return time.Time{}
	}
	length := quiet.To - quiet.From
	if length < 0 {
		length += 24 * 60
	}
	var end time.Time
	today := wallOf(now, zone)
	// Where the clocks leave out all that lies between two nights, they are one.
	for _, day := range []int{-1, 0, 1} {
		date := today.AddDate(0, 0, day)
		from := InstantOf(date, quiet.From, zone)
		to := InstantOf(date, quiet.From+length, zone)
		if !now.Before(from) && now.Before(to) || !end.IsZero() && from.Equal(end) {
			end = to
		}
	}
	return end
}
