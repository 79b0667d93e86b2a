package emulator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxWritten is the longest message a person can write, in characters.
const maxWritten = 20_000

// Errors of acts that nobody could do on a phone.
var (
	ErrEmpty    = errors.New("there is nothing to send")
	ErrTooLong  = fmt.Errorf("a message of a person has at most %d characters", maxWritten)
	ErrNothing  = errors.New("the Page has written nothing yet")
	ErrNoButton = errors.New("no message shows such a button")

	errNotHuman = errors.New("the bot has this conversation: nobody can give it back")
)

// act does one thing as q under the lock, then delivers what came of it. An act
// that reaches the Page shows that the person looked at the chat, and lifts a
// block: nobody can write to a Page they block.
func (p *Platform) act(psid string, do func(q *person) error) error {
	p.mu.Lock()
	q, err := p.person(psid)
	if err == nil {
		err = do(q)
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	p.deliver()
	return nil
}

// reach is the part of every act that reaches the Page.
func (p *Platform) reach(q *person) {
	p.look(q)
	q.Blocked = false
}

// opened records that an act at this time lets the Page write.
func (p *Platform) opened(q *person, at time.Time) {
	q.LastAct = at
	p.keepPerson(q)
}

// writable says what is wrong with a text of a person.
func writable(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return ErrEmpty
	case utf8.RuneCountInString(text) > maxWritten:
		return ErrTooLong
	}
	return nil
}

// Write sends a text of the person.
func (p *Platform) Write(psid, text string) error {
	if err := writable(text); err != nil {
		return err
	}
	return p.act(psid, func(q *person) error {
		p.say(q, Shown{Kind: KindText, Text: text}, eventMessage{Text: text})
		return nil
	})
}

// SendImage sends a picture of the person, by its URL.
func (p *Platform) SendImage(psid, url string) error { return p.SendFile(psid, KindImage, url) }

// SendLocation sends a place of the person, in degrees.
func (p *Platform) SendLocation(psid string, lat, lon float64) error {
	return p.act(psid, func(q *person) error {
		var place eventCoordinates
		place.Coordinates.Lat, place.Coordinates.Long = lat, lon
		text := strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lon, 'f', -1, 64)
		p.say(q, Shown{Kind: KindLocation, Text: text}, eventMessage{
			Attachments: []eventAttachment{{Type: "location", Title: "Pinned Location", Payload: place}},
		})
		return nil
	})
}

// say shows and sends one message of q.
func (p *Platform) say(q *person, s Shown, m eventMessage) {
	p.reach(q)
	m.MID = p.id("m")
	s.From, s.MID = FromPerson, m.MID
	at := p.show(q, s)
	p.opened(q, at)
	p.tell(q, at, event{Message: &m})
}

// Start taps Get Started.
func (p *Platform) Start(psid string) error {
	return p.act(psid, func(q *person) error {
		p.tapPostback(q, startLabel(q.Locale), p.phone.start, "", nil)
		return nil
	})
}

// Refer follows a link to the Page (m.me/PAGE?ref=REF). In a new chat the person
// taps Get Started, and the ref comes with it.
func (p *Platform) Refer(psid, ref string) error {
	return p.act(psid, func(q *person) error {
		referral := eventReferral{Ref: ref, Source: p.shortLink(), Type: "OPEN_THREAD"}
		if q.last() == nil && !p.cfg.Instagram {
			p.tapPostback(q, startLabel(q.Locale), p.phone.start, "", &referral)
			return nil
		}
		p.reach(q)
		at := p.note(q, noteReferred, ref)
		p.opened(q, at)
		p.tell(q, at, event{Referral: &referral})
		return nil
	})
}

// tapPostback sends a postback: of Get Started, the menu, or the button of a message.
func (p *Platform) tapPostback(q *person, label, payload, mid string, referral *eventReferral) {
	p.reach(q)
	tap := eventPostback{MID: p.id("m"), Title: label, Payload: payload, Referral: referral}
	at := p.show(q, Shown{From: FromPerson, Kind: KindText, Text: label, MID: tap.MID, Tapped: mid})
	p.opened(q, at)
	p.tell(q, at, event{Postback: &tap})
}

// React puts an emoji on the Page's newest message; "" takes it away again.
func (p *Platform) React(psid, emoji string) error {
	return p.act(psid, func(q *person) error {
		s := q.find(func(s *Shown) bool { return s.From == FromPage && (emoji != "" || s.Reaction != "") })
		if s == nil {
			return ErrNothing
		}
		return p.react(q, s, emoji)
	})
}

func (p *Platform) react(q *person, s *Shown, emoji string) error {
	p.reach(q)
	tell := eventReaction{MID: s.MID, Action: "react", Reaction: reactionName(emoji), Emoji: emoji}
	if emoji == "" {
		tell = eventReaction{MID: s.MID, Action: "unreact"}
	}
	s.Reaction = emoji
	p.keepShown(q, *s)
	at := p.tick(q)
	p.opened(q, at)
	p.tell(q, at, event{Reaction: &tell})
	p.changed()
	return nil
}

// reactionName is the platform's word for a reaction.
func reactionName(emoji string) string {
	switch strings.TrimSuffix(emoji, "\ufe0f") {
	case "❤":
		return "love"
	case "😆", "😂":
		return "haha"
	case "😮":
		return "wow"
	case "😢":
		return "sad"
	case "😠", "😡":
		return "angry"
	case "👍":
		return "like"
	case "👎":
		return "dislike"
	case "":
		return ""
	}
	return "other"
}

// Block blocks the Page: what it sends is refused until Unblock, or until the
// person writes again.
func (p *Platform) Block(psid string) error {
	return p.setBlocked(psid, true)
}

// Unblock ends Block.
func (p *Platform) Unblock(psid string) error {
	return p.setBlocked(psid, false)
}

func (p *Platform) setBlocked(psid string, blocked bool) error {
	return p.act(psid, func(q *person) error {
		if q.Blocked == blocked {
			return nil
		}
		q.Blocked = blocked
		if blocked {
			p.note(q, noteBlocked, "")
		} else {
			p.note(q, noteUnblocked, "")
		}
		return nil
	})
}

// Look opens the chat without doing anything in it: the person has seen what is there.
func (p *Platform) Look(psid string) error {
	return p.act(psid, func(q *person) error {
		p.look(q)
		return nil
	})
}

// look marks everything as seen and, with Config.Receipts, tells the bot.
func (p *Platform) look(q *person) {
	s := q.find(func(s *Shown) bool { return s.From == FromPage })
	if s == nil || s.Seq <= q.seen {
		return
	}
	q.seen = s.Seq
	p.keepPerson(q)
	p.changed()
	if p.cfg.Receipts {
		p.lookPaid(q, s)
		p.tell(q, p.tick(q), event{Read: p.readEvent(s)})
	}
}
