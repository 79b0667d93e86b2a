package flows

import (
	"testing"
	"time"
)

func TestWaitUntilNamesTheNextSuchTimeOfThePerson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, now, until, want string }{
		{"Europe/Paris", "2026-01-05T08:00:00+01:00", "09:00", "2026-01-05T09:00:00+01:00"},
		{"Europe/Paris", "2026-01-05T09:00:00+01:00", "9:00", "2026-01-06T09:00:00+01:00"},
		{"Asia/Tokyo", "2026-01-05T01:00:00Z", "09:00", "2026-01-06T09:00:00+09:00"},
		{"Europe/Paris", "2026-03-28T12:00:00+01:00", "02:30", "2026-03-29T03:00:00+02:00"}, // the hour is left out
		{"Europe/Paris", "2026-10-24T12:00:00+02:00", "02:30", "2026-10-25T02:30:00+02:00"}, // the hour comes twice
		{"America/New_York", "2026-03-08T01:00:00-05:00", "02:30", "2026-03-08T03:00:00-04:00"},
		{"America/Santiago", "2026-09-05T12:00:00-04:00", "00:00", "2026-09-06T01:00:00-03:00"}, // midnight is left out
		{"Europe/Paris", "2026-01-05T08:00:00+01:00", "2026-12-24", "2026-12-24T00:00:00+01:00"},
		{"Europe/Paris", "2026-01-05T08:00:00+01:00", "2026-07-14 18:00", "2026-07-14T18:00:00+02:00"},
		{"Europe/Paris", "2026-01-05T08:00:00+01:00", "2026-01-05T12:00:00Z", "2026-01-05T13:00:00+01:00"},
		{"Europe/Paris", "2026-01-05T08:00:00+01:00", "soon", ""},
	} {
		t.Run(tt.until+" "+tt.zone, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseMoment(tt.until, now, zone)
			switch {
			case tt.want == "" && err == nil:
				t.Fatalf("got %v, want an error", got)
			case tt.want != "" && (err != nil || got.In(zone).Format(time.RFC3339) != tt.want):
				t.Errorf("got %v, %v, want %s", got.In(zone).Format(time.RFC3339), err, tt.want)
			}
		})
	}
}
