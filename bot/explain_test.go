package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// decided is a decision of Monday 30 March 2026 at 18:00 in Paris, that may go
// until a week later.
func decided(t *testing.T, kind, rule, values string) storage.Decision {
	now := utc(t, "2026-03-30T16:00:00Z")
	return storage.Decision{
		Contact: someContact, Trigger: "back_in_stock/event:restock", Flow: "back_in_stock", Topic: "restock",
		Kind: kind, Rule: rule, Values: []byte(values), At: now, FirstDue: now, Expires: now.Add(7 * 24 * time.Hour),
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	const held, skipped, sent, failed = DecisionHeld, DecisionSkipped, DecisionSent, DecisionFailed
	tests := []struct {
		name       string
		kind, rule string
		values     string
		set        func(*storage.Decision)
		want       string
	}{
		{"sent", sent, "", "", func(d *storage.Decision) { d.Lane = "recurring" },
			"Sent on Monday 30 March 18:00, on the recurring lane."},
		{"sent in the window", sent, "", "", func(d *storage.Decision) { d.Lane = LaneWindow },
			"Sent on Monday 30 March 18:00, within the 24 hours after their last message."},
		{"sent, held before, and read", sent, "", "", func(d *storage.Decision) {
			d.Lane, d.FirstDue = "recurring", d.At.Add(-48*time.Hour)
			d.Delivered, d.Read = d.At.Add(time.Minute), d.At.Add(2*time.Hour)
		}, "Sent on Monday 30 March 18:00, on the recurring lane. It was first due on Saturday 28 March 17:00. They read it on Monday 30 March 20:00."},
		{"sent and delivered", sent, "", "", func(d *storage.Decision) { d.Lane, d.Delivered = "recurring", d.At.Add(time.Minute) },
			"Sent on Monday 30 March 18:00, on the recurring lane. It was delivered on Monday 30 March 18:01."},
		{"sent on the second lane", sent, "", `{"refused":{"marketing":"region"}}`, func(d *storage.Decision) { d.Lane = "recurring" },
			"Sent on Monday 30 March 18:00, on the recurring lane. Tried first, and not open: marketing (not allowed in their region)."},
		{"unknown", DecisionUnknown, "", "", nil,
			"Unknown: it was handed over on Monday 30 March 18:00, and the platform never said whether it arrived. It is not repeated, and counts as sent."},

		{"never asked", skipped, RuleConsent, `{"status":""}`, nil, "Not sent: they never said yes to “Ta pointure est de retour”."},
		{"asked", skipped, RuleConsent, `{"status":"asked"}`, nil, "Not sent: they were asked about “Ta pointure est de retour” and have not said yes."},
		{"stopped", skipped, RuleConsent, `{"status":"stopped","by":"person","since":"2025-12-24T11:00:00Z"}`, nil,
			"Not sent: they stopped “Ta pointure est de retour” on Wednesday 24 December 2025 12:00."},
		{"stopped on the platform", skipped, RuleConsent, `{"status":"stopped","by":"platform","since":"2026-03-29T11:00:00Z"}`, nil,
			"Not sent: they stopped “Ta pointure est de retour” with the platform's own switch on Sunday 29 March 13:00."},
		{"stopped while it was held", skipped, RuleConsent, "", nil, "Not sent: they had stopped “Ta pointure est de retour” by then."},
		{"too young", skipped, RuleConsent, `{"status":"active","since":"2026-03-30T16:30:00Z","due":"2026-03-30T16:00:00Z"}`, nil,
			"Not sent: they said yes to “Ta pointure est de retour” on Monday 30 March 18:30, after it was due on Monday 30 March 18:00."},
		{"snoozed", held, RuleConsent, `{"status":"snoozed","until":"2026-04-02T06:00:00Z"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-04-02T06:00:00Z") },
			"Held: they asked for a rest from “Ta pointure est de retour” until Thursday 2 April 08:00. Next chance: Thursday 2 April 08:00."},
		{"snoozed without an end", held, RuleConsent, `{"status":"snoozed"}`, nil,
			"Held: they asked for a rest from “Ta pointure est de retour” until they say so. It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"snoozed until it was over", skipped, RuleConsent, `{"status":"snoozed"}`, func(d *storage.Decision) { d.At = d.Expires.Add(time.Millisecond) },
			"Not sent: they asked for a rest from “Ta pointure est de retour” until they say so. It was to go until Monday 6 April 18:00 at the latest."},
		{"snoozed for too long", skipped, RuleConsent, `{"status":"snoozed","until":"2026-05-01T06:00:00Z","next":"2026-05-01T06:00:00Z","expires":"2026-04-06T16:00:00Z"}`, nil,
			"Not sent: they asked for a rest from “Ta pointure est de retour” until Friday 1 May 08:00. The next chance would have been Friday 1 May 08:00, and it was to go until Monday 6 April 18:00 at the latest."},
		{"where", skipped, RuleWhere, "", nil,
			"Not sent: nothing they asked for about “Ta pointure est de retour” matches it, or its condition does not hold for them."},
		{"holdout", skipped, RuleHoldout, "", nil, "Not sent: they belong to the share of people who are left out, for comparison."},
		{"blocked", held, RuleReachable, `{"why":"blocked"}`, nil,
			"Held: they have blocked the Page. It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"gone", skipped, RuleReachable, `{"why":"gone"}`, nil, "Not sent: their account is gone."},
		{"unavailable, for ever", held, RuleReachable, `{"why":"unavailable"}`, func(d *storage.Decision) { d.Expires = time.Time{} },
			"Held: they cannot be reached until they write again. It goes as soon as that changes."},
		{"paused", held, RulePaused, `{"why":"token"}`, nil,
			"Held: sending was paused (token). It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"daily", held, RuleCadence, `{"cadence":"daily","last":"2026-03-30T07:00:00Z"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-31T16:00:00Z") },
			"Held: they agreed to one message a day about “Ta pointure est de retour”, and got one on Monday 30 March. Next chance: Tuesday 31 March 18:00."},
		{"weekly", held, RuleCadence, `{"cadence":"weekly","last":"2026-03-30T16:00:00Z"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-04-06T16:00:00Z") },
			"Held: they agreed to one message a week about “Ta pointure est de retour”, and got one on Monday 30 March. Next chance: Monday 6 April 18:00."},
		{"monthly, too late", skipped, RuleCadence, `{"cadence":"monthly","last":"2026-03-02T08:00:00Z","next":"2026-05-01T07:00:00Z","expires":"2026-04-06T16:00:00Z"}`, nil,
			"Not sent: they agreed to one message a month about “Ta pointure est de retour”, and got one on Monday 2 March. The next chance would have been Friday 1 May 09:00, and it was to go until Monday 6 April 18:00 at the latest."},
		{"a cadence of another time", skipped, RuleCadence, `{"cadence":"hourly"}`, nil, "Not sent: they have had what they agreed to about “Ta pointure est de retour” for now."},
		{"budget", held, RuleBudget, `{"max":1,"per":"24h0m0s","sent":1}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-31T15:00:00Z") },
			"Held: they had 1 message within 24 hours, which is the most the bot allows itself. Next chance: Tuesday 31 March 17:00."},
		{"a budget that is left to something greater", held, RuleBudget, `{"max":1,"per":"24h0m0s","sent":0,"greater":"2026-03-31T07:00:00Z"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-31T07:10:00Z") },
			"Held: something that comes first for them is due on Tuesday 31 March 09:00, and the bot allows itself 1 message within 24 hours. Next chance: Tuesday 31 March 09:10."},
		{"a budget of days", held, RuleBudget, `{"max":3,"per":"168h0m0s","sent":4}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-31T15:00:00Z") },
			"Held: they had 4 messages within 7 days, which is the most the bot allows itself. Next chance: Tuesday 31 March 17:00."},
		{"a budget of an odd while", skipped, RuleBudget, `{"max":1,"per":"90m0s","sent":1}`, nil,
			"Not sent: they had 1 message within 90 minutes, which is the most the bot allows itself."},
		{"quiet", held, RuleQuietHours, `{"from":"21:00","to":"08:00"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-31T06:00:00Z") },
			"Held: it fell into their quiet hours, 21:00 to 08:00. Next chance: Tuesday 31 March 08:00."},
		{"busy", held, RuleBusy, `{"last_act":"2026-03-30T15:56:00Z"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-03-30T16:06:00Z") },
			"Held: they were in the middle of a conversation. Next chance: Monday 30 March 18:06."},
		{"thread", held, RuleThread, "", nil,
			"Held: somebody of the shop is talking with them. It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"no lane", held, RuleLane, `{"refused":{"recurring":"no permit","marketing":"expired"}}`, nil,
			"Held: their last message is more than 24 hours ago, and no other way was open: marketing (the platform's permission has run out), recurring (the platform gave no permission). It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"no lane at all", held, RuleLane, `{"refused":{}}`, nil,
			"Held: their last message is more than 24 hours ago, and the Page has no other way to reach them. It goes as soon as that changes, until Monday 6 April 18:00 at the latest."},
		{"a lane that rests", held, RuleLane, `{"refused":{"recurring":"rest"}}`, func(d *storage.Decision) { d.Next = utc(t, "2026-04-01T16:00:00Z") },
			"Held: their last message is more than 24 hours ago, and no other way was open: recurring (the platform wants a rest after the last one). Next chance: Wednesday 1 April 18:00."},
		{"a lane the platform refused", held, RuleLane, `{"code":"4/2018354"}`, func(d *storage.Decision) { d.Next = utc(t, "2026-04-01T16:00:00Z") },
			"Held: the platform refused it for now (4/2018354), and no other way was open. Next chance: Wednesday 1 April 18:00."},
		{"expired", skipped, RuleExpired, `{}`, func(d *storage.Decision) { d.At = d.Expires.Add(time.Hour) },
			"Not sent: it was due on Monday 30 March 18:00 and could go until Monday 6 April 18:00, which was over."},
		{"silent", skipped, RuleSilent, "", nil, "Not sent: its flow ended without saying anything."},
		{"removed", skipped, RuleRemoved, "", nil, "Not sent: what started it is no longer part of the bot."},
		{"render, skipped", skipped, RuleRender, "", nil, "Not sent: its message could not be made."},
		{"a rule of another time", skipped, "moon", "", nil, `Not sent: the rule "moon" said no.`},

		{"render", failed, RuleRender, "", nil, "Failed: its message could not be made, because something in its flow went wrong for this person."},
		{"fault", failed, RuleFault, "", nil, "Failed: it could not be decided, because something went wrong in the bot or what is stored of them cannot be read."},
		{"refused as it is", failed, RuleRender, `{"code":"100"}`, nil, "Failed: the platform does not take such a message (100)."},
		{"refused as unreachable", failed, RuleReachable, `{"code":"551/1545041"}`, nil, "Failed: the platform refused it, because they cannot be reached until they write again."},
		{"refused as stopped", failed, RuleConsent, `{"code":"10/1893015"}`, nil, "Failed: the platform refused it, because they stopped “Ta pointure est de retour” there."},
		{"refused on every lane", failed, RuleLane, `{"code":"613"}`, nil, "Failed: the platform refused it for good (613)."},
		{"values that cannot be read", held, RuleCadence, `{`, func(d *storage.Decision) { d.Next = utc(t, "2026-04-06T16:00:00Z") },
			"Held: they have had what they agreed to about “Ta pointure est de retour” for now. Next chance: Monday 6 April 18:00."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := decided(t, test.kind, test.rule, test.values)
			if test.set != nil {
				test.set(&d)
			}
			if got := Sentence(d, "Ta pointure est de retour", zone(t, "Europe/Paris")); got != test.want {
				t.Errorf("it reads\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// What Decide finds is always put into words that say more than the rule's name.
func TestSentenceOfEveryVerdict(t *testing.T) {
	t.Parallel()
	for _, r := range refusals(t) {
		for _, expires := range []time.Duration{time.Second, 30 * 24 * time.Hour} {
			f := fine(t)
			f.Expires = f.Now.Add(expires)
			r.set(&f)
			v := Decide(f)
			values, err := json.Marshal(v.Values)
			if err != nil {
				t.Fatal(err)
			}
			d := decided(t, v.Kind, v.Rule, string(values))
			d.Expires, d.Next = f.Expires, v.Next
			got := Sentence(d, "Ta pointure est de retour", f.Zone)
			for _, odd := range []string{"the rule", "unknown day", "some time", "%!", "  ", "<nil>"} {
				if strings.Contains(got, odd) {
					t.Errorf("%s %s reads %q", v.Kind, v.Rule, got)
				}
			}
			if !strings.HasSuffix(got, ".") || strings.Contains(got, someContact) {
				t.Errorf("%s %s reads %q", v.Kind, v.Rule, got)
			}
		}
	}
}
