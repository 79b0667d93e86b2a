package bot

import (
	"encoding/json"
	"errors"

	"github.com/relance-bot/relance/storage"
)

// What a campaign counts beside its decisions, which are counted by kind and rule.
const (
	countCancelled = "cancelled" // would have been decided about, but for the end
	countMissed    = "missed"    // not in its audience
	countQueued    = "queued"    // the cursor passed them, and they are not decided about yet
	countGone      = "gone"      // were forgotten while they were queued or held, or before their message was taken
	countAccepted  = "accepted"  // messages that the platform has taken
	countStopped   = "stopped"   // people who stopped after it
	countLost      = "lost"      // of unknown outcome, because the process ended
	countRefused   = "refused"   // messages that a lane did not take; they were tried on another, or held
)

type campaignKey struct{ trigger, id string }

// campaignHere is a campaign in a transaction that has to do with it.
type campaignHere struct {
	campaignKey
	read   bool
	stands storage.Campaign // once it was read
	add    map[string]int   // what is counted of it
}

// here is what a transaction knows of a campaign. Most have to do with one alone.
func (x *txn) here(trigger, id string) *campaignHere {
	if h := x.lastCampaign; h != nil && h.id == id && h.trigger == trigger {
		return h
	}
	key := campaignKey{trigger, id}
	h := x.campaigns[key]
	if h == nil {
		h = &campaignHere{campaignKey: key}
		jot(&x.campaigns, key, h)
	}
	x.lastCampaign = h
	return h
}

// countOf names the decisions of a kind and rule.
func countOf(kind, rule string) string {
	if rule == "" || kind == DecisionSent || kind == DecisionUnknown {
		return kind
	}
	return kind + ":" + rule
}

// tally counts something of a campaign, once the transaction is kept.
func (x *txn) tally(trigger, id, name string, n int) {
	h := x.here(trigger, id)
	if h.add == nil {
		h.add = map[string]int{}
	}
	h.add[name] += n
}

// tallyDecision counts what a decision says now and no longer what it said before. One
// that the end of its campaign made is counted with the others whom that met.
func (x *txn) tallyDecision(was storage.Decision, v Verdict) {
	if was.Kind != "" {
		x.tally(was.Trigger, was.Occurrence, countOf(was.Kind, was.Rule), -1)
	}
	name := countOf(v.Kind, v.Rule)
	if v.Kind == DecisionSkipped && v.Rule == RulePaused && v.Values["why"] == pausedCancelled {
		name = countCancelled
	}
	x.tally(was.Trigger, was.Occurrence, name, 1)
}

// unqueue counts a notification that waited in the inbox, or for its slot, no longer.
func (x *txn) unqueue(body []byte, became string) {
	var n notifyInput
	if json.Unmarshal(body, &n) != nil || !n.Queued {
		return
	}
	x.tally(n.Trigger, n.Occurrence, countQueued, -1)
	x.tally(n.Trigger, n.Occurrence, became, 1)
}

// unqueueAll is unqueue for all that waits for somebody who is to be forgotten.
func (x *txn) unqueueAll(contact string) error {
	inputs, err := x.Inputs(contact, 0)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if in.Kind == kindNotify {
			x.unqueue(in.Body, countGone)
		}
	}
	timers, err := x.Timers(contact)
	if err != nil {
		return err
	}
	for _, timer := range timers {
		if timer.Kind == timerSlot {
			x.unqueue(timer.Body, countGone)
		}
	}
	waiting, err := x.Decisions(storage.DecisionQuery{Contact: contact, Kinds: []string{DecisionHeld}, Limit: maxHeld})
	if err != nil {
		return err
	}
	sends, err := x.Sends(contact)
	if err != nil {
		return err
	}
	for _, s := range sends {
		carried, err := x.DecisionsBySend(s.ID)
		if err != nil {
			return err
		}
		waiting = append(waiting, carried...)
	}
	for _, d := range waiting { // nothing settles them any more
		if d.Kind == DecisionHeld || d.Kind == DecisionSent && d.MID == "" {
			x.tally(d.Trigger, d.Occurrence, countOf(d.Kind, d.Rule), -1)
			x.tally(d.Trigger, d.Occurrence, countGone, 1)
		}
	}
	return nil
}

// keepTallies adds what was counted to what is stored, and lets a campaign pause itself
// that what was counted speaks against.
func (x *txn) keepTallies() error {
	for _, h := range x.campaigns {
		if h.add == nil {
			continue
		}
		if c, err := x.campaign(h.trigger, h.id); err != nil {
			return err
		} else if c.Trigger == "" {
			h.add = nil // an event for one person is none
			continue
		}
		if err := x.AddCampaignCounts(h.trigger, h.id, h.add); err != nil {
			return err
		}
	}
	for key, h := range x.campaigns {
		if bad(h.add) {
			if err := x.b.brake(x, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// campaign is a campaign as it stands in this transaction. One that nobody knows runs.
func (x *txn) campaign(trigger, id string) (storage.Campaign, error) {
	h := x.here(trigger, id)
	if !h.read {
		c, err := campaignFrom(x.Tx, trigger, id)
		if err != nil {
			return c, err
		}
		h.stands, h.read = c, true
	}
	return h.stands, nil
}

// allRun says whether all campaigns of a message run.
func (x *txn) allRun(trigger string, campaigns []string) (bool, error) {
	for _, id := range campaigns {
		if c, err := x.campaign(trigger, id); err != nil || c.State != CampaignRunning {
			return false, err
		}
	}
	return true, nil
}

func (x *txn) putCampaign(c storage.Campaign) error {
	x.here(c.Trigger, c.ID).read = false
	return x.PutCampaign(c)
}

// campaignFrom reads a campaign; one that nobody knows runs.
func campaignFrom(r storage.CampaignReader, trigger, id string) (storage.Campaign, error) {
	c, err := r.Campaign(trigger, id)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.Campaign{State: CampaignRunning}, nil
	}
	return c, err
}

// campaign is txn.campaign, also for those who only ask.
func (t *turn) campaign(trigger, id string) (storage.Campaign, error) {
	if t.tx != nil {
		return t.tx.campaign(trigger, id)
	}
	return campaignFrom(t.r, trigger, id)
}

// Why the rule "paused" said no to a notification.
const (
	pausedCampaign  = "campaign"
	pausedCancelled = "cancelled"
)

// steered notes in the facts what was done to the campaign of a notification.
func (t *turn) steered(f *Facts, trigger, id string) error {
	c, err := t.campaign(trigger, id)
	switch {
	case err != nil || f.Paused != "":
	case c.State == CampaignPaused:
		f.Paused = pausedCampaign
	case c.State == CampaignCancelled:
		f.Paused, f.Cancelled = pausedCancelled, true
	}
	return err
}
