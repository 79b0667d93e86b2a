package bot

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// The figures are made of one person after the other: what they were sent, and what
// they did. This file says what belongs to what; FIGURES.md says it in words.

// told is one message that carried a notification, or several of one trigger.
type told struct {
	keys        []occurrenceOf
	flow, topic string
	trigger     string
	at          time.Time
	delivered   time.Time
	read        time.Time
	clicked     time.Time
	bought      time.Time // first, by its link
	stopped     bool      // an opt-out is counted to it
	price       int64     // millionths of the currency; 0: nothing, or nobody said
	currency    string
}

type occurrenceOf struct{ trigger, occurrence string }

// reached is when the message is known to have arrived: by a receipt, because it was
// read, or because a link in it was opened, or led to a purchase. Zero: it is not.
func (m *told) reached() time.Time {
	out := m.delivered
	for _, at := range []time.Time{m.read, m.clicked, m.bought} {
		if out.IsZero() || !at.IsZero() && at.Before(out) {
			out = at
		}
	}
	return out
}

// buy is one purchase, or money given back, with what it is counted to.
type buy struct {
	storage.Outcome
	link    *told // whose link the shop named; nil: none that is known
	of      *told // nil: nothing
	sameDay bool
	left    int64 // of a purchase: what was not given back yet
}

// past is the life of one person as the figures see it.
type past struct {
	zone  *time.Location
	told  []*told // in the order they were sent
	buys  []buy   // in the order they happened
	stops []storage.Outcome
	other []storage.Outcome // the rest, but clicks in notifications
}

// remember reads a life. zone is the person's.
func remember(l storage.Life, zone *time.Location, window time.Duration) past {
	p := past{zone: zone}
	bySend, byKey := map[string]*told{}, map[occurrenceOf]*told{}
	for _, d := range l.Decisions {
		if d.Kind != DecisionSent {
			continue
		}
		m := bySend[d.Send]
		if m == nil || d.Send == "" {
			m = &told{flow: d.Flow, topic: d.Topic, trigger: d.Trigger, at: d.At, delivered: d.Delivered, read: d.Read}
			m.cost(d.Values)
			bySend[d.Send] = m
			p.told = append(p.told, m)
		}
		key := occurrenceOf{d.Trigger, d.Occurrence}
		m.keys = append(m.keys, key)
		byKey[key] = m
	}
	for _, o := range l.Outcomes { // of all before purchases are: each may prove an arrival
		m := byKey[occurrenceOf{o.Trigger, o.Occurrence}]
		switch {
		case m == nil:
		case o.Kind == OutcomeClicked:
			m.clicked = earlier(m.clicked, o.At)
		case o.Kind == OutcomePurchased && o.Amount >= 0:
			m.bought = earlier(m.bought, o.At)
		case o.Kind == OutcomeStopped && o.Name != SourceRetention:
			m.stopped = true
		}
	}
	for _, o := range l.Outcomes {
		switch {
		case o.Kind == OutcomePurchased:
			p.buy(o, byKey[occurrenceOf{o.Trigger, o.Occurrence}], window)
		case o.Kind == OutcomeStopped && o.Name == SourceRetention:
		case o.Kind == OutcomeStopped:
			p.stops = append(p.stops, o)
		case o.Kind != OutcomeClicked || o.Trigger == "":
			p.other = append(p.other, o)
		}
	}
	return p
}

// cost reads what the lane said a message is likely to cost.
func (m *told) cost(values []byte) {
	if len(values) == 0 {
		return
	}
	var v struct {
		Price    float64 `json:"price"`
		Currency string  `json:"currency"`
	}
	if json.Unmarshal(values, &v) == nil && v.Price > 0 {
		m.price, m.currency = int64(math.Round(v.Price*1e6)), v.Currency
	}
}

// buy counts a purchase to a notification: to the one whose link the shop named, else
// to the one that had arrived last, if that is no longer ago than the window.
func (p *past) buy(o storage.Outcome, linked *told, window time.Duration) {
	b := buy{Outcome: o, link: linked, left: o.Amount}
	var from time.Time
	switch {
	case o.Amount < 0:
		b.of = p.givenBack(o, linked)
	case linked != nil:
		b.of, from = linked, linked.reached()
	default:
		for _, m := range p.told {
			at := m.reached()
			if !at.IsZero() && !at.After(o.At) && !at.Before(from) {
				b.of, from = m, at
			}
		}
	}
	if o.Amount >= 0 && b.of != nil {
		if o.At.Sub(from) > window {
			b.of = nil
		} else {
			b.sameDay = sameDay(wallOf(from, p.zone), wallOf(o.At, p.zone))
		}
	}
	p.buys = append(p.buys, b)
}

// givenBack finds what money that is given back was paid for: the last purchase in
// that currency that was as large and is not given back yet, else the last in that
// currency; of those that a link led to, if the shop names one. It is counted to what that
// purchase is; by a link that led to none, to the link's message.
func (p *past) givenBack(o storage.Outcome, linked *told) *told {
	last := -1
	for i, b := range slices.Backward(p.buys) {
		if b.Amount <= 0 || b.Currency != o.Currency || linked != nil && b.link != linked {
			continue
		}
		if b.left >= -o.Amount {
			p.buys[i].left += o.Amount
			return b.of
		}
		if last < 0 {
			last = i
		}
	}
	if last < 0 {
		return linked
	}
	p.buys[last].left = 0
	return p.buys[last].of
}

// message finds the message of a notification.
func (p *past) message(trigger, occurrence string) *told {
	for _, m := range p.told {
		if slices.Contains(m.keys, occurrenceOf{trigger, occurrence}) {
			return m
		}
	}
	return nil
}

// again says whether somebody bought once more within a time after the purchase at a
// place.
func (p *past) again(place int, within time.Duration) bool {
	first := p.buys[place]
	for i, b := range p.buys {
		if i > place && b.Amount >= 0 && b.At.Sub(first.At) <= within {
			return true
		}
	}
	return false
}

// Money is an amount in a currency's smallest unit.
type Money struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// addMoney adds to the sum of its currency. Currencies are never added to each other.
func addMoney(sums []Money, currency string, amount int64) []Money {
	i, found := slices.BinarySearchFunc(sums, currency, func(m Money, c string) int { return cmp.Compare(m.Currency, c) })
	if !found {
		sums = slices.Insert(sums, i, Money{Currency: currency})
	}
	sums[i].Amount += amount
	return sums
}
