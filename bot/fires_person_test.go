package bot_test

import (
	"context"
	"strings"
	"testing"
)

func TestFiresOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.lives("zoe", "America/New_York")
	w.subscribes("zoe", "nouveautes", "monthly")
	w.lives("max", "Asia/Tokyo")
	for person, want := range map[string][]string{
		"zoe": {
			"2026-03-30T09:00 America/New_York sent: would go on the recurring lane",
			"2026-04-06T09:00 America/New_York sent: would go on the recurring lane",
		},
		"max": {"2026-03-30T09:00 Asia/Tokyo skipped: Not sent: they never said yes to “Les nouveautés de la semaine”."},
	} {
		fires, err := w.bot.FiresFor(context.Background(), w.id(person), w.clock.Now(), len(want))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range fires {
			got = append(got, f.Local+" "+f.Zone+" "+f.Verdict+": "+f.Note)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s has %q, want %q", person, got, want)
		}
	}
	w.until(local(t, "2026-03-30 09:01", "America/New_York"))
	fires, err := w.bot.FiresFor(context.Background(), w.id("zoe"), w.clock.Now(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(fires) != 1 || fires[0].Verdict != "sent" { // April is another month
		t.Errorf("after the one of March: %+v", fires)
	}
	w.until(local(t, "2026-04-06 09:01", "America/New_York"))
	fires, err = w.bot.FiresFor(context.Background(), w.id("zoe"), w.clock.Now(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(fires) != 1 || fires[0].Verdict != "skipped" || !strings.Contains(fires[0].Note, "they agreed to one message a month") {
		t.Errorf("after the one of April: %+v", fires)
	}
}
