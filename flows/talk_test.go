package flows

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/talk")

// A talk is a file of testdata/talk: a small bot, its files behind "-- name --"
// lines, and behind "-- talk --" what happens and what Advance makes of it. Lines
// of the talk:
//
//	# …                       a comment
//	== title                  begins another talk with the same bot
//	> text                    the person writes
//	> [Label]                 they tap it, on the newest message that has it
//	> (start) (react) (image) (referral REF) (ad REF: text) (postback NAME) (payload JSON: label)
//	> (accept) (accept 1)     the newest opt-in request, or the n-th, is accepted
//	! opted_in TOPIC          consent was given, or withdrawn (opted_out), elsewhere
//	! event NAME k=v …        an event names the person
//	! notify FLOW k=v … about k=v …   a notification of the flow's first trigger with a topic
//	@ +3d                     time passes, and wakes what comes due on the way
//	given k=v …               field=…, locale=…, timezone=…, consent TOPIC=active, asking TOPIC=pointer
//
// and what comes of it:
//
//	< text  [Label] …         a message; (notification) in front of one
//	* …                       another effect
//	= step …                  where the session stands, and how many flows wait beside
//
// The session is written and read again between any two lines.
func TestTalks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no talks: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bot, talk, ok := strings.Cut(string(text), "-- talk --\n")
			if !ok {
				t.Fatal("no -- talk -- line")
			}
			p, data := compileTalk(t, bot)
			got := playAll(t, p, data, talk)
			if got == talk {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(bot+"-- talk --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(strings.Split(talk, "\n"), strings.Split(got, "\n")))
		})
	}
}

// compileTalk makes a program of "-- name --" files. bot.yaml may be left out.
func compileTalk(t testing.TB, files string) (*Program, *Data) {
	t.Helper()
	fsys := fstest.MapFS{}
	name := ""
	for _, line := range strings.SplitAfter(files, "\n") {
		if inner, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(inner), " --")
			fsys[name] = &fstest.MapFile{}
			continue
		}
		if name != "" {
			fsys[name].Data = append(fsys[name].Data, line...)
		}
	}
	if fsys["bot.yaml"] == nil {
		fsys["bot.yaml"] = &fstest.MapFile{Data: []byte("name: Test\nlocale: en\n")}
	}
	p, data, found := Load(fsys)
	if found.HasErrors() {
		var b strings.Builder
		found.Render(&b, false)
		t.Fatalf("the bot has errors:\n%s", b.String())
	}
	return p, data
}

// playAll plays the talks of a file, each from the beginning.
func playAll(t testing.TB, p *Program, data *Data, talk string) string {
	var out strings.Builder
	s := newStage(p, data)
	for _, line := range strings.Split(strings.TrimSuffix(talk, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "<"), strings.HasPrefix(line, "* "):
			continue // made anew
		case strings.HasPrefix(line, "== "):
			s = newStage(p, data)
		}
		s.out = &out
		if strings.HasPrefix(line, "= ") {
			fmt.Fprintln(&out, s.standing())
			continue
		}
		fmt.Fprintln(&out, line)
		if err := s.play(line); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return out.String()
}

// stage is the world around a talk: what the runtime keeps, in short.
type stage struct {
	p       *Program
	w       World
	session []byte
	said    []Message
	asked   []Ask
	turn    int
	out     *strings.Builder
}

