package messenger

import (
	"slices"
	"strings"
	"time"
)

// A territory says in which regions a lane works from a day on. The last row of a
// lane that has begun counts; before its first row, and without any, a lane works
// everywhere.
type territory struct {
	lane    string
	from    time.Time
	regions []string
}

// territories is what the platform has announced. The end of recurring
// notifications outside five regions is taken from the FAQ as of March 2026; its
// older copies said 12 January.
var territories = []territory{
	{laneRecurring, day(2026, time.February, 10), []string{"AU", "EU", "JP", "KR", "UK"}},
}

// lawful reports whether a Page of a region may use a lane at an instant.
func lawful(lane, region string, now time.Time) bool {
	ok := true
	for _, t := range territories {
		if t.lane == lane && !now.Before(t.from) {
			ok = slices.Contains(t.regions, regionWord(region))
		}
	}
	return ok
}

// regionWord writes a region as the table does.
func regionWord(region string) string {
	if word := strings.ToUpper(strings.TrimSpace(region)); word != "GB" {
		return word
	}
	return "UK"
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
