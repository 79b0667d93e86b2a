package messenger

import "github.com/relance-bot/relance/bot"

// deliveryItem tells that messages reached a device.
type deliveryItem struct {
	MIDs      []ident `json:"mids"` // may be missing: then everything up to the watermark
	Watermark stamp   `json:"watermark"`
}

func (d *deliveryItem) fill(e *bot.Event) {
	e.Kind = bot.EventDelivery
	for _, mid := range d.MIDs[:min(len(d.MIDs), maxReceipts)] {
		e.MIDs = append(e.MIDs, string(mid))
	}
	e.Watermark, _ = d.Watermark.time()
}

// readItem tells that everything up to the watermark was read.
type readItem struct {
	Watermark stamp `json:"watermark"`
}

func (r *readItem) fill(e *bot.Event) {
	e.Kind = bot.EventRead
	e.Watermark, _ = r.Watermark.time()
}

// reactionItem is an emoji put on a message, or taken off.
type reactionItem struct {
	MID      ident  `json:"mid"`
	Action   string `json:"action"`
	Reaction string `json:"reaction"` // the platform's word, where the emoji is missing
	Emoji    string `json:"emoji"`
}

func (r *reactionItem) fill(e *bot.Event) {
	if r.Action != "" && r.Action != "react" {
		e.Kind, e.Reason = bot.EventUnknown, "unreact" // no act that the platform counts for the window
		return
	}
	e.Kind, e.MID, e.Emoji = bot.EventReaction, string(r.MID), clean(r.Emoji, maxWord)
	if e.Emoji == "" {
		e.Emoji = clean(r.Reaction, maxWord)
	}
}
