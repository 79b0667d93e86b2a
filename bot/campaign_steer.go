package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Whoever steers a campaign changes its record, and the occurrences with it, in one
// transaction. Everybody who decides about one of its notifications reads the record in
// the transaction that decides, and so does whoever claims one that waited: after a pause
// was stored nothing of it is claimed. What was claimed is settled.

// Order says by whom a campaign is steered, and why. Neither may name somebody the bot
// writes to: it is shown to everybody who looks.
type Order struct {
	By  string `json:"by"`
	Why string `json:"why"`
}

// maxOrder is how many characters an Order's words may have.
const maxOrder = 200

// ErrOrder is wrapped by what is wrong with an order, in words for people.
var ErrOrder = errors.New("cannot be done so")

// OrderText is what is wrong with an order, in words for people.
func OrderText(err error) string { return strings.TrimPrefix(err.Error(), ErrOrder.Error()+": ") }

func (o Order) check() error {
	for _, text := range []string{o.By, o.Why} {
		if utf8.RuneCountInString(text) > maxOrder || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%w: who and why have at most %d characters, on one line", ErrOrder, maxOrder)
		}
	}
	return nil
}

// PauseCampaign lets a campaign stand where it is until ResumeCampaign. Nothing of it is
// claimed after it returns; what was claimed takes its way. Whoever's turn comes meanwhile
// is held. It returns how it stood before and stands now. ErrNoCampaign, or ErrOver if it
// has ended; to pause what is paused changes only the reason.
func (b *Bot) PauseCampaign(ctx context.Context, id string, by Order) (before, after CampaignView, err error) {
	return b.steerCampaign(ctx, id, CampaignPaused, by, func(tx *txn, c storage.Campaign) error {
		return b.putState(tx, c, CampaignPaused, by)
	})
}

// ResumeCampaign lets a paused campaign go on from where it stands; from then on it does
// not pause itself. Who has stopped meanwhile gets nothing, and what is too late by now is
// recorded as expired. Otherwise it is as PauseCampaign.
func (b *Bot) ResumeCampaign(ctx context.Context, id string, by Order) (before, after CampaignView, err error) {
	return b.steerCampaign(ctx, id, CampaignRunning, by, func(tx *txn, c storage.Campaign) error {
		c.Freed = true
		return b.putState(tx, c, CampaignRunning, by)
	})
}

// CancelCampaign ends a campaign for good. Those that it did not come to, and those that
// are held or wait, get nothing of it; they are counted as cancelled, which may take a
// moment after it returned. Otherwise it is as PauseCampaign.
func (b *Bot) CancelCampaign(ctx context.Context, id string, by Order) (before, after CampaignView, err error) {
	return b.steerCampaign(ctx, id, CampaignCancelled, by, func(tx *txn, c storage.Campaign) error {
		return b.putState(tx, c, CampaignCancelled, by)
	})
}

// ThrottleCampaign lets a campaign send at most so many messages a second, from now on; 0
// is the pages' own pace. Otherwise it is as PauseCampaign.
func (b *Bot) ThrottleCampaign(ctx context.Context, id string, rate float64, by Order) (before, after CampaignView, err error) {
	if math.IsNaN(rate) || rate != 0 && (rate < minRate || rate > maxRate) {
		return before, after, fmt.Errorf("%w: a rate goes from %s to %d/s, or is 0 for the Page's own", ErrOrder, FormatRate(minRate), maxRate)
	}
	return b.steerCampaign(ctx, id, "", by, func(tx *txn, c storage.Campaign) error {
		c.Rate = rate
		if c.State == CampaignRunning { // who paused one, and why, stays
			c.By, c.Why, c.Changed = by.By, by.Why, tx.now
		}
		return tx.putCampaign(c)
	})
}

// Bounds of a campaign's own rate, in messages a second.
const (
	minRate = 1.0 / 3600
	maxRate = 1000
)

