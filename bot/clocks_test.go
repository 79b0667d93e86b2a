package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// daily is one campaign at three times of day, two of them in hours that clocks skip or
// repeat somewhere.
func daily() map[string]string {
	files := map[string]string{"bot.yaml": `
name: Dawn
locale: en
timezone: UTC
topics:
  midnight: {title: Midnight, cadence: [daily]}
  night: {title: Night, cadence: [daily]}
  morning: {title: Morning, cadence: [daily]}
channels:
  messenger: {notifications: [recurring]}
`}
	for topic, cron := range map[string]string{"midnight": "30 0 * * *", "night": "15 2 * * *", "morning": "0 9 * * *"} {
		files["flows/"+topic+".yaml"] = "triggers:\n  - cron: " + cron + "\n    topic: " + topic + "\nsteps:\n  - say: Good " + topic + "!\n"
	}
	return files
}

// The same campaign around the changes of the clocks: each day once, at its local time,
// or the first instant after it; and a time that comes twice the first time only.
func TestACampaignAcrossTheChangesOfTheClocks(t *testing.T) {
	t.Parallel()
	changes := []struct{ zone, day, what string }{
		{"Europe/Paris", "2026-03-29", "forward at 02:00"},
		{"Europe/Paris", "2026-10-25", "back at 03:00"},
		{"America/New_York", "2027-03-14", "forward at 02:00"},
		{"America/New_York", "2026-11-01", "back at 02:00"},
		{"Africa/Cairo", "2026-04-24", "forward at 00:00"},
		{"Africa/Cairo", "2026-10-30", "back at 00:00, to the evening before"},
		{"Australia/Lord_Howe", "2026-04-05", "back by 30 min at 02:00"},
		{"Australia/Lord_Howe", "2026-10-04", "forward by 30 min at 02:00"},
		{"Pacific/Apia", "2026-04-05", "not since 2021"},
		{"Pacific/Apia", "2026-09-27", "not since 2021"},
	}
	out := make([]string, len(changes))
	t.Run("zones", func(t *testing.T) {
		for i, c := range changes {
			t.Run(c.zone+" "+c.day, func(t *testing.T) {
				t.Parallel()
				noon := local(t, c.day+" 12:00", c.zone)
				w := newWorld(t, daily())
				w.clock.Set(noon.AddDate(0, 0, -2))
				w.lives("zoe", c.zone)
				for _, topic := range []string{"midnight", "night", "morning"} {
					w.subscribes("zoe", topic, "daily")
				}
				w.until(noon.AddDate(0, 0, 2))
				list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 1000)
				if err != nil {
					t.Fatal(err)
				}
				slices.Reverse(list)
				text := fmt.Sprintf("%s, %s: %s\n", c.zone, c.day, c.what)
				for _, d := range list {
					text += fmt.Sprintf("  %-8s for %s  %s at %s = %s\n", d.Topic, d.Occurrence, d.Kind,
						d.At.In(noon.Location()).Format("Mon 2 Jan 15:04 -0700"), d.At.UTC().Format(time.DateTime))
				}
				if len(list) != 12 {
					t.Errorf("%d notifications in four days, want 12", len(list))
				}
				out[i] = text
			})
		}
	})
	golden(t, "clocks.txt", strings.Join(out, "\n"))
}
