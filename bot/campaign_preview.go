package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// A preview walks over the people of a topic as an occurrence would, and asks the rules
// what they would say. Nothing is stored, and no more than some people are in memory.

// Bounds of one part of a preview.
const (
	previewBatch = 200             // people of one snapshot
	previewTime  = 2 * time.Second // after which the part ends
	examplesKept = 3               // of each answer
)

// PreviewQuery says what is to be previewed: a campaign that is not over, the next fire
// of a flow's schedule, or an event of that data which has not come.
type PreviewQuery struct {
	Campaign string         `json:"campaign,omitempty"`
	Flow     string         `json:"flow,omitempty"`
	Event    map[string]any `json:"event,omitempty"`
	After    string         `json:"after,omitempty"` // Next of the part before
}

// Preview is who would get a campaign, and who not and why.
type Preview struct {
	Campaign string    `json:"campaign,omitempty"`
	Flow     string    `json:"flow"`
	Topic    string    `json:"topic"`
	At       time.Time `json:"at"`     // when it comes: now, or its next fire in the bot's zone
	People   int       `json:"people"` // who were looked at
	Gets     int       `json:"gets"`   // would get it at once
	Decided  int       `json:"decided,omitempty"`
	Missed   int       `json:"missed"` // are not in its audience: no interest of theirs, or no condition, is met
	// Rules are those who would be held or skipped, by kind and rule; Lanes those who
	// would get it, by lane.
	Rules map[string]int `json:"rules"`
	Lanes map[string]int `json:"lanes"`
	// Examples are a few people of each: by rule, "sent" and "missed".
	Examples map[string][]string `json:"examples"`
	Rate     float64             `json:"rate"`    // messages a second
	Seconds  float64             `json:"seconds"` // that those who get it take at that rate
	Samples  []Sample            `json:"samples"` // the message, in each language of the bot
	// Next is not empty if there are more people: what they say is asked for with it as
	// After, and put to this with Add.
	Next string `json:"next,omitempty"`
}

// Sample is a message as one who would get it would see it, in one of the bot's languages.
type Sample struct {
	Language string        `json:"language"`
	Contact  string        `json:"contact"`
	Message  flows.Message `json:"message"`
}

// Add puts the next part of a preview to those before it.
func (p *Preview) Add(next Preview) {
	p.People += next.People
	p.Gets += next.Gets
	p.Decided += next.Decided
	p.Missed += next.Missed
	p.Seconds += next.Seconds
	p.Next = next.Next
	if len(p.Samples) == 0 {
		p.Samples = next.Samples
	}
	for name, n := range next.Rules {
		p.Rules[name] += n
	}
	for name, n := range next.Lanes {
		p.Lanes[name] += n
	}
	for name, people := range next.Examples {
		have := append(slices.Clone(p.Examples[name]), people...)
		p.Examples[name] = have[:min(len(have), examplesKept)]
	}
}

// previewed is what a preview is of.
type previewed struct {
	trigger     *flows.Trigger
	campaign    storage.Campaign // of one that there is
	occurrences []storage.Occurrence
	event       map[string]any
	now         time.Time
}

// PreviewCampaign looks at the next people of a preview, for two seconds at most.
// ErrNoCampaign, ErrOver, or an error that wraps ErrOrder if there is no such thing to
// preview.
func (b *Bot) PreviewCampaign(ctx context.Context, q PreviewQuery) (Preview, error) {
	p := Preview{Rules: map[string]int{}, Lanes: map[string]int{}, Examples: map[string][]string{}, Samples: []Sample{}}
	var of previewed
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		of, err = b.previewedBy(r, q)
		return err
	})
	if err != nil {
		return Preview{}, err
	}
	p.Flow, p.Topic, p.At, p.Rate = of.trigger.Flow, of.trigger.Topic, of.now, b.rateOf(of.campaign)
	if of.campaign.ID != "" {
		p.Campaign = campaignName(b.Program(), of.campaign.Trigger, of.campaign.Flow, of.campaign.ID)
	} else if scheduled(of.trigger) {
		if p.At, _, err = b.nextOf(of.trigger, of.now, b.home()); err != nil {
			return Preview{}, err
		}
	}
	p.Next = q.After
	began := SystemClock{}.Now()
	for more := true; more; {
		err := b.store.Read(ctx, func(r storage.Reader) (err error) {
			more, err = b.previewSome(r, of, &p)
			return err
		})
		if err != nil {
			return Preview{}, err
		}
		if !more {
			p.Next = ""
		} else if (SystemClock{}).Now().Sub(began) > previewTime {
			break
		}
	}
	if p.Rate > 0 {
		p.Seconds = float64(p.Gets) / p.Rate
	}
	return p, nil
}

