package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextChance(t *testing.T) {
	t.Parallel()
	const paris, newYork, auckland = "Europe/Paris", "America/New_York", "Pacific/Auckland"
	tests := []struct {
		name           string
		cadence, zone  string
		last, due, now string // wall times in the zone; "" is never
		want           string // with the zone's offset; "" is now
		lastElsewhere  string // the zone that last is a wall time of, if another
	}{
		{name: "never sent", cadence: Daily, zone: paris, due: "2026-03-30T18:00:00", now: "2026-03-30T18:00:00"},
		{name: "daily, the day before", cadence: Daily, zone: paris, last: "2026-03-29T23:59:59", due: "2026-03-30T00:00:00", now: "2026-03-30T00:00:00"},
		{name: "daily, the same day", cadence: Daily, zone: paris, last: "2026-03-30T00:00:00", due: "2026-03-30T18:00:00", now: "2026-03-30T23:59:59", want: "2026-03-31T18:00:00+02:00"},
		{name: "daily, a second before midnight", cadence: Daily, zone: paris, last: "2026-03-30T09:00:00", due: "2026-03-30T23:59:59", now: "2026-03-30T23:59:59", want: "2026-03-31T23:59:59+02:00"},
		{name: "daily, the last day of the year", cadence: Daily, zone: paris, last: "2026-12-31T09:00:00", due: "2026-12-31T18:00:00", now: "2026-12-31T18:00:00", want: "2027-01-01T18:00:00+01:00"},
		{name: "daily, into the gap", cadence: Daily, zone: paris, last: "2026-03-28T01:00:00", due: "2026-03-28T02:30:00", now: "2026-03-28T02:30:00", want: "2026-03-29T03:00:00+02:00"},
		{name: "daily, into the doubled hour", cadence: Daily, zone: paris, last: "2026-10-24T01:00:00", due: "2026-10-24T02:30:00", now: "2026-10-24T02:30:00", want: "2026-10-25T02:30:00+02:00"},
		{name: "daily, a day without midnight", cadence: Daily, zone: "Africa/Cairo", last: "2026-04-23T09:00:00", due: "2026-04-23T00:00:00", now: "2026-04-23T10:00:00", want: "2026-04-24T01:00:00+03:00"},
		{name: "daily, a day left out", cadence: Daily, zone: "Pacific/Apia", last: "2011-12-29T09:00:00", due: "2011-12-29T18:00:00", now: "2011-12-29T18:00:00", want: "2011-12-31T00:00:00+14:00"},

		{name: "weekly, Sunday before", cadence: Weekly, zone: paris, last: "2026-03-29T23:59:59", due: "2026-03-30T00:00:00", now: "2026-03-30T00:00:00"},
		{name: "weekly, Monday and Sunday", cadence: Weekly, zone: paris, last: "2026-03-30T00:00:00", due: "2026-04-05T20:00:00", now: "2026-04-05T23:59:59", want: "2026-04-06T20:00:00+02:00"},
		{name: "weekly, twice on Monday", cadence: Weekly, zone: paris, last: "2026-03-30T18:00:00", due: "2026-03-30T18:05:00", now: "2026-03-30T18:05:00", want: "2026-04-06T18:05:00+02:00"},
		{name: "weekly, the week that two years share", cadence: Weekly, zone: paris, last: "2026-12-31T09:00:00", due: "2027-01-03T09:00:00", now: "2027-01-03T09:00:00", want: "2027-01-04T09:00:00+01:00"},
		{name: "weekly, week 53 and week 1", cadence: Weekly, zone: paris, last: "2027-01-03T09:00:00", due: "2027-01-04T09:00:00", now: "2027-01-04T09:00:00"},
		{name: "weekly, 2025 begins in its week 1 already", cadence: Weekly, zone: paris, last: "2024-12-30T09:00:00", due: "2025-01-05T09:00:00", now: "2025-01-05T09:00:00", want: "2025-01-06T09:00:00+01:00"},
		{name: "weekly, over the change of the clocks", cadence: Weekly, zone: newYork, last: "2026-03-02T09:00:00", due: "2026-03-06T02:30:00", now: "2026-03-08T03:00:00", want: "2026-03-09T02:30:00-04:00"},

		{name: "monthly, the month before", cadence: Monthly, zone: paris, last: "2026-01-31T23:59:59", due: "2026-02-01T00:00:00", now: "2026-02-01T00:00:00"},
		{name: "monthly, first and last", cadence: Monthly, zone: paris, last: "2026-01-01T00:00:00", due: "2026-01-31T09:00:00", now: "2026-01-31T23:59:59", want: "2026-02-01T09:00:00+01:00"},
		{name: "monthly, the leap day", cadence: Monthly, zone: paris, last: "2028-02-01T09:00:00", due: "2028-02-29T09:00:00", now: "2028-02-29T09:00:00", want: "2028-03-01T09:00:00+01:00"},
		{name: "monthly, December", cadence: Monthly, zone: paris, last: "2026-12-01T09:00:00", due: "2026-12-24T09:00:00", now: "2026-12-24T09:00:00", want: "2027-01-01T09:00:00+01:00"},
		{name: "monthly, the same month a year later", cadence: Monthly, zone: paris, last: "2025-12-24T09:00:00", due: "2026-12-24T09:00:00", now: "2026-12-24T09:00:00"},

		{name: "an unknown cadence is the most careful one", cadence: "hourly", zone: paris, last: "2026-01-01T00:00:00", due: "2026-01-31T09:00:00", now: "2026-01-31T09:00:00", want: "2026-02-01T09:00:00+01:00"},
		{name: "sent by a clock ahead of ours", cadence: Daily, zone: paris, last: "2026-03-31T00:00:01", due: "2026-03-30T18:00:00", now: "2026-03-30T23:59:59", want: "2026-04-01T18:00:00+02:00"},

		// Tuesday 01:00 in Auckland is Monday 08:00 in New York.
		{name: "moved west: yesterday's message was today", cadence: Daily, zone: newYork, lastElsewhere: auckland, last: "2026-03-31T01:00:00", due: "2026-03-30T18:00:00", now: "2026-03-30T18:00:00", want: "2026-03-31T18:00:00-04:00"},
		{name: "moved east: today's message was yesterday", cadence: Daily, zone: auckland, lastElsewhere: newYork, last: "2026-03-30T06:59:59", due: "2026-03-31T18:00:00", now: "2026-03-31T18:00:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, test.zone)
			lastLoc := loc
			if test.lastElsewhere != "" {
				lastLoc = zone(t, test.lastElsewhere)
			}
			got := NextChance(test.cadence, local(t, test.last, lastLoc), local(t, test.due, loc), local(t, test.now, loc), loc)
			spelt := ""
			if !got.IsZero() {
				spelt = got.In(loc).Format(time.RFC3339)
			}
			if spelt != test.want {
				t.Errorf("next chance %q, want %q", spelt, test.want)
			}
		})
	}
}

