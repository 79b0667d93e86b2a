package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseCron(t *testing.T) {
	t.Parallel()
	tests := []struct{ spec, problem string }{
		{"0 9 * * MON", ""},
		{"*/15 8-18 * jan-mar 1,3,5", ""},
		{"  0 9 * * 1 ", ""},
		{"0 0 29 2 *", ""},
		{"0 0 1,15 * FRI", ""},
		{"@daily", ""},
		{"@midnight", ""},
		{"@hourly", ""},
		{"@weekly", ""},
		{"@monthly", ""},
		{"@yearly", ""},
		{"@annually", ""},
		{"", "nothing given"},
		{"   ", "nothing given"},
		{"0 0 9 * * MON", "exactly 5 fields"},
		{"0 9 * *", "exactly 5 fields"},
		{"60 9 * * *", "above maximum"},
		{"0 9 * * 7", "above maximum"},
		{"0 9 * * LUN", "LUN"},
		{"0 9 31 2 *", "no such day"},
		{"0 9 30 2 *", "no such day"},
		{", 9 * * *", "no such day"},
		{"@every 1h", "names no time of day"},
		{"@every", "names no time of day"},
		{"@reboot", "unrecognized"},
		{"TZ=Europe/Paris 0 9 * * *", "under timezone"},
		{"CRON_TZ=Europe/Paris 0 9 * * *", "under timezone"},
		{"TZ=0", "under timezone"},
		{"CRON_TZ=", "under timezone"},
		{strings.Repeat("1,", maxCronSpec) + " * * * *", "longer than"},
		{"0 9 * * *\x00", "\\x00"},
	}
	for _, test := range tests {
		_, err := ParseCron(test.spec)
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%q: %v", test.spec, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%.50q: error is %v, want one with %q", test.spec, err, test.problem)
		}
	}
}

func FuzzParseCron(f *testing.F) {
	for _, spec := range []string{"0 9 * * MON", "@daily", "TZ=0", "*/0 * * * *", "0-/1 * * * *"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := ParseCron(spec)
		if err != nil {
			return
		}
		if fire, local := c.Next(noon(), time.UTC); fire.IsZero() || local == "" {
			t.Errorf("%q was taken, and never fires", spec)
		}
	})
}

func TestCronNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, spec, zone string
		after            string // RFC 3339
		want             []string
	}{
		{"each Monday", "0 9 * * MON", "Europe/Paris", "2026-03-22T12:00:00+01:00", []string{
			"2026-03-23T09:00 is 2026-03-23T09:00:00+01:00",
			"2026-03-30T09:00 is 2026-03-30T09:00:00+02:00",
		}},
		{"strictly after", "0 9 * * *", "Europe/Paris", "2026-03-23T09:00:00+01:00", []string{"2026-03-24T09:00 is 2026-03-24T09:00:00+01:00"}},
		{"a millisecond before", "0 9 * * *", "Europe/Paris", "2026-03-23T08:59:59.999+01:00", []string{"2026-03-23T09:00 is 2026-03-23T09:00:00+01:00"}},
		{"a time that the clocks skip", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", []string{
			"2026-03-08T02:30 is 2026-03-08T03:00:00-04:00",
			"2026-03-09T02:30 is 2026-03-09T02:30:00-04:00",
		}},
		{"a time that comes twice", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", []string{
			"2026-11-01T01:30 is 2026-11-01T01:30:00-04:00",
			"2026-11-02T01:30 is 2026-11-02T01:30:00-05:00",
		}},
		{"asked between the two of a doubled hour", "30 1 * * *", "America/New_York", "2026-11-01T01:15:00-05:00", []string{
			"2026-11-02T01:30 is 2026-11-02T01:30:00-05:00",
		}},
		{"a midnight that there is not", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00+02:00", []string{
			"2026-04-24T00:00 is 2026-04-24T01:00:00+03:00",
			"2026-04-25T00:00 is 2026-04-25T00:00:00+03:00",
		}},
		{"the same in Beirut", "@daily", "Asia/Beirut", "2026-03-28T12:00:00+02:00", []string{
			"2026-03-29T00:00 is 2026-03-29T01:00:00+03:00",
			"2026-03-30T00:00 is 2026-03-30T00:00:00+03:00",
		}},
		{"half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", []string{
			"2026-10-04T02:15 is 2026-10-04T02:30:00+11:00",
			"2026-10-05T02:15 is 2026-10-05T02:15:00+11:00",
		}},
		{"a day that there is not", "0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00", []string{
			"2011-12-30T09:00 is 2011-12-31T00:00:00+14:00",
			"2011-12-31T09:00 is 2011-12-31T09:00:00+14:00",
		}},
		{"a fire within the gap and one at its end are one moment", "0 2,3 * * *", "Europe/Paris", "2026-03-28T12:00:00+01:00", []string{
			"2026-03-29T02:00 is 2026-03-29T03:00:00+02:00",
			"2026-03-30T02:00 is 2026-03-30T02:00:00+02:00",
		}},
		{"only in long months", "0 9 31 * *", "Europe/Paris", "2026-01-31T09:00:00+01:00", []string{
			"2026-03-31T09:00 is 2026-03-31T09:00:00+02:00",
			"2026-05-31T09:00 is 2026-05-31T09:00:00+02:00",
		}},
		{"the leap day", "0 9 29 2 *", "Europe/Paris", "2026-01-01T00:00:00+01:00", []string{
			"2028-02-29T09:00 is 2028-02-29T09:00:00+01:00",
			"2032-02-29T09:00 is 2032-02-29T09:00:00+01:00",
		}},
		{"eight years without a leap day", "0 9 29 2 *", "Europe/Paris", "2096-03-01T00:00:00+01:00", []string{
			"2104-02-29T09:00 is 2104-02-29T09:00:00+01:00",
		}},
		{"the year ends", "59 23 31 12 *", "Europe/Paris", "2026-12-31T23:58:59+01:00", []string{
			"2026-12-31T23:59 is 2026-12-31T23:59:00+01:00",
			"2027-12-31T23:59 is 2027-12-31T23:59:00+01:00",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := ParseCron(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range test.want {
				var wall string
				at, wall = c.Next(at, zone(t, test.zone))
				got = append(got, wall+" is "+at.Format(time.RFC3339))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fires (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCronAfter(t *testing.T) {
	t.Parallel()
	c, err := ParseCron("*/30 1-3 * * *")
	if err != nil {
		t.Fatal(err)
	}
	loc := zone(t, "Europe/Paris")
	var got []string
	wall := "2026-03-29T01:00"
	for range 5 {
		var at time.Time
		if at, wall, err = c.After(wall, loc); err != nil {
			t.Fatal(err)
		}
		got = append(got, wall+" is "+at.UTC().Format(time.RFC3339))
	}
	want := []string{
		"2026-03-29T01:30 is 2026-03-29T00:30:00Z",
		"2026-03-29T02:00 is 2026-03-29T01:00:00Z", // the clocks go from 02:00 to 03:00
		"2026-03-29T02:30 is 2026-03-29T01:00:00Z",
		"2026-03-29T03:00 is 2026-03-29T01:00:00Z",
		"2026-03-29T03:30 is 2026-03-29T01:30:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fires (-want +got):\n%s", diff)
	}
	if _, _, err := c.After("yesterday", loc); err == nil {
		t.Error("a wall time that is none was taken")
	}
}

func TestCronNote(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, local, want string }{
		{"Europe/Paris", "2026-03-29T01:59", ""},
		{"Europe/Paris", "2026-03-29T02:00", "the clocks skip 02:00: goes at 03:00"},
		{"Europe/Paris", "2026-03-29T02:30", "the clocks skip 02:30: goes at 03:00"},
		{"Europe/Paris", "2026-03-29T03:00", ""},
		{"Europe/Paris", "2026-10-25T01:59", ""},
		{"Europe/Paris", "2026-10-25T02:00", "02:00 comes twice that day: goes the first time"},
		{"Europe/Paris", "2026-10-25T02:59", "02:59 comes twice that day: goes the first time"},
		{"Europe/Paris", "2026-10-25T03:00", ""},
		{"Africa/Cairo", "2026-04-24T00:00", "the clocks skip 00:00: goes at 01:00"},
		{"Australia/Lord_Howe", "2026-04-05T01:30", "01:30 comes twice that day: goes the first time"},
		{"Australia/Lord_Howe", "2026-04-05T01:29", ""},
		{"Pacific/Apia", "2011-12-30T09:00", "the clocks skip 09:00: goes on 2011-12-31 at 00:00"},
		{"UTC", "2026-03-29T02:30", ""},
		{"Europe/Paris", "soon", ""},
	}
	var c Cron
	for _, test := range tests {
		if got := c.Note(test.local, zone(t, test.zone)); got != test.want {
			t.Errorf("%s in %s: %q, want %q", test.local, test.zone, got, test.want)
		}
	}
}

// Every wall time that an expression names is one fire: at the first instant that
// shows it or at the first after the gap that swallows it, in order, none left
// out and none twice, in whatever zone.
func TestCronNeitherSkipsNorDoubles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom(awkward()).Draw(t, "zone"))
		minutes := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 1, 3, rapid.ID).Draw(t, "minutes")
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 4, rapid.ID).Draw(t, "hours")
		c, err := ParseCron(fmt.Sprintf("%s %s * * *", list(minutes), list(hours)))
		if err != nil {
			t.Fatal(err)
		}

		first := aroundChange(t, loc)
		fires := map[string]time.Time{}
		wall, last := first.Format(wallLayout), time.Time{}
		for range 12 {
			fire, next, err := c.After(wall, loc)
			if err != nil {
				t.Fatal(err)
			}
			if next <= wall || fire.Before(last) {
				t.Fatalf("after %s (%s) comes %s (%s)", wall, last.In(loc), next, fire.In(loc))
			}
			fires[next], wall, last = fire, next, fire
		}

		for minute := first.Add(time.Minute); minute.Format(wallLayout) <= wall; minute = minute.Add(time.Minute) {
			named := slices.Contains(minutes, minute.Minute()) && slices.Contains(hours, minute.Hour())
			fire, fired := fires[minute.Format(wallLayout)]
			if named != fired {
				t.Fatalf("%s is named: %v, and fires: %v", minute.Format(wallLayout), named, fired)
			}
			if named && !fire.Equal(searchInstant(minute, loc)) {
				t.Fatalf("%s fires at %s, want %s", minute.Format(wallLayout), fire.In(loc), searchInstant(minute, loc).In(loc))
			}
		}

		// Going on from each fire visits the same instants, each once.
		instants := slices.CompactFunc(slices.SortedFunc(maps.Values(fires), time.Time.Compare), time.Time.Equal)
		at := instants[0].Add(-time.Nanosecond)
		for _, want := range instants {
			if at, _ = c.Next(at, loc); !at.Equal(want) {
				t.Fatalf("next is %s, want %s", at.In(loc), want.In(loc))
			}
		}
	})
}

func list(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ","), "[]")
}
