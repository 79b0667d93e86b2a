package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stage is the world around a talk: what the runtime keeps, in short.
type stage struct {
	p       *Program
	old     map[string]*Program // that were deployed before
	w       World
	session []byte

	programs []string // that the session runs on
	said     []Message
	asked    []Ask
	topics   Standings // of w
	turn     int
	out      *strings.Builder
}

func newStage(p *Program, data *Data) *stage {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) // a Monday, ten in Paris
	topics := Standings{}
	return &stage{p: p, topics: topics, w: World{
		Now: now, First: true, FirstChoice: true, Data: data,
		Contact: Contact{ID: "messenger:1:2", FirstName: "Zoé", Timezone: "Europe/Paris", CreatedAt: now},
		Topics:  topics,
	}}
}

// play does one line.
func (s *stage) play(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(line, words[0]))
	switch words[0] {
	case "#", "==":
		return nil
	case ">":
		return s.act(rest)
	case "!":
		return s.happen(words[1:])
	case "@":
		return s.pass(words[1])
	case "given":
		return s.given(words[1:])
	}
	return fmt.Errorf("unknown line")
}

// act is what the person does.
func (s *stage) act(text string) error {
	in := Input{Kind: InMessage, Text: text}
	verb, rest, _ := strings.Cut(strings.Trim(text, "()"), " ")
	switch {
	case strings.HasPrefix(text, "["):
		label := strings.Trim(text, "[]")
		in = Input{Kind: InMessage, Text: label}
		payload, quick, ok := s.find(label)
		if !ok {
			return fmt.Errorf("no message has it")
		}
		if in.Payload = payload; !quick {
			in.Kind, in.Text, in.Label = InPostback, "", label
		}
	case !strings.HasPrefix(text, "("):
	case verb == "start":
		in = Input{Kind: InPostback, Label: "Get started", Payload: Payload{Start: true}.Encode(), Ref: rest}
	case verb == "react":
		in = Input{Kind: InReaction}
	case verb == "image":
		in = Input{Kind: InMessage, Attachments: []Attachment{{Kind: "image", URL: "https://cdn.example/i.png"}}}
	case verb == "referral":
		in = Input{Kind: InReferral, Ref: rest}
	case verb == "ad":
		ref, said, _ := strings.Cut(rest, ": ")
		in = Input{Kind: InMessage, Ref: ref, Text: said}
	case verb == "postback":
		name, label, _ := strings.Cut(rest, ": ")
		in = Input{Kind: InPostback, Payload: name, Label: label}
	case verb == "payload":
		body, label, _ := strings.Cut(rest, "}: ")
		in = Input{Kind: InPostback, Payload: payloadMark + body + "}", Label: label}
	case verb == "accept":
		at := len(s.asked) - 1
		if rest != "" {
			n, err := strconv.Atoi(rest)
			if err != nil {
				return err
			}
			at = n - 1
		}
		ask := s.asked[at]
		st := s.topics[ask.Topic]
		st.Status = "active"
		s.topics[ask.Topic] = st
		return s.advance(Input{Kind: InAccepted, Topic: ask.Topic, Request: ask.Request})
	default:
		return fmt.Errorf("unknown act")
	}
	s.w.WindowUntil = s.w.Now.Add(24 * time.Hour)
	err := s.advance(in)
	s.w.First = false
	return err
}

// find is the payload behind a label, on the newest message that has it.
func (s *stage) find(label string) (payload string, quick, ok bool) {
	for _, m := range slices.Backward(s.said) {
		for _, q := range m.QuickReplies {
			if q.Label == label {
				return q.Payload, true, true
			}
		}
		buttons := m.Buttons
		for _, c := range m.Cards {
			buttons = append(buttons, c.Buttons...)
		}
		for _, b := range buttons {
			if b.Label == label && b.Payload != "" {
				return b.Payload, false, true
			}
		}
	}
	return "", false, false
}

// happen is what the world does.
func (s *stage) happen(words []string) error {
	n := len(words)
	words = append(words, "", "")
	kind, name, rest := words[0], words[1], words[min(2, n):n]
	switch kind {
	case "returned", "failed", "late":
		session, err := ParseSession(s.session)
		if err != nil {
			return err
		}
		in := Input{Kind: InResult, Call: "of another session"}
		if calls := session.Calls(); kind != "late" && len(calls) > 0 {
			in.Call = calls[0]
		}
		if kind == "failed" {
			in.Error = strings.Join(words[1:], " ")
		} else if err := json.Unmarshal([]byte(strings.Join(words[1:], " ")), &in.Result); err != nil {
			return err
		}
		return s.advance(in)
	case "opted_in", "opted_out":
		st := s.topics[name]
		in := Input{Kind: InOptedIn, Topic: name, Source: "api"}
		st.Status = "active"
		if kind == "opted_out" {
			in.Kind, st.Status = InOptedOut, "stopped"
		}
		s.topics[name] = st
		return s.advance(in)
	case "withdraw": // nothing: all
		return s.advance(Input{Kind: InWithdraw, Topic: name, Source: "api"})
	case "back":
		return s.advance(Input{Kind: InResumed})
	case "refused":
		return s.advance(Input{Kind: InRefused, Topic: name, Request: s.asked[len(s.asked)-1].Request})
	case "event":
		in := Input{Kind: InEvent, Name: name, Event: pairs(rest)}
		if t := s.p.trigger(OnEvent, name); t != nil {
			in.Trigger = t.ID
		}
		return s.advance(in)
	case "notify":
		for i := range s.p.Triggers {
			t := &s.p.Triggers[i]
			if t.Flow != name || t.Topic == "" {
				continue
			}
			at := slices.Index(rest, "about")
			if at < 0 {
				at = len(rest)
			}
			in := Input{Kind: InNotify, Trigger: t.ID, Topic: t.Topic, Event: pairs(rest[:at])}
			if at < len(rest) {
				in.Interest = pairs(rest[at+1:])
			}
			return s.advance(in)
		}
		return fmt.Errorf("no such trigger")
	}
	return fmt.Errorf("unknown event")
}

