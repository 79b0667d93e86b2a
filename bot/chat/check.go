package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// none is what a check says when there is nothing to check: no consent, no
// decision, no step.
const none = "none"

// A check is a line "= …": it looks at what is stored.
type check interface {
	statement
	// look returns the line that would hold now, which is the check's own if it
	// does; drop means that none would.
	look(ctx context.Context, p *player) (line string, drop bool, err error)
}

// The lines "= …".
type (
	fieldIs struct {
		name  string
		value pattern // of "": not set
	}
	consentIs  struct{ topic, status, cadence string }
	decisionIs struct {
		kind       string
		rule, lane string // empty: whatever it is
	}
	stepIs      struct{ step string }
	goalReached struct{ name string }
)

func statuses() []string  { return []string{"asked", "active", "snoozed", "stopped", none} }
func decisions() []string { return []string{"sent", "held", "skipped", "failed", "unknown", none} }

func parseCheck(s *scanner) statement {
	s.p.began = true
	s.personal()
	w, ok := s.word()
	if !ok || w.key != "" || w.unfinished {
		s.errorf("chat-check", w.from, w.to, "= size 42, = consent restock active, = decision held rule=cadence, = step restock#size or = goal bought",
			"a check names what it is about")
		return nil
	}
	switch w.text {
	case "consent":
		return s.consentIs()
	case "decision":
		return s.decisionIs()
	case "step":
		return s.single("= step restock#size, or = step none", func(v string) statement { return stepIs{v} })
	case "goal":
		return s.single("= goal bought", func(v string) statement { return goalReached{v} })
	}
	return s.fieldIs(w)
}

func (s *scanner) fieldIs(name word) statement {
	if !isName(name.text) {
		s.errorf("chat-check", name.from, name.to, "= size 42", "%q is no field", clip(name.text))
		return nil
	}
	mark := s.pos
	raw, from := s.rest()
	if len(raw) == 0 {
		s.errorf("chat-check", from, from, fmt.Sprintf(`= %s 42, or = %[1]s "" when it is not set`, name.text), "the value of %q is missing", name.text)
		return nil
	}
	value := string(raw)
	if raw[0] == '"' {
		s.pos = mark
		w, _ := s.word()
		if w.unfinished {
			return nil
		}
		s.end()
		value = w.text
	}
	p, err := compile(value)
	if err != nil {
		s.errorf("chat-pattern", from, from+len(raw), "the syntax is that of Go's regexp package", "%v", err)
		return nil
	}
	return fieldIs{name.text, p}
}

func (s *scanner) consentIs() statement {
	const form = "= consent TOPIC STATUS [CADENCE]"
	topic, _ := s.word()
	if topic.key != "" || !isName(topic.text) {
		s.errorf("chat-check", topic.from, topic.to, form, "the topic is missing")
		return nil
	}
	c := consentIs{topic: topic.text}
	status, _ := s.word()
	if c.status = status.text; !slices.Contains(statuses(), c.status) {
		s.errorf("chat-check", status.from, status.to, suggest(c.status, statuses()), "%q is no status of a consent", clip(c.status))
		return nil
	}
	if w, ok := s.word(); ok {
		if c.cadence = w.text; !slices.Contains(cadences(), c.cadence) {
			s.errorf("chat-check", w.from, w.to, suggest(c.cadence, cadences()), "%q is no cadence", clip(w.text))
			return nil
		}
	}
	s.end()
	return c
}

func (s *scanner) decisionIs() statement {
	kind, _ := s.word()
	d := decisionIs{kind: kind.text}
	if kind.key != "" || !slices.Contains(decisions(), d.kind) {
		s.errorf("chat-check", kind.from, kind.to, suggest(d.kind, decisions()), "%q is no kind of decision", clip(d.kind))
		return nil
	}
	for {
		w, more := s.word()
		switch {
		case !more:
			return d
		case w.key == "rule" && d.rule == "" && w.text != "" && d.kind != none:
			d.rule = w.text
		case w.key == "lane" && d.lane == "" && w.text != "" && d.kind != none:
			d.lane = w.text
		default:
			s.errorf("chat-check", w.from, w.to, "= decision held rule=cadence, = decision sent lane=recurring or = decision none",
				"%q says nothing about a decision", clip(string(s.line[w.from:w.to])))
			return nil
		}
	}
}

