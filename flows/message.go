package flows

// Message is one thing the bot shows in a chat, the same for every channel.
// Which of its fields are set depends on Kind.
type Message struct {
	Kind         MessageKind  `json:"kind"`
	Text         string       `json:"text,omitempty"`  // of a text; of buttons; the title of an opt-in request
	URL          string       `json:"url,omitempty"`   // of an image
	Cards        []Card       `json:"cards,omitempty"` // 1 to 10
	Buttons      []Button     `json:"buttons,omitempty"`
	QuickReplies []QuickReply `json:"quick_replies,omitempty"`
	OptIn        *OptIn       `json:"opt_in,omitempty"`
	Persona      string       `json:"persona,omitempty"` // key under personas: in bot.yaml
	Typing       int          `json:"typing,omitempty"`  // milliseconds of typing dots before it
}

// MessageKind says what a Message is. A channel that cannot show a kind refuses
// it when the program is checked, not when it is sent.
type MessageKind string

const (
	Text  MessageKind = "text"
	Image MessageKind = "image"
	Cards MessageKind = "cards"
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
}

// OptIn is what the platform's opt-in request carries beside its title (Message.Text).
type OptIn struct {
	Topic   string `json:"topic"`
	Request string `json:"request"` // our id of the request; comes back in the acceptance
	Image   string `json:"image,omitempty"`
	Cadence string `json:"cadence,omitempty"` // what the person chose; empty if they were not asked
}
