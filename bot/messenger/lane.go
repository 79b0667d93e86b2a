package messenger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

// Words of bot.LaneAnswer.Why.
const (
	whyPermit  = "no permit"
	whyRegion  = "region"
	whyPerson  = "person_region"
	whyNotYet  = "not yet"
	whyRest    = "rest"
	whyExpired = "expired"
	whyUsed    = "used"
	whyContent = "content"
	whySetUp   = "not set up"
	whyByHand  = "by hand"
)

// The lanes of a Page. laneWindow is not among those it may be given: it always has it.
const (
	laneWindow    = "window"
	laneRecurring = "recurring"
	laneMarketing = "marketing"
	laneOneTime   = "one_time"
	laneUtility   = "utility"
)

// LaneNames are the lanes a Page may be given.
func LaneNames() []string { return []string{laneRecurring, laneMarketing, laneOneTime, laneUtility} }

// lanesOf makes the lanes of a Page, in its order of preference.
func lanesOf(c *Config) ([]bot.Lane, error) {
	lanes := make([]bot.Lane, 0, len(c.Lanes))
	for i, name := range c.Lanes {
		if slices.Contains(c.Lanes[:i], name) {
			return nil, fmt.Errorf("lane %q stands twice", name)
		}
		if c.Dialect.Lane != nil {
			lane, err := c.Dialect.Lane(name)
			if err != nil {
				return nil, err
			}
			lanes = append(lanes, lane)
			continue
		}
		switch name {
		case laneRecurring:
			lanes = append(lanes, recurring{region: c.Region})
		case laneMarketing:
			lanes = append(lanes, marketing{region: c.Region, ready: c.AdAccount != "" && c.Campaign != "", price: c.Price, currency: c.Currency})
		case laneOneTime:
			lanes = append(lanes, oneTime{})
		case laneUtility:
			lanes = append(lanes, utility{})
		default:
			return nil, fmt.Errorf("unknown lane %q: expected one of %s", name, strings.Join(LaneNames(), ", "))
		}
	}
	return lanes, nil
}

// needsToken says whether a message on a lane goes to a token instead of a person.
func needsToken(lane string) bool { return lane != laneWindow && lane != laneUtility }

// legal is the word of a law that closes a lane to a message, or "". region is the
// Page's where the facts name none.
func legal(lane, region string, f *bot.LaneFacts) string {
	if f.Region != "" {
		region = f.Region
	}
	return law(lane, region, f.PersonRegion, f.Now)
}

// resting is the answer of a permit that may carry the next message at a time.
func resting(next, now time.Time) bot.LaneAnswer {
	if now.Before(next) {
		return bot.LaneAnswer{Why: whyRest, Next: next}
	}
	return bot.LaneAnswer{Open: true}
}