// pass moves the clock.
func (s *stage) pass(text string) error {
	d, ok := parseDuration(strings.TrimPrefix(text, "+"))
	if !ok {
		return fmt.Errorf("not a duration")
	}
	end := s.w.Now.Add(d)
	for {
		session, err := ParseSession(s.session)
		if err != nil {
			return err
		}
		wake := session.Wake()
		if wake.IsZero() || wake.After(end) {
			break
		}
		s.w.Now = wake
		if err := s.advance(Input{Kind: InWake}); err != nil {
			return err
		}
	}
	s.w.Now = end
	return nil
}

// given sets what the runtime knows already.
func (s *stage) given(words []string) error {
	kind := ""
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			if kind = w; kind == "closed" {
				s.w.WindowUntil = s.w.Now
			}
			continue
		}
		st := s.topics[k]
		switch {
		case kind == "variant":
			s.w.Variants = map[string]string{k: v}
		case kind == "consent":
			st.Status = v
			s.topics[k] = st
		case kind == "asking":
			st.Asking = Asking(strings.TrimPrefix(v, "platform"))
			s.topics[k] = st
		case k == "locale":
			s.w.Contact.Locale = v
		case k == "timezone":
			s.w.Contact.Timezone = v
		default:
			s.w.Contact.Fields = cloneMap(s.w.Contact.Fields)
			s.w.Contact.Fields[k] = worth(v)
		}
	}
	return nil
}

// advance does a turn as the runtime does, with the session stored in between.
func (s *stage) advance(in Input) error {
	s.turn++
	in.ID, in.At = "in"+strconv.Itoa(s.turn), s.w.Now
	session, err := ParseSession(s.session)
	if err != nil {
		return err
	}
	s.w.Programs = s.old
	turn := s.p.Advance(session.On(strings.Join(s.programs[:min(1, len(s.programs))], "")), in, s.w)
	s.programs = turn.Session.Programs()
	if s.session, err = json.Marshal(turn.Session); err != nil {
		return err
	}
	for _, e := range turn.Effects {
		s.apply(e)
		if line := render(e); line != "" {
			fmt.Fprintln(s.out, line)
		}
	}
	return nil
}

// apply does what the runtime would do with an effect.
func (s *stage) apply(e Effect) {
	stand := func(topic, status string) {
		st := s.topics[topic]
		st.Status = status
		s.topics[topic] = st
	}
	switch e := e.(type) {
	case Say:
		s.said = append(s.said, e.Message)
	case Ask:
		s.said = append(s.said, e.Message)
		s.asked = append(s.asked, e)
		if s.topics[e.Topic].Status != "active" {
			stand(e.Topic, "asked")
		}
	case Chose:
		s.w.Variants = map[string]string{e.Split: e.Variant}
	case Grant:
		stand(e.Topic, "active")
	case Withdraw:
		for topic := range s.topics {
			if e.Topic == "" || e.Topic == topic {
				stand(topic, "stopped")
			}
		}
	case SetField:
		switch e.Name {
		case "locale":
			s.w.Contact.Locale, _ = e.Value.(string)
		case "timezone":
			s.w.Contact.Timezone, _ = e.Value.(string)
		default:
			s.w.Contact.Fields = cloneMap(s.w.Contact.Fields)
			s.w.Contact.Fields[e.Name] = e.Value
		}
	}
}

// standing is where the session stands.
func (s *stage) standing() string {
	session, err := ParseSession(s.session)
	if err != nil {
		return err.Error()
	}
	line := "= step " + session.Step()
	if session.Empty() {
		line = "= nothing goes on"
	}
	if session.Waiting() {
		line += ", waiting"
	}
	if n := len(session.beside); n > 0 {
		line += fmt.Sprintf(", %d beside", n)
	}
	return line
}

// pairs reads k=v words; numbers are numbers.
func pairs(words []string) map[string]any {
	out := make(map[string]any)
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		out[k] = worth(v)
	}
	return out
}

func worth(v string) any {
	if n, ok := parseNumber(v); ok {
		return n
	}
	return v
}
