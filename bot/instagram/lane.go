package instagram

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
)

const laneRecurring = "recurring"

// LaneNames are the lanes an account may be given. Paid, one-time and utility messages are
// Messenger's alone.
func LaneNames() []string { return []string{laneRecurring} }

// lane makes a lane of the account.
func (c *Config) lane(name string) (bot.Lane, error) {
	if !slices.Contains(LaneNames(), name) {
		return nil, fmt.Errorf("lane %q is not on Instagram: expected one of %s, or none", name, strings.Join(LaneNames(), ", "))
	}
	return c.recurring(), nil
}

func (c *Config) recurring() recurring {
	return recurring{messenger.Recurring(c.Region), c.Recurring}
}

// recurring is the lane of recurring notifications, which Instagram had in a trial with
// Messenger's rules. They ended there with Messenger's, and no page keeps them for the
// regions where Pages go on.
type recurring struct {
	bot.TraitLane
	goesOn bool
}

func (r recurring) over(now time.Time) bool {
	return !r.goesOn && !now.Before(messenger.RecurringEnd())
}

// Asks says whether requests are shown to people.
func (r recurring) Asks(f bot.LaneFacts) bool { return !r.over(f.Now) && r.TraitLane.Asks(f) }

// Open follows the platform's rules as they were at f.Now.
func (r recurring) Open(f bot.LaneFacts) bot.LaneAnswer {
	if r.over(f.Now) {
		return bot.LaneAnswer{Why: "ended"}
	}
	return r.TraitLane.Open(f)
}
