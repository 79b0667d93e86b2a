package bot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

func TestActiveAt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status string
		now    time.Time
		want   bool
	}{
		{StatusNone, at(0), false},
		{StatusAsked, at(0), false},
		{StatusActive, at(0), true},
		{StatusStopped, at(0), false},
		{StatusSnoozed, at(60).Add(-time.Second), false},
		{StatusSnoozed, at(60), true},
	}
	for _, test := range tests {
		c := Consent{Status: test.status, SnoozedUntil: at(60)}
		if got := c.ActiveAt(test.now); got != test.want {
			t.Errorf("%q at %s: %v, want %v", test.status, test.now.Format(time.TimeOnly), got, test.want)
		}
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * 60
	asked := []Change{ask(0, "r1", 42, Weekly)}
	tests := []struct {
		name   string
		story  []Change
		now    time.Time
		title  string // "Back in stock" unless given
		permit bool
		needed bool
		status string
		asking flows.Asking
	}{
		{name: "never asked", now: at(0), needed: true, asking: flows.AskPlatform},
		{name: "asked a moment ago", story: asked, now: at(1), needed: true, status: StatusAsked, asking: flows.AskPointer},
		{name: "asked a moment ago under another title", story: asked, now: at(1), title: "Nouveautés", needed: true, status: StatusAsked, asking: flows.AskPlatform},
		{name: "asked a moment ago, a permit is held", story: asked, now: at(1), permit: true, needed: true, status: StatusAsked, asking: flows.AskOurselves},
		{name: "asked a moment ago, none is needed", story: asked, now: at(1), status: StatusAsked, asking: flows.AskOurselves},
		{name: "a week later, but for a second", story: asked, now: at(week).Add(-time.Second), needed: true, status: StatusAsked, asking: flows.AskPointer},
		{name: "a week later", story: asked, now: at(week), needed: true, status: StatusAsked, asking: flows.AskPlatform},
		{
			name: "declined", story: append(asked, Change{Action: Declined, At: at(1), Request: "r1"}), now: at(2),
			needed: true, status: StatusAsked, asking: flows.AskPointer,
		},
		{name: "active is never asked for", story: append(asked, accept(1, "r1")), now: at(2), permit: true, needed: true, status: StatusActive, asking: flows.AskPlatform},
		{
			name: "stopped and back within the week", story: append(asked, accept(1, "r1"), stop(2)), now: at(3),
			permit: true, needed: true, status: StatusStopped, asking: flows.AskOurselves,
		},
		{
			name: "stopped and back within the week, the permit is gone", story: append(asked, accept(1, "r1"), stop(2)), now: at(3),
			needed: true, status: StatusStopped, asking: flows.AskPointer,
		},
		{name: "stopped and back later", story: append(asked, accept(1, "r1"), stop(2)), now: at(week), permit: true, needed: true, status: StatusStopped, asking: flows.AskPlatform},
		{
			name: "the platform's stop bars us for good", story: append(asked, accept(1, "r1"), platformStop(2)), now: at(10 * week),
			permit: true, status: StatusStopped, asking: flows.AskNot,
		},
		{name: "until it is resumed", story: append(asked, accept(1, "r1"), platformStop(2), resume(3)), now: at(4), needed: true, status: StatusActive, asking: flows.AskPlatform},
		{
			name: "resumed without a consent to bring back", story: append(asked, platformStop(2), resume(3)), now: at(week),
			needed: true, status: StatusStopped, asking: flows.AskPlatform,
		},
		{name: "snoozed", story: []Change{sayYes(0, 42, Weekly), snooze(1, 60)}, now: at(59), needed: true, status: StatusSnoozed, asking: flows.AskPlatform},
		{name: "a snooze is over", story: []Change{sayYes(0, 42, Weekly), snooze(1, 60)}, now: at(60), needed: true, status: StatusActive, asking: flows.AskPlatform},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			title := test.title
			if title == "" {
				title = "Back in stock"
			}
			c, _, _ := play(test.story...)
			got := c.Standing(title, test.permit, test.needed, test.now)
			if got.Status != test.status || got.Asking != test.asking {
				t.Errorf("status %q, asking %q; want %q, %q", got.Status, got.Asking, test.status, test.asking)
			}
		})
	}
}

func TestStandingSharesNothing(t *testing.T) {
	t.Parallel()
	c, _, _ := play(sayYes(0, 42, Weekly))
	s := c.Standing("Back in stock", true, true, at(1))
	if diff := cmp.Diff([]map[string]any{shoe(42)}, s.Interests); diff != "" || s.Cadence != Weekly {
		t.Fatalf("cadence %q, interests (-want +got):\n%s", s.Cadence, diff)
	}
	s.Interests[0]["size"] = 50.0
	if tell(c) != "active weekly 42" {
		t.Errorf("a flow that writes to its standing changed the consent to %s", tell(c))
	}
}
