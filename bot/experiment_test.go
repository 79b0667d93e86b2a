package bot

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// crowdOf are people who were given a variant, and some of them who bought.
func crowdOf(variant string, people, buyers int) (out []storage.Life) {
	at := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	for i := range people {
		l := storage.Life{Outcomes: []storage.Outcome{
			{Kind: OutcomePurchased, Amount: 500, Currency: "EUR", At: at.Add(-time.Hour)}, // before it was given
			{Kind: OutcomeVariant, Name: "tone", Variant: variant, At: at},
		}}
		if i < buyers {
			l.Outcomes = append(l.Outcomes, storage.Outcome{Kind: OutcomePurchased, Amount: 1000, Currency: "EUR", At: at.Add(30 * day)}, storage.Outcome{Kind: OutcomeGoal, Name: "thanks", At: at.Add(time.Hour)})
		}
		out = append(out, l)
	}
	return out
}

const day = 24 * time.Hour

// tried runs the lives through.
func tried(t *testing.T, lives []storage.Life, goals ...string) []Experiment {
	t.Helper()
	s := &trials{query: StatsQuery{Window: AttributionWindow}, runs: map[string]run{}, arms: map[string]map[string]*Arm{}}
	for _, pass := range []func(storage.Life, *time.Location) error{s.begun, s.add} {
		for _, l := range lives {
			if err := pass(l, time.UTC); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s.done(goals)
}

// spelt is an experiment in lines.
func spelt(e Experiment) (out []string) {
	for _, arm := range e.Arms {
		for _, m := range arm.Results {
			line := arm.Name + ": " + m.What + " " + strings.TrimSpace(strings.Repeat("x", m.People))
			if m.Says != "" {
				line += " (" + m.Says + ")"
			}
			out = append(out, line)
		}
	}
	return out
}

func TestASplitIsCompared(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plain, warm [2]int
		says        string
		telling     bool
	}{
		"much better":  {[2]int{100, 10}, [2]int{100, 40}, "more of “warm” bought than of “plain”: by 18.3 to 40.8 points", true},
		"much worse":   {[2]int{100, 40}, [2]int{100, 10}, "fewer of “warm” bought than of “plain”: by 18.3 to 40.8 points", true},
		"a bit better": {[2]int{100, 10}, [2]int{100, 12}, "too early to say: among 100 and 100 people it may be anything from 7.0 points fewer to 11.0 points more", false},
		"the same":     {[2]int{10, 1}, [2]int{10, 1}, "too early to say: among 10 and 10 people it may be anything from 31.5 points fewer to 31.5 points more", false},
	} {
		list := tried(t, append(crowdOf("warm", tc.warm[0], tc.warm[1]), crowdOf("plain", tc.plain[0], tc.plain[1])...), "thanks", "never")
		if len(list) != 1 || list[0].Kind != "split" || list[0].Name != "tone" || list[0].Arms[0].Name != "plain" {
			t.Fatalf("%s: %+v", name, list)
		}
		for _, m := range list[0].Arms[1].Results {
			if m.What == didBuy && (m.Says != tc.says || m.Telling != tc.telling || m.People != tc.warm[1]) {
				t.Errorf("%s: %d bought: %s (telling %v), want %s", name, m.People, m.Says, m.Telling, tc.says)
			}
			if m.What == "goal never" {
				t.Errorf("%s: a goal that nobody reached is compared", name)
			}
		}
		if got := list[0].Arms[1].Revenue; len(got) != 1 || got[0] != (Money{"EUR", int64(tc.warm[1]) * 1000}) {
			t.Errorf("%s: revenue %v", name, got)
		}
	}
}

func TestThoseHeldOutAreMeasuredLikeTheOthers(t *testing.T) {
	t.Parallel()
	at := func(d, hour int) time.Time { return time.Date(2026, time.March, d, hour, 0, 0, 0, time.UTC) }
	decision := func(rule string, due time.Time) storage.Decision {
		kind := DecisionSkipped
		if rule == "" {
			kind = DecisionSent
		}
		return storage.Decision{Trigger: "t", Flow: "monday", Kind: kind, Rule: rule, At: due.Add(time.Hour), FirstDue: due}
	}
	bought := func(when time.Time) storage.Outcome {
		return storage.Outcome{Kind: OutcomePurchased, Amount: 100, Currency: "EUR", At: when}
	}
	live := func(d []storage.Decision, o ...storage.Outcome) storage.Life {
		return storage.Life{Decisions: d, Outcomes: o}
	}
	list := tried(t, []storage.Life{
		live([]storage.Decision{decision(RuleHoldout, at(9, 9))}, bought(at(9, 23))),                                               // the same day
		live([]storage.Decision{decision(RuleHoldout, at(9, 9))}, bought(at(16, 9))),                                               // at the end of the window
		live([]storage.Decision{decision(RuleHoldout, at(9, 9))}, bought(at(16, 10)), bought(at(9, 8))),                            // outside of it
		live([]storage.Decision{decision("", at(9, 9))}, bought(at(9, 9))),                                                         // at once
		live([]storage.Decision{decision(RuleCadence, at(9, 9))}, bought(at(10, 0))),                                               // skipped for another reason, and bought all the same
		live([]storage.Decision{decision(RuleConsent, at(9, 9))}, bought(at(9, 10))),                                               // no part of the audience
		live([]storage.Decision{decision(RuleWhere, at(9, 9))}, bought(at(9, 10))),                                                 //
		live([]storage.Decision{decision("", at(2, 9))}, bought(at(2, 10))),                                                        // before anybody was held out
		live([]storage.Decision{decision("", at(9, 9)), decision(RuleHoldout, at(16, 9))}, bought(at(9, 10))),                      // whose share came later
		live([]storage.Decision{decision("", at(9, 9))}, storage.Outcome{Kind: OutcomeStopped, At: at(9, 12), Name: SourceButton}), // the price
		live([]storage.Decision{decision("", at(9, 9))}, storage.Outcome{Kind: OutcomeStopped, At: at(9, 12), Name: SourceRetention}),
	})
	if len(list) != 1 || list[0].Kind != "holdout" || list[0].Name != "monday" {
		t.Fatalf("%+v", list)
	}
	var got []string
	for _, arm := range list[0].Arms {
		got = append(got, arm.Name+" "+strings.Repeat("x", arm.People))
	}
	if diff := cmp.Diff([]string{"held out xxxx", "told xxxx"}, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	none := "too early to say: among 4 and 4 people it may be anything from "
	want := []string{
		"held out: bought the same day x", "held out: bought xx", "held out: stopped ",
		"told: bought the same day x (" + none, "told: bought xx (" + none, "told: stopped x (" + none,
	}
	for i, line := range spelt(list[0]) {
		if i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d: %s, want %s…", i, line, want[min(i, len(want)-1)])
		}
	}
}

// TestTwoHoldoutsOfAFlowStandInOneOrderWithNamesOfTheirOwn: of a flow with two triggers each may hold people out.
func TestTwoHoldoutsOfAFlowStandInOneOrderWithNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var lives []storage.Life
	for people, trigger := range []string{"a", "b", "c", "d"} {
		for range people + 1 {
			lives = append(lives, storage.Life{Decisions: []storage.Decision{{Trigger: trigger, Flow: "monday", Kind: DecisionSkipped, Rule: RuleHoldout, At: time.Unix(1, 0)}}})
		}
	}
	for range 20 {
		for i, e := range tried(t, lives) {
			if e.Arms[0].People != i+1 {
				t.Fatalf("the holdout of %d people stands at place %d", e.Arms[0].People, i)
			}
			if want := "Holdout of monday, " + string("abcd"[i]); e.Title() != want {
				t.Fatalf("%q, want %q", e.Title(), want)
			}
		}
	}
}

