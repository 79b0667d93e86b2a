package emulator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// phoneAct is the body of every POST of the phone page; which fields count depends
// on the address and on act.
type phoneAct struct {
	Person string  `json:"person"`
	Act    string  `json:"act"`
	Text   string  `json:"text"`   // write, comment; ref of refer; url of image; emoji of react
	MID    string  `json:"mid"`    // of the message that a tap, accept or react is for
	Button string  `json:"button"` // ID of a button in that message
	Label  string  `json:"label"`  // of a menu entry or ice breaker; the score of rate
	Title  string  `json:"title"`  // of a topic
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`

	PSID      string `json:"psid"` // of join; "" is the next number
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Locale    string `json:"locale"`
	Timezone  string `json:"timezone"`

	Advance string `json:"advance"`
}

// phoneAct does what a person tapped on the page.
func (p *Platform) phoneAct(in phoneAct) error {
	switch in.Act {
	case "write":
		return p.Write(in.Person, in.Text)
	case "tap":
		return p.TapButton(in.Person, in.MID, in.Button)
	case "item":
		return p.act(in.Person, func(q *person) error {
			for _, item := range p.phone.items() {
				if item.Label == in.Label {
					return p.tapItem(q, item)
				}
			}
			return fmt.Errorf("%w: %q", ErrNoButton, in.Label)
		})
	case "card":
		return p.openCard(in.Person, in.MID, in.Button)
	case "start":
		return p.Start(in.Person)
	case "accept":
		return p.AcceptMessage(in.Person, in.MID)
	case "stop":
		return p.StopTopic(in.Person, in.Title)
	case "resume":
		return p.ResumeTopic(in.Person, in.Title)
	case "react":
		return p.act(in.Person, func(q *person) error {
			s := q.message(in.MID)
			if s == nil || s.From != FromPage {
				return ErrNothing
			}
			return p.react(q, s, in.Text)
		})
	case "image":
		return p.SendImage(in.Person, in.Text)
	case "video", "audio", "file":
		return p.SendFile(in.Person, in.Act, in.Text)
	case "reply":
		return p.Reply(in.Person, in.MID, in.Text)
	case "edit":
		return p.Edit(in.Person, in.MID, in.Text)
	case "unsend":
		return p.Unsend(in.Person, in.MID)
	case "rate":
		return p.Rate(in.Person, in.MID, in.Label, in.Text)
	case "link":
		return p.LinkAccount(in.Person, in.Text)
	case "unlink":
		return p.UnlinkAccount(in.Person)
	case "location":
		return p.SendLocation(in.Person, in.Lat, in.Lon)
	case "refer":
		return p.Refer(in.Person, in.Text)
	case "comment":
		return p.Comment(in.Person, in.Text)
	case "block":
		return p.Block(in.Person)
	case "unblock":
		return p.Unblock(in.Person)
	case "hand_back":
		return p.HandBack(in.Person)
	case "take_over":
		return p.TakeOver(in.Person)
	case "look":
		return p.Look(in.Person)
	case "clear":
		p.ClearRefusals()
		return nil
	}
	return fmt.Errorf("there is no act %q", in.Act)
}

// openCard taps a card itself, beside its buttons; c2 is the third.
func (p *Platform) openCard(psid, mid, card string) error {
	return p.act(psid, func(q *person) error {
		if s := q.message(mid); s != nil {
			for i, c := range s.Cards {
				if card == fmt.Sprintf("c%d", i) && c.URL != "" {
					p.note(q, noteOpened, c.URL)
					return nil
				}
			}
		}
		return fmt.Errorf("%w: %s", ErrNoButton, card)
	})
}

// maxName is the longest first or last name, in characters.
const maxName = 80

func (p *Platform) phoneJoin(in phoneAct) (psid string, err error) {
	in.FirstName = strings.TrimSpace(in.FirstName)
	in.LastName = strings.TrimSpace(in.LastName)
	switch {
	case in.FirstName == "":
		return "", errors.New("a person needs a first name")
	case utf8.RuneCountInString(in.FirstName) > maxName || utf8.RuneCountInString(in.LastName) > maxName:
		return "", fmt.Errorf("a name has at most %d characters", maxName)
	case len(in.PSID) > maxLabel || strings.Trim(in.PSID, "0123456789") != "":
		return "", errors.New("a psid has up to 20 digits")
	case len(in.Locale) > maxName:
		return "", fmt.Errorf("there is no locale %q", begin(in.Locale))
	}
	if _, err := time.LoadLocation(in.Timezone); err != nil {
		return "", fmt.Errorf("there is no time zone %q", begin(in.Timezone))
	}
	return p.Join(in.PSID, in.FirstName, in.LastName, in.Locale, in.Timezone), nil
}

// ErrClock is returned for the clock bar when nothing can move the clock.
var ErrClock = errors.New("this clock cannot be moved")

func (p *Platform) phoneClock(ctx context.Context, to string) error {
	if p.cfg.Advance == nil {
		return ErrClock
	}
	if to != "next" {
		if d, err := time.ParseDuration(to); err != nil || d <= 0 {
			return fmt.Errorf("%q is neither a duration like 1h nor next", begin(to))
		}
	}
	if err := p.cfg.Advance(ctx, to); err != nil {
		return err
	}
	p.Wake()
	return nil
}
