package chat

import (
	"testing"
	"time"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestWallTime(t *testing.T) {
	t.Parallel()
	tests := []struct{ wall, zone, want string }{
		{"2026-03-27 18:00", "Europe/Paris", "2026-03-27T17:00:00Z"},
		{"2026-03-29 01:59", "Europe/Paris", "2026-03-29T00:59:00Z"},
		{"2026-03-29 02:00", "Europe/Paris", "2026-03-29T01:00:00Z"}, // the gap is 02:00 to 03:00
		{"2026-03-29 02:59", "Europe/Paris", "2026-03-29T01:00:00Z"},
		{"2026-03-29 03:00", "Europe/Paris", "2026-03-29T01:00:00Z"},
		{"2026-10-25 02:30", "Europe/Paris", "2026-10-25T00:30:00Z"}, // twice: the first
		{"2026-10-25 03:00", "Europe/Paris", "2026-10-25T02:00:00Z"},
		{"2026-03-08 02:30", "America/New_York", "2026-03-08T07:00:00Z"},
		{"2026-11-01 01:30", "America/New_York", "2026-11-01T05:30:00Z"},
		{"2026-10-04 02:10", "Australia/Lord_Howe", "2026-10-03T15:30:00Z"}, // half an hour of gap
		{"2011-12-30 12:00", "Pacific/Apia", "2011-12-30T10:00:00Z"},        // a day that never was
		{"2026-04-24 00:00", "Africa/Cairo", "2026-04-23T22:00:00Z"},        // a midnight that is not
		{"2026-01-05 10:00", "Pacific/Kiritimati", "2026-01-04T20:00:00Z"},
		{"2026-01-05 10:00", "Pacific/Niue", "2026-01-05T21:00:00Z"},
	}
	for _, tt := range tests {
		date, ok := parseDate(tt.wall[:10])
		w, okTime := date.parseTime(tt.wall[11:])
		if !ok || !okTime || w.String() != tt.wall {
			t.Errorf("%s is read as %s", tt.wall, w)
		}
		if got := w.in(location(t, tt.zone)).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%s %s is %s, want %s", tt.wall, tt.zone, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	tests := []struct{ from, span, zone, want string }{
		{"2026-03-28T11:00:00Z", "1d", "Europe/Paris", "2026-03-29T10:00:00Z"}, // 23 hours: noon to noon
		{"2026-03-28T11:00:00Z", "24h", "Europe/Paris", "2026-03-29T11:00:00Z"},
		{"2026-03-28T11:00:00Z", "1d", "UTC", "2026-03-29T11:00:00Z"},
		{"2026-03-28T01:30:00Z", "1d", "Europe/Paris", "2026-03-29T01:00:00Z"}, // into the gap
		{"2026-10-24T00:30:00Z", "1d", "Europe/Paris", "2026-10-25T00:30:00Z"},
		{"2026-10-25T01:30:00Z", "1d", "Europe/Paris", "2026-10-26T01:30:00Z"},
		{"2026-03-22T11:00:00Z", "1w", "Europe/Paris", "2026-03-29T10:00:00Z"},
		{"2026-03-28T11:00:00Z", "1d2h", "Europe/Paris", "2026-03-29T12:00:00Z"}, // days first
		{"2026-01-31T11:00:00Z", "30d", "UTC", "2026-03-02T11:00:00Z"},
		{"2026-01-31T11:00:00Z", "59h59m", "UTC", "2026-02-02T22:59:00Z"},
		{"2026-01-31T11:00:00Z", "0m", "UTC", "2026-01-31T11:00:00Z"},
	}
	for _, tt := range tests {
		s, ok := parseSpan(tt.span)
		from, err := time.Parse(time.RFC3339, tt.from)
		if !ok || err != nil {
			t.Errorf("%s: %v %v", tt.span, ok, err)
			continue
		}
		if got := s.from(from, location(t, tt.zone)).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%s after %s in %s is %s, want %s", tt.span, tt.from, tt.zone, got, tt.want)
		}
	}
	for _, bad := range []string{"", "3", "d", "3j", "3d3d", "-3d", "3 d", "1234567s", "999999d", "999999h", "1.5h"} {
		if s, ok := parseSpan(bad); ok {
			t.Errorf("%q is read as %s", bad, s)
		}
	}
}
