package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// fake is a whole small shop bot in memory, enough to play every line against. It
// keeps a log of what the player asked of it.
type fake struct {
	now     time.Time
	zone    *time.Location
	setup   Setup
	people  []*fakePerson
	timers  []fakeTimer
	answers map[string][]json.RawMessage
	refuse  int
	swallow bool
	log     []string
}

type fakePerson struct {
	id       string
	fields   map[string]string
	said     []Said
	consent  Consent
	told     time.Time // the last notification
	decision Decision
	step     string
	goals    []string
	request  bool // an opt-in request is open
	others   bool // people have the conversation
}

type fakeTimer struct {
	at     time.Time
	person *fakePerson
	text   string
}

var _ Stage = (*fake)(nil)

// newFake is a Factory.
func newFake(_ context.Context, s Setup) (Stage, error) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, err
	}
	return &fake{now: s.Start(zone), zone: zone, setup: s, answers: map[string][]json.RawMessage{}}, nil
}

func (f *fake) note(format string, args ...any) { f.log = append(f.log, fmt.Sprintf(format, args...)) }

func (f *fake) Now() time.Time { return f.now }

func (f *fake) AdvanceTo(_ context.Context, t time.Time) error {
	f.note("advance to %s", t.UTC().Format(time.RFC3339))
	slices.SortStableFunc(f.timers, func(a, b fakeTimer) int { return a.at.Compare(b.at) })
	for len(f.timers) > 0 && !f.timers[0].at.After(t) {
		due := f.timers[0]
		f.timers = f.timers[1:]
		f.say(due.person, Said{Kind: "text", Text: due.text})
	}
	f.now = t
	return nil
}

func (f *fake) Deploy(_ context.Context, folder string) error {
	f.note("deploy %s", folder)
	if folder == "../gone" {
		return errors.New("there is no bot.yaml in ../gone")
	}
	return nil
}

func (f *fake) Crash(context.Context) error {
	f.note("crash")
	return nil
}

func (f *fake) Down(ctx context.Context, t time.Time) error {
	f.note("down")
	return f.AdvanceTo(ctx, t)
}

func (f *fake) Person(_ context.Context, name string, attrs map[string]string) (string, error) {
	id := "fake:" + name
	p := f.person(id)
	if p == nil {
		p = &fakePerson{id: id, fields: map[string]string{"first_name": name}}
		f.people = append(f.people, p)
	}
	for k, v := range attrs {
		if k == "shoe" {
			return "", errors.New(`unknown field "shoe"`)
		}
		p.fields[k] = v
	}
	return id, nil
}

