package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// noon is when the stories of these tests begin; at counts minutes from there.
func noon() time.Time { return time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC) }

func at(minutes int) time.Time { return noon().Add(time.Duration(minutes) * time.Minute) }

func shoe(size float64) map[string]any { return map[string]any{"model": "Gazelle", "size": size} }

// The things that happen in the stories below.
func ask(minutes int, request string, size float64, cadence string) Change {
	return Change{Action: Asked, At: at(minutes), Request: request, About: shoe(size), Cadence: cadence, Wording: "Back in stock", Flow: "restock", Step: "4", Locale: "fr"}
}

func accept(minutes int, request string) Change {
	return Change{Action: Granted, At: at(minutes), Request: request, Source: SourcePlatform}
}

func sayYes(minutes int, size float64, cadence string) Change {
	return Change{Action: Granted, At: at(minutes), About: shoe(size), Cadence: cadence, Source: SourceButton}
}

func stop(minutes int) Change {
	return Change{Action: Stopped, At: at(minutes), Source: SourceButton}
}

func platformStop(minutes int) Change {
	return Change{Action: Stopped, At: at(minutes), Source: SourcePlatform}
}

func resume(minutes int) Change {
	return Change{Action: Resumed, At: at(minutes), Source: SourcePlatform}
}

func watch(minutes int, size float64) Change {
	return Change{Action: Watched, At: at(minutes), About: shoe(size), Source: SourceStep}
}

func unwatch(minutes int, size float64) Change {
	return Change{Action: Unwatched, At: at(minutes), About: shoe(size), Source: SourceButton}
}

func rhythm(minutes int, cadence string) Change {
	return Change{Action: CadenceSet, At: at(minutes), Cadence: cadence, Source: SourceButton}
}

func snooze(minutes, until int) Change {
	return Change{Action: Snoozed, At: at(minutes), Until: at(until), Source: SourceButton}
}

// tell writes a consent in one line: status, who stopped it, cadence, sizes, and in
// brackets the sizes a resume would bring back.
func tell(c Consent) string {
	words := []string{c.Status}
	if c.StoppedBy != "" {
		words = append(words, "by "+c.StoppedBy)
	}
	if c.Cadence != "" {
		words = append(words, c.Cadence)
	}
	if s := sizes(c.Interests); s != "" {
		words = append(words, s)
	}
	if s := sizes(c.Cleared); s != "" {
		words = append(words, "("+s+")")
	}
	return strings.Join(words, " ")
}

func sizes(interests []map[string]any) string {
	var out []string
	for _, about := range interests {
		out = append(out, fmt.Sprint(about["size"]))
	}
	slices.Sort(out)
	return strings.Join(out, "+")
}

// play lets changes happen in the order in which they arrive, and returns with the
// consent what the ledger says of the last of them.
func play(story ...Change) (c Consent, last LedgerBody, changed bool) {
	for _, ch := range story {
		c, last, changed = c.Apply(ch)
	}
	return c, last, changed
}

