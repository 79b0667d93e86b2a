package bot

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Load is what a coming fire may be for the Page, by who agrees to its topic now. It is
// an upper bound: conditions, cadence and people's own quiet hours make it fewer, and
// what the shop's events start comes on top.
type Load struct {
	// People agree to the topic where it fires: at most so many get it. Of a date those
	// whose day it is do, and nobody has counted them: it has no times.
	People int       `json:"people"`
	Begins time.Time `json:"begins,omitzero"` // when the first may go: later than due if fires before it are not done
	Ends   time.Time `json:"ends,omitzero"`   // when the last has gone at the Page's pace
	Late   int       `json:"late,omitempty"`  // of them, whose turn comes after it expires
	Night  int       `json:"night,omitempty"` // of them, whose turn comes in quiet hours
	Hour   int       `json:"hour,omitempty"`  // people of all fires that are due within the same hour
	// Warnings say in words what will not go as the schedule says.
	Warnings []string `json:"warnings,omitempty"`
}

// Forecast is Fires with the Load of each. It costs a count of each topic's consents
// and a look at the fires up to the last one asked for, some ten thousand at most: what
// lies behind those has no Load.
func (b *Bot) Forecast(ctx context.Context, zones []string, now time.Time, n int) ([]Fire, error) {
	program := b.Program()
	fires, err := Fires(program, zones, now, n)
	if err != nil || len(fires) == 0 {
		return fires, err
	}
	people, throttled := map[string]map[string]int{}, map[campaignKey]float64{}
	err = b.store.Read(ctx, func(r storage.Reader) error {
		campaigns, err := r.RecentCampaigns(maxCampaigns)
		if err != nil {
			return err
		}
		for _, c := range campaigns {
			if c.Rate > 0 {
				throttled[campaignKey{c.Trigger, c.ID}] = c.Rate
			}
		}
		for i := range program.Triggers {
			topic := program.Triggers[i].Topic
			if !scheduled(&program.Triggers[i]) || people[topic] != nil {
				continue
			}
			zones, err := r.Zones(topic)
			if err != nil {
				return err
			}
			counts := map[string]int{}
			for _, zone := range zones {
				if zone == "" {
					zone = program.Bot.Timezone
				}
				counts[zone], err = r.CountSubscribers(storage.Subscribers{Topic: topic, Zone: zone, DefaultZone: program.Bot.Timezone})
				if err != nil {
					return err
				}
			}
			people[topic] = counts
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting who agrees: %w", err)
	}
	f := forecast{program: program, people: people, throttled: throttled, rate: program.Bot.Rate, zones: &b.zones, loads: map[fireKey]*Load{}, hours: map[int64]int{}}
	if f.rate <= 0 {
		f.rate = defaultRate
	}
	if err := f.walk(now, fires[len(fires)-1].At); err != nil {
		return nil, err
	}
	for i := range fires {
		if fires[i].Load = f.loads[keyOf(fires[i])]; fires[i].Load == nil && fires[i].At.Before(f.seen) {
			fires[i].Load = &Load{Begins: fires[i].At, Ends: fires[i].At} // for nobody
		}
	}
	return fires, nil
}

// forecast walks through coming fires as the bot would: one after the other, the oldest
// first.
type forecast struct {
	program *flows.Program
	people  map[string]map[string]int // by topic and zone
	rate    float64                   // messages a second
	zones   *zones
	// throttled are the rates of campaigns that have one of their own: where one has begun
	// in other zones, it is that of the fires to come.
	throttled map[campaignKey]float64

	loads map[fireKey]*Load
	hours map[int64]int // people by the hour in which their fire is due
	busy  time.Time     // until when what came before takes
	seen  time.Time     // all fires before it were walked through
}

type fireKey struct{ trigger, zone, local string }

func keyOf(f Fire) fireKey { return fireKey{f.Trigger, f.Zone, f.Local} }

// coming is the next fire of one schedule in one zone.
type coming struct {
	Fire
	trigger *flows.Trigger
	cron    Cron
	zone    *time.Location
	people  int
}

// queue holds the coming fires, the earliest first, in the order in which the bot takes
// those of one instant.
type comingFires []*coming

func (q comingFires) Len() int      { return len(q) }
func (q comingFires) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q comingFires) Less(i, j int) bool {
	a, b := q[i], q[j]
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	return a.Trigger+" "+a.Zone < b.Trigger+" "+b.Zone
}
func (q *comingFires) Push(x any) { *q = append(*q, x.(*coming)) }
func (q *comingFires) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// maxForecast is how many fires are walked through.
const maxForecast = 10_000

// walk notes the load of every fire after now and up to last.
func (f *forecast) walk(now, last time.Time) error {
	q, err := f.schedules(now)
	if err != nil {
		return err
	}
	heap.Init(&q)
	for n := 0; len(q) > 0 && n < maxForecast && !q[0].At.After(last); n++ {
		c := q[0]
		f.load(c)
		var err error
		if c.At, c.Local, err = c.cron.After(c.Local, c.zone); err != nil {
			return err
		}
		if c.At.IsZero() {
			heap.Pop(&q)
		} else {
			heap.Fix(&q, 0)
		}
	}
	if f.seen = last.Add(1); len(q) > 0 && !q[0].At.After(last) {
		f.seen = q[0].At
	}
	for key, l := range f.loads {
		f.crowd(key, l)
	}
	return nil
}

// schedules are the next fires of every schedule where somebody agrees to its topic.
func (f *forecast) schedules(now time.Time) (comingFires, error) {
	var q comingFires
	for i := range f.program.Triggers {
		trigger := &f.program.Triggers[i]
		if !scheduled(trigger) {
			continue
		}
		cron, err := scheduleOf(trigger)
		if err != nil {
			return nil, err
		}
		people := f.people[trigger.Topic]
		if trigger.Zone != "" {
			all := 0
			for _, n := range people {
				all += n
			}
			people = map[string]int{trigger.Zone: all}
		}
		for name, n := range people {
			zone, err := f.zones.get(name)
			if err != nil || n == 0 {
				continue // a zone that does not exist has no schedule
			}
			at, local := cron.Next(now, zone)
			if at.IsZero() {
				continue
			}
			q = append(q, &coming{
				Fire: Fire{At: at, Local: local, Zone: name, Trigger: trigger.ID}, trigger: trigger, cron: cron, zone: zone, people: n,
			})
		}
	}
	return q, nil
}

// load notes what one fire is for the Page.
func (f *forecast) load(c *coming) {
	l := &Load{People: c.people}
	f.loads[keyOf(c.Fire)] = l
	if c.trigger.Kind == flows.OnDate {
		return
	}
	f.hours[hourOf(c.At)] += c.people
	l.Begins = c.At
	if f.busy.After(l.Begins) {
		l.Begins = f.busy
	}
	rate := f.rate
	if own := f.throttled[campaignKey{c.trigger.ID, occurrenceKey(occurrenceID(c.trigger, c.Local, c.Zone), c.Zone)}]; own > 0 {
		rate = min(rate, own)
	}
	l.Ends = l.Begins.Add(span(c.people, rate))
	f.busy = l.Begins.Add(span(c.people, f.rate)) // what is throttled holds up no other
	if wait := l.Begins.Sub(c.At); wait >= time.Minute {
		l.Warnings = append(l.Warnings, fmt.Sprintf("begins at %s, when what fired before it is done", c.clock(l.Begins)))
	}
	expires := c.At.Add(c.trigger.Expires)
	if l.Ends.After(expires) {
		l.Late = l.People - until(l, expires, rate)
		l.Warnings = append(l.Warnings, fmt.Sprintf("cannot finish: at %s it takes until %s, and it expires at %s: %s come too late",
			FormatRate(rate), c.clock(l.Ends), c.clock(expires), ofAtMost(l.Late, l.People)))
	}
	f.night(c, l, expires, rate)
}

// night notes how many of a fire's people would be told in the bot's quiet hours.
func (f *forecast) night(c *coming, l *Load, expires time.Time, rate float64) {
	quiet := f.program.Bot.QuietHours
	lost := 0 // whose night ends after it expires
	switch {
	case quiet == nil || quiet.From == quiet.To:
		return
	case c.trigger.Zone != "":
		for name, n := range f.people[c.trigger.Topic] {
			zone, err := f.zones.get(name)
			if err != nil {
				continue
			}
			if end := QuietEnd(quiet, l.Begins, zone); !end.IsZero() {
				if l.Night += n; end.After(expires) {
					lost += n
				}
			}
		}
		if l.Night > 0 {
			what := "get it in their morning"
			if lost > 0 {
				what = fmt.Sprintf("get it in their morning, but for %s, for whom it expires before", people(lost))
			}
			l.Warnings = append(l.Warnings, fmt.Sprintf("it is night where %s live: they %s", ofAtMost(l.Night, l.People), what))
		}
		return
	case !QuietEnd(quiet, c.At, c.zone).IsZero():
		l.Night = l.People // its note says so
		return
	}
	from := nightfall(quiet, c.At, c.zone)
	if !from.Before(l.Ends) || !from.Before(expires) {
		return
	}
	end := QuietEnd(quiet, from, c.zone)
	l.Night = l.People - l.Late - until(l, from, rate)
	if l.Night <= 0 {
		l.Night = 0
		return
	}
	what := "wait until " + c.clock(end)
	if end.After(expires) {
		what = "never get it, because it expires before they end"
	}
	l.Warnings = append(l.Warnings, fmt.Sprintf("runs into the quiet hours at %s: %s %s", c.clock(from), ofAtMost(l.Night, l.People), what))
}

// crowd notes what else is due in the same hour.
func (f *forecast) crowd(key fireKey, l *Load) {
	if l.Ends.IsZero() {
		return
	}
	due, err := f.due(key)
	if err != nil {
		return
	}
	l.Hour = f.hours[hourOf(due)]
	if takes := span(l.Hour, f.rate); l.Hour > l.People && takes > time.Hour {
		l.Warnings = append(l.Warnings, fmt.Sprintf("the hour is too full: what is due in it is for up to %s, which takes %s at %s",
			people(l.Hour), spell(takes), FormatRate(f.rate)))
	}
}

// due is when a fire is due.
func (f *forecast) due(key fireKey) (time.Time, error) {
	zone, err := f.zones.get(key.zone)
	if err != nil {
		return time.Time{}, err
	}
	wall, err := time.Parse(wallLayout, key.local)
	return instantOf(wall, zone), err
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// span is how long so many messages take.
func span(n int, rate float64) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// until is how many of a fire's people are told by an instant.
func until(l *Load, t time.Time, rate float64) int {
	if !t.After(l.Begins) {
		return 0
	}
	return min(l.People, int(t.Sub(l.Begins).Seconds()*rate))
}

// nightfall is when the next quiet hours begin at or after an instant that lies in none.
func nightfall(quiet *flows.Hours, t time.Time, zone *time.Location) time.Time {
	today := wallOf(t, zone)
	for _, day := range []int{0, 1, 2} {
		if from := InstantOf(today.AddDate(0, 0, day), quiet.From, zone); !from.Before(t) {
			return from
		}
	}
	return time.Time{}
}

// clock spells an instant by the clocks where the fire is, with its day if it is another.
func (c *coming) clock(t time.Time) string {
	t = t.In(c.zone)
	if t.Format(time.DateOnly) != c.At.In(c.zone).Format(time.DateOnly) {
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}
