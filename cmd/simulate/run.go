package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Config says what is to be simulated.
type Config struct {
	Program  *flows.Program
	Data     *flows.Data
	Settings Settings
	People   int
	Days     int
	Seed     uint64
	// Open brings the bot and its platform up, with the clock at the start.
	Open func(ctx context.Context, start time.Time, h Hooks) (*Stage, error)
	// Journal is written what the platform and the shop saw; may be nil.
	Journal io.Writer
	// Progress hears of every day that is over; may be nil.
	Progress func(day int)
}

// Stage is a bot that is driven by its clock, on an emulated platform.
type Stage struct {
	Bot      *bot.Bot
	Platform *emulator.Platform
	Clock    *bot.ManualClock
	Store    storage.Store
	// Click follows an address, as a browser does, and returns the code of a tracked link.
	Click func(ctx context.Context, address string) (code string, err error)
}

// run is one simulation.
type run struct {
	ctx      context.Context
	program  *flows.Program
	settings Settings
	seed     uint64
	days     int
	start    time.Time
	end      time.Time

	stage   *Stage
	queue   queue
	shop    *shop
	law     *law
	journal *journal
	report  *Report
	home    *time.Location

	people []*person
	byPSID map[string]*person
	moved  []*person // who heard something since they last reacted
	handed []*person // who was handed over to people
	due    time.Time // when the bot has something to do next
	echo   bool      // a message went out that has no echo yet

	zones, locales, ways picker
	located              map[string]*time.Location
	entries              map[string][]string
	questions            map[string]question
	centre               string // the menu's way to the preference centre; empty: none
	centreStep           string
}

// Run simulates, and returns what came of it.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &run{
		ctx: ctx, program: c.Program, settings: c.Settings, seed: c.Seed, days: c.Days,
		start: c.Settings.Start, end: c.Settings.Start.AddDate(0, 0, c.Days),
		journal: newJournal(c.Journal), byPSID: map[string]*person{}, located: map[string]*time.Location{},
		zones: newPicker(c.Settings.Zones), locales: newPicker(c.Settings.Locales), entries: entries(c.Program), questions: questions(c.Program),
		centreStep: "preferences#",
	}
	r.report = newReport(c)
	if err := r.prepare(c); err != nil {
		return nil, err
	}
	stage, err := c.Open(ctx, r.start, r.hooks())
	if err != nil {
		return nil, err
	}
	r.stage = stage
	if err := r.live(c.Progress); err != nil {
		return nil, err
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return r.report, r.journal.close()
}

// prepare makes the people and the shop.
func (r *run) prepare(c Config) (err error) {
	if r.home, err = r.location(c.Program.Bot.Timezone); err != nil {
		return err
	}
	usual := maps.Clone(r.settings.Entries)
	maps.DeleteFunc(usual, func(way string, _ float64) bool { return len(r.entries[way]) == 0 })
	if r.ways = newPicker(usual); len(r.ways.names) == 0 {
		return errors.New("nobody can come: no flow has a trigger that people start")
	}
	languages := []string{}
	for _, t := range c.Program.Translations() {
		languages = append(languages, t.Language)
	}
	r.law = newLaw(c.Program, languages)
	r.shop = newShop(r.seed, c.Program, c.Data, r.settings)
	for _, channel := range c.Program.Bot.Channels {
		for _, b := range channel.Menu {
			if payload, ok := flows.DecodePayload(b.Payload); ok && payload.Go == "preferences" {
				r.centre = b.Label
			}
		}
	}
	for n := range c.People {
		p, err := r.newPerson(n)
		if err != nil {
			return err
		}
		r.people, r.byPSID[p.psid] = append(r.people, p), p
		// More come at first, and none in the last days.
		x := p.rng.Float64()
		day := x * x * 0.5 * float64(r.days)
		if p.rng.IntN(2) == 0 {
			day = x * 0.98 * float64(r.days)
		}
		at := p.sometime(r.start.Add(time.Duration(day * float64(24*time.Hour))))
		if at.Before(r.start) {
			at = r.start.Add(time.Hour)
		}
		r.queue.add(at, func() error { return r.arrive(p) })
	}
	return nil
}

// hooks are what the stage hears and gets wrong.
func (r *run) hooks() Hooks {
	serial := 0
	return Hooks{
		Heard:  r.heard,
		Mishap: r.mishaps(rand.New(rand.NewPCG(r.seed, 1<<40))),
		NewID: func() string {
			serial++
			return "sim-" + strconv.FormatUint(r.seed, 36) + "-" + strconv.Itoa(serial)
		},
	}
}

