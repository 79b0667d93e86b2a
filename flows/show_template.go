package flows

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// model is a message the platform approved before; a flow only fills it:
//
//	show: template
//	name: order_update
//	language: fr_FR           # else that of the person
//	with: {customer: "{{ contact.first_name }}", order: "{{ event.number }}"}
//	buttons: [{label: Track, go: track}]
//
// with: is a map if the template's places have names, and a list if they have
// numbers. buttons: say what its buttons do; their labels are those that were
// approved.
type model struct {
	name     word
	language word
	values   []place
	buttons  []button
}

// place is one {{1}} or {{name}} of an approved template.
type place struct {
	name string
	text *template
}

var (
	modelName     = lazily(`^[a-z0-9_]{1,512}$`)
	modelLanguage = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2})?$`)
)

func decodeTemplate(d *decoder, f *fields) exhibit {
	a := &model{name: f.optionalWord("name"), language: f.optionalWord("language"), values: d.places(f)}
	if f.lacks("name") {
		d.errorf("key-missing", f.key("show"), "add name: and the name it was approved under", "a template needs name:")
	}
	if name := a.name; name.text != "" && !modelName().MatchString(name.text) {
		d.errorf("name", name.span, "small letters, digits and _", "%q cannot be the name of an approved template", name.text)
	}
	if tag := a.language; tag.text != "" && !modelLanguage.MatchString(tag.text) {
		d.errorf("locale", tag.span, "write it as the platform does: fr_FR, en_US", "%q is not a language of an approved template", tag.text)
	}
	for _, n := range f.list("buttons") {
		b := d.button(n, "button")
		if b.open != nil || b.phone != nil {
			d.errorf("button", b.span, "leave it out here", "what a template's button opens was approved with it; only go: and opt_out: are said here")
		}
		a.buttons = append(a.buttons, b)
	}
	f.atMost("buttons", maxButtons, "buttons")
	return a
}

// places decodes with: of a template.
func (d *decoder) places(f *fields) (out []place) {
	n := f.node("with")
	if n == nil {
		return nil
	}
	switch n.kind {
	case mapNode:
		for _, s := range f.settings("with") {
			s.value.kept = false
			out = append(out, place{s.name.text, s.value})
		}
	case listNode:
		for _, item := range n.items {
			if t := d.template(item); t != nil {
				out = append(out, place{text: t})
			}
		}
	default:
		d.errorf("shape", n.span, "write with: {name: value}, or with: [a, b] for a template whose places have numbers", `"with" takes names with values or a list, this is %s`, n.describe())
	}
	f.atMost("with", maxValues, "values")
	return out
}

func (a *model) check(c *checker, s *scope) {
	c.approved(a)
	for _, v := range a.values {
		c.texts(s, maxModelText, "a value of a template", v.text)
		c.unpromoted(v.text)
	}
	c.buttons(a.buttons, s)
}

// TemplateLabels are what the buttons of approved templates are called, by the
// template's name: the platform knows, and a message does not say.
func (p *Program) TemplateLabels() map[string][]string {
	out := make(map[string][]string)
	for _, id := range slices.Sorted(maps.Keys(p.flows)) {
		steps := p.flows[id].steps
		for _, at := range slices.Sorted(maps.Keys(steps)) {
			show, is := steps[at].do.(*showStep)
			if !is {
				continue
			}
			if a, is := show.what.(*model); is && len(a.buttons) > len(out[a.name.text]) {
				labels := make([]string, len(a.buttons))
				for i, b := range a.buttons {
					labels[i] = cut(b.label.source, maxLabel)
				}
				out[a.name.text] = labels
			}
		}
	}
	return out
}

func (a *model) taps() []button { return a.buttons }

func (a *model) build(m *machine, e *env) (Message, bool, error) {
	k := &Template{Name: a.name.text, Language: a.language.text}
	if k.Language == "" {
		k.Language = m.own.templateLanguage(a.name.text, m.language)
	}
	for _, v := range a.values {
		text, err := m.short(v.text, e, maxModelText)
		switch {
		case err != nil:
			return Message{}, false, err
		case text == "" && v.name != "":
			return Message{}, false, fmt.Errorf("the value %s of a template is empty", v.name)
		case text == "":
			return Message{}, false, errors.New("a value of a template is empty")
		}
		// The platform takes no line breaks in a value.
		k.Values = append(k.Values, TemplateEntry{Name: v.name, Text: strings.Join(strings.Fields(text), " ")})
	}
	msg := Message{Kind: TemplateKind, Template: k}
	var err error
	msg.Buttons, err = m.buttons(a.buttons, e)
	return msg, true, err
}

// templateLanguage is the language in which somebody gets an approved template: of those
// it has in bot.yaml theirs, else one of the same language and script in another country,
// else the bot's, else the first. What bot.yaml does not list the platform is asked for as theirs.
func (p *Program) templateLanguage(name, tag string) string {
	at := slices.IndexFunc(p.Bot.Templates, func(t Approved) bool { return t.Name == name })
	if at < 0 {
		return platformLanguage(tag)
	}
	has := slices.Sorted(maps.Keys(p.Bot.Templates[at].Texts))
	for _, want := range []string{tag, p.Bot.Locale} {
		if l := fitting(has, want); l != "" {
			return l
		}
	}
	if len(has) > 0 {
		return has[0]
	}
	return platformLanguage(tag)
}

// platformLanguage is a language with its country, as approved templates name
// theirs: fr is fr_FR. The country that is not said is the one with most speakers.
func platformLanguage(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	of, _ := parsed.Base()
	region, confidence := parsed.Region()
	switch {
	case confidence == language.No:
		return of.String()
	case !strings.Contains(tag, "-") && of.String() == "pt":
		return "pt_BR"
	}
	return of.String() + "_" + region.String()
}
