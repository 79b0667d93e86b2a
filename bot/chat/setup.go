package chat

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a transcript names the same zones on every machine
)

// Setup is what a transcript says before anything happens.
type Setup struct {
	File string // of the transcript, for messages
	// Seed makes one_of and split choose by chance, the same chance for the same
	// seed. If Seeded is false they take their first.
	Seed   uint64
	Seeded bool

	at   wall
	zone *time.Location
}

// Start is when the transcript begins. bot is the bot's own zone, which counts where
// the transcript names none.
func (s Setup) Start(bot *time.Location) time.Time {
	if s.at == (wall{}) {
		s.at = monday
	}
	if s.zone != nil {
		bot = s.zone
	}
	return s.at.in(bot)
}

// setup gathers what stands at the top.
func (s *Script) setup() (out Setup) {
	out.File = s.File
	for _, l := range s.lines {
		switch do := l.do.(type) {
		case start:
			out.at, out.zone = do.at, do.zone
		case seed:
			out.Seed, out.Seeded = do.n, true
		}
	}
	return out
}

// start is the line "at …".
type start struct {
	at   wall
	name string // of the zone; empty: the bot's
	zone *time.Location
}

// seed is the line "seed N".
type seed struct{ n uint64 }

// entrance is the line "person …".
type entrance struct {
	name  string
	attrs []pair
}

// pair is key=value.
type pair struct{ key, value string }

// agreed is the line "given consent …".
type agreed struct {
	topic, cadence string
	interest       []pair
}

func parseStart(s *scanner) statement {
	s.p.top("at", &s.p.started, s)
	w, ok := s.word()
	at, isDate := parseDate(w.text)
	if !ok || !isDate {
		s.errorf("chat-clock", w.from, w.to, "at 2026-01-05 10:00 Europe/Paris", "%q is no date", clip(w.text))
		return nil
	}
	if at, ok = s.timeOfDay(at); !ok {
		return nil
	}
	z, ok := s.word()
	if !ok {
		return start{at: at}
	}
	zone, err := time.LoadLocation(z.text)
	if err != nil || z.text == "" || z.text == "Local" {
		s.errorf("chat-clock", z.from, z.to, "a name like Europe/Paris or America/New_York", "%q is no time zone", clip(z.text))
		return nil
	}
	s.end()
	return start{at, z.text, zone}
}

func parseSeed(s *scanner) statement {
	s.p.top("seed", &s.p.seeded, s)
	w, _ := s.word()
	n, err := strconv.ParseUint(w.text, 10, 64)
	if err != nil {
		s.errorf("chat-value", w.from, w.to, "seed 7", "%q is no seed", clip(w.text))
		return nil
	}
	s.end()
	return seed{n}
}

func parsePerson(s *scanner) statement {
	s.p.happens()
	if s.p.nameless > 0 {
		s.errorf("chat-person", 0, len(s.line), "move it up", "line %d stands above the first person", s.p.nameless)
		s.p.nameless = 0
	}
	s.skip()
	from := s.pos
	for s.pos < len(s.line) && s.line[s.pos] != '(' {
		s.pos++
	}
	name := strings.TrimSpace(string(s.line[from:s.pos]))
	if name == "" || len([]rune(name)) > maxName {
		s.errorf("chat-person", from, s.pos, "person Zoé (locale=fr_FR, timezone=Europe/Paris)", "a person has a name, of at most %d characters", maxName)
		s.p.anyone = true
		return nil
	}
	if !slices.Contains(s.p.people, name) {
		s.p.people = append(s.p.people, name)
	}
	if len(s.p.people) > maxPeople {
		s.errorf("chat-limit", from, s.pos, "", "more than %d people", maxPeople)
		return nil
	}
	e := entrance{name: name}
	if s.pos == len(s.line) {
		return e
	}
	attrs, ok := s.attrs()
	if !ok {
		return nil
	}
	e.attrs = pairs(attrs)
	s.end()
	return e
}