func (f *fake) person(id string) *fakePerson {
	i := slices.IndexFunc(f.people, func(p *fakePerson) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return f.people[i]
}

func (f *fake) Zone(_ context.Context, id string) (*time.Location, error) {
	if p := f.person(id); p != nil && p.fields["timezone"] != "" {
		return time.LoadLocation(p.fields["timezone"])
	}
	return f.zone, nil
}

func (f *fake) Given(_ context.Context, id string, a Agreement) error {
	f.note("given %s %s %v", a.Topic, a.Cadence, a.Interest)
	f.person(id).consent = Consent{Status: "active", Cadence: cmp.Or(a.Cadence, "daily")}
	return nil
}

func (f *fake) Said(_ context.Context, id string) ([]Said, error) { return f.person(id).said, nil }

// say shows a message, unless the platform refuses it.
func (f *fake) say(p *fakePerson, m Said) {
	if f.refuse > 0 {
		f.refuse--
		return
	}
	if f.swallow {
		f.swallow = false
		f.note("swallowed")
	}
	p.said = append(p.said, m)
}

func (f *fake) Act(_ context.Context, id string, act Act) error {
	f.note("%s: %s", id, act)
	p := f.person(id)
	text := func(s string, labels ...string) { f.say(p, Said{Kind: "text", Text: s, Labels: labels}) }
	if act.Kind == Tap && !strings.Contains(fmt.Sprint(p.said), act.Text) {
		return fmt.Errorf("no message shows [%s]", act.Text)
	}
	switch word := act.Text; {
	case act.Kind == Accept && !p.request:
		return errors.New("there is no request to accept")
	case act.Kind == Accept:
		p.request, p.consent = false, Consent{"active", "weekly"}
		text("C'est noté, " + p.fields["first_name"] + " !")
	case act.Kind == Stop, word == "Stop":
		p.consent.Status = "stopped"
		text("C'est fait.")
	case act.Kind != Write && act.Kind != Tap:
	case word == "stock":
		p.step = "restock#size"
		text("Quelle pointure ?", "41", "42", "43")
	case word == "42":
		p.fields["size"], p.step, p.request = "42", "", true
		text("Plus de 42 pour le moment.\nDésolé.")
		f.say(p, Said{Kind: "opt-in", Text: "Ta pointure est de retour", Labels: []string{"Non merci"}})
	case word == "cartes":
		f.say(p, Said{Kind: "cards", Labels: []string{"Stop"}, Cards: []Card{
			{Title: "Gazelle", Subtitle: "89,90\u00a0€", Labels: []string{"Acheter"}},
			{Title: "Samba", Labels: []string{"Acheter", "Voir"}},
		}})
	case word == "photo":
		f.say(p, Said{Kind: "image", Text: "https://foulee.example/g42.png"})
	case word == "rappel":
		text("Demain, promis.")
		f.timers = append(f.timers, fakeTimer{f.now.Add(24 * time.Hour), p, "C'est demain."})
	case word == "prix":
		answers := f.answers["stock.find"]
		if len(answers) == 0 || answers[0] == nil {
			text("Je ne sais pas.")
		} else {
			text("Réponse : " + string(answers[0]))
		}
		f.answers["stock.find"] = answers[min(1, len(answers)):]
	case word == "hasard":
		text(fmt.Sprintf("Au choix : %d", f.setup.Seed))
	case word == "acheter":
		p.goals = append(p.goals, "bought")
	case strings.HasPrefix(word, "dis "): // "dis a|b" says a, then b
		for _, s := range strings.Split(word[len("dis "):], "|") {
			text(s)
		}
	}
	return nil
}

func (f *fake) Event(_ context.Context, name string, data map[string]string, id string) error {
	f.note("event %s %v %s", name, data, id)
	if name != "restock" {
		return fmt.Errorf("unknown event %q", name)
	}
	for _, p := range f.people {
		switch {
		case id != "" && p.id != id, p.consent.Status != "active":
		case !p.told.IsZero() && f.now.Sub(p.told) < 7*24*time.Hour:
			p.decision = Decision{Kind: "held", Rule: "cadence"}
		default:
			p.told, p.decision = f.now, Decision{Kind: "sent", Lane: "recurring"}
			f.say(p, Said{Kind: "text", Text: p.fields["first_name"] + " : la " + data["model"] + " est de retour !", Labels: []string{"J'achète", "Stop"}})
		}
	}
	return nil
}

func (f *fake) Answer(_ context.Context, handler string, result json.RawMessage) error {
	f.answers[handler] = append(f.answers[handler], result)
	return nil
}

func (f *fake) Fail(_ context.Context, handler, problem string) error {
	f.note("fail %s: %s", handler, problem)
	f.answers[handler] = append(f.answers[handler], nil)
	return nil
}

func (f *fake) Unasked(context.Context) ([]string, error) {
	var out []string
	for handler, list := range f.answers {
		out = append(out, slices.Repeat([]string{handler}, len(list))...)
	}
	slices.Sort(out)
	return out, nil
}

func (f *fake) Refuse(_ context.Context, code, subcode, times int) error {
	f.note("refuse %d/%d x%d", code, subcode, times)
	f.refuse += times
	return nil
}

func (f *fake) Timeout(context.Context) error {
	f.swallow = true
	return nil
}

func (f *fake) TakeOver(_ context.Context, id string) error {
	f.person(id).others = true
	return nil
}

func (f *fake) HandBack(_ context.Context, id string) error {
	q := f.person(id)
	if !q.others {
		return errors.New("nobody has taken the conversation")
	}
	q.others = false
	return nil
}

func (f *fake) Echo(context.Context) error {
	f.note("echo")
	return nil
}

func (f *fake) Field(_ context.Context, id, name string) (string, error) {
	if name != "size" && name != "first_name" && name != "note" {
		return "", fmt.Errorf("unknown field %q", name)
	}
	return f.person(id).fields[name], nil
}

func (f *fake) Consent(_ context.Context, id, topic string) (Consent, error) {
	if topic != "restock" {
		return Consent{}, fmt.Errorf("unknown topic %q", topic)
	}
	return f.person(id).consent, nil
}

func (f *fake) Decision(_ context.Context, id string) (Decision, error) {
	return f.person(id).decision, nil
}

func (f *fake) Step(_ context.Context, id string) (string, error) { return f.person(id).step, nil }

func (f *fake) Goal(_ context.Context, id, name string) (bool, error) {
	return slices.Contains(f.person(id).goals, name), nil
}

func (f *fake) Close() error {
	f.note("close")
	return nil
}
