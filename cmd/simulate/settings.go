package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
)

// File is the name of the settings in a bot's folder.
const File = "simulate.yaml"

// Settings say how people and the shop behave. Shares are from 0 to 1.
type Settings struct {
	Start   time.Time          // the day it begins, at midnight UTC
	Zones   map[string]float64 // of people, by weight
	Locales map[string]float64 // of people, by weight
	Entries map[string]float64 // how people come: keyword, referral, comment, start, menu; by weight

	Visits float64 // how often a year somebody comes by themselves, after the first time
	Buys   float64 // how often a year somebody buys without having been written to

	Answer   float64 // of a question that is still on the screen
	Nonsense float64 // of answers
	Accept   float64 // of opt-in requests
	Decline  float64 // of them too; the rest is left alone

	Read     float64 // of notifications
	Click    float64 // of those that were read
	Reply    float64 // of those that were read: words or a heart
	Stop     float64 // of those that were read
	Block    float64 // of those that were read
	Mute     float64 // of those that were read: nothing is read from then on
	Settings float64 // of those that were read: a visit to the preferences
	Forget   float64 // of those that were read: everything is to be deleted

	Buy      float64 // of clicks, on the same day
	BuyLater float64 // of clicks, two to six days later
	BuyAgain float64 // of purchases, within sixty days

	Amount   [2]float64 // of a purchase, where no table has a price
	Currency string

	Events map[string]Event

	RateLimit float64 // of messages the platform refuses for a moment
	Timeouts  float64 // of messages it takes and does not answer for
}

// Event is how often the shop has one kind of news.
type Event struct {
	PerWeek float64
	From    string // the table its data comes from; empty: the one that fits best
	To      string // everybody, or one: it is about one person
}

// Whom an event is about.
const (
	ToEverybody = "everybody"
	ToOne       = "one"
)

// Defaults are settings that any bot can be tried with.
func Defaults(bot flows.Bot) Settings {
	s := Settings{
		Start: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		Zones: map[string]float64{}, Locales: map[string]float64{bot.Locale: 1},
		Entries: map[string]float64{"keyword": 35, "referral": 30, "comment": 10, "start": 15, "menu": 10},
		Visits:  3, Buys: 0.5,
		Answer: 0.85, Nonsense: 0.04, Accept: 0.55, Decline: 0.2,
		Read: 0.8, Click: 0.15, Reply: 0.02, Stop: 0.006, Block: 0.0006, Mute: 0.002, Settings: 0.004, Forget: 0.0003,
		Buy: 0.12, BuyLater: 0.06, BuyAgain: 0.3,
		Amount: [2]float64{20, 120}, Currency: "EUR", Events: map[string]Event{},
		RateLimit: 0.01, Timeouts: 0.002,
	}
	maps.Copy(s.Zones, zones)
	if bot.Timezone != "" && bot.Timezone != "UTC" {
		s.Zones[bot.Timezone] = 60 // most live where the shop is
	}
	return s
}

// number is one setting that is a number.
type number struct {
	to          *float64
	least, most float64
	share       bool
}

// groups are the numbers of a settings file, by their group and name.
func (s *Settings) groups() map[string]map[string]number {
	share := func(to *float64) number { return number{to, 0, 1, true} }
	return map[string]map[string]number{
		"people":   {"visits": {&s.Visits, 0, 365, false}, "buys": {&s.Buys, 0, 365, false}},
		"chat":     {"answer": share(&s.Answer), "nonsense": share(&s.Nonsense)},
		"opt_in":   {"accept": share(&s.Accept), "decline": share(&s.Decline)},
		"platform": {"rate_limit": share(&s.RateLimit), "timeouts": share(&s.Timeouts)},
		"purchases": {
			"same_day": share(&s.Buy), "later": share(&s.BuyLater), "again": share(&s.BuyAgain),
			"least": {&s.Amount[0], 0.01, 1e6, false}, "most": {&s.Amount[1], 0.01, 1e6, false},
		},
		"notifications": {
			"read": share(&s.Read), "click": share(&s.Click), "reply": share(&s.Reply), "stop": share(&s.Stop), "block": share(&s.Block),
			"mute": share(&s.Mute), "preferences": share(&s.Settings), "forget": share(&s.Forget),
		},
	}
}

