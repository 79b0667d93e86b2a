package bot

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// purchase is what a shop says of one.
type purchase struct {
	amount   int64 // in the currency's smallest unit
	currency string
	send     string // the message whose link led to it; empty if none was named
}

// maxAmount bounds an amount, so that sums of many stay numbers.
const maxAmount = 1e12

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// readPurchase reads the data of a purchase. The error names what is wrong with it, never
// a value.
func readPurchase(data map[string]any) (p purchase, err error) {
	amount, ok := data["amount"].(float64)
	if !ok {
		return p, errors.New("a purchase needs amount, a number: 59.90")
	}
	text, _ := data["currency"].(string)
	if p.currency = strings.ToUpper(strings.TrimSpace(text)); !currencyPattern.MatchString(p.currency) {
		return p, errors.New("a purchase needs currency, a code of three letters: EUR")
	}
	scaled := math.Round(amount * math.Pow10(flows.Decimals(p.currency)))
	if math.Abs(scaled) > maxAmount {
		return p, fmt.Errorf("amount is too large")
	}
	p.amount = int64(scaled)
	return p, nil
}

// bought keeps a purchase, in the transaction that takes its event: once, as that is.
// The person is the one whom the event names, else the one whose link it names. One of
// nobody we know is the shop's alone: then contact is "".
func (b *Bot) bought(tx *txn, e ShopEvent, contact string, now time.Time) (who string, err error) {
	p, err := readPurchase(e.Data)
	if err != nil {
		return "", &EventError{Err: err}
	}
	var from storage.Decision
	if code, _ := e.Data["rl"].(string); code != "" {
		if p.send, err = b.linkedSend(tx, code); err != nil {
			return "", err
		}
	}
	if p.send != "" {
		owner, decisions, err := b.sentTo(tx, p.send)
		if err != nil {
			return "", err
		}
		switch {
		case owner == "" || contact != "" && owner != contact: // a link that was passed on
			p.send = ""
		case len(decisions) > 0:
			from, contact = decisions[len(decisions)-1], owner
		default:
			contact = owner
		}
	}
	if contact == "" {
		return "", nil
	}
	o := storage.Outcome{
		Contact: contact, Kind: OutcomePurchased, Value: float64(p.amount) / math.Pow10(flows.Decimals(p.currency)), At: now,
		Input: "event:" + e.ID, Currency: p.currency, Amount: p.amount,
	}
	if p.send != "" {
		o.Topic, o.Trigger, o.Occurrence, o.Flow, o.Lane = from.Topic, from.Trigger, from.Occurrence, from.Flow, from.Lane
	}
	if err := tx.PutOutcome(o); err != nil {
		return "", err
	}
	n := webhookBody{Kind: "purchase", Time: now, Event: e.ID, Source: SourceAPI, Data: e.Data}
	return contact, tx.tell(n, contact)
}

// sentTo is whom a message went to, with the notifications it carried; "" if that is
// not known any more: of a reply after eight days, of anybody who was forgotten.
func (b *Bot) sentTo(tx *txn, send string) (contact string, carried []storage.Decision, err error) {
	carried, err = tx.DecisionsBySend(send)
	if err != nil {
		return "", nil, err
	}
	if len(carried) > 0 {
		return carried[0].Contact, carried, nil
	}
	s, err := tx.Send(send)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil, nil
	}
	return s.Contact, nil, err
}
