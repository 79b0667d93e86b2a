package bot

import (
	"fmt"
	"maps"
	"time"

	"github.com/relance-bot/relance/flows"
)

// Kinds of a decision.
const (
	DecisionSent    = "sent"
	DecisionHeld    = "held"
	DecisionSkipped = "skipped"
	DecisionFailed  = "failed"
	DecisionUnknown = "unknown"
)

// Rules, in the order in which they are asked. The first that says no is the
// decision's.
const (
	RuleConsent    = "consent"     // no active consent, or snoozed
	RuleWhere      = "where"       // the trigger's condition does not hold, or no interest matches
	RuleHoldout    = "holdout"     // kept out, for comparison
	RuleReachable  = "reachable"   // blocked or gone
	RulePaused     = "paused"      // the campaign or the Page
	RuleCadence    = "cadence"     // had one this day, week or month
	RuleBudget     = "budget"      // had enough over all topics
	RuleQuietHours = "quiet_hours" // the person's night
	RuleBusy       = "busy"        // in the middle of a conversation
	RuleThread     = "thread"      // a human has the conversation
	RuleLane       = "lane"        // the platform offers no way now

	RuleExpired = "expired" // later than the trigger allows
	RuleSilent  = "silent"  // the flow ended without sending
	RuleRemoved = "removed" // the trigger is gone
	RuleRender  = "render"  // the message could not be made
	RuleFault   = "fault"   // it could not be decided: something stored cannot be read, or the bot went wrong
)

// LaneWindow is the lane every channel has: the hours after a person's last act.
const LaneWindow = "window"

// busyFor is how long after their last act a person who is asked something is
// left alone.
const busyFor = 10 * time.Minute

// Facts is all that decides one notification.
type Facts struct {
	Now      time.Time
	FirstDue time.Time // when it could have gone first
	Expires  time.Time // not sent after this; zero: never too late
	Zone     *time.Location

	Consent Consent
	// ActiveBy is when the consent must have been active at the latest: a schedule
	// concerns consents that were active when it fired. Zero: now is enough.
	ActiveBy time.Time
	Topic    flows.Topic

	Where   bool // an interest matched, and where: holds
	Holdout bool // kept out

	Unreachable string    // why; empty if the person can be reached
	Paused      string    // why; empty if not
	PausedUntil time.Time // zero: until someone resumes it
	Cancelled   bool      // with Paused: nobody will

	Sent   []time.Time   // notifications over all topics that went out, or may have
	Budget *flows.Budget // nil: none
	// Greater is when notifications of topics with a greater priority are due for this
	// person, or held until, within the budget's time: not before now.
	Greater []time.Time
	Quiet   *flows.Hours // nil: none

	Waiting bool // a flow waits for the person
	LastAct time.Time
	Thread  bool // a human has the conversation

	Region, PersonRegion string // of the Page and of the person, for those who ask why

	WindowUntil time.Time     // the window lane comes first while it is open
	Lanes       []NamedAnswer // the others, in order of preference
}

// NamedAnswer is one lane's word, with its name.
type NamedAnswer struct {
	Name string
	LaneAnswer
}

// Verdict is what Decide found.
type Verdict struct {
	Kind string // sent, held, skipped
	Rule string // the rule that said no; empty if sent
	Lane string // the lane to send on; empty unless sent
	// Next is when a held one is decided again. Zero: when what holds it changes
	// (the person writes, a permit comes, a pause ends), at the latest at Expires.
	Next time.Time
	// Values is what the rule saw, for people who ask why: numbers, fixed words, and
	// instants as RFC 3339 in UTC. It holds nothing personal.
	Values map[string]any
}

// Decide asks the rules in order about one notification. The first that says no
// decides: held if time or a change may help before Expires, else skipped.
func Decide(f Facts) Verdict { return f.decide() }

func (f *Facts) decide() Verdict {
	for _, rule := range [...]string{
		RuleConsent, RuleWhere, RuleHoldout, RuleReachable, RulePaused, RuleCadence, RuleBudget, RuleQuietHours, RuleBusy, RuleThread,
	} {
		if a := f.ask(rule); a.word != yes {
			return f.refuse(rule, a)
		}
	}
	lane, a := askLanes(f)
	switch {
	case a.word != yes:
		return f.refuse(RuleLane, a)
	case f.tooLate(f.Now):
		return Verdict{Kind: DecisionSkipped, Rule: RuleExpired, Values: map[string]any{
			"due": instant(f.FirstDue), "expires": instant(f.Expires),
		}}
	}
	return Verdict{Kind: DecisionSent, Lane: lane, Values: a.values}
}

// ask asks one rule.
func (f *Facts) ask(rule string) answer {
	switch rule {
	case RuleConsent:
		return askConsent(f)
	case RuleWhere:
		return askWhere(f)
	case RuleHoldout:
		return askHoldout(f)
	case RuleReachable:
		return askReachable(f)
	case RulePaused:
		return askPaused(f)
	case RuleCadence:
		return askCadence(f)
	case RuleBudget:
		return askBudget(f)
	case RuleQuietHours:
		return askQuietHours(f)
	case RuleBusy:
		return askBusy(f)
	}
	return askThread(f)
}

// answer is what one rule says.
type answer struct {
	word   word
	next   time.Time // of later: when to ask again; zero: when something changes
	values map[string]any
}

type word int

const (
	yes   word = iota
	never      // no, and nothing that can be waited for changes it
	later      // not now
)

// refuse makes a rule's no into a verdict.
func (f *Facts) refuse(rule string, a answer) Verdict {
	v := Verdict{Kind: DecisionSkipped, Rule: rule, Values: a.values}
	if a.word == never || f.tooLate(f.Now) {
		return v
	}
	if !a.next.After(f.Now) {
		a.next = time.Time{} // a chance that is over is none: wait for a change
	}
	if f.tooLate(a.next) {
		// Say when it could have gone, and why that does not help.
		v.Values = with(a.values, "next", instant(a.next), "expires", instant(f.Expires))
		return v
	}
	v.Kind, v.Next = DecisionHeld, a.next
	return v
}

// tooLate reports whether t is after the notification's end. At that very instant
// it may still go.
func (f *Facts) tooLate(t time.Time) bool {
	return !f.Expires.IsZero() && t.After(f.Expires)
}

// instant spells a time for Values.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clock spells minutes after midnight.
func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// with is values and more pairs of name and value.
func with(values map[string]any, pairs ...string) map[string]any {
	out := maps.Clone(values)
	if out == nil {
		out = map[string]any{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}