// crowdDue makes up what a trigger and its holdout did to people: each is due in week after
// week, and buys in any week with the same chance, told or not.
type crowdDue struct {
	people, weeks, heldOut int     // every so many are held out
	buys                   float64 // in a week
	stops                  float64 // of those told, after each message
	once                   bool    // who is told is not due again
	ends                   int     // the week from which nobody is held out any more; 0: none
	sells                  float64 // how many more of those told buy in the week after the first message
}

func (a crowdDue) live(seed uint64) (lives []storage.Life) {
	r := rand.New(rand.NewPCG(seed, 2))
	begins := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	for i := range a.people {
		var l storage.Life
		held, there, was := i%a.heldOut == 0, true, 0
		for week := range a.weeks {
			at := begins.AddDate(0, 0, 7*week)
			d := storage.Decision{Trigger: "t", Flow: "monday", Kind: DecisionSent, At: at, FirstDue: at}
			chance := a.buys
			switch out := held && (a.ends == 0 || week < a.ends); {
			case !there:
			case out:
				d.Kind, d.Rule = DecisionSkipped, RuleHoldout
				l.Decisions = append(l.Decisions, d)
			default:
				l.Decisions = append(l.Decisions, d)
				if was++; was == 1 {
					chance += a.sells
				}
				if there = !a.once; r.Float64() < a.stops {
					there = false
					l.Outcomes = append(l.Outcomes, storage.Outcome{Kind: OutcomeStopped, Name: SourceButton, At: at.Add(time.Hour), Input: "1 news"})
				}
			}
			if r.Float64() < chance {
				l.Outcomes = append(l.Outcomes, storage.Outcome{Kind: OutcomePurchased, Amount: 100, Currency: "EUR", At: at.Add(time.Duration(r.IntN(7*24)) * time.Hour)})
			}
		}
		slices.SortStableFunc(l.Outcomes, func(a, b storage.Outcome) int { return a.At.Compare(b.At) })
		lives = append(lives, l)
	}
	return lives
}

