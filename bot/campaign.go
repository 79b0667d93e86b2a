package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// A campaign is one firing of a trigger: an event, or one wall time of a schedule in all
// zones. Its occurrences come to people (occurrence.go); what is here finds it by the name
// it is steered by (campaign_steer.go), to say how far they are (campaign_view.go).

// States of a campaign, as CampaignView has them. The store knows the first three.
const (
	CampaignRunning   = "running"
	CampaignPaused    = "paused"
	CampaignCancelled = "cancelled"
	CampaignWaiting   = "waiting" // it came to everybody; some are held, or their message is on its way
	CampaignDone      = "done"
	CampaignFailed    = "failed" // it ended for a fault of its own
)

// Errors about campaigns.
var (
	ErrNoCampaign = errors.New("there is no such campaign")
	ErrOver       = errors.New("the campaign is over")
)

// Campaigns lists the newest, newest first; of one flow unless that is empty. limit 0
// is 20.
func (b *Bot) Campaigns(ctx context.Context, flow string, limit int) ([]CampaignView, error) {
	if limit <= 0 {
		limit = 20
	}
	out := []CampaignView{}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		out = out[:0]
		list, err := r.RecentCampaigns(maxCampaigns)
		if err != nil {
			return err
		}
		for _, c := range list {
			if len(out) == limit {
				break
			}
			if flow != "" && c.Flow != flow {
				continue
			}
			v, err := b.viewCampaign(r, c)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// Campaign says how far one is. id is as CampaignView has it, or a flow: then it is the
// newest of that flow, of those that are not over if there are some. ErrNoCampaign if
// there is none.
func (b *Bot) Campaign(ctx context.Context, id string) (v CampaignView, err error) {
	err = b.store.Read(ctx, func(r storage.Reader) error {
		c, err := b.findCampaign(r, id)
		if err != nil {
			return err
		}
		v, err = b.viewCampaign(r, c)
		return err
	})
	return v, err
}

// findCampaign finds one by its name.
func (b *Bot) findCampaign(r storage.Reader, id string) (storage.Campaign, error) {
	flow, key, named := strings.Cut(id, "@")
	program := b.Program()
	for i := range program.Triggers {
		trigger := &program.Triggers[i]
		if named && trigger.Flow == flow && campaignName(program, trigger.ID, flow, key) == id {
			if c, err := r.Campaign(trigger.ID, key); !errors.Is(err, storage.ErrNotFound) {
				return c, err
			}
		}
	}
	list, err := r.RecentCampaigns(maxCampaigns)
	if err != nil {
		return storage.Campaign{}, err
	}
	var newest []storage.Campaign
	for _, c := range list {
		switch {
		case campaignName(program, c.Trigger, c.Flow, c.ID) == id || c.Trigger+"@"+c.ID == id:
			return c, nil
		case c.Flow == id:
			newest = append(newest, c)
		}
	}
	for _, c := range newest[:min(len(newest), 20)] {
		v, err := b.viewCampaign(r, c)
		if err != nil {
			return c, err
		}
		if !v.over() {
			return c, nil
		}
	}
	if len(newest) > 0 {
		return newest[0], nil
	}
	return storage.Campaign{}, fmt.Errorf("%w: %q", ErrNoCampaign, id)
}

// campaignName is what people call a campaign: by its flow, or by its trigger where the
// flow has several with a topic.
func campaignName(p *flows.Program, trigger, flow, key string) string {
	n := 0
	for i := range p.Triggers {
		if t := &p.Triggers[i]; t.Flow == flow && t.Topic != "" {
			n++
		}
	}
	if n > 1 {
		return trigger + "@" + key
	}
	return flow + "@" + key
}