// single reads the one word a check has.
func (s *scanner) single(form string, build func(string) statement) statement {
	w, ok := s.word()
	if !ok || w.key != "" || w.text == "" {
		s.errorf("chat-check", w.from, w.to, form, "something is missing here")
		return nil
	}
	s.end()
	return build(w.text)
}

func (f fieldIs) String() string     { return "= " + f.name + " " + writeValue(f.value.source) }
func (c consentIs) String() string   { return writeConsent(c.topic, c.status, c.cadence) }
func (s stepIs) String() string      { return "= step " + s.step }
func (g goalReached) String() string { return "= goal " + g.name }

func (d decisionIs) String() string {
	out := "= decision " + d.kind
	if d.rule != "" {
		out += " rule=" + quote(d.rule, "")
	}
	if d.lane != "" {
		out += " lane=" + quote(d.lane, "")
	}
	return out
}

// writeValue writes the value of a field, which may go on to the end of the line.
func writeValue(v string) string {
	v = strings.ReplaceAll(v, "\n", "⏎")
	if v == "" || v[0] == '"' || v != strings.TrimSpace(v) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return v
}

func writeConsent(topic, status, cadence string) string {
	return strings.TrimSpace("= consent " + topic + " " + status + " " + cadence)
}

func (f fieldIs) look(ctx context.Context, p *player) (string, bool, error) {
	got, err := p.stage.Field(ctx, p.current.id, f.name)
	if err != nil {
		return "", false, err
	}
	got = visible(got)
	if f.value.match(got) {
		return f.String(), false, nil
	}
	written := got
	if p, err := compile(got); err != nil || !p.match(got) {
		written = exactly(got)
	}
	return "= " + f.name + " " + writeValue(written), false, nil
}

func (c consentIs) look(ctx context.Context, p *player) (string, bool, error) {
	got, err := p.stage.Consent(ctx, p.current.id, c.topic)
	if err != nil {
		return "", false, err
	}
	if got.Status == "" {
		got.Status = none
	}
	if got.Status == c.status && (c.cadence == "" || c.cadence == got.Cadence) {
		return c.String(), false, nil
	}
	if c.cadence == "" {
		got.Cadence = "" // nobody asked
	}
	return writeConsent(c.topic, got.Status, got.Cadence), false, nil
}

func (d decisionIs) look(ctx context.Context, p *player) (string, bool, error) {
	got, err := p.stage.Decision(ctx, p.current.id)
	if err != nil {
		return "", false, err
	}
	if got.Kind == "" {
		got = Decision{Kind: none}
	}
	if got.Kind == d.kind && (d.rule == "" || d.rule == got.Rule) && (d.lane == "" || d.lane == got.Lane) {
		return d.String(), false, nil
	}
	return decisionIs{got.Kind, got.Rule, got.Lane}.String(), false, nil
}

func (s stepIs) look(ctx context.Context, p *player) (string, bool, error) {
	got, err := p.stage.Step(ctx, p.current.id)
	if got == "" {
		got = none
	}
	return "= step " + got, false, err
}

func (g goalReached) look(ctx context.Context, p *player) (string, bool, error) {
	reached, err := p.stage.Goal(ctx, p.current.id, g.name)
	return g.String(), !reached, err
}

func (f fieldIs) play(ctx context.Context, p *player, at int) error     { return p.check(ctx, at, f) }
func (c consentIs) play(ctx context.Context, p *player, at int) error   { return p.check(ctx, at, c) }
func (d decisionIs) play(ctx context.Context, p *player, at int) error  { return p.check(ctx, at, d) }
func (s stepIs) play(ctx context.Context, p *player, at int) error      { return p.check(ctx, at, s) }
func (g goalReached) play(ctx context.Context, p *player, at int) error { return p.check(ctx, at, g) }
