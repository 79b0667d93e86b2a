package messenger

import "github.com/relance-bot/relance/bot"

// fillDelivery reads that messages reached a device.
func fillDelivery(e *bot.Event, v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	e.Kind = bot.EventDelivery
	for name, field := range v.fields {
		switch string(name) {
		case "mids": // may be missing: then everything up to the watermark
			e.MIDs, err = field.idents(maxReceipts)
		case "watermark":
			e.Watermark, _ = field.stamp().time()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillRead reads that everything up to the watermark was read; where a message is named
// instead, as on Instagram, everything up to now.
func fillRead(e *bot.Event, v value) error {
	if !v.isObject() {
		return errShape
	}
	e.Kind = bot.EventRead
	for name, field := range v.fields {
		switch string(name) {
		case "watermark":
			e.Watermark, _ = field.stamp().time()
		case "mid":
			if _, err := field.ident(); err == nil && e.Watermark.IsZero() {
				e.Watermark = e.At
			}
		}
	}
	return nil
}

// fillReaction reads an emoji put on a message, or taken off.
func fillReaction(e *bot.Event, v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	var mid, action, emoji, word string
	for name, field := range v.fields {
		switch string(name) {
		case "mid":
			mid, err = field.ident()
		case "action":
			action, err = field.text()
		case "emoji":
			emoji, err = field.word()
		case "reaction": // the platform's word, where the emoji is missing
			word, err = field.word()
		}
		if err != nil {
			return err
		}
	}
	if action != "" && action != "react" {
		e.Kind, e.MID = bot.EventUnreacted, mid // no act that the platform counts for the window
		return nil
	}
	if emoji == "" {
		emoji = word
	}
	e.Kind, e.MID, e.Emoji = bot.EventReaction, mid, emoji
	return nil
}