// Load takes the settings of a file over.
func (s *Settings) Load(text []byte, bot flows.Bot, data *flows.Data) flows.Diagnostics {
	return flows.ReadYAML(File, text, func(v flows.Value) {
		if !v.Map {
			v.Wrong("write the name of a group, as people:, and below it what is to be different", "the file holds no settings")
			return
		}
		groups := s.groups()
		for _, e := range v.Entries {
			switch e.Name {
			case "start":
				s.readStart(e.Value)
			case "events":
				s.readEvents(e.Value, bot, data)
			default:
				numbers, known := groups[e.Name]
				if !known {
					e.Wrong("there are start, events, "+listed(groups), "%q is no group of settings", e.Name)
					continue
				}
				s.readGroup(e, numbers)
			}
		}
		if s.Accept+s.Decline > 1 {
			v.Wrong("let both together be 100% at most", "more people answer an opt-in request than get one")
		}
		if s.Amount[0] > s.Amount[1] {
			v.Wrong("make least: the smaller one", "the least purchase is larger than the most")
		}
	})
}

func (s *Settings) readGroup(group flows.Entry, numbers map[string]number) {
	if !group.Value.Map {
		group.Value.Wrong("write below it: "+listed(numbers), "%s: holds nothing", group.Name)
		return
	}
	for _, e := range group.Value.Entries {
		switch path := group.Name + "." + e.Name; path {
		case "people.zones":
			weights(e.Value, &s.Zones, func(name string) bool { _, err := time.LoadLocation(name); return err == nil && name != "" }, "a time zone, like Europe/Paris")
		case "people.locales":
			weights(e.Value, &s.Locales, func(name string) bool { return len(name) >= 2 && len(name) <= 12 }, "a locale, like fr_FR")
		case "people.entries":
			weights(e.Value, &s.Entries, func(name string) bool { return slices.Contains(ways, name) }, "one of "+strings.Join(ways, ", "))
		case "purchases.currency":
			if len(e.Value.Text) != 3 || strings.ToUpper(e.Value.Text) != e.Value.Text {
				e.Value.Wrong("write a code of three capitals, like EUR", "%q is no currency", e.Value.Text)
				continue
			}
			s.Currency = e.Value.Text
		default:
			n, known := numbers[e.Name]
			if !known {
				e.Wrong("there are "+listed(numbers), "%s: has no %q", group.Name, e.Name)
				continue
			}
			if x, ok := e.Value.Number(n.least, n.most, n.share); ok {
				*n.to = x
			}
		}
	}
}

func (s *Settings) readStart(v flows.Value) {
	day, err := time.Parse(time.DateOnly, v.Text)
	if err != nil || day.Year() < 2022 || day.Year() > 2100 {
		v.Wrong("write a day from 2022 on, like 2026-01-01", "this is no day to begin with")
		return
	}
	s.Start = day
}

// weights reads a map of names with weights, in the place of the usual one.
func weights(v flows.Value, to *map[string]float64, known func(string) bool, what string) {
	out := map[string]float64{}
	for _, e := range v.Entries {
		if !known(e.Name) {
			e.Wrong("write "+what, "%q is not known", e.Name)
			continue
		}
		if x, ok := e.Value.Number(0, 1e6, false); ok {
			out[e.Name] = x
		}
	}
	total := 0.0
	for _, x := range out {
		total += x
	}
	if total <= 0 {
		v.Wrong("write names with weights, as {"+what+": 3}", "nobody is left")
		return
	}
	*to = out
}

func (s *Settings) readEvents(v flows.Value, bot flows.Bot, data *flows.Data) {
	tables := data.Rows()
	for _, e := range v.Entries {
		if !slices.ContainsFunc(bot.Events, func(t flows.EventType) bool { return t.Name == e.Name }) {
			e.Wrong("write the name of an event under events: of bot.yaml", "bot.yaml has no event %q", e.Name)
			continue
		}
		event := Event{PerWeek: defaultPerWeek}
		for _, key := range e.Value.Entries {
			switch key.Name {
			case "per_week":
				if x, ok := key.Value.Number(0, 10_000, false); ok {
					event.PerWeek = x
				}
			case "from":
				if event.From = key.Value.Text; tables[event.From] == nil {
					key.Value.Wrong("write the name of a file of data/, without its ending", "there is no table %q", event.From)
				}
			case "to":
				if event.To = key.Value.Text; event.To != ToEverybody && event.To != ToOne {
					key.Value.Wrong("write everybody or one", "%q is nobody", event.To)
				}
			default:
				key.Wrong("there are per_week, from and to", "an event has no %q", key.Name)
			}
		}
		s.Events[e.Name] = event
	}
}

// listed are the names of a map, for a hint.
func listed[T any](m map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// Bounds of a simulation.
const (
	MaxPeople = 1_000_000
	MaxDays   = 3_650
)

// Check says whether a simulation of so many people and days can be run.
func Check(people, days int) error {
	switch {
	case people < 1 || people > MaxPeople:
		return fmt.Errorf("--people is %d: want 1 to %d", people, MaxPeople)
	case days < 1 || days > MaxDays:
		return fmt.Errorf("--days is %d: want 1 to %d", days, MaxDays)
	}
	return nil
}
