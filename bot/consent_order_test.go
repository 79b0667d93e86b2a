package bot

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the order in which yeses, stops and second thoughts arrive, the consent is the one that
// they make in the order in which they happened. Only its run may seem to have
// begun later, which keeps it from older schedules and never brings it to one.
func TestApplyInAnyOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var happened []Change
		for i := range rapid.IntRange(1, 7).Draw(t, "acts") {
			size := rapid.SampledFrom([]float64{41, 42, 43}).Draw(t, "size")
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				happened = append(happened, stop(i))
			case 1:
				happened = append(happened, unwatch(i, size))
			default:
				cadence := rapid.SampledFrom([]string{Daily, Weekly, Monthly}).Draw(t, "cadence")
				happened = append(happened, sayYes(i, size, cadence))
			}
		}
		want, _, _ := play(happened...)
		arrived := rapid.Permutation(happened).Draw(t, "arrived")
		got, _, _ := play(arrived...)

		// What a resume would bring back is told apart only by the newest stop.
		want.Cleared, got.Cleared = nil, nil
		if tell(got) != tell(want) || got.ActiveSince.Before(want.ActiveSince) || !got.ChangedAt.Equal(want.ChangedAt) {
			t.Fatalf("arrived as %s it is %q since %s, want %q since %s or later",
				times(arrived), tell(got), got.ActiveSince, tell(want), want.ActiveSince)
		}
	})
}

// A stop holds against everything that was done before it, whatever that was and
// however late it arrives.
func TestApplyNeverActiveAfterTheLastStop(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		makers := []func(int) Change{
			func(m int) Change { return ask(m, "r1", 42, Weekly) },
			func(m int) Change { return accept(m, "r1") },
			func(m int) Change { return sayYes(m, 43, Daily) },
			func(m int) Change { return watch(m, 41) },
			func(m int) Change { return rhythm(m, Monthly) },
			func(m int) Change { return snooze(m, m+1) },
			stop, platformStop, resume,
		}
		var happened []Change
		n := rapid.IntRange(0, 8).Draw(t, "acts")
		for i := range n {
			happened = append(happened, rapid.SampledFrom(makers).Draw(t, "act")(i))
		}
		last := rapid.SampledFrom([]func(int) Change{stop, platformStop}).Draw(t, "stop")
		happened = append(happened, last(n))
		c, _, _ := play(rapid.Permutation(happened).Draw(t, "arrived")...)
		if c.ActiveAt(at(n).Add(time.Hour)) || len(c.Interests) > 0 {
			t.Fatalf("after a stop at %d it is %q", n, tell(c))
		}
		if slices.ContainsFunc(happened, func(ch Change) bool { return ch.Action == Asked }) {
			return // then it may be asked, which is no consent either
		}
		if c.Status != StatusStopped {
			t.Fatalf("after a stop at %d it is %q", n, tell(c))
		}
	})
}

// times writes the minutes of changes in order of arrival.
func times(changes []Change) []string {
	var out []string
	for _, ch := range changes {
		out = append(out, string(ch.Action)+" "+ch.At.Format("15:04"))
	}
	return out
}