// previewedBy finds what is to be previewed.
func (b *Bot) previewedBy(r storage.Reader, q PreviewQuery) (of previewed, err error) {
	program := b.Program()
	of.now = b.clock.Now()
	if q.Campaign == "" {
		of.trigger, of.event, err = triggerOf(program, q.Flow, q.Event)
		return of, err
	}
	if of.campaign, err = b.findCampaign(r, q.Campaign); err != nil {
		return of, err
	}
	v, err := b.viewCampaign(r, of.campaign)
	if err != nil {
		return of, err
	}
	if v.over() {
		return of, fmt.Errorf("%w: %s is %s", ErrOver, v.ID, v.State)
	}
	var ok bool
	if of.trigger, ok = program.Trigger(of.campaign.Trigger); !ok {
		return of, fmt.Errorf("%w: what started %s is no longer part of the bot", ErrOrder, v.ID)
	}
	if of.occurrences, err = r.CampaignOccurrences(of.campaign.Trigger, of.campaign.ID); err != nil {
		return of, err
	}
	if len(of.occurrences) > 0 {
		of.event, err = eventOf(of.occurrences[0].Event)
	}
	return of, err
}

// triggerOf is the trigger of a flow that makes its campaigns, with its event if it is
// started by one. With data it is one that is.
func triggerOf(p *flows.Program, flow string, data map[string]any) (found *flows.Trigger, event map[string]any, err error) {
	known := false
	for i := range p.Triggers {
		t := &p.Triggers[i]
		known = known || t.Flow == flow
		if t.Flow != flow || t.Topic == "" || t.Kind == flows.OnEvent == scheduled(t) || len(data) > 0 && t.Kind != flows.OnEvent {
			continue
		}
		if found == nil || scheduled(t) && !scheduled(found) {
			found = t
		}
	}
	switch {
	case !known:
		return nil, nil, fmt.Errorf("%w: no flow %q has a trigger", ErrOrder, flow)
	case found == nil:
		return nil, nil, fmt.Errorf("%w: no trigger of %q sends to a topic so", ErrOrder, flow)
	case found.Kind != flows.OnEvent:
		return found, nil, nil
	}
	at := slices.IndexFunc(p.Bot.Events, func(e flows.EventType) bool { return e.Name == found.Value })
	if len(data) == 0 && at >= 0 && len(p.Bot.Events[at].Data) > 0 {
		var names []string
		for _, field := range p.Bot.Events[at].Data {
			names = append(names, field.Name)
		}
		return nil, nil, fmt.Errorf("%w: %q is started by the event %q: say what that holds (%s)", ErrOrder, flow, found.Value, strings.Join(names, ", "))
	}
	if event, err = p.ConvertEvent(found.Value, data); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	return found, event, nil
}

// nextOf is the next fire of a schedule in a zone.
func (b *Bot) nextOf(trigger *flows.Trigger, now time.Time, zone *time.Location) (at time.Time, local string, err error) {
	cron, err := scheduleOf(trigger)
	if err != nil {
		return at, "", err
	}
	if trigger.Zone != "" {
		if zone, err = b.zones.get(trigger.Zone); err != nil {
			return at, "", err
		}
	}
	at, local = cron.Next(now, zone)
	return at, local, nil
}

// previewSome looks at the next people.
func (b *Bot) previewSome(r storage.Reader, of previewed, p *Preview) (more bool, err error) {
	program := b.Program()
	q := storage.Subscribers{Topic: of.trigger.Topic, Terms: program.EventTerms(of.trigger, of.event), After: p.Next, Limit: previewBatch}
	if of.trigger.Kind == flows.OnEvent && len(of.occurrences) > 0 {
		q.ActiveAt = of.occurrences[0].At
	}
	ids, err := r.Subscribers(q)
	if err != nil {
		return false, err
	}
	for _, contact := range ids {
		t, err := b.stand(r, program, contact, of.now)
		if err != nil {
			return false, err
		}
		if err := t.previewOne(of, p); err != nil {
			return false, fmt.Errorf("previewing somebody: %w", err)
		}
		p.Next = contact
	}
	return len(ids) == previewBatch, nil
}

func (p *Preview) example(name, contact string) {
	if len(p.Examples[name]) < examplesKept {
		p.Examples[name] = append(p.Examples[name], contact)
	}
}

// Answers are the names of what a preview found, those of the most people first.
func (p *Preview) Answers() []string {
	names := slices.Collect(maps.Keys(p.Rules))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(p.Rules[b]-p.Rules[a], strings.Compare(a, b))
	})
	return names
}
