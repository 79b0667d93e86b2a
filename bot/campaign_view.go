package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// CampaignView is how far a campaign is. Everybody it is about is counted once:
//
//	people = to come + queued + sent + unknown + held + skipped + failed + cancelled + missed + gone
type CampaignView struct {
	ID      string    `json:"id"` // FLOW@OCCURRENCE
	Flow    string    `json:"flow"`
	Topic   string    `json:"topic"`
	Trigger string    `json:"trigger"`
	At      time.Time `json:"at"` // when it was due first
	State   string    `json:"state"`
	By      string    `json:"by,omitempty"` // who put it into its state, or gave it its rate while it runs, and why
	Why     string    `json:"why,omitempty"`
	Changed time.Time `json:"changed,omitzero"`
	Rate    float64   `json:"rate"`               // messages a second at most
	Left    float64   `json:"seconds_left"`       // until it came to everybody, at that rate; 0 if it does not run
	Counted bool      `json:"counting,omitempty"` // it was cancelled, and those it did not come to are still being counted

	People    int `json:"people"`
	ToCome    int `json:"to_come"`
	Queued    int `json:"queued"` // wait for what came before, or for their slot
	Sent      int `json:"sent"`
	Unknown   int `json:"unknown"`
	Held      int `json:"held"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Missed    int `json:"missed"` // not in its audience: no interest of theirs, or no condition, was met
	Gone      int `json:"gone"`   // were forgotten while they waited for it

	Accepted int `json:"accepted"` // of those sent: the platform has taken it
	Refused  int `json:"refused"`  // by a lane; they went by another, or are held
	OptOuts  int `json:"opt_outs"` // people who stopped after it
	Blocks   int `json:"blocks"`   // people it found it cannot reach

	Rules map[string]int `json:"rules"` // those held, skipped and failed, by kind and rule: "held:cadence"
}

// Settled is how many were decided about, or will not be.
func (v CampaignView) Settled() int { return v.People - v.ToCome - v.Queued }

func (v CampaignView) over() bool {
	return v.State == CampaignDone || v.State == CampaignCancelled || v.State == CampaignFailed
}

// viewCampaign puts together what is stored of a campaign.
func (b *Bot) viewCampaign(r storage.Reader, c storage.Campaign) (v CampaignView, err error) {
	counts, err := r.CampaignCounts(c.Trigger, c.ID)
	if err != nil {
		return v, err
	}
	occurrences, err := r.CampaignOccurrences(c.Trigger, c.ID)
	if err != nil {
		return v, err
	}
	program := b.Program()
	v = CampaignView{
		ID: campaignName(program, c.Trigger, c.Flow, c.ID), Flow: c.Flow, Topic: c.Topic, Trigger: c.Trigger, At: c.At,
		By: c.By, Why: c.Why, Changed: c.Changed, Rate: b.rateOf(c), Counted: c.Sweep == sweepCancel, Rules: map[string]int{},
	}
	v.count(counts)
	if v.ToCome, err = b.toCome(r, c, occurrences); err != nil {
		return v, err
	}
	v.People = v.ToCome + v.Queued + v.Sent + v.Unknown + v.Held + v.Skipped + v.Failed + v.Cancelled + v.Missed + v.Gone
	v.State = stateOf(c, occurrences, v)
	if v.State == CampaignRunning && v.Rate > 0 {
		v.Left = float64(v.ToCome+v.Queued) / v.Rate
	}
	return v, nil
}

// count sorts the counts that are stored.
func (v *CampaignView) count(counts map[string]int) {
	for name, n := range counts {
		kind, rule, ruled := strings.Cut(name, ":")
		switch kind {
		case DecisionSent:
			v.Sent = n
		case DecisionUnknown:
			v.Unknown = n
		case DecisionHeld:
			v.Held += n
		case DecisionSkipped:
			v.Skipped += n
		case DecisionFailed:
			v.Failed += n
			if rule == RuleReachable {
				v.Blocks += n
			}
			if rule == RuleConsent { // the platform says that they stopped there
				v.OptOuts += n
			}
		case countCancelled:
			v.Cancelled = n
		case countMissed:
			v.Missed = n
		case countQueued:
			v.Queued = n
		case countGone:
			v.Gone = n
		case countAccepted:
			v.Accepted = n
		case countRefused:
			v.Refused = n
		case countStopped:
			v.OptOuts += n
		}
		if ruled {
			v.Rules[name] = n
		}
	}
}

func stateOf(c storage.Campaign, occurrences []storage.Occurrence, v CampaignView) string {
	is := func(state string) bool {
		return slices.ContainsFunc(occurrences, func(o storage.Occurrence) bool { return o.State == state })
	}
	switch {
	case c.State != CampaignRunning:
		return c.State
	case is(occurrenceRunning):
		return CampaignRunning
	case is(occurrenceFailed):
		return CampaignFailed
	case v.ToCome > 0:
		return CampaignRunning // somewhere it is still earlier
	case v.Held+v.Queued > 0 || v.Sent > v.Accepted:
		return CampaignWaiting
	}
	return CampaignDone
}

// toCome counts those that a campaign has not come to: behind the cursors of its
// occurrences, and in the zones where it is still to fire.
func (b *Bot) toCome(r storage.Reader, c storage.Campaign, occurrences []storage.Occurrence) (n int, err error) {
	program := b.Program()
	trigger, ok := program.Trigger(c.Trigger)
	if !ok || c.State == CampaignCancelled && c.Sweep == "" {
		return 0, nil
	}
	seen := map[string]bool{}
	for _, o := range occurrences {
		seen[o.Zone] = true
		if o.State == occurrenceDone || o.State == occurrenceFailed {
			continue
		}
		q, err := audienceQuery(program, trigger, o)
		if err != nil {
			return 0, err
		}
		q.After = after(c, o.Cursor)
		some, err := r.CountSubscribers(q)
		if err != nil {
			return 0, err
		}
		n += some
	}
	if !scheduled(trigger) || trigger.Zone != "" {
		return n, nil
	}
	zones, err := r.Zones(c.Topic)
	if err != nil {
		return 0, err
	}
	now := b.clock.Now()
	for _, zone := range zones {
		if zone == "" {
			zone = program.Bot.Timezone
		}
		loc, err := b.zones.get(zone)
		if err != nil || seen[zone] || !b.instantIn(trigger, c.ID, loc).After(now) {
			continue // it never fires there, or it did
		}
		seen[zone] = true
		some, err := r.CountSubscribers(storage.Subscribers{Topic: c.Topic, Zone: zone, DefaultZone: program.Bot.Timezone, After: after(c, "")})
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

// after is behind whom nobody of an occurrence was looked at yet: by its cursor, or, of a
// campaign that was cancelled, by those who count the others.
func after(c storage.Campaign, cursor string) string {
	if c.Sweep == sweepCancel {
		return max(cursor, c.Cursor)
	}
	return cursor
}

// audienceQuery asks for those that an occurrence is still to come to.
func audienceQuery(p *flows.Program, trigger *flows.Trigger, o storage.Occurrence) (storage.Subscribers, error) {
	event, err := eventOf(o.Event)
	return storage.Subscribers{
		Topic: trigger.Topic, Zone: o.Zone, DefaultZone: p.Bot.Timezone, ActiveAt: o.At, Terms: p.EventTerms(trigger, event), After: o.Cursor,
	}, err
}

// instantIn is when a schedule's campaign is due in a zone; zero if its name is no
// wall time.
func (b *Bot) instantIn(trigger *flows.Trigger, id string, zone *time.Location) time.Time {
	local := id
	if trigger.Kind == flows.OnDate {
		local += "T" + clock(trigger.At)
	}
	wall, err := time.Parse(wallLayout, local)
	if err != nil {
		return time.Time{}
	}
	return instantOf(wall, zone)
}

// rateOf is how many messages a second a campaign may send: its own rate where that is
// less than the pages' together.
func (b *Bot) rateOf(c storage.Campaign) float64 {
	rate := 0.0
	for _, p := range b.paces {
		rate += float64(time.Second) / float64(max(p.every, 1))
	}
	if c.Rate > 0 {
		rate = min(rate, c.Rate)
	}
	return rate
}
