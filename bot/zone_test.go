package bot

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zone is a location that exists.
func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := Location(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// awkward lists zones whose clocks do what one does not expect: changes at
// midnight, by half an hour, by two hours, backwards in Ramadan, a day left out.
func awkward() []string {
	return []string{
		"Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "America/Asuncion", "America/Caracas", "America/Goose_Bay",
		"America/Havana", "America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "Antarctica/Troll",
		"Asia/Beirut", "Asia/Gaza", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran", "Australia/Lord_Howe", "Europe/Dublin",
		"Europe/London", "Europe/Paris", "Pacific/Apia", "Pacific/Kiritimati", "UTC",
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		ok   bool
	}{
		{"Europe/Paris", true},
		{"America/Argentina/Buenos_Aires", true},
		{"Etc/GMT+5", true},
		{"UTC", true},
		{"", false},
		{"Local", false},
		{"Europe/Atlantis", false},
		{"right/Europe/Paris", false},
		{"posix/Europe/Paris", false},
		{"../etc/passwd", false},
		{"/etc/localtime", false},
		{"Europe/Paris\x00", false},
		{"Europe/Paris ", false},
		{strings.Repeat("a", maxZoneName+1), false},
	}
	for _, test := range tests {
		loc, err := Location(test.name)
		if (err == nil) != test.ok {
			t.Errorf("%.70q: %v", test.name, err)
		}
		if err == nil && loc.String() != test.name {
			t.Errorf("%q is called %q", test.name, loc)
		}
	}
}

func TestInstantOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone, date string
		minutes    int
		want       string
	}{
		{"Europe/Paris", "2026-03-28", 2*60 + 30, "2026-03-28T02:30:00+01:00"},
		{"Europe/Paris", "2026-03-29", 1*60 + 59, "2026-03-29T01:59:00+01:00"},
		{"Europe/Paris", "2026-03-29", 2 * 60, "2026-03-29T03:00:00+02:00"},
		{"Europe/Paris", "2026-03-29", 2*60 + 30, "2026-03-29T03:00:00+02:00"},
		{"Europe/Paris", "2026-03-29", 3 * 60, "2026-03-29T03:00:00+02:00"},
		{"Europe/Paris", "2026-10-25", 2*60 + 30, "2026-10-25T02:30:00+02:00"},
		{"Europe/Paris", "2026-10-25", 3 * 60, "2026-10-25T03:00:00+01:00"},
		{"Europe/Paris", "2026-10-24", 24 * 60, "2026-10-25T00:00:00+02:00"},
		{"America/New_York", "2026-03-08", 2*60 + 30, "2026-03-08T03:00:00-04:00"},
		{"America/New_York", "2026-11-01", 1*60 + 30, "2026-11-01T01:30:00-04:00"},
		{"Australia/Lord_Howe", "2026-10-04", 2*60 + 15, "2026-10-04T02:30:00+11:00"},
		{"Australia/Lord_Howe", "2026-04-05", 1*60 + 45, "2026-04-05T01:45:00+11:00"},
		{"Africa/Cairo", "2026-04-24", 0, "2026-04-24T01:00:00+03:00"},
		{"Asia/Beirut", "2026-03-29", 0, "2026-03-29T01:00:00+03:00"},
		{"Pacific/Apia", "2011-12-30", 9 * 60, "2011-12-31T00:00:00+14:00"},
		{"Antarctica/Troll", "2026-03-29", 2 * 60, "2026-03-29T03:00:00+02:00"},
		{"UTC", "2026-03-29", 2*60 + 30, "2026-03-29T02:30:00Z"},
	}
	for _, test := range tests {
		date, err := time.Parse(time.DateOnly, test.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := InstantOf(date, test.minutes, zone(t, test.zone)).Format(time.RFC3339); got != test.want {
			t.Errorf("%s, %s and %d minutes: %s, want %s", test.zone, test.date, test.minutes, got, test.want)
		}
	}
}

// instantOf is compared with a search that looks at every minute.
func TestInstantOfIsTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom(awkward()).Draw(t, "zone"))
		wall := aroundChange(t, loc)
		got, want := instantOf(wall, loc), searchInstant(wall, loc)
		if !got.Equal(want) {
			t.Fatalf("%s in %s is %s, want %s", wall.Format(wallLayout), loc, got, want)
		}
	})
}

// aroundChange draws a wall time since 1980, near a change of the zone's clocks if
// there is one in reach.
func aroundChange(t *rapid.T, loc *time.Location) time.Time {
	day := rapid.IntRange(0, 365*60).Draw(t, "day")
	some := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
	if _, end := some.In(loc).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "near a change") {
		some = wallOf(end, loc)
	}
	off := rapid.IntRange(-200, 200).Draw(t, "minutes")
	return some.Truncate(time.Minute).Add(time.Duration(off) * time.Minute)
}

// searchInstant looks for the first minute at which clocks show wall, else for the
// first at which they have passed it.
func searchInstant(wall time.Time, loc *time.Location) time.Time {
	var passed time.Time
	for t := wall.Add(-16 * time.Hour); t.Before(wall.Add(16 * time.Hour)); t = t.Add(time.Minute) {
		switch shown := wallOf(t, loc); {
		case shown.Equal(wall):
			return t
		case passed.IsZero() && shown.After(wall):
			passed = t
		}
	}
	return passed
}

// Of the last day of a leap year beyond its table, time.ZoneBounds says that the zone's span
// has ended already.
func TestTheLastDayOfALeapYearFarAheadIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range awkward() {
		loc := zone(t, name)
		for year := 2040; year < 2120; year += 4 {
			for day := 29; day <= 33; day++ {
				wall := time.Date(year, time.December, day, 9, 0, 0, 0, time.UTC)
				found := make(chan time.Time, 1)
				go func() { found <- instantOf(wall, loc) }()
				select {
				case at := <-found:
					if !wallOf(at, loc).Equal(wall) {
						t.Errorf("%s in %s is %s", wall.Format(wallLayout), name, at)
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("%s in %s is never found", wall.Format(wallLayout), name)
				}
			}
		}
	}
}
