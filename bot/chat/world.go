package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// The lines "! …".
type (
	event struct {
		name    string
		data    []pair
		contact string // a person of this transcript; empty: everyone it concerns
	}
	answer struct {
		handler string
		result  string // JSON; empty: the call fails
		problem string // what the flow is told then; empty: that it failed
	}
	refusal struct{ code, subcode, times int }
	timeout struct{}
	echo    struct{}
	crash   struct{}
	control struct{ over bool } // people take the conversation over, or hand it back
	down    struct{ span span }
	deploy  struct{ folder string }
)

func happenings() []string {
	return []string{"event", "call", "error", "timeout", "echo", "crash", "down", "deploy", "hand_back", "take_over"}
}

func parseWorld(s *scanner) statement {
	s.p.happens()
	w, _ := s.word()
	switch w.text {
	case "event":
		return s.event()
	case "call":
		return s.answer()
	case "error":
		return s.refusal()
	case "timeout":
		s.end()
		return timeout{}
	case "echo":
		s.end()
		return echo{}
	case "crash":
		s.end()
		return crash{}
	case "hand_back", "take_over":
		s.personal()
		s.end()
		return control{w.text == "take_over"}
	case "down":
		d, _ := s.word()
		by, ok := parseSpan(strings.TrimPrefix(d.text, "+"))
		if !ok {
			s.errorf("chat-clock", d.from, d.to, "! down 6h", "%q is no length of time", clip(d.text))
			return nil
		}
		s.end()
		return down{by}
	case "deploy":
		folder, from := s.rest()
		if len(folder) == 0 {
			s.errorf("chat-world", from, from, "! deploy FOLDER", "the folder is missing")
			return nil
		}
		return deploy{string(folder)}
	}
	s.errorf("chat-world", w.from, w.to, suggest(w.text, happenings()), "%q cannot happen", clip(w.text))
	return nil
}

func (s *scanner) event() statement {
	const form = "! event restock model=Gazelle size=42"
	w, _ := s.word()
	if w.key != "" || !isName(w.text) {
		s.errorf("chat-world", w.from, w.to, form, "the event's name is missing")
		return nil
	}
	data, ok := s.values("data is written k=v, with quotes around a value that has blanks")
	if !ok {
		return nil
	}
	e := event{name: w.text}
	if i := slices.IndexFunc(data, func(w word) bool { return w.key == "contact" }); i >= 0 {
		to := data[i]
		if !s.p.anyone && !slices.Contains(s.p.people, to.text) {
			s.errorf("chat-person", to.from, to.to, suggest(to.text, s.p.people), "nobody is called %q so far", clip(to.text))
			return nil
		}
		e.contact, data = to.text, slices.Delete(data, i, i+1)
	}
	e.data = pairs(data)
	return e
}

func (s *scanner) answer() statement {
	const form = `! call stock.find returns {"available": 3} or ! call stock.find fails`
	problems := []string{flows.CallTimeout, flows.CallUnreachable, flows.CallRefused, flows.CallFailed, flows.CallBadAnswer}
	name, _ := s.word()
	if name.key != "" || !isName(name.text) {
		s.errorf("chat-world", name.from, name.to, form, "the handler's name is missing")
		return nil
	}
	w, _ := s.word()
	switch w.text {
	case "fails":
		text, from := s.rest()
		problem := strings.TrimSpace(string(text))
		if problem != "" && !slices.Contains(problems, problem) {
			s.errorf("chat-world", from, from+len(text), suggest(problem, problems), "a call does not fail like that: %q", clip(problem))
			return nil
		}
		return answer{handler: name.text, problem: problem}
	case "returns":
		text, from := s.rest()
		if !json.Valid([]byte(string(text))) {
			s.errorf("chat-json", from, from+len(text), "names and texts stand in double quotes: ! call "+name.text+` returns {"available": 3}`, "what %s returns is not JSON", name.text)
			return nil
		}
		return answer{handler: name.text, result: string(text)}
	}
	s.errorf("chat-world", w.from, w.to, suggest(w.text, []string{"returns", "fails"}), "a call returns or fails")
	return nil
}

func (s *scanner) refusal() statement {
	const form = "! error 613, ! error 10/2018278 or ! error 2 x3"
	w, _ := s.word()
	code, sub, both := strings.Cut(w.text, "/")
	r := refusal{times: 1}
	var ok, okSub = false, true
	r.code, ok = number(code)
	if both {
		r.subcode, okSub = number(sub)
	}
	if !ok || !okSub {
		s.errorf("chat-world", w.from, w.to, form, "%q is no error of the platform", clip(w.text))
		return nil
	}
	if w, more := s.word(); more {
		n, isNumber := number(strings.TrimPrefix(w.text, "x"))
		if !isNumber || !strings.HasPrefix(w.text, "x") || n > maxRepeat {
			s.errorf("chat-world", w.from, w.to, fmt.Sprintf("%s; x%d at most", form, maxRepeat), "%q says not how often", clip(w.text))
			return nil
		}
		r.times = n
	}
	s.end()
	return r
}