func TestApply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		story []Change // in order of arrival
		want  string
		none  string // why the last one did not count; empty if it did
	}{
		{"asked", []Change{ask(0, "r1", 42, Weekly)}, "asked", ""},
		{"asked and accepted", []Change{ask(0, "r1", 42, Weekly), accept(1, "r1")}, "active weekly 42", ""},
		{"accepted by a clock that is behind ours", []Change{ask(2, "r1", 42, Weekly), accept(1, "r1")}, "active weekly 42", ""},
		{"a yes in our own words", []Change{sayYes(0, 42, Daily)}, "active daily 42", ""},
		{"an acceptance of a request nobody remembers", []Change{accept(1, "r9")}, "active", ""},
		{"asked again while active", []Change{sayYes(0, 42, Daily), ask(1, "r2", 43, Weekly)}, "active daily 42", ""},
		{"asked again after our stop", []Change{sayYes(0, 42, Daily), stop(1), ask(2, "r2", 43, Weekly)}, "asked daily (42)", ""},

		{"declined", []Change{ask(0, "r1", 42, Weekly), {Action: Declined, At: at(1), Request: "r1"}}, "asked", ""},
		{"declined, then accepted after all", []Change{ask(0, "r1", 42, Weekly), {Action: Declined, At: at(1), Request: "r1"}, accept(2, "r1")}, "active weekly 42", ""},
		{"declined something else", []Change{ask(0, "r1", 42, Weekly), {Action: Declined, At: at(1), Request: "r7"}}, "asked", noneRequest},

		{"granted twice", []Change{ask(0, "r1", 42, Weekly), accept(1, "r1"), accept(2, "r1")}, "active weekly 42", ""},
		{"a second request adds its interest and sets its cadence", []Change{ask(0, "r1", 42, Weekly), ask(0, "r2", 43, Daily), accept(1, "r1"), accept(2, "r2")}, "active daily 42+43", ""},
		{"a yes without a cadence keeps the one there was", []Change{sayYes(0, 42, Weekly), {Action: Granted, At: at(1), Source: SourceLink}}, "active weekly 42", ""},

		{"stopped", []Change{sayYes(0, 42, Weekly), stop(1)}, "stopped by person weekly (42)", ""},
		{"stopped twice", []Change{sayYes(0, 42, Weekly), stop(1), stop(2)}, "stopped by person weekly (42)", ""},
		{"stopped while only asked", []Change{ask(0, "r1", 42, Weekly), stop(1)}, "stopped by person", ""},
		{"the platform stops after us", []Change{sayYes(0, 42, Weekly), stop(1), platformStop(2)}, "stopped by platform weekly (42)", ""},
		{"we stop after the platform", []Change{sayYes(0, 42, Weekly), platformStop(1), stop(2)}, "stopped by platform weekly (42)", ""},
		{"a yes after a stop begins afresh", []Change{sayYes(0, 42, Weekly), stop(1), sayYes(2, 43, Daily)}, "active daily 43", ""},
		{"an old request accepted after a newer stop", []Change{ask(0, "r1", 42, Weekly), sayYes(1, 43, Daily), stop(2), accept(3, "r1")}, "active weekly 42", ""},

		{"after the platform's stop our words do not count", []Change{sayYes(0, 42, Weekly), platformStop(1), sayYes(2, 43, Daily)}, "stopped by platform weekly (42+43)", noneBarred},
		{"after the platform's stop a yes on the platform counts", []Change{ask(0, "r1", 42, Weekly), accept(1, "r1"), platformStop(2), accept(3, "r1")}, "active weekly 42", ""},
		{"after the platform's stop asking changes nothing", []Change{sayYes(0, 42, Weekly), platformStop(1), ask(2, "r1", 43, Daily)}, "stopped by platform weekly (42)", ""},
		{"resumed", []Change{sayYes(0, 42, Weekly), watch(1, 43), platformStop(2), resume(3)}, "active weekly 42+43", ""},
		{"resumed after our stop", []Change{sayYes(0, 42, Weekly), stop(1), resume(2)}, "active weekly 42", ""},
		{"resumed after we asked again", []Change{sayYes(0, 42, Weekly), stop(1), ask(2, "r2", 43, Daily), resume(3)}, "active weekly 42", ""},
		{"resumed after both stops", []Change{sayYes(0, 42, Weekly), stop(1), platformStop(2), resume(3)}, "active weekly 42", ""},
		{"resumed twice", []Change{sayYes(0, 42, Weekly), platformStop(1), resume(2), resume(3)}, "active weekly 42", ""},
		{"stopped again after a resume", []Change{sayYes(0, 42, Weekly), platformStop(1), resume(2), stop(3)}, "stopped by person weekly (42)", ""},
		{"a resume makes no consent", []Change{resume(0)}, "", noneConsent},
		{"a resume of what was only asked makes no consent", []Change{ask(0, "r1", 42, Weekly), platformStop(1), resume(2)}, "stopped by person", noneConsent},
		{"a yes after it begins afresh, and an old resume brings nothing back", []Change{sayYes(0, 42, Weekly), platformStop(1), resume(2), stop(3), sayYes(4, 43, Daily), resume(5)}, "active daily 43", ""},

		{"watched", []Change{sayYes(0, 42, Weekly), watch(1, 43)}, "active weekly 42+43", ""},
		{"watched twice", []Change{sayYes(0, 42, Weekly), watch(1, 42)}, "active weekly 42", ""},
		{"watched while snoozed", []Change{sayYes(0, 42, Weekly), snooze(1, 60), watch(2, 43)}, "snoozed weekly 42+43", ""},
		{"watched without consent", []Change{watch(0, 42)}, "", noneConsent},
		{"watched while only asked", []Change{ask(0, "r1", 42, Weekly), watch(1, 43)}, "asked", noneConsent},
		{"watched after a stop", []Change{sayYes(0, 42, Weekly), stop(1), watch(2, 43)}, "stopped by person weekly (42)", noneConsent},
		{"unwatched", []Change{sayYes(0, 42, Weekly), watch(1, 43), unwatch(2, 42)}, "active weekly 43", ""},
		{"unwatched the last", []Change{sayYes(0, 42, Weekly), unwatch(1, 42)}, "active weekly", ""},
		{"unwatched what was not watched", []Change{sayYes(0, 42, Weekly), unwatch(1, 43)}, "active weekly 42", noneInterest},
		{"unwatched after a stop does not come back", []Change{sayYes(0, 42, Weekly), watch(1, 43), platformStop(2), unwatch(3, 42), resume(4)}, "active weekly 43", ""},

		{"another cadence", []Change{sayYes(0, 42, Weekly), rhythm(1, Monthly)}, "active monthly 42", ""},
		{"a cadence without consent", []Change{rhythm(1, Monthly)}, "", noneConsent},
		{"a cadence after a stop", []Change{sayYes(0, 42, Weekly), stop(1), rhythm(2, Monthly)}, "stopped by person weekly (42)", noneConsent},

		{"snoozed", []Change{sayYes(0, 42, Weekly), snooze(1, 60)}, "snoozed weekly 42", ""},
		{"snoozed without consent", []Change{snooze(1, 60)}, "", noneConsent},
		{"a snooze is over by the next change", []Change{sayYes(0, 42, Weekly), snooze(1, 60), rhythm(60, Daily)}, "active daily 42", ""},
		{"a snooze taken back", []Change{sayYes(0, 42, Weekly), snooze(1, 60), {Action: Snoozed, At: at(2)}}, "active weekly 42", ""},
		{"a yes ends a snooze", []Change{sayYes(0, 42, Weekly), snooze(1, 60), sayYes(2, 43, Weekly)}, "active weekly 42+43", ""},
		{"stopped while snoozed", []Change{sayYes(0, 42, Weekly), snooze(1, 60), stop(2)}, "stopped by person weekly (42)", ""},

		{"a late yes before a stop", []Change{stop(2), sayYes(1, 42, Weekly)}, "stopped by person weekly (42)", noneLate},
		{"a late yes before the platform's stop, then resumed", []Change{platformStop(2), sayYes(1, 42, Weekly), resume(3)}, "active weekly 42", ""},
		{"a late stop before a yes", []Change{sayYes(2, 42, Weekly), stop(1)}, "active weekly 42", noneLate},
		{"a late stop of the platform before a yes", []Change{sayYes(2, 42, Weekly), platformStop(1)}, "active weekly 42", noneLate},
		{"a late stop between two yeses takes what it ended", []Change{sayYes(0, 42, Weekly), sayYes(2, 43, Daily), stop(1)}, "active daily 43", noneLate},
		{"a late stop leaves what was agreed to again", []Change{sayYes(0, 42, Weekly), sayYes(2, 42, Daily), stop(1)}, "active daily 42", noneLate},
		{"a late yes behind a newer one adds its interest, not its cadence", []Change{sayYes(2, 43, Daily), sayYes(1, 42, Weekly)}, "active daily 42+43", noneLate},
		{"a late yes older than an overtaken stop adds nothing", []Change{sayYes(3, 43, Daily), stop(2), sayYes(1, 42, Weekly)}, "active daily 43", noneLate},
		{"a late yes behind a yes after a stop", []Change{stop(1), sayYes(3, 43, Daily), sayYes(0, 42, Weekly)}, "active daily 43", noneLate},
		{"a late resume before a stop", []Change{sayYes(0, 42, Weekly), stop(3), resume(2)}, "stopped by person weekly (42)", noneLate},
		{"a resume that comes before its stop", []Change{sayYes(0, 42, Weekly), resume(3), platformStop(2)}, "active weekly 42", noneLate},
		{"a late cadence", []Change{sayYes(0, 42, Weekly), rhythm(3, Monthly), rhythm(2, Daily)}, "active monthly 42", noneLate},
		{"a late snooze", []Change{sayYes(0, 42, Weekly), snooze(3, 60), snooze(2, 30)}, "snoozed weekly 42", noneLate},
		{"a late yes before a snooze", []Change{sayYes(0, 42, Weekly), snooze(3, 60), sayYes(2, 43, Weekly)}, "snoozed weekly 42+43", ""},
		{"a late snooze before a stop", []Change{sayYes(0, 42, Weekly), stop(3), snooze(2, 60)}, "stopped by person weekly (42)", noneLate},
		{"a late watch before a stop", []Change{sayYes(0, 42, Weekly), stop(3), watch(2, 43)}, "stopped by person weekly (42)", noneLate},
		{"a late unwatch before a new yes to it", []Change{sayYes(0, 42, Weekly), watch(3, 42), unwatch(2, 42)}, "active weekly 42", noneLate},
		{"a stop counts although a cadence, an interest and a snooze are newer", []Change{sayYes(0, 42, Weekly), rhythm(4, Daily), watch(5, 43), snooze(6, 60), stop(3)}, "stopped by person daily (42+43)", ""},

		{"at the same instant the order of arrival counts", []Change{sayYes(1, 42, Weekly), stop(1)}, "stopped by person weekly (42)", ""},
		{"at the same instant, the other way round", []Change{stop(1), sayYes(1, 42, Weekly)}, "active weekly 42", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, last, changed := play(test.story...)
			if got := tell(c); got != test.want {
				t.Errorf("consent is %q, want %q", got, test.want)
			}
			if last.None != test.none {
				t.Errorf("the ledger says %q, want %q", last.None, test.none)
			}
			if changed != (test.none == "") {
				t.Errorf("changed is %v", changed)
			}
			if want := test.story[len(test.story)-1]; last.Action != want.Action || !last.At.Equal(want.At) {
				t.Errorf("the ledger has %s at %s, want %s at %s", last.Action, last.At, want.Action, want.At)
			}
		})
	}
}

func TestApplyKeepsTimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		story []Change
		want  Consent
	}{
		{
			"a run begins with its first yes",
			[]Change{sayYes(0, 42, Weekly), sayYes(5, 43, Weekly)},
			Consent{ActiveSince: at(0), ChangedAt: at(5)},
		},
		{
			"a late yes moves the beginning of its run",
			[]Change{sayYes(5, 43, Weekly), sayYes(0, 42, Weekly)},
			Consent{ActiveSince: at(0), ChangedAt: at(5)},
		},
		{
			"a run goes on through a snooze",
			[]Change{sayYes(0, 42, Weekly), snooze(1, 60), rhythm(70, Daily)},
			Consent{ActiveSince: at(0), ChangedAt: at(0)},
		},
		{
			"a snooze ends at its time",
			[]Change{sayYes(0, 42, Weekly), snooze(1, 60)},
			Consent{ActiveSince: at(0), SnoozedUntil: at(60), ChangedAt: at(0)},
		},
		{
			"a stop ends the run",
			[]Change{sayYes(0, 42, Weekly), snooze(1, 60), stop(2)},
			Consent{ChangedAt: at(2), StoppedAt: at(2)},
		},
		{
			"a resume begins a new one",
			[]Change{sayYes(0, 42, Weekly), platformStop(1), resume(2)},
			Consent{ActiveSince: at(2), ChangedAt: at(2), StoppedAt: at(1)},
		},
		{
			"being asked is no change that counts",
			[]Change{ask(3, "r1", 42, Weekly)},
			Consent{},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := play(test.story...)
			got := Consent{ActiveSince: c.ActiveSince, SnoozedUntil: c.SnoozedUntil, ChangedAt: c.ChangedAt, StoppedAt: c.StoppedAt}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyProves(t *testing.T) {
	t.Parallel()
	asked := Change{
		Action: Asked, At: at(0), Request: "r1", About: shoe(42), Cadence: Weekly, Source: SourceStep, Wording: "Back in stock",
		Image: "https://shop.example/r.png", Locale: "fr", Flow: "restock", Step: "4", Program: "p1", Input: "m1",
	}
	accepted := Change{
		Action: Granted, At: at(1), Request: "r1", About: shoe(50), Cadence: Daily, Source: SourcePlatform,
		Locale: "en", Program: "p2", Input: "m2",
	}
	_, got, _ := play(asked, accepted)
	want := LedgerBody{
		Action: Granted, At: at(1), Source: SourcePlatform, Request: "r1", Cadence: Weekly, Image: "https://shop.example/r.png", Locale: "fr", Flow: "restock", Step: "4", Program: "p1",
		Personal: Personal{About: shoe(42), Wording: "Back in stock", Input: "m2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an acceptance proves what its request said (-want +got):\n%s", diff)
	}
}

func TestApplyRemembersTheNewestRequests(t *testing.T) {
	t.Parallel()
	var story []Change
	for i := range maxRequests + 3 {
		story = append(story, ask(i, fmt.Sprintf("r%d", i), 42, Weekly))
	}
	story = append(story, ask(100, "r5", 43, Daily)) // the turn that asked it was repeated
	c, _, _ := play(story...)
	var ids []string
	for _, r := range c.Requests {
		ids = append(ids, r.ID)
	}
	if got := strings.Join(ids, " "); got != "r3 r4 r6 r7 r8 r9 r10 r11 r12 r5" {
		t.Errorf("requests are %s", got)
	}
	if c, _, _ = c.Apply(accept(101, "r5")); tell(c) != "active daily 43" {
		t.Errorf("after accepting the last: %s", tell(c))
	}
}

func TestApplySharesNothing(t *testing.T) {
	t.Parallel()
	before, _, _ := play(ask(0, "r1", 42, Weekly), accept(1, "r1"), watch(2, 43))
	kept := before.clone()
	for _, ch := range []Change{
		ask(3, "r2", 44, Daily), {Action: Declined, At: at(3), Request: "r1"}, watch(3, 44), unwatch(3, 42), stop(3), stop(1), sayYes(0, 41, Daily), resume(3), snooze(3, 9),
	} {
		before.Apply(ch)
		if diff := cmp.Diff(kept, before, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s changed the consent it was applied to:\n%s", ch.Action, diff)
		}
	}
}
