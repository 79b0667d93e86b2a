package emulator

import (
	"slices"
	"time"
)

// Who shows something in a chat.
const (
	FromPage   = "page"
	FromPerson = "person"
	// fromPlatform are the platform's own lines ("You stopped …"): the phone shows
	// them, Chat leaves them out.
	fromPlatform = "platform"
)

// Kinds of what is shown. A button template is a text with buttons; an act of a
// person that is not a message of its own (a tap on a button) is a text too.
const (
	KindText     = "text"
	KindImage    = "image"
	KindVideo    = "video"
	KindAudio    = "audio"
	KindFile     = "file"
	KindCards    = "cards"
	KindOptIn    = "opt_in"
	KindMedia    = "media"    // a photo or video of Facebook, with buttons
	KindReceipt  = "receipt"  // Receipt
	KindCoupon   = "coupon"   // Coupon
	KindTemplate = "template" // Model: an approved template, filled
	KindLocation = "location"
	KindComment  = "comment" // on a post of the Page
)

// Shown is one thing in a chat, as the person sees it.
type Shown struct {
	Seq  int       `json:"seq"` // counts up within the chat, from 1
	At   time.Time `json:"at"`
	From string    `json:"from"` // FromPage or FromPerson
	Kind string    `json:"kind"`
	Text string    `json:"text,omitempty"`
	URL  string    `json:"url,omitempty"` // of an image, video, audio, file, media
	// Media is what the address of media leads to: image or video.
	Media string `json:"media,omitempty"`

	Cards        []ShownCard   `json:"cards,omitempty"`
	Buttons      []ShownButton `json:"buttons,omitempty"`
	QuickReplies []ShownButton `json:"quick_replies,omitempty"` // the phone shows those of the last message only
	OptIn        *ShownOptIn   `json:"opt_in,omitempty"`
	Receipt      *ShownReceipt `json:"receipt,omitempty"`
	Coupon       *ShownCoupon  `json:"coupon,omitempty"`
	Model        *ShownModel   `json:"model,omitempty"`
	Paid         *ShownPaid    `json:"paid,omitempty"`   // a paid message
	Survey       *ShownSurvey  `json:"survey,omitempty"` // the question how a conversation was

	MID      string `json:"mid,omitempty"`
	Metadata string `json:"metadata,omitempty"`
	// Recipient is what the bot addressed: the PSID, a notification token or a
	// comment id. Empty for what people show.
	Recipient string `json:"recipient,omitempty"`
	Persona   string `json:"persona,omitempty"`  // name the message is signed with
	Tapped    string `json:"tapped,omitempty"`   // MID of the message whose button or quick reply this is
	Reaction  string `json:"reaction,omitempty"` // the person's emoji on it
	Edits     int    `json:"edits,omitempty"`    // how often the person changed it
	Unsent    bool   `json:"unsent,omitempty"`   // the person took it back
	Silent    bool   `json:"silent,omitempty"`   // sent without sound

	stamp int64  // the platform's timestamp in ms
	file  string // id of an uploaded file, in the place of its URL
	keep  bool   // the file is to be kept under an id
}

// ShownCard is one card of a carousel.
type ShownCard struct {
	Title    string        `json:"title"`
	Subtitle string        `json:"subtitle,omitempty"`
	Image    string        `json:"image,omitempty"`
	URL      string        `json:"url,omitempty"` // opened when the card itself is tapped
	Buttons  []ShownButton `json:"buttons,omitempty"`
}

// ShownButton is a button or a quick reply.
type ShownButton struct {
	ID      string `json:"id"` // within its message: q0, b1, c2b0 (third card, first button)
	Label   string `json:"label"`
	Type    string `json:"type"` // as in the API: postback, web_url, phone_number, …; quick replies: text, user_email, …
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
	Image   string `json:"image,omitempty"`
}

// States of an opt-in request.
const (
	OptInOpen     = "open"
	OptInAccepted = "accepted"
)

// ShownOptIn is a request to be allowed to send notifications on a topic.
type ShownOptIn struct {
	Kind      string `json:"kind,omitempty"` // what it gives: "" a topic's token, page, once
	Title     string `json:"title"`          // the topic
	Image     string `json:"image,omitempty"`
	Ratio     string `json:"ratio,omitempty"` // SQUARE or HORIZONTAL
	Label     string `json:"label"`           // of its button, in the person's language
	Payload   string `json:"payload"`
	Frequency string `json:"frequency,omitempty"` // as asked; the platform kept it before February 2023 only
	Timezone  string `json:"timezone,omitempty"`
	Again     bool   `json:"again,omitempty"` // the platform may ask again before the token ends
	State     string `json:"state"`
}

// Chat returns what the person and the Page wrote, oldest first.
func (p *Platform) Chat(psid string) []Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.people[psid]
	if q == nil {
		return nil
	}
	list := make([]Shown, 0, len(q.thread))
	for _, s := range q.thread {
		if s.From != fromPlatform {
			list = append(list, s.clone())
		}
	}
	return list
}

// clone copies what a caller might change.
func (s Shown) clone() Shown {
	s.Buttons = slices.Clone(s.Buttons)
	s.QuickReplies = slices.Clone(s.QuickReplies)
	s.Cards = slices.Clone(s.Cards)
	s.Receipt, s.Coupon, s.Model = s.Receipt.clone(), s.Coupon.clone(), s.Model.clone()
	for i := range s.Cards {
		s.Cards[i].Buttons = slices.Clone(s.Cards[i].Buttons)
	}
	if s.OptIn != nil {
		o := *s.OptIn
		s.OptIn = &o
	}
	return s
}

// show appends s to q's thread, gives it its place and time, and returns its
// timestamp.
func (p *Platform) show(q *person, s Shown) time.Time {
	at := p.tick(q)
	q.seq++
	s.Seq, s.At, s.stamp = q.seq, p.cfg.Now(), at.UnixMilli()
	q.append(s, p.cfg.Keep)
	if p.cfg.Heard != nil {
		p.cfg.Heard(q.PSID, s.clone())
	}
	if s.From == FromPage {
		q.typing = time.Time{}
	}
	p.keepPerson(q)
	p.keepShown(q, s)
	p.changed()
	return at
}

// append adds s and lets go of the oldest.
func (q *person) append(s Shown, keep int) {
	q.thread = trim(append(q.thread, s), keep)
}

// last returns the newest thing q and the Page said, nil if nothing.
func (q *person) last() *Shown {
	for i := len(q.thread) - 1; i >= 0; i-- {
		if q.thread[i].From != fromPlatform {
			return &q.thread[i]
		}
	}
	return nil
}

// find returns the newest thing for which is holds, nil if there is none.
func (q *person) find(is func(*Shown) bool) *Shown {
	for i := len(q.thread) - 1; i >= 0; i-- {
		if is(&q.thread[i]) {
			return &q.thread[i]
		}
	}
	return nil
}
