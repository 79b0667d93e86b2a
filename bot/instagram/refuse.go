package instagram

import (
	"slices"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// maxText is how many bytes a text may have: the platform counts those of UTF-8 here, and
// not characters ("Send a message" of the Instagram Platform).
const maxText = flows.MaxInstagramText

// refuse is a word for what Instagram would refuse in a message that Messenger takes.
func refuse(d *bot.Delivery) string {
	m := &d.Message
	switch m.Kind {
	case flows.ReceiptKind, flows.CouponKind, flows.MediaKind, flows.TemplateKind:
		return "kind" // of its templates Instagram has generic, button and product
	case flows.Text:
		if len(m.Text) > maxText {
			return "text_length"
		}
	}
	return ""
}

// adapt leaves out what Instagram does not have and a message can do without: the name it
// goes in, and the offer of the person's own e-mail address. Files go by their address: no
// page says that the platform keeps them here.
func adapt(d bot.Delivery) bot.Delivery {
	d.PersonaID, d.FileID, d.Message.Fixed = "", "", false
	email := func(q flows.QuickReply) bool { return q.Own == "email" }
	if slices.ContainsFunc(d.Message.QuickReplies, email) {
		d.Message.QuickReplies = slices.DeleteFunc(slices.Clone(d.Message.QuickReplies), email)
	}
	return d
}
