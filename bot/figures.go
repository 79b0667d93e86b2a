package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// What the figures may be told apart by.
const (
	ByTopic   = "topic"
	ByFlow    = "flow"
	ByVariant = "variant"
	ByLocale  = "locale"
	ByDay     = "day"
	ByWeek    = "week"
	ByMonth   = "month"
)

// secondWithin is how soon after a purchase the next one counts as a second.
const secondWithin = 60 * 24 * time.Hour

// lifeBatch is how many people are read at a time.
const lifeBatch = 200

// ErrStats says that figures were asked for that there are not; its text is for the
// caller.
var ErrStats = errors.New("no such figures")

// StatsQuery asks for figures.
type StatsQuery struct {
	By    string    // ByTopic and its neighbours; empty: only the whole
	Since time.Time // what was sent, asked or happened from then on; zero: from the start
	Until time.Time // and before; zero: until now
	// Window is how long after a notification arrived a purchase counts to it;
	// AttributionWindow if 0.
	Window time.Duration
}

// Stats are the figures of a time. FIGURES.md says what each of them means.
type Stats struct {
	At       time.Time     `json:"at"`
	Since    time.Time     `json:"since,omitzero"`
	Until    time.Time     `json:"until,omitzero"`
	Zone     string        `json:"zone"` // of days, weeks and months
	Window   string        `json:"window"`
	By       string        `json:"by,omitempty"`
	Baseline *BaselineView `json:"baseline,omitempty"`
	Total    Figures       `json:"total"`
	Groups   []Figures     `json:"groups,omitempty"`
}

// BaselineView is what the shop compares with.
type BaselineView struct {
	CTR               float64 `json:"ctr,omitempty"`
	RevenuePerContact float64 `json:"revenue_per_contact,omitempty"`
}

// Figures are those of one group. Rates are nil where nothing could be counted.
type Figures struct {
	Group string `json:"group,omitempty"`

	Asked        int      `json:"asked"`
	Accepted     int      `json:"accepted"`
	AcceptedRate *float64 `json:"accepted_rate"`

	Sent        int      `json:"sent"`
	Delivered   int      `json:"delivered"`
	Read        int      `json:"read"`
	ReadRate    *float64 `json:"read_rate"`
	Clicked     int      `json:"clicked"`
	ClickedRate *float64 `json:"clicked_rate"`
	People      int      `json:"people"` // reached by one delivered at least
	OptOuts     int      `json:"opt_outs"`
	// OptOutsAfter are the messages delivered that an opt-out followed: it may also follow
	// none, or one message twice.
	OptOutsAfter int      `json:"opt_outs_after"`
	OptOutRate   *float64 `json:"opt_out_rate"`

	Purchases        int        `json:"purchases"`
	SameDay          int        `json:"same_day_purchases"`
	Buyers           int        `json:"buyers"`
	BoughtAgain      int        `json:"bought_again"`
	BoughtAgainRate  *float64   `json:"bought_again_rate"`
	Revenue          []Money    `json:"revenue"`
	RevenuePerPerson []MoneyPer `json:"revenue_per_person"`

	Cost         []MoneyPer `json:"cost"` // of lanes that are paid for
	CostPerClick []MoneyPer `json:"cost_per_click"`

	// Of the whole alone.
	OtherPurchases int          `json:"other_purchases,omitempty"` // counted to no notification
	OtherRevenue   []Money      `json:"other_revenue,omitempty"`
	ReplyClicks    int          `json:"reply_clicks,omitempty"` // messages of conversations in which a link was opened
	Goals          []GoalFigure `json:"goals,omitempty"`

	cost       map[string]int64 // millionths
	paidClicks map[string]int
}

// MoneyPer is money that has parts smaller than the currency's smallest unit, in the
// currency itself: 0.014 USD.
type MoneyPer struct {
	Currency string  `json:"currency"`
	Amount   float64 `json:"amount"`
}

// GoalFigure is how often a goal was reached.
type GoalFigure struct {
	Name   string  `json:"name"`
	People int     `json:"people"`
	Times  int     `json:"times"`
	Value  float64 `json:"value,omitempty"`
}

// complete fills in what was left out of a question that has an answer.
func (q *StatsQuery) complete() error {
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return fmt.Errorf("%w: they would end before they begin", ErrStats)
	}
	if q.Window <= 0 {
		q.Window = AttributionWindow
	}
	return nil
}

