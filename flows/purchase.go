package flows

// EventPurchase is the event that tells of a purchase. It needs no declaration; a bot
// that declares it, to see more of it, declares amount and currency too.
const EventPurchase = "purchase"

// Baseline is what a shop compares its figures with: what its e-mails bring.
type Baseline struct {
	CTR               float64 // clicks for each one delivered, 0 to 1
	RevenuePerContact float64 // in the shop's currency, for each person reached; 0 if nobody said
}

// purchaseEvent is a purchase as it is built in.
func purchaseEvent() *EventType {
	return &EventType{Name: EventPurchase, Data: []Field{{Name: "amount", Type: "number"}, {Name: "currency", Type: "text"}, {Name: "rl", Type: "text"}}}
}

// Event finds an event that is declared or built in.
func (p *Program) Event(name string) (EventType, bool) {
	e := p.Bot.event(name)
	if e == nil {
		return EventType{}, false
	}
	return *e, true
}

// purchase checks that a purchase that is declared says what the figures need.
func (d *decoder) purchase(p pair, data []Field) {
	for _, need := range purchaseEvent().Data[:2] {
		found := false
		for _, f := range data {
			found = found || f.Name == need.Name && f.Type == need.Type
		}
		if !found {
			d.errorf("purchase", p.key.span, "write purchase: {amount: number, currency: text, …}, or delete it: the event purchase needs no declaration",
				"a purchase has an %s, which is a %s", need.Name, need.Type)
			return
		}
	}
}

// baseline reads baseline:.
func (d *decoder) baseline(f *fields, b *Bot) {
	n := f.node("baseline")
	if n == nil {
		return
	}
	one := d.fields(n, "baseline")
	var out Baseline
	if one.has("ctr") {
		ctr, ok := one.number("ctr")
		if ok && (ctr < 0 || ctr > 1) {
			d.errorf("number", one.at("ctr"), "write a share: 0.02 is two clicks for a hundred delivered", "a click rate goes from 0 to 1")
		}
		out.CTR = ctr
	}
	if one.has("revenue_per_contact") {
		revenue, ok := one.number("revenue_per_contact")
		if ok && revenue < 0 {
			d.errorf("number", one.at("revenue_per_contact"), "write what one person brings, as in 0.4", "a revenue to compare with is not below 0")
		}
		out.RevenuePerContact = revenue
	}
	one.finish()
	b.Baseline = &out
}

// Decimals is how many digits a currency has behind its decimal sign: 2 of EUR, 0 of
// JPY.
func Decimals(currency string) int {
	if n, ok := decimals[currency]; ok {
		return n
	}
	return 2
}

// Money writes an amount in a currency's smallest unit as a language does: 5990 EUR is
// 59,90 € in French.
func Money(amount int64, currency, language string) string {
	scale := 1.0
	for range Decimals(currency) {
		scale *= 10
	}
	return formatMoney(float64(amount)/scale, currency, language)
}
