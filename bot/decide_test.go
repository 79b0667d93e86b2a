package bot

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

// utc reads an instant.
func utc(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// fine is a notification that nothing stands against, on Monday 30 March 2026 at
// 18:00 in Paris, for which it is just due.
func fine(t *testing.T) Facts {
	now := utc(t, "2026-03-30T16:00:00Z")
	return Facts{
		Now: now, FirstDue: now, Expires: now.Add(7 * 24 * time.Hour), Zone: zone(t, "Europe/Paris"),
		Consent: Consent{Status: StatusActive, Cadence: Weekly, ActiveSince: now.Add(-72 * time.Hour)},
		Topic:   flows.Topic{Name: "restock", Cadence: []string{Daily, Weekly}},
		Where:   true,
		Lanes:   []NamedAnswer{{Name: "recurring", LaneAnswer: LaneAnswer{Open: true}}},
	}
}

// refusal makes one rule say no.
type refusal struct {
	rule string
	set  func(*Facts)
	kind string // what becomes of it
	next string // of held; "" waits for a change
}

func refusals(t *testing.T) []refusal {
	return []refusal{
		{RuleConsent, func(f *Facts) { f.Consent.Status, f.Consent.ChangedAt = StatusStopped, f.Now }, DecisionSkipped, ""},
		{RuleWhere, func(f *Facts) { f.Where = false }, DecisionSkipped, ""},
		{RuleHoldout, func(f *Facts) { f.Holdout = true }, DecisionSkipped, ""},
		{RuleReachable, func(f *Facts) { f.Unreachable = "blocked" }, DecisionHeld, ""},
		{RulePaused, func(f *Facts) { f.Paused = "page" }, DecisionHeld, ""},
		{RuleCadence, func(f *Facts) { f.Consent.LastSent = f.Now }, DecisionHeld, "2026-04-06T16:00:00Z"},
		{RuleBudget, func(f *Facts) {
			f.Budget, f.Sent = &flows.Budget{Max: 1, Per: 24 * time.Hour}, []time.Time{f.Now.Add(-time.Hour)}
		}, DecisionHeld, "2026-03-31T15:00:00Z"},
		{RuleQuietHours, func(f *Facts) { f.Quiet = &flows.Hours{From: 17 * 60, To: 8 * 60} }, DecisionHeld, "2026-03-31T06:00:00Z"},
		{RuleBusy, func(f *Facts) { f.Waiting, f.LastAct = true, f.Now.Add(-4*time.Minute) }, DecisionHeld, "2026-03-30T16:06:00Z"},
		{RuleThread, func(f *Facts) { f.Thread = true }, DecisionHeld, ""},
		{RuleLane, func(f *Facts) { f.Lanes = []NamedAnswer{{Name: "recurring", LaneAnswer: LaneAnswer{Why: "no permit"}}} }, DecisionHeld, ""},
		{RuleExpired, func(f *Facts) { f.Expires = f.Now.Add(-time.Second) }, DecisionSkipped, ""},
	}
}

func TestDecideOneRule(t *testing.T) {
	t.Parallel()
	if v := Decide(fine(t)); v.Kind != DecisionSent || v.Rule != "" || v.Lane != "recurring" {
		t.Fatalf("nothing stands against it, and it is %+v", v)
	}
	for _, r := range refusals(t) {
		t.Run(r.rule, func(t *testing.T) {
			t.Parallel()
			f := fine(t)
			r.set(&f)
			got := Decide(f)
			got.Values = nil
			want := Verdict{Kind: r.kind, Rule: r.rule, Next: utc(t, r.next)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// Of any two rules that say no, the earlier is the decision's.
func TestDecideOrder(t *testing.T) {
	t.Parallel()
	all := refusals(t)
	for i, first := range all {
		for _, second := range all[i+1:] {
			t.Run(first.rule+" before "+second.rule, func(t *testing.T) {
				t.Parallel()
				f := fine(t)
				second.set(&f)
				first.set(&f)
				if got := Decide(f); got.Rule != first.rule {
					t.Errorf("rule is %s", got.Rule)
				}
			})
		}
	}
}

func TestDecideBoundaries(t *testing.T) {
	t.Parallel()
	const held, skipped, sent = DecisionHeld, DecisionSkipped, DecisionSent
	// Times within the cases are counted from the notification's Now.
	after := func(f *Facts, d time.Duration) time.Time { return f.Now.Add(d) }
	budget := func(f *Facts, max int, sent ...time.Duration) {
		f.Budget = &flows.Budget{Max: max, Per: 24 * time.Hour}
		for _, d := range sent {
			f.Sent = append(f.Sent, after(f, -d))
		}
	}
	lanes := func(f *Facts, lanes ...NamedAnswer) { f.Lanes = lanes }
	closed := func(name, why string, next time.Time) NamedAnswer {
		return NamedAnswer{Name: name, LaneAnswer: LaneAnswer{Why: why, Next: next}}
	}
	open := func(name string) NamedAnswer { return NamedAnswer{Name: name, LaneAnswer: LaneAnswer{Open: true}} }

	tests := []struct {
		name             string
		set              func(*Facts)
		kind, rule, lane string
		next             string
	}{
		{"consent: nothing", func(f *Facts) { f.Consent = Consent{} }, skipped, RuleConsent, "", ""},
		{"consent: asked", func(f *Facts) { f.Consent.Status = StatusAsked }, skipped, RuleConsent, "", ""},
		{"consent: snoozed", func(f *Facts) {
			f.Consent.Status, f.Consent.SnoozedUntil = StatusSnoozed, after(f, time.Second)
		}, held, RuleConsent, "", "2026-03-30T16:00:01Z"},
		{"consent: the snooze ends now", func(f *Facts) { f.Consent.Status, f.Consent.SnoozedUntil = StatusSnoozed, f.Now }, sent, "", "recurring", ""},
		{"consent: snoozed until the last moment", func(f *Facts) { f.Consent.Status, f.Consent.SnoozedUntil = StatusSnoozed, f.Expires }, held, RuleConsent, "", "2026-04-06T16:00:00Z"},
		{"consent: snoozed beyond it", func(f *Facts) {
			f.Consent.Status, f.Consent.SnoozedUntil = StatusSnoozed, f.Expires.Add(time.Second)
		}, skipped, RuleConsent, "", ""},
		{"consent: given as a schedule fired", func(f *Facts) { f.ActiveBy, f.Consent.ActiveSince = f.FirstDue, f.FirstDue }, sent, "", "recurring", ""},
		{"consent: given a second after", func(f *Facts) {
			f.ActiveBy, f.Consent.ActiveSince = f.FirstDue, f.FirstDue.Add(time.Second)
		}, skipped, RuleConsent, "", ""},
		{"consent: given after an event", func(f *Facts) { f.Consent.ActiveSince = f.FirstDue.Add(time.Second) }, sent, "", "recurring", ""},

		{"paused until", func(f *Facts) { f.Paused, f.PausedUntil = "page", after(f, time.Hour) }, held, RulePaused, "", "2026-03-30T17:00:00Z"},
		{"paused until it is too late", func(f *Facts) { f.Paused, f.PausedUntil = "page", f.Expires.Add(time.Second) }, skipped, RulePaused, "", ""},
		{"paused until a moment that is over", func(f *Facts) { f.Paused, f.PausedUntil = "page", after(f, -time.Hour) }, held, RulePaused, "", ""},

		{"cadence: sent last week", func(f *Facts) { f.Consent.LastSent = utc(t, "2026-03-29T21:59:59Z") }, sent, "", "recurring", ""},
		{"cadence: sent this week", func(f *Facts) { f.Consent.LastSent = utc(t, "2026-03-29T22:00:00Z") }, held, RuleCadence, "", "2026-04-06T16:00:00Z"},
		{"cadence: it was first due at noon", func(f *Facts) {
			f.Consent.LastSent, f.FirstDue = utc(t, "2026-03-30T08:00:00Z"), utc(t, "2026-03-30T10:00:00Z")
		}, held, RuleCadence, "", "2026-04-06T10:00:00Z"},
		{"cadence: next week is too late", func(f *Facts) {
			f.Consent.LastSent, f.Expires = f.Now, after(f, 7*24*time.Hour-time.Second)
		}, skipped, RuleCadence, "", ""},
		{"cadence: none chosen is the topic's first", func(f *Facts) { f.Consent.Cadence, f.Consent.LastSent = "", f.Now }, held, RuleCadence, "", "2026-03-31T16:00:00Z"},
		{"cadence: an open window does not help", func(f *Facts) { f.Consent.LastSent, f.WindowUntil = f.Now, after(f, time.Hour) }, held, RuleCadence, "", "2026-04-06T16:00:00Z"},

		{"budget: none", func(f *Facts) { f.Sent = []time.Time{f.Now, f.Now} }, sent, "", "recurring", ""},
		{"budget: not used up", func(f *Facts) { budget(f, 2, time.Hour) }, sent, "", "recurring", ""},
		{"budget: used a second less than a day ago", func(f *Facts) { budget(f, 1, 24*time.Hour-time.Second) }, held, RuleBudget, "", "2026-03-30T16:00:01Z"},
		{"budget: used a day ago", func(f *Facts) { budget(f, 1, 24*time.Hour) }, sent, "", "recurring", ""},
		{"budget: the second oldest has to age out", func(f *Facts) { budget(f, 2, time.Hour, 3*time.Hour, 2*time.Hour) }, held, RuleBudget, "", "2026-03-31T14:00:00Z"},
		{"budget: something greater is due within its time", func(f *Facts) {
			budget(f, 1)
			f.Greater = []time.Time{after(f, 23*time.Hour)}
		}, held, RuleBudget, "", "2026-03-31T15:10:00Z"},
		{"budget: something greater is due now", func(f *Facts) {
			budget(f, 1)
			f.Greater = []time.Time{f.Now}
		}, held, RuleBudget, "", "2026-03-30T16:10:00Z"},
		{"budget: something greater is due when this has aged out", func(f *Facts) {
			budget(f, 1)
			f.Greater = []time.Time{after(f, 24*time.Hour)}
		}, sent, "", "recurring", ""},
		{"budget: there is room for both", func(f *Facts) {
			budget(f, 2)
			f.Greater = []time.Time{after(f, time.Hour)}
		}, sent, "", "recurring", ""},
		{"budget: room for one of two, and the greater gets it", func(f *Facts) {
			budget(f, 2, 10*time.Hour)
			f.Greater = []time.Time{after(f, time.Hour)}
		}, held, RuleBudget, "", "2026-03-30T17:10:00Z"},
		{"budget: what was sent will have aged out for the greater", func(f *Facts) {
			budget(f, 2, 10*time.Hour)
			f.Greater = []time.Time{after(f, 15*time.Hour)}
		}, sent, "", "recurring", ""},
		{"budget: two greater ones fill it", func(f *Facts) {
			budget(f, 2)
			f.Greater = []time.Time{after(f, 2*time.Hour), after(f, time.Hour)}
		}, held, RuleBudget, "", "2026-03-30T18:10:00Z"},
		{"budget: the greater goes too late for this one", func(f *Facts) {
			budget(f, 1)
			f.Greater, f.Expires = []time.Time{after(f, time.Hour)}, after(f, time.Hour)
		}, skipped, RuleBudget, "", ""},
		{"budget: none, whatever is greater", func(f *Facts) { f.Greater = []time.Time{f.Now} }, sent, "", "recurring", ""},
		{"budget: of nothing", func(f *Facts) { budget(f, 0) }, held, RuleBudget, "", ""},

		{"quiet: they begin now", func(f *Facts) { f.Quiet = &flows.Hours{From: 18 * 60, To: 8 * 60} }, held, RuleQuietHours, "", "2026-03-31T06:00:00Z"},
		{"quiet: they end now", func(f *Facts) { f.Quiet = &flows.Hours{From: 12 * 60, To: 18 * 60} }, sent, "", "recurring", ""},
		{"quiet: they end too late", func(f *Facts) {
			f.Quiet, f.Expires = &flows.Hours{From: 18 * 60, To: 8 * 60}, after(f, 6*time.Hour)
		}, skipped, RuleQuietHours, "", ""},
		{"quiet: held in an open window too", func(f *Facts) {
			f.Quiet, f.WindowUntil = &flows.Hours{From: 18 * 60, To: 8 * 60}, after(f, time.Hour)
		}, held, RuleQuietHours, "", "2026-03-31T06:00:00Z"},

		{"busy: acted ten minutes ago", func(f *Facts) { f.Waiting, f.LastAct = true, after(f, -busyFor) }, sent, "", "recurring", ""},
		{"busy: a second less", func(f *Facts) { f.Waiting, f.LastAct = true, after(f, time.Second-busyFor) }, held, RuleBusy, "", "2026-03-30T16:00:01Z"},
		{"busy: nothing waits for them", func(f *Facts) { f.LastAct = f.Now }, sent, "", "recurring", ""},
		{"busy: they never acted", func(f *Facts) { f.Waiting = true }, sent, "", "recurring", ""},

		{"lane: the window comes first", func(f *Facts) { f.WindowUntil = after(f, time.Second) }, sent, "", LaneWindow, ""},
		{"lane: the window closes now", func(f *Facts) { f.WindowUntil = f.Now }, sent, "", "recurring", ""},
		{"lane: the first that is open", func(f *Facts) {
			lanes(f, closed("recurring", "no permit", time.Time{}), open("marketing"), open("utility"))
		}, sent, "", "marketing", ""},
		{"lane: none at all", func(f *Facts) { lanes(f) }, held, RuleLane, "", ""},
		{"lane: the earliest rest", func(f *Facts) {
			lanes(f, closed("recurring", "rest", after(f, 2*time.Hour)), closed("marketing", "rest", after(f, time.Hour)))
		}, held, RuleLane, "", "2026-03-30T17:00:00Z"},
		{"lane: a rest and no permit", func(f *Facts) {
			lanes(f, closed("recurring", "no permit", time.Time{}), closed("marketing", "rest", after(f, time.Hour)))
		}, held, RuleLane, "", "2026-03-30T17:00:00Z"},
		{"lane: the rest is too long", func(f *Facts) { lanes(f, closed("recurring", "rest", f.Expires.Add(time.Second))) }, skipped, RuleLane, "", ""},
		{"lane: a rest that is over already", func(f *Facts) { lanes(f, closed("recurring", "rest", f.Now)) }, held, RuleLane, "", ""},
		{"lane: the permit ran out", func(f *Facts) { lanes(f, closed("recurring", "expired", time.Time{})) }, held, RuleLane, "", ""},
		{"lane: not in this region", func(f *Facts) { lanes(f, closed("recurring", "region", time.Time{})) }, skipped, RuleLane, "", ""},
		{"lane: not in this region, but for a permit", func(f *Facts) {
			lanes(f, closed("recurring", "region", time.Time{}), closed("marketing", "no permit", time.Time{}))
		}, held, RuleLane, "", ""},

		{"expires now", func(f *Facts) { f.Expires = f.Now }, sent, "", "recurring", ""},
		{"expired a second ago", func(f *Facts) { f.Expires = after(f, -time.Second) }, skipped, RuleExpired, "", ""},
		{"never expires", func(f *Facts) { f.Expires, f.Consent.LastSent = time.Time{}, f.Now }, held, RuleCadence, "", "2026-04-06T16:00:00Z"},
		{"what waits for a change waits until it expires", func(f *Facts) { f.Unreachable, f.Expires = "blocked", f.Now }, held, RuleReachable, "", ""},
		{"and no longer", func(f *Facts) { f.Unreachable, f.Expires = "blocked", after(f, -time.Millisecond) }, skipped, RuleReachable, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := fine(t)
			test.set(&f)
			got := Decide(f)
			got.Values = nil
			want := Verdict{Kind: test.kind, Rule: test.rule, Lane: test.lane, Next: utc(t, test.next)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// Values hold what the rule saw, as JSON keeps it.
func TestDecideValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		set  func(*Facts)
		want string
	}{
		{"nothing to say", func(f *Facts) {}, `null`},
		{"stopped", func(f *Facts) {
			f.Consent.Status, f.Consent.StoppedBy, f.Consent.ChangedAt = StatusStopped, ByPlatform, f.Now
		}, `{"by":"platform","since":"2026-03-30T16:00:00Z","status":"stopped"}`},
		{"never asked", func(f *Facts) { f.Consent = Consent{} }, `{"status":""}`},
		{"snoozed", func(f *Facts) { f.Consent.Status, f.Consent.SnoozedUntil = StatusSnoozed, f.Now.Add(time.Hour) }, `{"status":"snoozed","until":"2026-03-30T17:00:00Z"}`},
		{"too young", func(f *Facts) { f.ActiveBy = f.Now.Add(-96 * time.Hour) }, `{"due":"2026-03-26T16:00:00Z","since":"2026-03-27T16:00:00Z","status":"active"}`},
		{"unreachable", func(f *Facts) { f.Unreachable = "blocked" }, `{"why":"blocked"}`},
		{"paused", func(f *Facts) { f.Paused, f.PausedUntil = "page", f.Now.Add(time.Hour) }, `{"until":"2026-03-30T17:00:00Z","why":"page"}`},
		{"cadence", func(f *Facts) { f.Consent.LastSent = f.Now }, `{"cadence":"weekly","last":"2026-03-30T16:00:00Z"}`},
		{"cadence, and too late then", func(f *Facts) { f.Consent.LastSent, f.Expires = f.Now, f.Now.Add(time.Hour) }, `{"cadence":"weekly","expires":"2026-03-30T17:00:00Z","last":"2026-03-30T16:00:00Z","next":"2026-04-06T16:00:00Z"}`},
		{"budget", func(f *Facts) {
			f.Budget, f.Sent = &flows.Budget{Max: 1, Per: 24 * time.Hour}, []time.Time{f.Now, f.Now.Add(-48 * time.Hour)}
		}, `{"max":1,"per":"24h0m0s","sent":1}`},
		{"quiet", func(f *Facts) { f.Quiet = &flows.Hours{From: 17 * 60, To: 8*60 + 5} }, `{"from":"17:00","to":"08:05"}`},
		{"busy", func(f *Facts) { f.Waiting, f.LastAct = true, f.Now }, `{"last_act":"2026-03-30T16:00:00Z"}`},
		{"lane", func(f *Facts) { f.Lanes[0].LaneAnswer = LaneAnswer{Why: "no permit"} }, `{"refused":{"recurring":"no permit"}}`},
		{"sent on the second lane", func(f *Facts) {
			f.Lanes = append([]NamedAnswer{{Name: "marketing", LaneAnswer: LaneAnswer{Why: "region"}}}, f.Lanes...)
		}, `{"refused":{"marketing":"region"}}`},
		{"expired", func(f *Facts) { f.Expires = f.Now.Add(-time.Hour) }, `{"due":"2026-03-30T16:00:00Z","expires":"2026-03-30T15:00:00Z"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := fine(t)
			test.set(&f)
			got, err := json.Marshal(Decide(f).Values)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("values are %s, want %s", got, test.want)
			}
		})
	}
}
