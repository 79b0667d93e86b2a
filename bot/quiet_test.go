package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/flows"
)

func TestQuietEnd(t *testing.T) {
	t.Parallel()
	night := &flows.Hours{From: 21 * 60, To: 8 * 60}
	siesta := &flows.Hours{From: 13 * 60, To: 15 * 60}
	tests := []struct {
		name  string
		quiet *flows.Hours
		zone  string
		now   string // RFC 3339: some wall times come twice
		want  string // "" is not quiet
	}{
		{"none", nil, "Europe/Paris", "2026-03-28T23:00:00+01:00", ""},
		{"from a time to the same is none", &flows.Hours{From: 60, To: 60}, "Europe/Paris", "2026-03-28T01:00:00+01:00", ""},
		{"before the night", night, "Europe/Paris", "2026-03-27T20:59:59+01:00", ""},
		{"the night begins", night, "Europe/Paris", "2026-03-27T21:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"midnight", night, "Europe/Paris", "2026-03-28T00:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"the last second", night, "Europe/Paris", "2026-03-28T07:59:59+01:00", "2026-03-28T08:00:00+01:00"},
		{"the night is over", night, "Europe/Paris", "2026-03-28T08:00:00+01:00", ""},
		{"the last night of the year", night, "Europe/Paris", "2026-12-31T23:00:00+01:00", "2027-01-01T08:00:00+01:00"},
		{"the same instant elsewhere", night, "America/New_York", "2026-03-28T00:00:00+01:00", ""},
		{"within a day, before", siesta, "Europe/Paris", "2026-03-28T12:59:59+01:00", ""},
		{"within a day", siesta, "Europe/Paris", "2026-03-28T13:00:00+01:00", "2026-03-28T15:00:00+01:00"},
		{"within a day, over", siesta, "Europe/Paris", "2026-03-28T15:00:00+01:00", ""},
		{"until midnight", &flows.Hours{From: 22 * 60, To: 24 * 60}, "Europe/Paris", "2026-03-27T23:59:59+01:00", "2026-03-28T00:00:00+01:00"},
		{"from midnight", &flows.Hours{From: 0, To: 7 * 60}, "Europe/Paris", "2026-03-28T00:00:00+01:00", "2026-03-28T07:00:00+01:00"},

		{"the night is an hour shorter", night, "Europe/Paris", "2026-03-29T01:30:00+01:00", "2026-03-29T08:00:00+02:00"},
		{"the night is an hour longer", night, "Europe/Paris", "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"},
		{"it ends in the gap", &flows.Hours{From: 21 * 60, To: 2*60 + 30}, "Europe/Paris", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00"},
		{"it ended in the gap", &flows.Hours{From: 21 * 60, To: 2*60 + 30}, "Europe/Paris", "2026-03-29T03:00:00+02:00", ""},
		{"it lies in the gap", &flows.Hours{From: 2*60 + 10, To: 2*60 + 50}, "Europe/Paris", "2026-03-29T03:00:00+02:00", ""},
		{"it ends in the doubled hour, the first time", &flows.Hours{From: 21 * 60, To: 2*60 + 30}, "Europe/Paris", "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"and does not begin again", &flows.Hours{From: 21 * 60, To: 2*60 + 30}, "Europe/Paris", "2026-10-25T02:15:00+01:00", ""},
		{"it begins in the doubled hour, the first time", &flows.Hours{From: 2*60 + 30, To: 8 * 60}, "Europe/Paris", "2026-10-25T02:15:00+01:00", "2026-10-25T08:00:00+01:00"},
		{"a midnight that there is not", &flows.Hours{From: 22 * 60, To: 0}, "Africa/Cairo", "2026-04-23T23:59:59+02:00", "2026-04-24T01:00:00+03:00"},
		{"a day that there is not joins two nights", night, "Pacific/Apia", "2011-12-29T23:00:00-10:00", "2011-12-31T08:00:00+14:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, test.now)
			if err != nil {
				t.Fatal(err)
			}
			loc := zone(t, test.zone)
			got := ""
			if end := QuietEnd(test.quiet, now, loc); !end.IsZero() {
				got = end.In(loc).Format(time.RFC3339)
			}
			if got != test.want {
				t.Errorf("quiet until %q, want %q", got, test.want)
			}
		})
	}
}

// Who waits until quiet hours end is not held by them again.
func TestQuietHoursEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom(awkward()).Draw(t, "zone"))
		now := instantOf(aroundChange(t, loc), loc)
		from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
		length := rapid.IntRange(1, 24*60-1).Draw(t, "length")
		quiet := &flows.Hours{From: from, To: (from + length) % (24 * 60)}
		end := QuietEnd(quiet, now, loc)
		if end.IsZero() {
			return
		}
		if !end.After(now) || end.Sub(now) > 52*time.Hour {
			t.Fatalf("now %s, quiet until %s", now.In(loc), end.In(loc))
		}
		if again := QuietEnd(quiet, end, loc); !again.IsZero() {
			t.Fatalf("at their end %s they go on until %s", end.In(loc), again.In(loc))
		}
	})
}