// local reads a wall time of a zone.
func local(t *testing.T, wall string, loc *time.Location) time.Time {
	t.Helper()
	if wall == "" {
		return time.Time{}
	}
	at, err := time.Parse("2006-01-02T15:04:05", wall)
	if err != nil {
		t.Fatal(err)
	}
	return instantOf(at, loc)
}

// Whoever waits for each next chance gets one message a period, and waits no
// longer than to the end of the next one.
func TestNextChanceKeepsTheCadence(t *testing.T) {
	t.Parallel()
	longest := map[string]time.Duration{Daily: 50 * time.Hour, Weekly: 15 * 24 * time.Hour, Monthly: 63 * 24 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom(awkward()).Draw(t, "zone"))
		cadence := rapid.SampledFrom([]string{Daily, Weekly, Monthly}).Draw(t, "cadence")
		last := instantOf(aroundChange(t, loc), loc)
		now := last.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "later")) * time.Minute)
		due := now.Add(-time.Duration(rapid.IntRange(0, 48*60).Draw(t, "waited")) * time.Minute)

		next := NextChance(cadence, last, due, now, loc)
		same := periodName(cadence, last, loc) >= periodName(cadence, now, loc)
		if next.IsZero() {
			if same {
				t.Fatalf("a second message in %s", periodName(cadence, now, loc))
			}
			return
		}
		if !same {
			t.Fatalf("held although %s is over", periodName(cadence, last, loc))
		}
		if !next.After(now) || next.Sub(now) > longest[cadence] {
			t.Fatalf("now %s, next chance %s", now.In(loc), next.In(loc))
		}
		if periodName(cadence, next, loc) <= periodName(cadence, last, loc) {
			t.Fatalf("last in %s, next chance in %s", periodName(cadence, last, loc), periodName(cadence, next, loc))
		}
		if again := NextChance(cadence, last, due, next, loc); !again.IsZero() {
			t.Fatalf("at its next chance %s it is held until %s", next.In(loc), again.In(loc))
		}
	})
}

// periodName names the day, ISO week or month of an instant so that names sort.
func periodName(cadence string, at time.Time, loc *time.Location) string {
	at = at.In(loc)
	switch cadence {
	case Daily:
		return at.Format(time.DateOnly)
	case Weekly:
		year, week := at.ISOWeek()
		return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + " week " + string(rune('A'+week))
	}
	return at.Format("2006-01")
}
