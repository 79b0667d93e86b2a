package simulate

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// person is one of those who come. What they do is drawn from a source of their own, so
// that nobody's life depends on who else is there.
type person struct {
	psid, contact string
	name          string
	locale        string
	language      string
	zoneName      string
	zone          *time.Location
	rng           *rand.Rand
	keen          float64 // how much more than others they read, click and buy

	news     []emulator.Shown // what the Page said since they last did something
	listed   bool             // they stand in run.moved
	patience int              // how many more answers this conversation gets
	engaged  bool             // they are looking at the chat
	muted    bool             // they read nothing any more
	gone     bool             // they blocked the Page
	come     bool
	touched  string // the payload of what they tap
}

// chance says whether something of that share happens.
func (p *person) chance(share float64) bool { return p.rng.Float64() < share }

// keenly is a share that is larger for whoever is keener.
func (p *person) keenly(share float64) bool { return p.chance(min(share*p.keen, 0.98)) }

// between is some time between two.
func (p *person) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Float64()*float64(most-least))
}

// soon is a time that is usually short: its mean.
func (p *person) soon(mean time.Duration) time.Duration {
	return time.Duration(p.rng.ExpFloat64() * float64(mean))
}

// awake is t, or some time in the morning after it if they sleep.
func (p *person) awake(t time.Time) time.Time {
	local := t.In(p.zone)
	if h := local.Hour(); h >= 7 && h < 23 {
		return t
	}
	day := local.Day()
	if local.Hour() >= 23 {
		day++
	}
	return time.Date(local.Year(), local.Month(), day, 7, 15, 0, 0, p.zone).Add(p.between(0, 2*time.Hour))
}

// sometime is a time of a day at which they are about.
func (p *person) sometime(day time.Time) time.Time {
	local := day.In(p.zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 8, 0, 0, 0, p.zone).Add(p.between(0, 14*time.Hour))
}

// picker picks names by weight.
type picker struct {
	names []string
	sums  []float64
}

func newPicker(weights map[string]float64) picker {
	p := picker{}
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		if weights[name] > 0 {
			sum += weights[name]
			p.names, p.sums = append(p.names, name), append(p.sums, sum)
		}
	}
	return p
}

func (p picker) pick(rng *rand.Rand) string {
	x := rng.Float64() * p.sums[len(p.sums)-1]
	for i, sum := range p.sums {
		if x < sum {
			return p.names[i]
		}
	}
	return p.names[len(p.names)-1]
}

// newPerson makes the person of a number, who has not come yet.
func (r *run) newPerson(n int) (*person, error) {
	rng := rand.New(rand.NewPCG(r.seed, uint64(n)+1))
	p := &person{rng: rng, name: names[rng.IntN(len(names))], keen: 0.3 + 0.7*rng.ExpFloat64()}
	p.zoneName, p.locale = r.zones.pick(rng), r.locales.pick(rng)
	p.psid = strconv.Itoa(7_200_000_000_000_000 + n)
	p.contact = r.contact(p.psid)
	p.language = r.program.Language(flows.Contact{Locale: p.locale})
	var err error
	p.zone, err = r.location(p.zoneName)
	return p, err
}
