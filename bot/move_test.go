package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestWhoMovesGetsEachFireExactlyOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, from, to, at string }{
		{"west, when it went out at home already", "Asia/Tokyo", "America/New_York", "2026-03-30 02:30"},
		{"east, past the time it goes out there", "America/New_York", "Asia/Tokyo", "2026-03-30 03:00"},
		{"east, from where it went out already", "Europe/Paris", "Asia/Tokyo", "2026-03-30 10:00"},
		{"across the date line", "Pacific/Honolulu", "Pacific/Kiritimati", "2026-03-29 22:00"},
		{"from the bot's own zone", "", "Asia/Tokyo", "2026-03-30 02:30"},
		{"back and forth", "Europe/Paris", "Europe/Athens", "2026-03-30 08:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.subscribes("zoe", "nouveautes", "weekly")
			w.lives("zoe", c.from)
			w.until(paris(t, c.at))
			w.lives("zoe", c.to)
			if c.name == "back and forth" {
				w.passes(10 * time.Minute)
				w.lives("zoe", c.from)
			}
			w.until(paris(t, "2026-04-04 12:00"))
			if got := w.fires("zoe"); !slices.Equal(got, []string{"2026-03-30T09:00 sent"}) {
				t.Errorf("%q, want the one fire of Monday, sent", got)
			}
			w.expect("zoe", news)
		})
	}
}

func TestWhoMovesTooLateIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship) // a fire may go 6 hours late
	w.subscribes("zoe", "nouveautes", "weekly")
	w.lives("zoe", "America/New_York")
	w.until(paris(t, "2026-03-30 12:00"))
	w.lives("zoe", "Asia/Tokyo") // where Monday's nine o'clock was ten hours ago
	w.until(paris(t, "2026-04-04 12:00"))
	if got := w.fires("zoe"); !slices.Equal(got, []string{"2026-03-30T09:00 skipped expired"}) {
		t.Errorf("%q, want Monday's fire accounted for", got)
	}
}

func TestWhoMovesAheadOfACampaignsCursorMissesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(rated("1/s"), "flows/monday.yaml", flagship["flows/monday.yaml"]))
	w.crowd(30, "nouveautes")
	w.until(paris(t, "2026-03-30 09:00").Add(5 * time.Second)) // five of thirty have it
	w.lives("p000029", "Asia/Tokyo")
	w.until(paris(t, "2026-03-31 12:00"))
	for _, person := range []string{"p000000", "p000028", "p000029"} {
		if got := w.fires(person); !slices.Equal(got, []string{"2026-03-30T09:00 sent"}) {
			t.Errorf("%s: %q, want Monday's fire, sent", person, got)
		}
	}
}

// TestWhoMovesAheadOfAPausedCampaignsCursorMissesNothing goes where the fire is over before
// the campaign goes on.
func TestWhoMovesAheadOfAPausedCampaignsCursorMissesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, with(rated("1/s"), "flows/monday.yaml", flagship["flows/monday.yaml"]))
	w.crowd(30, "nouveautes")
	w.until(paris(t, "2026-03-30 09:00").Add(5 * time.Second)) // five of thirty have it
	if err := pauses(w.bot.PauseCampaign(ctx, "monday", bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	w.lives("p000029", "Asia/Tokyo")
	w.passes(time.Minute)
	if err := pauses(w.bot.ResumeCampaign(ctx, "monday", bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	w.until(paris(t, "2026-03-31 12:00"))
	for _, person := range []string{"p000000", "p000028", "p000029"} {
		if got := w.fires(person); !slices.Equal(got, []string{"2026-03-30T09:00 sent"}) {
			t.Errorf("%s: %q, want Monday's fire, sent", person, got)
		}
	}
}

func TestWhatWaitsForThePlatformIsNotSentIntoTheNightOfWhoMovesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	w.sells(back("1"))                 // decided at 18:00, and to be tried again in a moment
	w.lives("zoe", "Pacific/Auckland") // where it is six in the morning
	w.passes(time.Hour)
	w.expect("zoe")
	w.decided("zoe", "held rule=quiet_hours next=2026-03-27 20:00")
	w.passes(2 * time.Hour)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}
