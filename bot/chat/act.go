package chat

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Act is one thing a person does.
type Act struct {
	Kind ActKind
	// Text is what they write, the label of what they tap or open, the title of the
	// topic they stop or resume, the ref they come by, the URL of an image, the
	// reaction, the text of a comment, the payload of a postback. Empty where the kind says all.
	Text     string
	Lat, Lon float64 // of Location, in degrees
}

// ActKind says what a person does. It is the word a transcript has in brackets,
// except for Write and Tap.
type ActKind string

const (
	Write    ActKind = "write"
	Tap      ActKind = "tap"      // a button or quick reply of the newest message with that label
	Accept   ActKind = "accept"   // the newest opt-in request
	Stop     ActKind = "stop"     // the platform's own switch, for the topic with that title
	Resume   ActKind = "resume"   // the same switch, on again
	Start    ActKind = "start"    // the button that begins a chat
	Referral ActKind = "referral" // a link with a ref
	Image    ActKind = "image"
	Location ActKind = "location"
	React    ActKind = "react" // to the bot's newest message
	Comment  ActKind = "comment"
	Block    ActKind = "block"
	Open     ActKind = "open"     // a button that is a link
	Postback ActKind = "postback" // a button of a message that another tool sent
)

// bracketed are the acts written in brackets, with what follows the word.
func bracketed() []struct {
	kind ActKind
	what string // empty: nothing follows
} {
	return []struct {
		kind ActKind
		what string
	}{
		{Accept, ""}, {Stop, "TITLE"}, {Resume, "TITLE"}, {Start, ""}, {Referral, "REF"},
		{Image, "URL"}, {Location, "LAT,LON"}, {React, "❤"}, {Comment, "TEXT"}, {Block, ""}, {Open, "LABEL"},
		{Postback, "PAYLOAD"},
	}
}

func actWords() []string {
	var words []string
	for _, a := range bracketed() {
		words = append(words, string(a.kind))
	}
	return words
}

// doing is the line "> …".
type doing struct{ act Act }

func parseAct(s *scanner) statement {
	s.p.happens()
	s.personal()
	body, from := s.rest()
	to := from + len(body)
	if len(body) == 0 {
		s.errorf("chat-act", 0, to, "write what the person says, [Label] or (act)", "an empty act")
		return nil
	}
	switch first, last := body[0], body[len(body)-1]; {
	case first == '[' && last == ']':
		label := strings.TrimSpace(string(body[1 : len(body)-1]))
		if label == "" || strings.Contains(label, "] [") {
			s.errorf("chat-act", from, to, "each tap stands on a line of its own", "a tap has one label")
			return nil
		}
		return doing{Act{Kind: Tap, Text: label}}
	case first == '(' && last == ')':
		return s.bracket(string(body[1:len(body)-1]), from, to)
	case first == '\\' && len(body) > 1 && strings.ContainsRune(`([\`, body[1]):
		body = body[1:]
	}
	return doing{Act{Kind: Write, Text: broken(string(body))}}
}

// bracket reads an act in brackets. from and to are the place of both of them.
func (s *scanner) bracket(inside string, from, to int) statement {
	word, text, _ := strings.Cut(strings.TrimSpace(inside), " ")
	text = strings.TrimSpace(text)
	i := slices.Index(actWords(), word)
	if i < 0 {
		s.errorf("chat-act", from, to, suggest(word, actWords())+`; to write it as text, put \ before it`, "nobody can do %q", clip(inside))
		return nil
	}
	a := bracketed()[i]
	form := strings.TrimSpace(string(a.kind) + " " + a.what)
	if (text == "") != (a.what == "") {
		s.errorf("chat-act", from, to, fmt.Sprintf("write it (%s)", form), "this is not how %q is written", word)
		return nil
	}
	act := Act{Kind: a.kind, Text: broken(text)}
	if a.kind == Location {
		var ok bool
		if act.Lat, act.Lon, ok = coordinates(text); !ok {
			s.errorf("chat-act", from, to, "degrees, latitude first: (location 48.8566,2.3522)", "%q is no place", clip(text))
			return nil
		}
		act.Text = ""
	}
	return doing{act}
}

func coordinates(text string) (lat, lon float64, ok bool) {
	north, east, found := strings.Cut(text, ",")
	lat, err := strconv.ParseFloat(strings.TrimSpace(north), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(east), 64)
	ok = found && err == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
	return lat, lon, ok // NaN compares as out of range
}

func (d doing) String() string { return "> " + d.act.String() }

// String is the act as a transcript has it behind "> ".
func (a Act) String() string {
	text := visible(a.Text)
	switch a.Kind {
	case Write:
		if special(text) {
			return `\` + text
		}
		return text
	case Tap:
		return "[" + text + "]"
	case Location:
		return fmt.Sprintf("(location %s,%s)", degrees(a.Lat), degrees(a.Lon))
	}
	return "(" + strings.TrimSpace(string(a.Kind)+" "+text) + ")"
}

// special reports whether a text would not be read as one if it stood there plainly.
func special(text string) bool {
	if len(text) < 2 {
		return false
	}
	switch first, last := text[0], text[len(text)-1]; first {
	case '(':
		return last == ')'
	case '[':
		return last == ']'
	case '\\':
		return strings.IndexByte(`([\`, text[1]) >= 0
	}
	return false
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (d doing) play(ctx context.Context, p *player, at int) error {
	if err := p.someone(ctx); err != nil {
		return err
	}
	return p.happen(ctx, at, func() error {
		act, hint := d.act, ""
		if act.Kind == Tap || act.Kind == Open {
			var err error
			if act.Text, hint, err = p.label(ctx, act.Text); err != nil {
				return err
			}
		}
		if err := p.stage.Act(ctx, p.current.id, act); err != nil {
			return Trouble{Message: err.Error(), Hint: hint}
		}
		return nil
	})
}

// label finds the exact spelling of a label among what the person was shown. If
// there is none like it, it stays as written, with a hint for the error that is likely to
// follow: only the stage knows of menus.
func (p *player) label(ctx context.Context, written string) (exact, hint string, err error) {
	said, err := p.stage.Said(ctx, p.current.id)
	if err != nil {
		return "", "", err
	}
	var known []string
	for _, m := range slices.Backward(said) {
		labels := slices.Clone(m.Labels)
		for _, c := range m.Cards {
			labels = append(labels, c.Labels...)
		}
		for _, l := range labels {
			if visible(l) == visible(written) {
				return l, "", nil
			}
			if !slices.Contains(known, visible(l)) && len(known) < maxLabels {
				known = append(known, visible(l))
			}
		}
	}
	if best, ok := nearest(written, known); ok {
		return written, fmt.Sprintf("did you mean [%s]?", best), nil
	}
	if len(known) == 0 {
		return written, "nothing with a label was shown so far", nil
	}
	return written, "shown so far: [" + strings.Join(known, "] [") + "]", nil
}
