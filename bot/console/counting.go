package console

import (
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/bot"
)

// counting lets one page at a time have figures counted, which reads everybody, and
// keeps those of the first page for a while.
type counting struct {
	turn   chan struct{} // whoever holds it counts
	recent *recent
}

// recent are the figures of the first page.
type recent struct {
	At          time.Time
	Week, Month bot.Figures
	Failed      bool // they could not be counted in time
}

// countAgain is how long they are kept.
const countAgain = 5 * time.Minute

func newCounting() counting { return counting{turn: make(chan struct{}, 1)} }

// alone waits until nobody else counts, and counts.
func (c *counting) alone(ctx context.Context, count func() error) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.turn }()
	return count()
}

// lately are the figures of the last days. If they cannot be counted in time, nobody tries
// again for a while either.
func (c *console) lately(ctx context.Context) (out recent, err error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout*2/3)
	defer cancel()
	err = c.counting.alone(ctx, func() error {
		now := c.Bot.Now()
		if kept := c.counting.recent; kept != nil && !now.Before(kept.At) && now.Sub(kept.At) < countAgain {
			out = *kept
			return nil
		}
		out = recent{At: now}
		for days, into := range map[int]*bot.Figures{7: &out.Week, 28: &out.Month} {
			since, err := c.Bot.Day(c.daysAgo(days), false) // as the page of figures counts
			if err != nil {
				return err
			}
			s, err := c.Bot.Stats(ctx, bot.StatsQuery{Since: since})
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				out.Failed = true
			case err != nil:
				return err
			}
			*into = s.Total
		}
		kept := out
		c.counting.recent = &kept
		return nil
	})
	if errors.Is(err, context.DeadlineExceeded) { // somebody else counts
		return recent{Failed: true}, nil
	}
	return out, err
}
