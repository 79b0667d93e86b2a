package bot

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

// TestFiresSayWhatTheClocksAndTheNightDoToThem lists schedules around changes of
// the clocks.
func TestFiresSayWhatTheClocksAndTheNightDoToThem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, cron, zone, from string
		want                   []string
	}{
		{"nine o'clock stays nine o'clock in summer", "0 9 * * MON", "Europe/Paris", "2026-03-23", []string{
			"2026-03-23T09:00 ",
			"2026-03-30T09:00 the clocks went forward by 1 h before it (now CEST)",
			"2026-04-06T09:00 ",
		}},
		{"and in winter", "0 9 * * SUN", "America/New_York", "2026-10-25", []string{
			"2026-10-25T09:00 ",
			"2026-11-01T09:00 the clocks went back by 1 h before it (now EST)",
			"2026-11-08T09:00 ",
		}},
		{"half an hour on Lord Howe", "0 9 * * SUN", "Australia/Lord_Howe", "2026-09-27", []string{
			"2026-09-27T09:00 ",
			"2026-10-04T09:00 the clocks went forward by 30 min before it (now +11)",
			"2026-10-11T09:00 ",
		}},
		{"a time that does not exist", "30 2 * * SUN", "Europe/Paris", "2026-03-28", []string{
			"2026-03-29T02:30 the clocks skip 02:30: goes at 03:00; the clocks went forward by 1 h before it (now CEST); quiet hours: held until 08:00",
			"2026-04-05T02:30 quiet hours: held until 08:00",
			"2026-04-12T02:30 quiet hours: held until 08:00",
		}},
		{"a night longer than it may wait", "0 22 * * FRI", "Europe/Paris", "2026-05-01", []string{
			"2026-05-01T22:00 quiet hours: never sent, it expires before they end",
			"2026-05-08T22:00 quiet hours: never sent, it expires before they end",
			"2026-05-15T22:00 quiet hours: never sent, it expires before they end",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			program, _, problems := flows.Load(fstest.MapFS{
				"bot.yaml":     {Data: []byte("name: B\nlocale: en\ntimezone: Europe/Paris\nquiet_hours: 21:00-08:00\ntopics:\n  news: {title: News}\n")},
				"flows/f.yaml": {Data: []byte("triggers:\n  - cron: " + test.cron + "\n    topic: news\nsteps:\n  - say: News\n")},
			})
			if program == nil {
				t.Fatal(problems)
			}
			zone, err := Location(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.ParseInLocation(time.DateOnly, test.from, zone)
			if err != nil {
				t.Fatal(err)
			}
			fires, err := Fires(program, []string{test.zone}, from.Add(-time.Second), 3)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range fires {
				got = append(got, f.Local+" "+f.Note)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}
