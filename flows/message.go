package flows

import "time"

// Message is one thing the bot shows in a chat, the same for every channel.
// Which of its fields are set depends on Kind.
type Message struct {
	Kind         MessageKind  `json:"kind"`
	Text         string       `json:"text,omitempty"`  // of a text; of buttons; the title of an opt-in request
	URL          string       `json:"url,omitempty"`   // of an image, video, audio, file; of media
	Fixed        bool         `json:"fixed,omitempty"` // URL stands in the flow as it is: the same file for everybody
	Media        MessageKind  `json:"media,omitempty"` // of media: Image or Video
	Cards        []Card       `json:"cards,omitempty"` // 1 to 10
	Buttons      []Button     `json:"buttons,omitempty"`
	QuickReplies []QuickReply `json:"quick_replies,omitempty"`
	OptIn        *OptIn       `json:"opt_in,omitempty"`
	Receipt      *Receipt     `json:"receipt,omitempty"`
	Coupon       *Coupon      `json:"coupon,omitempty"`
	Template     *Template    `json:"template,omitempty"`
	Persona      string       `json:"persona,omitempty"` // key under personas: in bot.yaml
	Typing       int          `json:"typing,omitempty"`  // milliseconds of typing dots before it
}

// MessageKind says what a Message is. A channel that cannot show a kind refuses
// it when the program is checked, not when it is sent.
type MessageKind string

// Kinds of messages: those of show:, texts, and the platform's question.
const (
	Text  MessageKind = "text"
	Image MessageKind = "image"
	Video MessageKind = "video"
	Audio MessageKind = "audio"
	File  MessageKind = "file"
	Cards MessageKind = "cards"
	// Media is a photo or video that is on the platform already, with buttons.
	MediaKind    MessageKind = "media"
	ReceiptKind  MessageKind = "receipt"
	CouponKind   MessageKind = "coupon"
	TemplateKind MessageKind = "template" // one the platform approved
	// OptInRequest is the platform's own question for permission.
	OptInRequest MessageKind = "opt_in"
)

// Card is one element of a carousel.
type Card struct {
	Title    string   `json:"title"`
	Subtitle string   `json:"subtitle,omitempty"`
	Image    string   `json:"image,omitempty"`
	Open     string   `json:"open,omitempty"` // opened when the card itself is tapped
	Buttons  []Button `json:"buttons,omitempty"`
}

// Receipt is the confirmation of an order. Amounts are decimals with the digits
// their currency has: "99.90", "1200"; empty if they are not given.
type Receipt struct {
	Order     string        `json:"order"` // its number; the platform takes each once
	Name      string        `json:"name"`  // of the customer
	Merchant  string        `json:"merchant,omitempty"`
	Currency  string        `json:"currency"` // ISO 4217
	Payment   string        `json:"payment"`
	Open      string        `json:"open,omitempty"` // the page of the order
	At        time.Time     `json:"at,omitzero"`
	Items     []ReceiptItem `json:"items,omitempty"` // at most 100
	Address   *Address      `json:"address,omitempty"`
	Subtotal  string        `json:"subtotal,omitempty"`
	Shipping  string        `json:"shipping,omitempty"`
	Tax       string        `json:"tax,omitempty"`
	Total     string        `json:"total"`
	Discounts []Discount    `json:"discounts,omitempty"`
}

// ReceiptItem is one line of a Receipt.
type ReceiptItem struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"`
	Image    string `json:"image,omitempty"`
	Quantity string `json:"quantity,omitempty"` // a decimal; empty: not said
	Price    string `json:"price"`
}

// Address is where an order goes.
type Address struct {
	Street   string `json:"street"`
	Street2  string `json:"street2,omitempty"`
	City     string `json:"city"`
	Postcode string `json:"postcode"`
	State    string `json:"state,omitempty"`
	Country  string `json:"country"`
}

// Discount is what an order was reduced by.
type Discount struct {
	Name   string `json:"name"`
	Amount string `json:"amount"`
}

// Coupon is an offer with a code.
type Coupon struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"`
	Code     string `json:"code"` // shown when the person asks for it; without blanks
	Image    string `json:"image,omitempty"`
	Open     string `json:"open,omitempty"`  // the page it is used on
	Label    string `json:"label,omitempty"` // of the button that opens it
	Intro    string `json:"intro,omitempty"` // the line above it
}

// Template fills a message that the platform approved before.
type Template struct {
	Name     string          `json:"name"`
	Language string          `json:"language"` // as the platform knows it: "fr_FR"
	Values   []TemplateEntry `json:"values,omitempty"`
}

// TemplateEntry fills one place of a Template. Either all have a Name, or none.
type TemplateEntry struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// Button stays with its message for ever. Exactly one of Payload, Open and Phone is set.
type Button struct {
	Label   string `json:"label"`
	Payload string `json:"payload,omitempty"` // comes back when tapped; see Payload
	Open    string `json:"open,omitempty"`
	Phone   string `json:"phone,omitempty"`
}

// QuickReply vanishes after the next message.
type QuickReply struct {
	Label   string `json:"label"`
	Payload string `json:"payload"`
	// Own asks the platform to offer the person's own "email" or "phone" here, where it
	// knows it. It is the label, and comes back as a text; Label and Payload are empty.
	Own string `json:"own,omitempty"`
}

// OptIn is what the platform's opt-in request carries beside its title (Message.Text).
type OptIn struct {
	Topic   string `json:"topic"`
	Request string `json:"request"` // our id of the request; comes back in the acceptance
	Image   string `json:"image,omitempty"`
	Cadence string `json:"cadence,omitempty"` // what the person chose; empty if they were not asked
}