// number reads a positive number of at most nine digits.
func number(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return int(n), err == nil && n > 0 && len(text) <= 9
}

func (e event) String() string {
	out := "! event " + e.name + writeValues(e.data)
	if e.contact != "" {
		out += " contact=" + quote(e.contact, "")
	}
	return out
}

func (a answer) String() string {
	if a.result == "" {
		return strings.TrimSuffix("! call "+a.handler+" fails "+a.problem, " ")
	}
	return "! call " + a.handler + " returns " + a.result
}

func (r refusal) String() string {
	out := fmt.Sprintf("! error %d", r.code)
	if r.subcode != 0 {
		out += fmt.Sprintf("/%d", r.subcode)
	}
	if r.times > 1 {
		out += fmt.Sprintf(" x%d", r.times)
	}
	return out
}

func (timeout) String() string { return "! timeout" }
func (echo) String() string    { return "! echo" }
func (crash) String() string   { return "! crash" }

func (c control) String() string {
	if c.over {
		return "! take_over"
	}
	return "! hand_back"
}

func (d down) String() string   { return "! down " + d.span.String() }
func (d deploy) String() string { return "! deploy " + d.folder }

func (e event) play(ctx context.Context, p *player, at int) error {
	id := ""
	if e.contact != "" {
		id = p.people[e.contact].id // the parser knows them
	}
	return p.happen(ctx, at, func() error { return p.stage.Event(ctx, e.name, asMap(e.data), id) })
}

// What only prepares the next call or send lets nothing happen yet, so what the
// bot said before may still be listed behind it.

func (a answer) play(ctx context.Context, p *player, at int) error {
	p.prepared = append(p.prepared, preparation{a.handler, at})
	if a.result == "" {
		return p.stage.Fail(ctx, a.handler, cmp.Or(a.problem, flows.CallFailed))
	}
	return p.stage.Answer(ctx, a.handler, json.RawMessage(a.result))
}

func (r refusal) play(ctx context.Context, p *player, _ int) error {
	return p.stage.Refuse(ctx, r.code, r.subcode, r.times)
}

func (timeout) play(ctx context.Context, p *player, _ int) error { return p.stage.Timeout(ctx) }

func (echo) play(ctx context.Context, p *player, at int) error {
	return p.happen(ctx, at, func() error { return p.stage.Echo(ctx) })
}

func (crash) play(ctx context.Context, p *player, at int) error {
	return p.happen(ctx, at, func() error { return p.stage.Crash(ctx) })
}

func (c control) play(ctx context.Context, p *player, at int) error {
	if err := p.someone(ctx); err != nil {
		return err
	}
	return p.happen(ctx, at, func() error {
		if c.over {
			return p.stage.TakeOver(ctx, p.current.id)
		}
		return p.stage.HandBack(ctx, p.current.id)
	})
}

func (d down) play(ctx context.Context, p *player, at int) error {
	zone, err := p.zoneOfPerson(ctx)
	if err != nil {
		return err
	}
	return p.happen(ctx, at, func() error { return p.stage.Down(ctx, d.span.from(p.stage.Now(), zone)) })
}

func (d deploy) play(ctx context.Context, p *player, at int) error {
	return p.happen(ctx, at, func() error { return p.stage.Deploy(ctx, d.folder) })
}

// preparation is a line that says what a call comes to.
type preparation struct {
	handler string
	at      int
}

// uncalled reports the lines that prepared a call which never came: of a handler's, the
// last ones.
func (p *player) uncalled(ctx context.Context) error {
	if len(p.prepared) == 0 {
		return nil
	}
	left, err := p.stage.Unasked(ctx)
	if err != nil {
		return err
	}
	for _, prepared := range slices.Backward(p.prepared) {
		i := slices.Index(left, prepared.handler)
		if i < 0 {
			continue
		}
		left = slices.Delete(left, i, i+1)
		f := p.failure(prepared.at, "nothing calls "+prepared.handler+" behind this line")
		f.Hint = "delete the line, or put it in front of what makes the flow call"
		f.Diff = p.excerpt(prepared.at)
		p.failures = append(p.failures, f)
	}
	return nil
}
