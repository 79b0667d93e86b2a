package bot

import (
	"fmt"
	"math"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// A campaign pauses itself when what comes of its first messages speaks against it.

// Bounds of pause_if where bot.yaml says nothing.
const (
	pauseAfter  = 50   // messages that are settled
	pauseStops  = 0.05 // share of opt-outs and blocks among them
	pauseErrors = 0.10 // share of other errors
)

// sure is the quantile of the confidence that a share is beyond its bound: 95 %, on
// one side.
const sure = 1.645

// ByItself is who paused a campaign that paused itself, in CampaignView.By.
const ByItself = "relance"

// CampaignObserver is an Observer that hears when a campaign pauses itself.
type CampaignObserver interface {
	Observer
	// CampaignPaused: reason is opt_outs or errors.
	CampaignPaused(reason string)
}

// bad says whether something was counted that may speak against a campaign.
func bad(add map[string]int) bool {
	for name, n := range add {
		kind, _, _ := strings.Cut(name, ":")
		if n > 0 && (kind == DecisionFailed || kind == DecisionUnknown || kind == countStopped || kind == countRefused) {
			return true
		}
	}
	return false
}

// brake pauses a campaign if the counts are against it.
func (b *Bot) brake(x *txn, key campaignKey) error {
	c, err := x.campaign(key.trigger, key.id)
	if err != nil || c.Trigger == "" || c.State != CampaignRunning || c.Freed {
		return err
	}
	counts, err := x.CampaignCounts(key.trigger, key.id)
	if err != nil {
		return err
	}
	var bounds flows.PauseIf
	if topic, ok := x.program.Topic(c.Topic); ok {
		bounds = topic.PauseIf
	}
	reason, why := against(counts, bounds)
	if reason == "" {
		return nil
	}
	if err := b.putState(x, c, CampaignPaused, Order{By: ByItself, Why: why}); err != nil {
		return err
	}
	name := campaignName(x.program, c.Trigger, c.Flow, c.ID)
	x.whenKept(func() {
		b.log.Error("a campaign has paused itself: resume or cancel it", "campaign", name, "why", why)
		if o, ok := b.observer.(CampaignObserver); ok {
			o.CampaignPaused(reason)
		}
	})
	return nil
}

// against says what speaks against a campaign, by what is counted of it; empty if
// nothing does. It is sure at 95 % that the share is beyond its bound, so that a few
// unlucky ones at the beginning do not count for more than they are.
func against(counts map[string]int, bounds flows.PauseIf) (reason, why string) {
	after, stops, errors := pauseAfter, pauseStops, pauseErrors
	if bounds.After > 0 {
		after = bounds.After
	}
	if bounds.OptOuts != nil {
		stops = *bounds.OptOuts
	}
	if bounds.Errors != nil {
		errors = *bounds.Errors
	}
	v := CampaignView{Rules: map[string]int{}}
	v.count(counts)
	settled := v.Accepted + v.Failed + v.Unknown + v.Refused
	if settled < after {
		return "", ""
	}
	other := max(0, v.Unknown-counts[countLost]) + v.Refused // that the process ended is no fault of the campaign's
	for name, n := range v.Rules {
		if kind, rule, _ := strings.Cut(name, ":"); kind == DecisionFailed && rule != RuleReachable && rule != RuleConsent {
			other += n
		}
	}
	say := func(n int, what string, bound float64) string {
		return fmt.Sprintf("of the first %d, %d %s (%.1f %%): the bound is %.3g %%", settled, n, what, 100*float64(n)/float64(settled), 100*bound)
	}
	switch lost := v.OptOuts + v.Blocks; {
	case leastShare(lost, settled) > stops:
		return "opt_outs", say(lost, "stopped or cannot be reached", stops)
	case leastShare(other, settled) > errors:
		return "errors", say(other, "went wrong", errors)
	}
	return "", ""
}

// leastShare is the lower end of Wilson's interval of a share: what it is at least, with
// the confidence of sure.
func leastShare(some, all int) float64 {
	if all == 0 {
		return 0
	}
	n := float64(all)
	p := min(float64(some)/n, 1)
	z2 := sure * sure
	return max(0, (p+z2/(2*n)-sure*math.Sqrt(p*(1-p)/n+z2/(4*n*n)))/(1+z2/n))
}
