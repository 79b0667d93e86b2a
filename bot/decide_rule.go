package bot

import (
	"slices"
	"time"
)

// One function for each rule, in the order in which they are asked.

func askConsent(f *Facts) answer {
	c := f.Consent
	switch {
	case !c.ActiveAt(f.Now) && c.Status == StatusSnoozed:
		if c.SnoozedUntil = endOf(c.SnoozedUntil); c.SnoozedUntil.IsZero() { // as long as they like
			return answer{word: later, values: map[string]any{"status": StatusSnoozed}}
		}
		return answer{later, c.SnoozedUntil, map[string]any{"status": StatusSnoozed, "until": instant(c.SnoozedUntil)}}
	case !c.ActiveAt(f.Now):
		v := map[string]any{"status": c.Status}
		if c.Status == StatusStopped {
			v["by"], v["since"] = c.StoppedBy, instant(c.ChangedAt)
		}
		return answer{word: never, values: v}
	case !f.ActiveBy.IsZero() && c.ActiveSince.After(f.ActiveBy):
		return answer{word: never, values: map[string]any{"status": StatusActive, "since": instant(c.ActiveSince), "due": instant(f.ActiveBy)}}
	}
	return answer{}
}

func askWhere(f *Facts) answer {
	if f.Where {
		return answer{}
	}
	return answer{word: never}
}

func askHoldout(f *Facts) answer {
	if !f.Holdout {
		return answer{}
	}
	return answer{word: never}
}

func askReachable(f *Facts) answer {
	if f.Unreachable == "" {
		return answer{}
	}
	return answer{word: later, values: map[string]any{"why": f.Unreachable}}
}

func askPaused(f *Facts) answer {
	if f.Paused == "" {
		return answer{}
	}
	v := map[string]any{"why": f.Paused}
	if f.Cancelled {
		return answer{word: never, values: v}
	}
	if f.Paused == pausedNoChannel {
		return answer{later, f.looksAgain(), v}
	}
	if !f.PausedUntil.IsZero() {
		v["until"] = instant(f.PausedUntil)
	}
	return answer{later, f.PausedUntil, v}
}

// pausedNoChannel: the page is not among those of the bot. It may be again when the bot is
// started anew, and nobody tells of that.
const pausedNoChannel = "no channel"

// looksAgain is when to ask again what nobody tells of: ever more seldom, and once more at
// the end.
func (f *Facts) looksAgain() time.Time {
	next := f.Now.Add(min(max(f.Now.Sub(f.FirstDue)/2, 10*time.Minute), 12*time.Hour))
	if f.tooLate(next) {
		return f.Expires
	}
	return next
}

func askCadence(f *Facts) answer {
	cadence := effectiveCadence(f.Consent.Cadence, f.Topic.Cadence)
	next := NextChance(cadence, f.Consent.LastSent, f.FirstDue, f.Now, f.Zone)
	if next.IsZero() {
		return answer{}
	}
	return answer{later, next, map[string]any{"cadence": cadence, "last": instant(f.Consent.LastSent)}}
}

// askBudget counts what went out within the time before now, and leaves room for what
// is of greater priority. The next chance is
// when so many of those have aged out that one fits again.
func askBudget(f *Facts) answer {
	if f.Budget == nil {
		return answer{}
	}
	var recent []time.Time
	for _, at := range f.Sent {
		if at.Add(f.Budget.Per).After(f.Now) {
			recent = append(recent, at)
		}
	}
	if len(recent) < f.Budget.Max {
		return f.yield(len(recent))
	}
	a := answer{word: later, values: map[string]any{"max": f.Budget.Max, "per": f.Budget.Per.String(), "sent": len(recent)}}
	if f.Budget.Max > 0 {
		slices.SortFunc(recent, time.Time.Compare)
		a.next = recent[len(recent)-f.Budget.Max].Add(f.Budget.Per)
	}
	return a
}

// yieldFor is how long after a greater notification was due it may take to go out,
// before what yielded to it is decided again.
const yieldFor = 10 * time.Minute

// yield leaves the budget to notifications of greater priority: those that could go
// when they are due, and could not any more if this one went now.
func (f *Facts) yield(recent int) answer {
	slices.SortFunc(f.Greater, time.Time.Compare)
	for i, at := range f.Greater {
		if !at.Before(f.Now.Add(f.Budget.Per)) {
			break
		}
		used := i + 1 // with the greater ones before it
		for _, sent := range f.Sent {
			if sent.Add(f.Budget.Per).After(at) {
				used++
			}
		}
		if used == f.Budget.Max {
			return answer{later, at.Add(yieldFor), map[string]any{
				"max": f.Budget.Max, "per": f.Budget.Per.String(), "sent": recent, "greater": instant(at),
			}}
		}
	}
	return answer{}
}

func askQuietHours(f *Facts) answer {
	end := QuietEnd(f.Quiet, f.Now, f.Zone)
	if end.IsZero() {
		return answer{}
	}
	return answer{later, end, map[string]any{"from": clock(f.Quiet.From), "to": clock(f.Quiet.To)}}
}

func askBusy(f *Facts) answer {
	end := f.LastAct.Add(busyFor)
	if !f.Waiting || f.LastAct.IsZero() || !f.Now.Before(end) {
		return answer{}
	}
	return answer{later, end, map[string]any{"last_act": instant(f.LastAct)}}
}

func askThread(f *Facts) answer {
	if !f.Thread {
		return answer{}
	}
	return answer{word: later}
}

// askLanes lets the resolver choose. If only time does not help, a permit or the
// person's next message may; a region that bars every lane is final.
func askLanes(f *Facts) (lane string, a answer) {
	c := choose(f.Now, f.WindowUntil, f.Lanes)
	if c.Lane == "" {
		a.word, a.next = later, c.Next
		if c.Barred {
			a.word = never
		}
	}
	a.values = c.values(f.Region, f.PersonRegion)
	return c.Lane, a
}

// values is what a choice leaves for people who ask why.
func (c Choice) values(region, person string) map[string]any {
	if c.Lane != "" && len(c.Passed) == 0 && c.Price <= 0 {
		return nil // as a rule
	}
	out := map[string]any{}
	refused, law := map[string]any{}, false
	for _, l := range c.Passed {
		refused[l.Name] = l.Why
		law = law || l.Why == laneRegion || l.Why == lanePersonRegion
	}
	if len(refused) > 0 || c.Lane == "" {
		out["refused"] = refused
	}
	if law && region != "" {
		out["region"] = region
	}
	if law && person != "" {
		out["person_region"] = person
	}
	if c.Price > 0 {
		out["price"], out["currency"] = c.Price, c.Currency
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
