package emulator

import (
	"slices"
	"strings"
	"time"
)

// The days on which the rules for recurring notifications and message tags
// changed, at midnight UTC. An instant on or after one lives under the new rule.
var (
	eraLaunch        = day(2022, time.May, 19)      // recurring notifications begin
	eraNoFrequency   = day(2023, time.February, 2)  // v16: tokens have no frequency; up to three follow-ups
	eraTitleOptional = day(2023, time.February, 21) // a request without a title gets defaultTitle
	eraNoExpiry      = day(2023, time.August, 10)   // tokens stop expiring
	eraUtility       = day(2025, time.January, 1)   // approved templates begin; the day is not documented
	eraPaid          = day(2025, time.July, 1)      // paid messages begin
	eraTwoDays       = day(2025, time.September, 1) // one message in 48 hours
	eraRegions       = day(2026, time.February, 10) // over, except in openRegions
	eraTagsGone      = day(2026, time.April, 27)    // the event, account and purchase tags are refused
)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// defaultTitle is the topic of a request that names none.
const defaultTitle = "Updates and promotions"

// Rhythms of old tokens.
const (
	daily   = "DAILY"
	weekly  = "WEEKLY"
	monthly = "MONTHLY"
)

// regionOpen reports whether recurring notifications exist at that time for Pages
// of that region.
func regionOpen(region string, now time.Time) bool {
	if now.Before(eraRegions) {
		return true
	}
	return slices.Contains(openRegions, region)
}

// openRegions are those in which recurring notifications go on, and to whose people no
// paid message goes.
var openRegions = []string{"AU", "EU", "JP", "KR", "UK"}

// paidRegions are those whose Pages may send paid messages.
var paidRegions = []string{
	"AU", "BR", "CL", "CO", "HK", "IN", "ID", "IL", "MY", "MX", "NZ", "PE", "PH", "SA", "SG", "TW", "TH", "AE", "US", "VN",
}

// regionWord writes a region as the rules do; the Page's is the EU unless it says so.
func regionWord(region string) string {
	switch word := strings.ToUpper(strings.TrimSpace(region)); word {
	case "":
		return "EU"
	case "GB":
		return "UK"
	default:
		return word
	}
}

// grantedFrequency is the rhythm the platform keeps in a token granted now, for a
// request that asked for one.
func grantedFrequency(asked string, now time.Time) string {
	switch {
	case !now.Before(eraNoFrequency):
		return ""
	case asked == "":
		return daily
	}
	return asked
}

// expiry is the end of a token granted now, zero if it has none.
func expiry(frequency string, now time.Time) time.Time {
	if !now.Before(eraNoExpiry) {
		return time.Time{}
	}
	switch frequency {
	case weekly:
		return now.AddDate(0, 9, 0)
	case monthly:
		return now.AddDate(0, 12, 0)
	}
	return now.AddDate(0, 6, 0)
}

// expired reports whether a token with that end is dead. What had not ended when
// tokens stopped expiring never does.
func expired(end, now time.Time) bool {
	return !end.IsZero() && end.Before(eraNoExpiry) && !now.Before(end)
}

// restUntil is when a token of that frequency and zone may carry the next message
// after one at last, by the rules that hold now. Zero last: at once.
func restUntil(frequency string, zone *time.Location, last, now time.Time) time.Time {
	if last.IsZero() {
		return time.Time{}
	}
	next := last.Add(24 * time.Hour)
	local := last.In(zone)
	switch frequency {
	case weekly:
		sinceMonday := (int(local.Weekday()) + 6) % 7
		next = time.Date(local.Year(), local.Month(), local.Day()-sinceMonday+7, 0, 0, 0, 0, zone)
	case monthly:
		next = time.Date(local.Year(), local.Month()+1, 1, 0, 0, 0, 0, zone)
	}
	if two := last.Add(48 * time.Hour); !now.Before(eraTwoDays) && next.Before(two) {
		next = two
	}
	return next.UTC()
}
