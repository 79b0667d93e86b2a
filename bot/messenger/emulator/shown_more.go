package emulator

import "slices"

// ShownReceipt is the confirmation of an order. Amounts are decimals as the bot wrote
// them.
type ShownReceipt struct {
	Order     string            `json:"order"`
	Customer  string            `json:"customer"`
	Merchant  string            `json:"merchant,omitempty"`
	Currency  string            `json:"currency"`
	Payment   string            `json:"payment"`
	URL       string            `json:"url,omitempty"` // of the order's page
	At        int64             `json:"at,omitempty"`  // seconds since 1970
	Items     []ShownItem       `json:"items,omitempty"`
	Address   []string          `json:"address,omitempty"` // its lines
	Subtotal  string            `json:"subtotal,omitempty"`
	Shipping  string            `json:"shipping,omitempty"`
	Tax       string            `json:"tax,omitempty"`
	Total     string            `json:"total"`
	Discounts []ShownAdjustment `json:"discounts,omitempty"`
}

// ShownItem is one thing on a receipt.
type ShownItem struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"`
	Image    string `json:"image,omitempty"`
	Quantity string `json:"quantity,omitempty"`
	Price    string `json:"price"`
}

// ShownAdjustment is what an order was reduced by.
type ShownAdjustment struct {
	Name   string `json:"name"`
	Amount string `json:"amount"`
}

// ShownCoupon is an offer. Its code shows when the person asks for it, and its page
// opens by a button.
type ShownCoupon struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"` // empty: the platform has words of its own
	Code     string `json:"code,omitempty"`
	Image    string `json:"image,omitempty"`
	Intro    string `json:"intro,omitempty"` // likewise
}

// ShownModel is a template that the platform approved, with its values.
type ShownModel struct {
	Name     string       `json:"name"`
	Language string       `json:"language"`
	Values   []ShownValue `json:"values,omitempty"`
}

// ShownValue fills one place of a template. Its name is empty if places have numbers.
type ShownValue struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

func (r *ShownReceipt) clone() *ShownReceipt {
	if r == nil {
		return nil
	}
	c := *r
	c.Items, c.Address, c.Discounts = slices.Clone(r.Items), slices.Clone(r.Address), slices.Clone(r.Discounts)
	return &c
}

func (k *ShownCoupon) clone() *ShownCoupon {
	if k == nil {
		return nil
	}
	c := *k
	return &c
}

func (m *ShownModel) clone() *ShownModel {
	if m == nil {
		return nil
	}
	c := *m
	c.Values = slices.Clone(m.Values)
	return &c
}