func newStage(p *Program, data *Data) *stage {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) // a Monday, ten in Paris
	return &stage{p: p, w: World{
		Now: now, First: true, FirstChoice: true, Data: data,
		Contact: Contact{ID: "messenger:1:2", FirstName: "Zoé", Timezone: "Europe/Paris", CreatedAt: now},
		Topics:  map[string]Standing{},
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
		st := s.w.Topics[ask.Topic]
		st.Status = "active"
		s.w.Topics[ask.Topic] = st
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
	kind, name, rest := words[0], words[1], words[2:]
	switch kind {
	case "opted_in", "opted_out":
		st := s.w.Topics[name]
		in := Input{Kind: InOptedIn, Topic: name, Source: "api"}
		st.Status = "active"
		if kind == "opted_out" {
			in.Kind, st.Status = InOptedOut, "stopped"
		}
		s.w.Topics[name] = st
		return s.advance(in)
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
			kind = w
			continue
		}
		st := s.w.Topics[k]
		switch {
		case kind == "consent":
			st.Status = v
			s.w.Topics[k] = st
		case kind == "asking":
			st.Asking = Asking(strings.TrimPrefix(v, "platform"))
			s.w.Topics[k] = st
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
	turn := s.p.Advance(session, in, s.w)
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
		st := s.w.Topics[topic]
		st.Status = status
		s.w.Topics[topic] = st
	}
	switch e := e.(type) {
	case Say:
		s.said = append(s.said, e.Message)
	case Ask:
		s.said = append(s.said, e.Message)
		s.asked = append(s.asked, e)
		if s.w.Topics[e.Topic].Status != "active" {
			stand(e.Topic, "asked")
		}
	case Grant:
		stand(e.Topic, "active")
	case Withdraw:
		for topic := range s.w.Topics {
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

// render writes an effect as a line; that a flow started goes without saying.
func render(e Effect) string {
	switch e := e.(type) {
	case Say:
		return renderMessage(e.Message, e.Notification)
	case SetField:
		return fmt.Sprintf("* set %s %s", e.Name, spell(e.Value))
	case Ask:
		return fmt.Sprintf("* ask %s %s%s\n%s", e.Topic, e.Cadence, renderAbout(e.About), renderMessage(e.Message, false))
	case Grant:
		return fmt.Sprintf("* grant %s %s%s %q %q", e.Topic, e.Cadence, renderAbout(e.About), e.Wording, e.Button)
	case Watch:
		return "* watch " + e.Topic + renderAbout(e.About)
	case Unwatch:
		return "* unwatch " + e.Topic + renderAbout(e.About)
	case SetCadence:
		return fmt.Sprintf("* cadence %s %s", e.Topic, e.Cadence)
	case Withdraw:
		topic := e.Topic
		if topic == "" {
			topic = "everything"
		}
		return strings.TrimSpace(fmt.Sprintf("* withdraw %s by %s %s", topic, e.Source, e.Wording))
	case Silent:
		return "* silent " + e.Flow
	case Fault:
		return fmt.Sprintf("* fault %s#%s: %s", e.Flow, e.Step, e.Message)
	case Started:
		return ""
	}
	return fmt.Sprintf("* %T", e)
}

func renderAbout(about map[string]any) string {
	if len(about) == 0 {
		return ""
	}
	return " {" + strings.Join(InterestTerms(about), " ") + "}"
}

func renderMessage(m Message, notification bool) string {
	var b strings.Builder
	b.WriteString("< ")
	if notification {
		b.WriteString("(notification) ")
	}
	switch m.Kind {
	case Image:
		b.WriteString("(image) " + m.URL)
	case OptInRequest:
		b.WriteString("(opt-in) " + m.Text)
		if m.OptIn.Cadence != "" {
			b.WriteString(", " + m.OptIn.Cadence)
		}
	case Cards:
		for i, c := range m.Cards {
			if i > 0 {
				b.WriteString("\n< ")
			}
			b.WriteString("(card) " + c.Title)
			if c.Subtitle != "" {
				b.WriteString(" — " + c.Subtitle)
			}
			b.WriteString(labels(c.Buttons, nil))
		}
	default:
		b.WriteString(strings.ReplaceAll(m.Text, "\n", "⏎"))
	}
	return b.String() + labels(m.Buttons, m.QuickReplies)
}

func labels(buttons []Button, quick []QuickReply) string {
	var all []string
	for _, x := range buttons {
		all = append(all, "["+x.Label+"]")
	}
	for _, x := range quick {
		all = append(all, "["+x.Label+"]")
	}
	if len(all) == 0 {
		return ""
	}
	return "  " + strings.Join(all, " ")
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

// TestTalksCoverEveryVerb keeps a talk for each verb this version runs.
func TestTalksCoverEveryVerb(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bot, _, _ := strings.Cut(string(text), "-- talk --\n")
		p, _ := compileTalk(t, bot)
		for _, f := range p.flows {
			for _, st := range f.steps {
				used[st.kind] = true
			}
		}
	}
	for _, k := range kinds() {
		if k.decode != nil && !used[k.verb] {
			t.Errorf("no talk uses %q; those used are %v", k.verb, slices.Sorted(maps.Keys(used)))
		}
	}
}
