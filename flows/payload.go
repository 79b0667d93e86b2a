package flows

import (
	"strings"
	"unicode/utf8"
)

// Payload is what a button or quick reply carries. It comes back when it is
// tapped, and is then run by today's program, however old the message is.
type Payload struct {
	Start  bool           `json:"start,omitempty"`   // Get Started
	Go     string         `json:"go,omitempty"`      // a flow, or "flow#step"
	With   map[string]any `json:"with,omitempty"`    // its inputs
	OptOut string         `json:"opt_out,omitempty"` // a topic, or "all"

	// A choice of a question: where that stands, and the value.
	Flow   string `json:"flow,omitempty"`
	Step   string `json:"step,omitempty"`
	Choice any    `json:"choice,omitempty"`
}

// payloadMark begins every payload of ours, and no other.
const payloadMark = "relance:"

// Encode writes the payload. The platform takes 1,000 characters; a longer one
// comes from too much in With.
func (p Payload) Encode() string {
	b := make([]byte, 0, 96)
	b = append(b, payloadMark...)
	start := len(b)
	if p.Start {
		b = append(b, `,"start":true`...)
	}
	b = appendText(b, `,"go":`, p.Go)
	b = appendMember(b, `,"with":`, p.With)
	b = appendText(b, `,"opt_out":`, p.OptOut)
	b = appendText(b, `,"flow":`, p.Flow)
	b = appendText(b, `,"step":`, p.Step)
	if p.Choice != nil {
		b = append(b, `,"choice":`...)
		b = appendValue(b, p.Choice)
	}
	if len(b) == start {
		return string(append(b, '{', '}'))
	}
	b[start] = '{'
	return string(append(b, '}'))
}

// DecodePayload reads what Encode wrote, today or years ago; ok is false if the
// text is not such a payload.
func DecodePayload(text string) (p Payload, ok bool) {
	body, ours := strings.CutPrefix(text, payloadMark)
	if !ours || utf8.RuneCountInString(text) > maxPayload {
		return Payload{}, false
	}
	r := reader{text: body}
	r.object(func(key string) {
		switch key {
		case "start":
			p.Start = r.truth()
		case "go":
			p.Go = r.string()
		case "with":
			p.With = r.values()
		case "opt_out":
			p.OptOut = r.string()
		case "flow":
			p.Flow = r.string()
		case "step":
			p.Step = r.string()
		case "choice":
			p.Choice = r.value()
		default:
			r.value() // of a program to come
		}
	})
	if !r.end() {
		return Payload{}, false
	}
	return p, p.Start || p.Go != "" || p.OptOut != "" || p.isChoice()
}

// isChoice says whether it is a choice of a question.
func (p Payload) isChoice() bool { return p.Flow != "" && p.Step != "" }
