package messenger

import (
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
)

// A territory says where a lane works from a day on. The last row of a lane that has
// begun counts; before its first the platform did not have it.
type territory struct {
	lane  string
	from  time.Time
	pages []string // the regions whose Pages have it; nil: all
	// people are the regions whose people it does not reach, whatever the Page's.
	people []string
}

// territories is what the platform has announced. The end of recurring notifications
// outside five regions is taken from the FAQ as of March 2026; its older copies said
// 12 January. Where paid messages may be sent from, and to whom, is that FAQ's list of
// April 2026, taken to hold since the launch. Utility messages were announced in 2025
// without a day, for four countries or for all: the pages disagree, so none is barred
// here and the platform is asked. One-time notifications are older than all the others.
var territories = []territory{
	{lane: laneRecurring, from: day(2022, time.May, 19)},
	{lane: laneRecurring, from: RecurringEnd(), pages: flows.LaneRegions(laneRecurring)},
	{lane: laneMarketing, from: day(2025, time.July, 1), people: flows.LaneRegions(laneRecurring), pages: flows.LaneRegions(laneMarketing)},
	{lane: laneUtility, from: day(2025, time.January, 1)},
	{lane: laneOneTime},
}

// RecurringEnd is the day from which Pages, but for those of five regions, have no
// recurring notifications any more.
func RecurringEnd() time.Time { return day(2026, time.February, 10) }

// law is the word of a law that closes a lane at an instant: for Pages of a region, or
// for people of one. It is empty if none does.
func law(lane, page, person string, now time.Time) (why string) {
	why = whyNotYet
	for _, t := range territories {
		switch {
		case t.lane != lane || now.Before(t.from):
		case t.pages != nil && !slices.Contains(t.pages, regionWord(page)):
			why = whyRegion
		case slices.Contains(t.people, regionWord(person)):
			why = whyPerson
		default:
			why = ""
		}
	}
	return why
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
