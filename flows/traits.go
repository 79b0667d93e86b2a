package flows

import "unicode/utf8"

// Types of channels.
const (
	typeMessenger = "messenger"
	typeInstagram = "instagram"
)

// MaxInstagramText is how many bytes of UTF-8 a text may have on Instagram ("Send a
// message" of the Instagram Platform).
const MaxInstagramText = 1000

// traits are what channels of one type have, and what they lack.
type traits struct {
	kind     string // the type
	title    string // as people call it
	text     textLimit
	lacks    []MessageKind // what it cannot show
	lanes    []string      // what notifications: may name
	ended    string        // the day on which those lanes ended; empty while they last
	greeting bool          // it is shown before the first message
	personas bool
}

// channelTypes are all of them. What the bot is checked against first is the first; the
// others have less.
var channelTypes = []traits{
	{
		kind: typeMessenger, title: "Messenger", lanes: lanes, greeting: true, personas: true,
		text: textLimit{plain: maxText, buttons: maxButtonText, unit: "characters", size: utf8.RuneCountInString},
	},
	{
		kind: typeInstagram, title: "Instagram", lanes: []string{"recurring"}, ended: "10 February 2026",
		lacks: []MessageKind{ReceiptKind, CouponKind, MediaKind, TemplateKind},
		text:  textLimit{plain: MaxInstagramText, buttons: maxButtonText, unit: "bytes", size: func(s string) int { return len(s) }},
	},
}

// traitsOf are those of a type; of one nobody knows, the first's.
func traitsOf(kind string) *traits {
	for i := range channelTypes {
		if channelTypes[i].kind == kind {
			return &channelTypes[i]
		}
	}
	return &channelTypes[0]
}

// channelKinds are the types by name.
func channelKinds() []string {
	out := make([]string, len(channelTypes))
	for i := range channelTypes {
		out[i] = channelTypes[i].kind
	}
	return out
}

// plural is what several of a kind of message are called.
func (k MessageKind) plural() string {
	switch k {
	case MediaKind:
		return "media templates"
	case TemplateKind:
		return "approved templates"
	}
	return string(k) + "s"
}

// textLimit is how long the texts of a channel may be, and what counts.
type textLimit struct {
	plain   int
	buttons int    // with buttons
	unit    string // for people
	size    func(string) int
}

// limitOf is the limit of the channel on which somebody is.
func (p *Program) limitOf(channel string) textLimit {
	for i := range p.Bot.Channels {
		if c := &p.Bot.Channels[i]; c.Name == channel {
			return traitsOf(c.Type).text
		}
	}
	return channelTypes[0].text
}
