package bot

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// This file reads FIGURES.md a second time, and slowly: it asks of each figure who and what
// belongs to it, over all that is known of somebody, and knows nothing of how summary adds.
// TestFiguresAreThoseOfAnotherCount compares both on lives that nobody wrote.

// recounted are some of the figures of one group.
type recounted struct {
	Asked, Accepted, Sent, Delivered, Read, Clicked, People, OptOuts, OptOutsAfter int
	Purchases, SameDay, Buyers, BoughtAgain, OtherPurchases, ReplyClicks           int
	Revenue, OtherRevenue                                                          map[string]int64
}

// resident is a person with the zone they live in.
type resident struct {
	life storage.Life
	zone *time.Location
}

// tied is what something is picked by: a topic, a flow and a time.
type tied struct {
	topic, flow string
	at          time.Time
}

// carriedMessage is one message that went to somebody.
type carriedMessage struct {
	tied
	keys    map[occurrenceOf]bool
	proofs  []time.Time // that it arrived
	read    bool
	clicked bool
	stopped bool
}

func (m *carriedMessage) arrived() (at time.Time, ok bool) {
	for _, proof := range m.proofs {
		if !ok || proof.Before(at) {
			at, ok = proof, true
		}
	}
	return at, ok
}

// messagesOf puts the notifications of a person together.
func messagesOf(l storage.Life) (list []*carriedMessage) {
	bySend := map[string]*carriedMessage{}
	for _, d := range l.Decisions {
		if d.Kind != "sent" {
			continue
		}
		m := bySend[d.Send]
		if m == nil {
			m = &carriedMessage{tied: tied{d.Topic, d.Flow, d.At}, keys: map[occurrenceOf]bool{}}
			bySend[d.Send], list = m, append(list, m)
		}
		m.keys[occurrenceOf{d.Trigger, d.Occurrence}] = true
		if !d.Delivered.IsZero() {
			m.proofs = append(m.proofs, d.Delivered)
		}
		if !d.Read.IsZero() {
			m.read, m.proofs = true, append(m.proofs, d.Read)
		}
	}
	for _, m := range list {
		for _, o := range l.Outcomes {
			switch {
			case !m.keys[occurrenceOf{o.Trigger, o.Occurrence}]:
			case o.Kind == "clicked":
				m.clicked, m.proofs = true, append(m.proofs, o.At)
			case o.Kind == "purchased" && o.Amount >= 0: // whoever has its code had the message
				m.proofs = append(m.proofs, o.At)
			case o.Kind == "stopped" && o.Name != SourceRetention:
				m.stopped = true
			}
		}
	}
	return list
}

// paid is a purchase, or money given back, with the message it is counted to.
type paid struct {
	storage.Outcome
	of, link *carriedMessage
	sameDay  bool
	back     int64
}

// paidOf counts what a person paid, and got back, to their messages.
func paidOf(p resident, messages []*carriedMessage, window time.Duration) (list []*paid) {
	for _, o := range p.life.Outcomes {
		if o.Kind != "purchased" {
			continue
		}
		b := &paid{Outcome: o}
		for _, m := range messages {
			if m.keys[occurrenceOf{o.Trigger, o.Occurrence}] {
				b.link = m
			}
		}
		if o.Amount < 0 {
			b.of = givenBackOf(list, b)
			list = append(list, b)
			continue
		}
		var of *carriedMessage
		var since time.Time
		for _, m := range messages {
			at, ok := m.arrived()
			if b.link != nil && m != b.link || !ok || at.After(o.At) || of != nil && at.Before(since) {
				continue
			}
			of, since = m, at
		}
		if of != nil && o.At.Sub(since) <= window {
			b.of, b.sameDay = of, since.In(p.zone).Format(time.DateOnly) == o.At.In(p.zone).Format(time.DateOnly)
		}
		list = append(list, b)
	}
	return list
}

