package lives

import (
	"fmt"
	"strings"
	"time"
)

// tape is what happened in a life, in order, as the two ends of the wire saw it.
type tape struct{ lines []line }

// line is one thing that happened. At most one of the pointers is set.
type line struct {
	at    time.Time
	who   string // the person's PSID; "" for what concerns everybody
	act   *act
	told  *message
	event *event
	given *given
	note  note   // what else happened
	text  string // about the note
	made  int    // at rest: messages that the bot had written by then
}

// note is the kind of a line that is neither an act nor a message.
type note string

const (
	rested   note = "at rest" // nothing is left to do at this time
	died     note = "the process died"
	began    note = "the process runs"
	deployed note = "deployed" // text: which
	moved    note = "moved"    // the shop says where they are; text: the zone
	forgot   note = "forgotten"
	passed   note = "is given to people" // text: the answer
	took     note = "is taken back"      // text: the answer
	trouble  note = "the platform"
)

// act is a webhook about something a person did.
type act struct {
	stamp   time.Time // the platform's timestamp
	kind    string    // message, postback, optin, reaction; of the shop's people taken, given
	text    string    // written, or the label tapped
	mid     string
	title   string // of an optin: the topic's
	ask     string // of an optin: the payload of the request
	status  string // of an optin: STOP NOTIFICATIONS, RESUME NOTIFICATIONS, or "" of an acceptance
	standby bool   // people had the conversation
	acked   int    // the line it was acknowledged at; -1: never
}

// message is a call that brings somebody a message.
type message struct {
	text, metadata, mid string
	labels              []string
	title, ask, often   string // of an opt-in request: title, payload, frequency
	token               string // that carries it; "": the window
	code, subcode       int    // of a refusal
	cut                 bool   // there was no answer
}

func (m *message) accepted() bool { return m.code == 0 && !m.cut }

// event is what the shop reported: restock number n of a size.
type event struct{ n, size int }

// given is a consent that was given elsewhere and taken over.
type given struct {
	topic, often string
	size         int
}

func (t *tape) add(l line) int {
	t.lines = append(t.lines, l)
	return len(t.lines) - 1
}

// after is the first line at rest behind a line; the end of the tape if there is none.
func (t *tape) after(i int) int {
	for ; i < len(t.lines); i++ {
		if t.lines[i].note == rested {
			return i
		}
	}
	return len(t.lines)
}

// String is what happened as a transcript, without what concerns nobody but others if
// people are named.
func (t *tape) about(names map[string]string, zones func(who string, i int) *time.Location, only map[string]bool) string {
	var b strings.Builder
	still := false
	for i, l := range t.lines {
		if l.who != "" && len(only) > 0 && !only[l.who] {
			continue
		}
		if l.note == rested {
			if still {
				continue
			}
			still = true
			continue
		}
		still = false
		at := l.at.UTC().Format("2006-01-02 15:04:05")
		if l.who != "" {
			at += l.at.In(zones(l.who, i)).Format(" (Mon 02 15:04 MST)")
		}
		fmt.Fprintf(&b, "%5d %s %s %s\n", i, at, names[l.who], l.words())
	}
	return b.String()
}

func (l line) words() string {
	switch {
	case l.act != nil:
		return "> " + l.act.words()
	case l.told != nil:
		return "< " + l.told.words()
	case l.event != nil:
		return fmt.Sprintf("! event restock n=%d size=%d", l.event.n, l.event.size)
	case l.given != nil:
		return fmt.Sprintf("given consent %s %s size=%d", l.given.topic, l.given.often, l.given.size)
	}
	return "! " + strings.TrimSpace(string(l.note)+" "+l.text)
}

func (a *act) words() string {
	s := a.text
	switch a.kind {
	case "postback":
		s = "[" + a.text + "]"
	case "taken", "given":
		s = "(" + a.kind + " by people)"
	case "reaction":
		s = "(react)"
	case "optin":
		s = "(accept " + a.title + ")"
		if a.status != "" {
			s = "(" + strings.ToLower(a.status) + " " + a.title + ")"
		}
	}
	if a.standby {
		s += " — in standby"
	}
	if a.acked < 0 {
		s += " — never taken"
	}
	return s
}

func (m *message) words() string {
	s := m.text
	if m.title != "" {
		s = "(opt-in) " + m.title
	}
	for _, label := range m.labels {
		s += " [" + label + "]"
	}
	switch {
	case m.cut:
		s += " — no answer"
	case m.code != 0:
		s += fmt.Sprintf(" — refused %d/%d", m.code, m.subcode)
	}
	return strings.ReplaceAll(s, "\n", "⏎")
}
