package bot

import (
	"testing"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// summed counts lives, told apart by something.
func summed(t *testing.T, by string, lives ...storage.Life) *summary {
	t.Helper()
	s := &summary{query: StatsQuery{By: by, Window: AttributionWindow}, program: &flows.Program{}, zone: time.UTC, groups: map[string]*group{}}
	for _, l := range lives {
		if err := s.add(l, time.UTC); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestWhoGotSomethingForNothingAndBoughtThenHasBoughtAgain: a purchase of nought is one.
func TestWhoGotSomethingForNothingAndBoughtThenHasBoughtAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, second string
		want          int
	}{
		"a sample, then a pair":   {"0", "100", 1},
		"a pair, then a sample":   {"100", "0", 1},
		"a pair, and money back":  {"100", "-100", 0},
		"two samples":             {"0", "0", 1},
		"two pairs":               {"100", "100", 1},
		"money back, then a pair": {"-100", "100", 0},
	} {
		s := summed(t, "", lived(t, time.UTC, "03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-02T09:00:00 buy "+tc.first+" EUR", "03-03T09:00:00 buy "+tc.second+" EUR"))
		if s.total.Buyers != 1 || s.total.BoughtAgain != tc.want {
			t.Errorf("%s: %d bought and %d again, want 1 and %d", name, s.total.Buyers, s.total.BoughtAgain, tc.want)
		}
	}
}

// TestWhoWasGivenAnotherVariantBelongsToThatAlone: a deploy had taken theirs away.
func TestWhoWasGivenAnotherVariantBelongsToThatAlone(t *testing.T) {
	t.Parallel()
	l := lived(t, time.UTC, "03-01T09:00:00 sent a", "03-03T09:00:00 sent b", "03-05T09:00:00 sent c")
	at := func(d int) time.Time { return time.Date(2026, time.March, d, 9, 0, 0, 0, time.UTC) }
	l.Outcomes = []storage.Outcome{
		{Kind: OutcomeVariant, Name: "tone", Variant: "warm", At: at(2)},
		{Kind: OutcomeVariant, Name: "length", Variant: "short", At: at(2)},
		{Kind: OutcomeVariant, Name: "tone", Variant: "cool", At: at(4)},
	}
	s := summed(t, ByVariant, l)
	for name, want := range map[string]int{"tone: warm": 1, "tone: cool": 1, "length: short": 2} {
		if g := s.groups[name]; g == nil || g.Sent != want {
			t.Errorf("%s: %+v, want %d sent", name, g, want)
		}
	}
}