// Stats counts. It reads everybody once, a few hundred at a time.
func (b *Bot) Stats(ctx context.Context, q StatsQuery) (Stats, error) {
	if err := q.complete(); err != nil {
		return Stats{}, err
	}
	program := b.Program()
	s := &summary{query: q, program: program, zone: b.home(), bot: b}
	if !slices.Contains([]string{"", ByTopic, ByFlow, ByVariant, ByLocale, ByDay, ByWeek, ByMonth}, q.By) {
		return Stats{}, fmt.Errorf("%w by %q: there is topic, flow, variant, locale, day, week, month", ErrStats, q.By)
	}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		s.total, s.groups = group{}, map[string]*group{}
		return b.eachLife(r, s.add)
	})
	if err != nil {
		return Stats{}, err
	}
	out := Stats{
		At: b.clock.Now(), Since: q.Since, Until: q.Until, Zone: b.home().String(), Window: spanOf(q.Window), By: q.By, Total: s.total.done(),
	}
	if base := program.Bot.Baseline; base != nil {
		out.Baseline = &BaselineView{base.CTR, base.RevenuePerContact}
	}
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		one := s.groups[name].done()
		one.Group = name
		out.Groups = append(out.Groups, one)
	}
	return out, nil
}

// eachLife walks over everybody.
func (b *Bot) eachLife(r storage.Reader, f func(storage.Life, *time.Location) error) error {
	after := ""
	for {
		lives, err := r.Lives(after, lifeBatch)
		if err != nil || len(lives) == 0 {
			return err
		}
		for _, l := range lives {
			zone := b.home()
			if own, err := b.zones.get(l.Timezone); err == nil && l.Timezone != "" {
				zone = own
			}
			if err := f(l, zone); err != nil {
				return err
			}
		}
		after = lives[len(lives)-1].Contact
	}
}

// Day is ParseDay in the bot's zone.
func (b *Bot) Day(text string, end bool) (time.Time, error) { return ParseDay(text, end, b.home()) }

// ParseDay reads a day in a zone, or an instant as RFC 3339 writes it. With end a day is
// where it ends.
func ParseDay(text string, end bool, zone *time.Location) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return time.Time{}, err
		}
		if end {
			day = day.AddDate(0, 0, 1)
		}
		at = InstantOf(day, 0, zone)
	}
	if year := at.UTC().Year(); year < 1 || year > 9998 { // JSON could not write it in every zone
		return time.Time{}, fmt.Errorf("%w: a year is one of 1 to 9998", ErrStats)
	}
	return at, nil
}

// ParseWindow reads a span of time of a day to a year: 7d, 24h.
func ParseWindow(text string) (time.Duration, error) {
	var days int
	d, err := time.ParseDuration(text)
	if n, bad := fmt.Sscanf(text, "%dd", &days); n == 1 && bad == nil && fmt.Sprintf("%dd", days) == text && days <= 365 {
		d, err = time.Duration(days)*24*time.Hour, nil
	}
	if err == nil && (d <= 0 || d > 365*24*time.Hour) {
		err = fmt.Errorf("%w: a window is longer than nothing, and a year at most", ErrStats)
	}
	return d, err
}

// spanOf is a span of time as bot.yaml writes it.
func spanOf(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return d.String()
}

// share is a part of a whole; nil of nothing.
func share(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	rate := float64(part) / float64(whole)
	return &rate
}

// per divides money among so many.
func per(sums []Money, n int) []MoneyPer {
	out := []MoneyPer{}
	for _, m := range sums {
		if n > 0 {
			out = append(out, MoneyPer{m.Currency, float64(m.Amount) / math.Pow10(flows.Decimals(m.Currency)) / float64(n)})
		}
	}
	return out
}

// done works out what follows from the sums.
func (g *group) done() Figures {
	f := g.Figures
	if f.Revenue == nil {
		f.Revenue = []Money{}
	}
	f.AcceptedRate, f.ReadRate, f.ClickedRate = share(f.Accepted, f.Asked), share(f.Read, f.Delivered), share(f.Clicked, f.Delivered)
	f.OptOutRate, f.BoughtAgainRate = share(f.OptOutsAfter, f.Delivered), share(f.BoughtAgain, f.Buyers)
	f.RevenuePerPerson = per(f.Revenue, f.People)
	f.Cost, f.CostPerClick = []MoneyPer{}, []MoneyPer{}
	for _, currency := range slices.Sorted(maps.Keys(f.cost)) {
		spent := float64(f.cost[currency]) / 1e6
		f.Cost = append(f.Cost, MoneyPer{currency, spent})
		if n := f.paidClicks[currency]; n > 0 {
			f.CostPerClick = append(f.CostPerClick, MoneyPer{currency, spent / float64(n)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.goals)) {
		f.Goals = append(f.Goals, *g.goals[name])
	}
	slices.SortFunc(f.Goals, func(a, b GoalFigure) int { return cmp.Compare(a.Name, b.Name) })
	return f
}
