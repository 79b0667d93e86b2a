package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// askedBy are the requests shown, and accepted, of each day.
func (w *world) askedBy() string {
	w.t.Helper()
	s, err := w.bot.Stats(context.Background(), bot.StatsQuery{By: bot.ByDay})
	if err != nil {
		w.t.Fatal(err)
	}
	out := ""
	for _, g := range s.Groups {
		out += fmt.Sprintf("%s %d/%d ", g.Group, g.Accepted, g.Asked)
	}
	return out + fmt.Sprintf("all %d/%d", s.Total.Accepted, s.Total.Asked)
}

// TestAYesInOurOwnWordsCountsOnTheDayOfTheQuestion: it may be answered hours later.
func TestAYesInOurOwnWordsCountsOnTheDayOfTheQuestion(t *testing.T) {
	t.Parallel()
	w := asks(t, bot.ClassAskedSoon, holdsPermit)
	w.passes(8 * time.Hour) // it was six in the evening
	w.does(w.taps("zoe", "Oui"))
	w.stands("zoe", "restock", "active")
	if got, want := w.askedBy(), "2026-03-27 1/1 all 1/1"; got != want {
		t.Errorf("accepted of those shown: %s, want %s", got, want)
	}
}

// TestAYesProvesThatTheRequestWasShown: the platform did not answer when it took it, and
// never sent its echo.
func TestAYesProvesThatTheRequestWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.home.answers(2, requests, bot.Outcome{Status: bot.Unknown, Code: "timeout"}, true)
	w.does(w.taps("zoe", "42"))
	w.passes(8 * time.Hour)
	w.does(w.accepts("zoe"))
	w.stands("zoe", "restock", "active")
	if got, want := w.askedBy(), "2026-03-27 1/1 all 1/1"; got != want {
		t.Errorf("accepted of those shown: %s, want %s", got, want)
	}
	w.does(w.accepts("zoe")) // tapped again
	if got, want := w.askedBy(), "2026-03-27 1/1 all 1/1"; got != want {
		t.Errorf("accepted of those shown, tapped twice: %s, want %s", got, want)
	}
}

// TestADayBeginsWhereTheClocksLeaveMidnightOut: in Chile they go from midnight to one.
func TestADayBeginsWhereTheClocksLeaveMidnightOut(t *testing.T) {
	t.Parallel()
	for zone, tc := range map[string]struct {
		day  string
		end  bool
		want string
	}{
		"America/Santiago":   {"2026-09-06", false, "2026-09-06T04:00:00Z"},
		"America/Havana":     {"2026-03-07", true, "2026-03-08T05:00:00Z"},
		"Africa/Cairo":       {"2026-04-24", false, "2026-04-23T22:00:00Z"},
		"Europe/Paris":       {"2026-03-29", true, "2026-03-29T22:00:00Z"},
		"Atlantic/Azores":    {"2026-10-25", false, "2026-10-25T00:00:00Z"},
		"Australia/Adelaide": {"2028-02-28", true, "2028-02-28T13:30:00Z"},
	} {
		w := newWorld(t, with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "Europe/Paris", zone, 1)))
		at, err := w.bot.Day(tc.day, tc.end)
		if err != nil || at.UTC().Format(time.RFC3339) != tc.want {
			t.Errorf("%s, %s, end %v: %s (%v), want %s", zone, tc.day, tc.end, at.UTC().Format(time.RFC3339), err, tc.want)
		}
	}
}
