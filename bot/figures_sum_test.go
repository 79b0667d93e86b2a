package bot

import (
	"fmt"
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

// TestNoRateIsOverAHundred: who bought by its link had the message, a yes is to one question,
// and who stops without having been told anything is no share of those who were.
func TestNoRateIsOverAHundred(t *testing.T) {
	t.Parallel()
	outcome := func(kind, name, input string, d int) storage.Outcome {
		return storage.Outcome{Kind: kind, Name: name, Input: input, Topic: "news", At: time.Date(2026, time.March, d, 9, 0, 0, 0, time.UTC)}
	}
	stop := func(d int, occurrence string) storage.Outcome {
		o := outcome(OutcomeStopped, SourceButton, fmt.Sprintf("act%d news", d), d)
		if o.Occurrence = occurrence; occurrence != "" {
			o.Trigger = "t"
		}
		return o
	}
	for name, tc := range map[string]struct {
		lines []string
		more  []storage.Outcome
		want  string
	}{
		"a purchase by the link of a message without a receipt": {
			[]string{"03-01T09:00:00 sent a", "03-01T12:00:00 buy 100 EUR of a"}, nil,
			"asked 0/0, delivered 1, people 1, bought 1, opt-outs 0/0",
		},
		"money back by such a link": {
			[]string{"03-01T09:00:00 sent a", "03-01T12:00:00 buy -100 EUR of a"}, nil,
			"asked 0/0, delivered 0, people 0, bought 0, opt-outs 0/0",
		},
		"a yes whose question is older than data_retention": {
			nil, []storage.Outcome{outcome(OutcomeGranted, byRequest, "request:1", 2)},
			"asked 1/1, delivered 0, people 0, bought 0, opt-outs 0/0",
		},
		"a second yes to one question": {
			nil, []storage.Outcome{outcome(OutcomeAsked, byWords, "1 f#s", 1), outcome(OutcomeGranted, byWords, "2 news", 2), outcome(OutcomeGranted, byWords, "3 news", 3)},
			"asked 1/1, delivered 0, people 0, bought 0, opt-outs 0/0",
		},
		"people who stop twice, and who were not told anything": {
			[]string{"03-01T09:00:00 sent a delivered 03-01T09:00:01"}, []storage.Outcome{stop(2, "a"), stop(3, "a"), stop(20, "")},
			"asked 0/0, delivered 1, people 1, bought 0, opt-outs 3/1",
		},
	} {
		l := lived(t, time.UTC, tc.lines...)
		l.Outcomes = append(l.Outcomes, tc.more...)
		f := summed(t, "", l).total.done()
		got := fmt.Sprintf("asked %d/%d, delivered %d, people %d, bought %d, opt-outs %d/%d", f.Accepted, f.Asked, f.Delivered, f.People, f.Buyers, f.OptOuts, f.OptOutsAfter)
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
		for _, rate := range []*float64{f.AcceptedRate, f.ReadRate, f.ClickedRate, f.OptOutRate, f.BoughtAgainRate, share(f.Buyers, f.People)} {
			if rate != nil && *rate > 1 {
				t.Errorf("%s: a rate of %s", name, FormatShare(rate))
			}
		}
	}
}

// TestWhoBoughtBeforeTheTimeThatIsAskedForHasBoughtAgainInIt: of each group the first
// purchase is the first that it counts.
func TestWhoBoughtBeforeTheTimeThatIsAskedForHasBoughtAgainInIt(t *testing.T) {
	t.Parallel()
	l := lived(t, time.UTC,
		"01-05T09:00:00 sent a delivered 01-05T09:00:01", "01-06T09:00:00 buy 100 EUR",
		"03-01T09:00:00 sent b delivered 03-01T09:00:01", "03-02T09:00:00 buy 100 EUR", "03-03T09:00:00 buy 100 EUR")
	s := summed(t, ByMonth, l)
	for name, want := range map[string]int{"2026-01": 1, "2026-03": 1} {
		if g := s.groups[name]; g == nil || g.Buyers != 1 || g.BoughtAgain != want {
			t.Errorf("%s: %+v, want %d who bought again", name, g, want)
		}
	}
	if s.total.BoughtAgain != 1 {
		t.Errorf("of the whole %d, want 1 person", s.total.BoughtAgain)
	}
}