func givenBackOf(before []*paid, b *paid) *carriedMessage {
	var open, any *paid
	for _, p := range before {
		if p.Amount <= 0 || p.Currency != b.Currency || b.link != nil && p.link != b.link {
			continue
		}
		any = p
		if p.Amount-p.back >= -b.Amount {
			open = p
		}
	}
	switch {
	case open != nil:
		open.back -= b.Amount
		return open.of
	case any != nil:
		any.back = any.Amount
		return any.of
	}
	return b.link
}

// question is a request that was shown, or a question in the bot's own words.
type question struct {
	tied
	yes bool
}

// questionsOf are those a person was asked, with which of them they said yes to.
func questionsOf(l storage.Life) (list []*question) {
	byInput, posed := map[string]*question{}, map[string]*question{}
	for _, o := range l.Outcomes {
		if o.Kind == "asked" {
			byInput[o.Input] = &question{tied: tied{o.Topic, o.Flow, o.At}}
			list = append(list, byInput[o.Input])
		}
	}
	for _, o := range l.Outcomes {
		q := byInput[o.Input]
		if o.Kind == "asked" && o.Name == "words" {
			posed[o.Topic] = q
		}
		if o.Kind != "granted" || o.Name != "request" && o.Name != "words" {
			continue
		}
		if q == nil && o.Name == "words" {
			q = posed[o.Topic]
		}
		if q == nil { // a yes proves that it was shown
			q = &question{tied: tied{o.Topic, o.Flow, o.At}}
			list = append(list, q)
			if o.Name == "words" {
				posed[o.Topic] = q
			}
		}
		q.yes = true
	}
	return list
}

// recount counts all that in says yes to; whole is what belongs to no group.
func recount(people []resident, window time.Duration, in func(tied) bool, whole bool) recounted {
	out := recounted{Revenue: map[string]int64{}, OtherRevenue: map[string]int64{}}
	for _, p := range people {
		messages := messagesOf(p.life)
		reached := false
		for _, m := range messages {
			_, arrived := m.arrived()
			if !in(m.tied) {
				continue
			}
			out.Sent++
			for figure, yes := range map[*int]bool{
				&out.Delivered: arrived, &out.Read: arrived && (m.read || m.clicked), &out.Clicked: m.clicked, &out.OptOutsAfter: arrived && m.stopped,
			} {
				if yes {
					*figure++
				}
			}
			reached = reached || arrived
		}
		if reached {
			out.People++
		}
		for _, q := range questionsOf(p.life) {
			if in(q.tied) {
				out.Asked++
				if q.yes {
					out.Accepted++
				}
			}
		}
		out.bought(paidOf(p, messages, window), in, whole)
		acts := map[string]bool{}
		for _, o := range p.life.Outcomes {
			switch {
			case o.Kind == "clicked" && o.Trigger == "" && whole && in(tied{at: o.At}):
				out.ReplyClicks++
			case o.Kind == "stopped" && o.Name != SourceRetention:
				of := tied{o.Topic, "", o.At}
				if o.Trigger != "" {
					of.flow = o.Flow
				}
				for _, m := range messages {
					if m.keys[occurrenceOf{o.Trigger, o.Occurrence}] {
						of.at = m.at
					}
				}
				if in(of) {
					acts[strings.Fields(o.Input)[0]] = true
				}
			}
		}
		out.OptOuts += len(acts)
	}
	return out
}