// ParseRate reads a rate as bot.yaml has it: "40/s", "30/m", "100/h"; "off" is 0.
func ParseRate(text string) (float64, error) {
	if text == "off" {
		return 0, nil
	}
	rate, ok := flows.ParseRate(text)
	if !ok || rate == 0 {
		return 0, fmt.Errorf("%w: %q is no rate: write messages a second, minute or hour (40/s, 30/m, 100/h), or off", ErrOrder, text)
	}
	return rate, nil
}

// FormatRate spells messages a second as bot.yaml does: "40/s", "30/m", "100/h".
func FormatRate(rate float64) string {
	switch {
	case rate >= 1:
		return fmt.Sprintf("%.4g/s", rate)
	case rate >= 1.0/60:
		return fmt.Sprintf("%.4g/m", rate*60)
	}
	return fmt.Sprintf("%.4g/h", rate*3600)
}

// steerCampaign changes a campaign that is not over, and says how it stood before and
// after. To end what was ended so is no error, and changes nothing.
func (b *Bot) steerCampaign(ctx context.Context, id, to string, by Order, do func(tx *txn, c storage.Campaign) error) (before, after CampaignView, err error) {
	if err := by.check(); err != nil {
		return before, after, err
	}
	err = b.write(ctx, func(tx *txn) error {
		c, err := b.findCampaign(tx, id)
		if err != nil {
			return err
		}
		// Whoever moves one of them on is waited for: what it did counts.
		if _, err := tx.CampaignOccurrences(c.Trigger, c.ID); err != nil {
			return err
		}
		if c, err = tx.Campaign(c.Trigger, c.ID); err != nil {
			return err
		}
		if before, err = b.viewCampaign(tx, c); err != nil {
			return err
		}
		if before.over() && c.State == to && to == CampaignCancelled {
			after = before
			return nil
		}
		if before.over() {
			return fmt.Errorf("%w: %s is %s", ErrOver, before.ID, before.State)
		}
		if err := do(tx, c); err != nil {
			return err
		}
		if c, err = tx.Campaign(c.Trigger, c.ID); err != nil {
			return err
		}
		after, err = b.viewCampaign(tx, c)
		return err
	})
	if err != nil {
		return CampaignView{}, CampaignView{}, err
	}
	switch {
	case before.State != after.State:
		b.log.Info("a campaign was steered", "campaign", after.ID, "from", before.State, "to", after.State, "by", by.By)
	case before.Rate != after.Rate:
		b.log.Info("a campaign was given another rate", "campaign", after.ID, "from", before.Rate, "to", after.Rate, "by", by.By)
	}
	return before, after, nil
}

// putState puts a campaign and its occurrences into another state.
func (b *Bot) putState(tx *txn, c storage.Campaign, state string, by Order) error {
	was := c.State
	c.State, c.By, c.Why, c.Changed = state, by.By, by.Why, tx.now
	if was == state {
		return tx.putCampaign(c)
	}
	c.Sweep, c.Cursor = "", ""
	if state == CampaignCancelled {
		c.Sweep = sweepCancel
	}
	if state == CampaignRunning {
		counts, err := tx.CampaignCounts(c.Trigger, c.ID)
		if err != nil {
			return err
		}
		if counts[countOf(DecisionHeld, RulePaused)] > 0 {
			c.Sweep = sweepResume
		}
	}
	if c.Sweep != "" {
		tx.leave(partSweeps, time.Time{})
	}
	occurrences, err := tx.CampaignOccurrences(c.Trigger, c.ID)
	if err != nil {
		return err
	}
	to := map[string]string{CampaignRunning: occurrenceRunning, CampaignPaused: occurrencePaused, CampaignCancelled: occurrenceCancelled}[state]
	for _, o := range occurrences {
		if o.State != occurrenceRunning && o.State != occurrencePaused {
			continue
		}
		o.State = to
		if err := tx.PutOccurrence(o); err != nil {
			return err
		}
	}
	return tx.putCampaign(c)
}