// live lets time go by, from one thing to the next.
func (r *run) live(progress func(int)) error {
	r.journal.write(Entry{At: r.start, What: "begins", Start: r.start, End: r.end, Topics: r.law.titles, Questions: r.law.questions, Yes: r.law.yes})
	for _, k := range r.shop.kinds {
		r.news(k)
	}
	if err := r.settle(); err != nil {
		return err
	}
	for day := 0; ; {
		at, ok := r.next()
		if !ok || !at.Before(r.end) {
			break
		}
		if at.After(r.now()) {
			r.stage.Clock.Set(at)
		}
		for {
			d, due := r.queue.take(r.now())
			if !due {
				break
			}
			if err := d.do(); err != nil {
				return err
			}
		}
		if err := r.settle(); err != nil {
			return err
		}
		if today := int(r.now().Sub(r.start) / (24 * time.Hour)); today > day && progress != nil {
			day = today
			progress(day)
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	if err := r.platform().Echo(); err != nil { // nothing is left open
		return err
	}
	return r.settle()
}

// next is when something happens: by people, the shop, the bot or the platform.
func (r *run) next() (time.Time, bool) {
	at, ok := r.queue.next()
	if !r.due.IsZero() && (!ok || r.due.Before(at)) {
		at, ok = r.due, true
	}
	if retry, some := r.platform().Next(); some && (!ok || retry.Before(at)) {
		at, ok = retry, true
	}
	return at, ok
}

// settle lets everything happen that is due now, on both ends of the wire.
func (r *run) settle() error {
	for range 10_000 {
		if err := r.platform().Flush(r.ctx); err != nil {
			return err
		}
		var err error
		if r.due, err = r.stage.Bot.SettleNext(r.ctx); err != nil {
			return err
		}
		if !r.platform().Pending() {
			return r.after()
		}
	}
	return errors.New("the bot and the platform do not come to rest")
}

func (r *run) now() time.Time               { return r.stage.Clock.Now() }
func (r *run) platform() *emulator.Platform { return r.stage.Platform }

// location is a time zone by its name.
func (r *run) location(name string) (*time.Location, error) {
	if l := r.located[name]; l != nil {
		return l, nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the time zone %q: %w", name, err)
	}
	r.located[name] = l
	return l, nil
}

// contact is somebody's id with the bot.
func (r *run) contact(psid string) string {
	return bot.ContactID("messenger", Page, psid)
}

// Page is the id of the emulated Page.
const Page = "1000000000000001"

// known says whether the bot knows somebody: they came, and were not forgotten since.
func (r *run) known(p *person) bool {
	if !p.come {
		return false
	}
	_, err := r.stage.Bot.Contact(r.ctx, p.contact)
	return err == nil
}

// forgotten deletes somebody, as the platform's deletion callback does.
func (r *run) forgotten(p *person) error {
	err := r.stage.Bot.Forget(r.ctx, p.contact)
	if errors.Is(err, bot.ErrUnknownContact) {
		return nil
	}
	r.law.set(p, "all", false)
	return err
}

// lives notes where somebody lives in the end, as far as the bot knows.
func (r *run) lives(p *person) error {
	view, err := r.stage.Bot.Contact(r.ctx, p.contact)
	if errors.Is(err, bot.ErrUnknownContact) {
		return nil
	}
	if err != nil {
		return err
	}
	if zone := cmp.Or(view.Timezone, r.program.Bot.Timezone); zone != p.zoneName {
		r.journal.moved(r.now(), p, zone)
	}
	return nil
}

// finish counts what the bot decided, person by person.
func (r *run) finish() error {
	counts := map[[2]string]int{}
	for _, p := range r.people {
		if !p.come {
			continue
		}
		if err := r.lives(p); err != nil {
			return err
		}
		err := r.stage.Store.Read(r.ctx, func(s storage.Reader) error {
			list, err := s.Decisions(storage.DecisionQuery{Contact: p.contact, Limit: 1 << 20})
			if err != nil {
				return err
			}
			for _, d := range list {
				counts[[2]string{d.Kind, d.Rule}]++
			}
			r.law.occurrences(p.contact, p.psid, list)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for what, n := range counts {
		r.report.Decisions = append(r.report.Decisions, Decided{Kind: what[0], Rule: what[1], Count: n})
	}
	slices.SortFunc(r.report.Decisions, func(a, b Decided) int {
		return strings.Compare(a.Kind+" "+a.Rule, b.Kind+" "+b.Rule)
	})
	r.report.Law.Checked, r.report.Law.Violations = r.law.checked, len(r.law.wrongs)
	r.report.Law.First = r.law.wrongs[:min(len(r.law.wrongs), maxWrongs)]
	return nil
}
