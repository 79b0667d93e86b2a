package simulate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// defaultPerWeek is how often the shop has news of a kind, if nothing is said.
const defaultPerWeek = 3

// eventPurchase is the shop's word for a purchase.
const eventPurchase = "purchase"

// shop is what sends events.
type shop struct {
	rng      *rand.Rand
	kinds    []kind
	purchase flows.EventType
	rows     []map[string]any // of things that are bought
	serial   int
}

// kind is one kind of news.
type kind struct {
	flows.EventType
	Event
	rows []map[string]any
}

// newShop finds out what a bot may be told, and by which tables.
func newShop(seed uint64, p *flows.Program, data *flows.Data, s Settings) *shop {
	sh := &shop{rng: rand.New(rand.NewPCG(seed, 0))}
	tables := data.Rows()
	sh.purchase = flows.EventType{Name: eventPurchase}
	for _, t := range p.Bot.Events {
		if t.Name == eventPurchase {
			sh.purchase = t
			continue
		}
		k := kind{EventType: t, Event: Event{PerWeek: defaultPerWeek}}
		if e, set := s.Events[t.Name]; set {
			k.Event = e
		}
		if k.To == "" {
			k.To = ToOne
			for _, trigger := range p.Triggers {
				if trigger.Kind == flows.OnEvent && trigger.Value == t.Name && trigger.Topic != "" {
					k.To = ToEverybody
				}
			}
		}
		k.rows = tables[k.From]
		if k.From == "" {
			k.rows = fitting(t.Data, tables)
		}
		sh.kinds = append(sh.kinds, k)
	}
	sh.rows = fitting(append([]flows.Field{{Name: "price"}}, sh.purchase.Data...), tables)
	return sh
}

// fitting is the table that has the most columns named like fields.
func fitting(fields []flows.Field, tables map[string][]map[string]any) (rows []map[string]any) {
	most := 0
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		fits := 0
		for _, f := range fields {
			if _, ok := tables[name][0][f.Name]; ok {
				fits++
			}
		}
		if fits > most {
			most, rows = fits, tables[name]
		}
	}
	return rows
}

// row is one of a table; of those with a day, one that is not over.
func (sh *shop) row(rows []map[string]any, now time.Time) map[string]any {
	if len(rows) == 0 {
		return nil
	}
	today := now.Format(time.DateOnly)
	for range 20 {
		row := rows[sh.rng.IntN(len(rows))]
		if !slices.ContainsFunc(slices.Collect(maps.Values(row)), func(v any) bool { return isDay(v) && v.(string) < today }) {
			return row
		}
	}
	return rows[sh.rng.IntN(len(rows))]
}

func isDay(v any) bool {
	text, ok := v.(string)
	if !ok {
		return false
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// data fills an event's fields from a row, and the rest with what fits their types.
func (sh *shop) data(fields []flows.Field, row map[string]any, now time.Time) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if v, ok := row[f.Name]; ok && v != nil {
			out[f.Name] = v
			continue
		}
		switch f.Type {
		case "number":
			out[f.Name] = float64(5 * (1 + sh.rng.IntN(8)))
		case "boolean":
			out[f.Name] = sh.rng.IntN(2) == 0
		case "date":
			out[f.Name] = now.AddDate(0, 0, 3+sh.rng.IntN(40)).Format(time.DateOnly)
		case "time":
			out[f.Name] = "18:30"
		case "list", "phone":
		case "email":
			out[f.Name] = "shop@shop.example"
		case "choice":
			if len(f.Options) > 0 {
				out[f.Name] = f.Options[sh.rng.IntN(len(f.Options))]
			}
		default:
			out[f.Name] = f.Name + " " + strconv.Itoa(1+sh.rng.IntN(9))
			if strings.Contains(f.Name, "url") {
				out[f.Name] = "https://shop.example/" + strconv.Itoa(1+sh.rng.IntN(99))
			}
			if f.Name == "code" {
				out[f.Name] = "CODE" + strconv.Itoa(1+sh.rng.IntN(99))
			}
		}
	}
	return out
}

// tell gives the bot one event, as a request of the shop's systems does.
func (r *run) tell(name, contact string, data map[string]any, p *person) error {
	r.shop.serial++
	id := fmt.Sprintf("%s-%d", name, r.shop.serial)
	r.journal.event(r.now(), id, name, p, data)
	_, _, err := r.stage.Bot.Events(r.ctx, []bot.ShopEvent{{ID: id, Name: name, Contact: contact, Data: data}})
	return err
}

// news plans the shop's news of a kind, in its opening hours.
func (r *run) news(k kind) {
	if k.PerWeek <= 0 {
		return
	}
	pause := time.Duration(r.shop.rng.ExpFloat64() * float64(7*24*time.Hour) / k.PerWeek)
	at := r.now().Add(pause)
	if local := at.In(r.home); local.Hour() < 9 || local.Hour() >= 18 {
		at = time.Date(local.Year(), local.Month(), local.Day(), 9, r.shop.rng.IntN(540), 0, 0, r.home)
	}
	if !at.After(r.now()) {
		at = r.now().Add(time.Hour)
	}
	r.queue.add(at, func() error {
		r.news(k)
		data := r.shop.data(k.Data, r.shop.row(k.rows, r.now()), r.now())
		if k.To == ToEverybody {
			r.report.Events++
			return r.tell(k.Name, "", data, nil)
		}
		if p := r.somebody(); p != nil {
			r.report.Events++
			return r.tell(k.Name, p.contact, data, p)
		}
		return nil
	})
}

// somebody is one of those who came and are still known.
func (r *run) somebody() *person {
	for range 20 {
		p := r.people[r.shop.rng.IntN(len(r.people))]
		if p.come && !p.gone && r.known(p) {
			return p
		}
	}
	return nil
}

// buy lets somebody buy something; code is that of the link they came by.
func (r *run) buy(p *person, code string) error {
	if !r.known(p) {
		return nil
	}
	row := r.shop.row(r.shop.rows, r.now())
	data := r.shop.data(r.shop.purchase.Data, row, r.now())
	price, ok := row["price"].(float64)
	if !ok {
		price = r.settings.Amount[0] + p.rng.Float64()*(r.settings.Amount[1]-r.settings.Amount[0])
	}
	cents := int(100*price) * (1 + p.rng.IntN(2))
	data["amount"], data["currency"] = float64(cents)/100, r.settings.Currency
	if code != "" {
		data["rl"] = code
	}
	if p.chance(r.settings.BuyAgain) {
		r.queue.add(p.sometime(r.now().Add(p.between(5*24*time.Hour, 58*24*time.Hour))), func() error { return r.buy(p, "") })
	}
	return r.tell(eventPurchase, p.contact, data, p)
}

// fancy is a purchase that nothing of ours led to.
func (r *run) fancy(p *person) error {
	r.plan(p, r.settings.Buys, func() error { return r.fancy(p) })
	return r.buy(p, "")
}