// attrs reads (key=value, …).
func (s *scanner) attrs() (out []word, ok bool) {
	open := s.pos
	stop := func(r rune) bool { return r == ',' || r == ')' }
	for s.pos++; ; s.pos++ { // behind the bracket, then behind each comma
		s.skip()
		w := s.until(stop)
		if w.unfinished || !s.keyed(w, out, "a person is described by key=value: a field, locale, timezone or last_name") {
			return nil, false
		}
		out = append(out, w)
		s.skip()
		switch {
		case s.pos == len(s.line):
			s.errorf("chat-value", open, s.pos, "close it with )", "a bracket that is not closed")
			return nil, false
		case s.line[s.pos] == ')':
			s.pos++
			return out, true
		case s.line[s.pos] != ',':
			s.errorf("chat-value", s.pos, s.pos+1, "write (key=value, key=value)", "a comma is missing")
			return nil, false
		}
	}
}

// keyed checks that a word is key=value, and new.
func (s *scanner) keyed(w word, before []word, hint string) bool {
	switch {
	case w.key == "":
		s.errorf("chat-value", w.from, w.to, hint, "%q is not key=value", clip(w.text))
	case slices.ContainsFunc(before, func(b word) bool { return b.key == w.key }):
		s.errorf("chat-value", w.from, w.to, "keep one of them", "%q stands twice", w.key)
	case len(before) == maxValues:
		s.errorf("chat-limit", w.from, w.to, "", "more than %d values", maxValues)
	default:
		return true
	}
	return false
}

// values reads k=v to the end of the line.
func (s *scanner) values(hint string) (out []word, ok bool) {
	for {
		w, more := s.word()
		if !more {
			return out, true
		}
		if w.unfinished || !s.keyed(w, out, hint) {
			return nil, false
		}
		out = append(out, w)
	}
}

func pairs(words []word) []pair {
	var out []pair
	for _, w := range words {
		out = append(out, pair{w.key, w.text})
	}
	return out
}

func cadences() []string { return []string{"daily", "weekly", "monthly"} }

func parseGiven(s *scanner) statement {
	const form = "given consent TOPIC [CADENCE] [k=v …]"
	s.p.happens()
	s.personal()
	if w, _ := s.word(); w.text != "consent" || w.key != "" {
		s.errorf("chat-line", w.from, w.to, form, "only consent can be given")
		return nil
	}
	g := agreed{}
	topic, _ := s.word()
	if g.topic = topic.text; topic.key != "" || !isName(topic.text) {
		s.errorf("chat-value", topic.from, topic.to, form, "the topic is missing")
		return nil
	}
	mark := s.pos
	if w, ok := s.word(); ok && w.key == "" {
		if g.cadence = w.text; !slices.Contains(cadences(), w.text) {
			s.errorf("chat-value", w.from, w.to, suggest(w.text, cadences())+"; an interest is written k=v", "%q is no cadence", clip(w.text))
			return nil
		}
	} else {
		s.pos = mark
	}
	interest, ok := s.values("an interest is written k=v")
	if !ok {
		return nil
	}
	g.interest = pairs(interest)
	return g
}

func (a start) String() string {
	return strings.TrimSpace("at " + a.at.String() + " " + a.name)
}

func (d seed) String() string { return fmt.Sprintf("seed %d", d.n) }

func (e entrance) String() string {
	if len(e.attrs) == 0 {
		return "person " + e.name
	}
	parts := make([]string, len(e.attrs))
	for i, a := range e.attrs {
		parts[i] = a.key + "=" + quote(a.value, ",)")
	}
	return "person " + e.name + " (" + strings.Join(parts, ", ") + ")"
}

func (g agreed) String() string {
	out := "given consent " + g.topic
	if g.cadence != "" {
		out += " " + g.cadence
	}
	return out + writeValues(g.interest)
}

func writeValues(pairs []pair) string {
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(" " + p.key + "=" + quote(p.value, ""))
	}
	return b.String()
}

func asMap(pairs []pair) map[string]string {
	out := make(map[string]string, len(pairs))
	for _, p := range pairs {
		out[p.key] = p.value
	}
	return out
}

// What start and seed say went into the stage when it was made.
func (start) play(context.Context, *player, int) error { return nil }
func (seed) play(context.Context, *player, int) error  { return nil }

func (e entrance) play(ctx context.Context, p *player, at int) error {
	return p.enter(ctx, at, e.name, asMap(e.attrs))
}

func (g agreed) play(ctx context.Context, p *player, at int) error {
	if err := p.someone(ctx); err != nil {
		return err
	}
	return p.happen(ctx, at, func() error {
		return p.stage.Given(ctx, p.current.id, Agreement{g.topic, g.cadence, asMap(g.interest)})
	})
}