// TestMessagesThatSellNothingAreNotSaidToSell: whoever is told may stop, and those held out
// have no message to stop after; both have to be followed for the same time all the same.
func TestMessagesThatSellNothingAreNotSaidToSell(t *testing.T) {
	t.Parallel()
	const worlds = 40
	for name, tc := range map[string]struct {
		audience    crowdDue
		least, most int // worlds in which it looks telling: of nothing, one in twenty
	}{
		"nobody stops":                {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05}, 0, 6},
		"some stop after each":        {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05, stops: 0.1}, 0, 6},
		"the topic is once: true":     {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05, once: true}, 0, 6},
		"the holdout ended long ago":  {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05, ends: 2}, 0, 6},
		"but messages that do sell":   {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05, sells: 0.06}, 30, worlds},
		"and those that end all sale": {crowdDue{people: 1200, weeks: 10, heldOut: 4, buys: 0.05, sells: -0.04}, 30, worlds},
	} {
		telling, says := 0, ""
		for seed := range uint64(worlds) {
			for _, m := range tried(t, tc.audience.live(seed))[0].Arms[1].Results {
				if m.What == didBuy && m.Telling {
					telling, says = telling+1, m.Says
				}
			}
		}
		if telling < tc.least || telling > tc.most {
			t.Errorf("%s: %d of %d worlds look telling (%s), want %d to %d", name, telling, worlds, says, tc.least, tc.most)
		}
	}
}

// TestWhoIsToldOnTheDayOfTheFirstHeldOutIsCompared: a campaign comes to one after the other.
func TestWhoIsToldOnTheDayOfTheFirstHeldOutIsCompared(t *testing.T) {
	t.Parallel()
	at := func(d, hour int) time.Time { return time.Date(2026, time.March, d, hour, 0, 0, 0, time.UTC) }
	one := func(kind, rule string, at time.Time) storage.Life {
		return storage.Life{Decisions: []storage.Decision{{Trigger: "t", Flow: "monday", Kind: kind, Rule: rule, At: at}}}
	}
	list := tried(t, []storage.Life{
		one(DecisionSent, "", at(9, 8)),              // Auckland
		one(DecisionSent, "", at(9, 9)),              //
		one(DecisionSkipped, RuleHoldout, at(9, 10)), //
		one(DecisionFailed, RuleConsent, at(9, 11)),  // the rules let it through: the platform knew of a stop
		one(DecisionSkipped, RuleConsent, at(9, 11)), // no part of the audience
		one(DecisionSent, "", at(9, 20)),             // Los Angeles
		one(DecisionSent, "", at(20, 9)),             // when nobody is held out any more
		one(DecisionSent, "", at(1, 9)),              // when nobody was yet
	})
	if len(list) != 1 || len(list[0].Arms) != 2 || list[0].Arms[1].People != 4 {
		t.Errorf("%+v, want one held out and four told", list)
	}
}