// bought adds what one person paid.
func (r *recounted) bought(list []*paid, in func(tied) bool, whole bool) {
	first := -1
	for i, b := range list {
		switch {
		case b.of == nil && whole && in(tied{at: b.At}):
			if b.Amount >= 0 {
				r.OtherPurchases++
			}
			r.OtherRevenue[b.Currency] += b.Amount
		case b.of != nil && in(b.of.tied):
			r.Revenue[b.Currency] += b.Amount
			if b.Amount < 0 {
				continue
			}
			r.Purchases++
			if b.sameDay {
				r.SameDay++
			}
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return
	}
	r.Buyers++
	if slices.ContainsFunc(list[first+1:], func(b *paid) bool { return b.Amount >= 0 && b.At.Sub(list[first].At) <= 60*24*time.Hour }) {
		r.BoughtAgain++
	}
}

// spoken are those figures of a group as a recount has them.
func spoken(f Figures) recounted {
	sums := func(list []Money) map[string]int64 {
		out := map[string]int64{}
		for _, m := range list {
			out[m.Currency] = m.Amount
		}
		return out
	}
	return recounted{
		Asked: f.Asked, Accepted: f.Accepted, Sent: f.Sent, Delivered: f.Delivered, Read: f.Read, Clicked: f.Clicked, People: f.People, OptOuts: f.OptOuts, OptOutsAfter: f.OptOutsAfter,
		Purchases: f.Purchases, SameDay: f.SameDay, Buyers: f.Buyers, BoughtAgain: f.BoughtAgain, OtherPurchases: f.OtherPurchases, ReplyClicks: f.ReplyClicks,
		Revenue: sums(f.Revenue), OtherRevenue: sums(f.OtherRevenue),
	}
}

// chance makes lives up. All of it happens in few days around a change of clocks, near the
// midnights of several zones, so that what is rare elsewhere is common.
type chance struct {
	*rand.Rand
	begins time.Time
	number int
}

func (c *chance) one(of ...string) string { return of[c.IntN(len(of))] }

func (c *chance) next() string { c.number++; return fmt.Sprint(c.number) }

func (c *chance) at() time.Time {
	return c.begins.Add(time.Duration(c.IntN(80*24))*time.Hour + time.Duration(c.IntN(3)-1)*time.Second)
}

func (c *chance) life() (l storage.Life) {
	put := func(o storage.Outcome) { l.Outcomes = append(l.Outcomes, o) }
	for range c.IntN(6) {
		topic, at := c.one("news", "stock"), c.at()
		d := storage.Decision{
			Kind: c.one("sent", "sent", "sent", "sent", "skipped", "unknown", "held", "failed"), Topic: topic, Flow: topic + "/" + c.one("a", "b"), At: at, Send: "s" + c.next(),
		}
		d.Trigger = d.Flow + "/event:x"
		if c.IntN(2) > 0 {
			d.Delivered = at.Add(time.Duration(c.IntN(3)) * time.Hour)
			if c.IntN(2) > 0 {
				d.Read = d.Delivered.Add(time.Duration(c.IntN(30)) * time.Hour)
			}
		}
		for range 1 + c.IntN(2) { // several of one trigger go as one message
			d.Occurrence = c.next()
			l.Decisions = append(l.Decisions, d)
		}
		if d.Kind != "sent" && d.Kind != "unknown" {
			continue
		}
		of := storage.Outcome{Topic: d.Topic, Trigger: d.Trigger, Occurrence: d.Occurrence, Flow: d.Flow, Input: "send:" + d.Send}
		if c.IntN(4) == 0 {
			of.Kind, of.At = "clicked", at.Add(time.Duration(c.IntN(100))*time.Hour)
			put(of)
		}
		for range c.IntN(3) {
			of.Kind, of.At, of.Input = "purchased", at.Add(time.Duration(c.IntN(10*24))*time.Hour), "event:"+c.next()
			of.Amount, of.Currency = int64(c.IntN(4)-1)*100, c.one("EUR", "JPY", "KWD")
			put(of)
		}
		if c.IntN(5) == 0 {
			of.Kind, of.At, of.Name, of.Input, of.Amount, of.Currency = "stopped", at.Add(time.Hour), c.one("button", "keyword", SourceRetention), "act"+c.next(), 0, ""
			for _, of.Topic = range []string{"news", "stock"}[c.IntN(2):] {
				one := of
				one.Input += " " + of.Topic
				put(one)
			}
		}
	}
	for range c.IntN(4) {
		put(storage.Outcome{Kind: "purchased", Amount: int64(c.IntN(5)-1) * 100, Currency: c.one("EUR", "JPY"), At: c.at(), Input: "event:" + c.next()})
	}
	for range c.IntN(3) {
		o := storage.Outcome{Kind: "asked", Name: c.one("request", "words"), Topic: c.one("news", "stock"), Flow: "ask", At: c.at(), Input: c.one("request:", "act") + c.next()}
		if c.IntN(8) > 0 { // else it is older than data_retention, and its yes is not
			put(o)
		}
		for range c.IntN(3) {
			o.Kind, o.At = "granted", o.At.Add(time.Duration(1+c.IntN(50))*time.Hour)
			if o.Name == "words" {
				o.Input = "act" + c.next() + " " + o.Topic
			}
			if o.Name == "words" || !slices.ContainsFunc(l.Outcomes, func(have storage.Outcome) bool { return have.Kind == o.Kind && have.Input == o.Input }) {
				put(o)
			}
		}
	}
	put(storage.Outcome{Kind: "granted", Name: "import", Topic: "news", At: c.at(), Input: "import: x"})
	if c.IntN(3) == 0 {
		put(storage.Outcome{Kind: "stopped", Name: "platform", Topic: "news", At: c.at(), Input: "act" + c.next() + " news"})
		put(storage.Outcome{Kind: "clicked", Flow: "ask", At: c.at(), Input: "send:" + c.next()})
	}
	slices.SortStableFunc(l.Decisions, func(a, b storage.Decision) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(l.Outcomes, func(a, b storage.Outcome) int { return a.At.Compare(b.At) })
	return l
}

// TestFiguresAreThoseOfAnotherCount counts lives that nobody wrote in both ways, the whole
// and each group, of all time and of a part of it.
func TestFiguresAreThoseOfAnotherCount(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(tied, *time.Location) string{
		"":      func(tied, *time.Location) string { return "" },
		ByTopic: func(a tied, _ *time.Location) string { return a.topic },
		ByFlow:  func(a tied, _ *time.Location) string { return a.flow },
		ByDay:   func(a tied, home *time.Location) string { return a.at.In(home).Format(time.DateOnly) },
		ByMonth: func(a tied, home *time.Location) string { return a.at.In(home).Format("2006-01") },
	}
	home, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(400) {
		c := &chance{Rand: rand.New(rand.NewPCG(seed, 1)), begins: time.Date(2026, time.March, 1, 0, 0, 0, 0, home)}
		var people []resident
		for range 1 + c.IntN(4) {
			zone, err := time.LoadLocation(c.one("Europe/Paris", "Pacific/Auckland", "America/Havana", "Asia/Kathmandu"))
			if err != nil {
				t.Fatal(err)
			}
			people = append(people, resident{c.life(), zone})
		}
		q := StatsQuery{Window: time.Duration(1+c.IntN(9)) * 24 * time.Hour}
		if c.IntN(2) > 0 {
			q.Since = c.at()
			q.Until = q.Since.Add(time.Duration(1+c.IntN(40*24)) * time.Hour)
		}
		for by, name := range kinds {
			q.By = by
			s := &summary{query: q, program: &flows.Program{}, zone: home, groups: map[string]*group{}}
			for _, p := range people {
				if err := s.add(p.life, p.zone); err != nil {
					t.Fatal(err)
				}
			}
			in := func(a tied) bool { return !a.at.Before(q.Since) && (q.Until.IsZero() || a.at.Before(q.Until)) }
			if diff := cmp.Diff(recount(people, q.Window, in, true), spoken(s.total.done())); diff != "" {
				t.Fatalf("seed %d, the whole, %+v (-recounted +figures):\n%s", seed, q, diff)
			}
			for group, g := range s.groups {
				only := func(a tied) bool { return in(a) && orNone(name(a, home)) == group }
				f := g.done()
				if diff := cmp.Diff(recount(people, q.Window, only, false), spoken(f)); diff != "" {
					t.Fatalf("seed %d, by %s, %s, %+v (-recounted +figures):\n%s", seed, by, group, q, diff)
				}
			}
		}
	}
}
