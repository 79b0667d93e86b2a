package simulate

import (
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
)

// ways are how people come.
var ways = []string{"keyword", "referral", "comment", "start", "menu"}

// entries are what people may come by, by way.
func entries(p *flows.Program) map[string][]string {
	out := map[string][]string{}
	add := func(way, what string) { out[way] = append(out[way], what) }
	for _, o := range p.Outlines() {
		for _, t := range o.Triggers {
			switch t.Kind {
			case flows.OnKeywords:
				for _, word := range strings.Split(t.Value, ", ") {
					add("keyword", word)
				}
			case flows.OnReferral:
				ref, every := strings.CutSuffix(t.Value, "*")
				if every {
					ref += "page"
				}
				add("referral", ref)
			case flows.OnComment:
				add("comment", t.Value)
			case flows.OnStart:
				add("start", "")
			}
		}
	}
	for _, c := range p.Bot.Channels {
		for _, b := range append(append([]flows.Button{}, c.IceBreakers...), c.Menu...) {
			if b.Open == "" {
				add("menu", b.Label)
			}
		}
	}
	return out
}

// arrive lets somebody come for the first time.
func (r *run) arrive(p *person) error {
	p.come = true
	r.platform().Join(p.psid, p.name, "", p.locale, p.zoneName)
	err := r.stage.Bot.Meet(r.ctx, p.contact, flows.Contact{FirstName: p.name, Locale: p.locale, Timezone: p.zoneName})
	if err != nil {
		return err
	}
	r.report.Funnel.Came++
	r.report.month(r.now()).People++
	r.journal.joined(r.now(), p)
	r.plan(p, r.settings.Buys, func() error { return r.fancy(p) })
	return r.visit(p)
}

// visit lets somebody come by one of the ways, and plans the next time.
func (r *run) visit(p *person) error {
	r.plan(p, r.settings.Visits, func() error { return r.visit(p) })
	if p.gone {
		return nil
	}
	way := r.ways.pick(p.rng)
	what := r.entries[way][p.rng.IntN(len(r.entries[way]))]
	r.begin(p)
	switch way {
	case "keyword":
		return r.platform().Write(p.psid, what)
	case "referral":
		return r.platform().Refer(p.psid, what)
	case "comment":
		return r.platform().Comment(p.psid, "Hello, "+what+"?")
	case "menu":
		return r.platform().Tap(p.psid, what)
	}
	return r.platform().Start(p.psid)
}

// begin makes somebody ready for a conversation.
func (r *run) begin(p *person) {
	p.news, p.engaged, p.patience = nil, true, 4+p.rng.IntN(6)
}

// plan lets somebody do something the next time, of so many a year.
func (r *run) plan(p *person, yearly float64, do func() error) {
	if yearly > 0 {
		r.queue.add(p.awake(r.now().Add(p.soon(time.Duration(float64(year)/yearly)))), do)
	}
}

const year = 365 * 24 * time.Hour
