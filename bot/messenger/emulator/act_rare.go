package emulator

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxEdits is how often a person may change a message.
const maxEdits = 5

// maxFreeText is the longest answer in words to the question how a conversation was.
const maxFreeText = 400

// Errors of acts on messages.
var (
	ErrNoMessage = errors.New("there is no such message of theirs")
	ErrEdits     = fmt.Errorf("a message can be changed %d times", maxEdits)
	ErrNoSurvey  = errors.New("that message asks for no feedback")
)

// eventEdit tells that a message reads otherwise now.
type eventEdit struct {
	MID  string `json:"mid"`
	Text string `json:"text"`
	Nth  int    `json:"num_edit"`
}

// eventLinking tells that an account was linked with the shop's, or is no more.
type eventLinking struct {
	Status string `json:"status"`
	Code   string `json:"authorization_code,omitempty"`
}

// eventFeedback is the answer to the question how a conversation was.
type eventFeedback struct {
	Screens []feedbackScreen `json:"feedback_screens"`
}

type feedbackScreen struct {
	ID        int                       `json:"screen_id"`
	Questions map[string]feedbackAnswer `json:"questions"`
}

type feedbackAnswer struct {
	Type     string          `json:"type"`
	Payload  string          `json:"payload"`
	FollowUp *feedbackAnswer `json:"follow_up,omitempty"`
}

// SendFile sends a picture, a video, a sound or a file of the person, by its URL: KindImage,
// KindVideo, KindAudio, KindFile.
func (p *Platform) SendFile(psid, kind, url string) error {
	switch {
	case url == "":
		return ErrEmpty
	case kind != KindImage && kind != KindVideo && kind != KindAudio && kind != KindFile:
		return fmt.Errorf("nobody sends a %q", begin(kind))
	}
	return p.act(psid, func(q *person) error {
		p.say(q, Shown{Kind: kind, URL: url}, eventMessage{Attachments: []eventAttachment{{Type: kind, Payload: eventURL{url}}}})
		return nil
	})
}

// Reply answers one message of the chat with a text.
func (p *Platform) Reply(psid, mid, text string) error {
	if err := writable(text); err != nil {
		return err
	}
	return p.act(psid, func(q *person) error {
		if q.message(mid) == nil {
			return ErrNothing
		}
		p.say(q, Shown{Kind: KindText, Text: text}, eventMessage{Text: text, ReplyTo: &eventReply{mid}})
		return nil
	})
}

// Edit changes a text of the person. The 24-hour window does not open.
func (p *Platform) Edit(psid, mid, text string) error {
	if err := writable(text); err != nil {
		return err
	}
	return p.act(psid, func(q *person) error {
		s := q.own(mid)
		switch {
		case s == nil || s.Kind != KindText:
			return ErrNoMessage
		case s.Edits >= maxEdits:
			return ErrEdits
		}
		s.Text = text
		s.Edits++
		p.keepShown(q, *s)
		p.tell(q, p.tick(q), event{Edit: &eventEdit{MID: mid, Text: text, Nth: s.Edits}})
		p.changed()
		return nil
	})
}

// Unsend takes a message of the person back. The 24-hour window does not open.
func (p *Platform) Unsend(psid, mid string) error {
	return p.act(psid, func(q *person) error {
		s := q.own(mid)
		if s == nil {
			return ErrNoMessage
		}
		s.Kind, s.Text, s.URL, s.Unsent = KindText, "(unsent)", "", true
		p.keepShown(q, *s)
		p.tell(q, p.tick(q), event{Message: &eventMessage{MID: mid, IsDeleted: true}})
		p.changed()
		return nil
	})
}

// own is a message of the person that they can still change or take back, nil if there is
// none with that id. A comment is no message.
func (q *person) own(mid string) *Shown {
	s := q.message(mid)
	if s == nil || s.From != FromPerson || s.Kind == KindComment || s.Unsent {
		return nil
	}
	return s
}

// Rate answers the question how a conversation was, with a score like "4" and perhaps
// with words.
func (p *Platform) Rate(psid, mid, score, words string) error {
	if utf8.RuneCountInString(words) > maxFreeText {
		return fmt.Errorf("an answer has at most %d characters", maxFreeText)
	}
	return p.act(psid, func(q *person) error {
		s := q.message(mid)
		if s == nil || s.Survey == nil {
			return ErrNoSurvey
		}
		a := feedbackAnswer{Type: s.Survey.Type, Payload: score}
		if words != "" {
			a.FollowUp = &feedbackAnswer{Type: "free_form", Payload: words}
		}
		p.reach(q)
		p.tell(q, p.tick(q), event{Feedback: &eventFeedback{Screens: []feedbackScreen{{Questions: map[string]feedbackAnswer{s.Survey.ID: a}}}}})
		return nil
	})
}

// LinkAccount tells the Page that the person logged in at the shop, which gave that code;
// UnlinkAccount that they logged out.
func (p *Platform) LinkAccount(psid, code string) error {
	return p.linked(psid, eventLinking{Status: "linked", Code: code})
}

// UnlinkAccount ends LinkAccount.
func (p *Platform) UnlinkAccount(psid string) error {
	return p.linked(psid, eventLinking{Status: "unlinked"})
}

func (p *Platform) linked(psid string, e eventLinking) error {
	return p.act(psid, func(q *person) error {
		p.reach(q)
		p.tell(q, p.tick(q), event{Linking: &e})
		return nil
	})
}
