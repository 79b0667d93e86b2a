package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Approved is a template of bot.yaml: a message that the platform approves before it is
// sent, and that show: template fills in.
type Approved struct {
	Name string
	// Texts are the message in each language, as the platform knows those ("fr_FR"), with
	// {{name}} or {{1}} where something is filled in: the same places in all of them.
	Texts   map[string]string
	Example map[string]string // a value for each place, for those who approve it
	Buttons []string          // labels; what they do is said where it is shown
}

// Places are what is filled in, in order: of names that of the first language's text, of
// numbers 1, 2, 3.
func (a Approved) Places() []string {
	var languages []string
	for language := range a.Texts {
		languages = append(languages, language)
	}
	if len(languages) == 0 {
		return nil
	}
	return placesOf(a.Texts[slices.Min(languages)])
}

// Named says whether the places have names.
func (a Approved) Named() bool {
	places := a.Places()
	return len(places) > 0 && !placeNumber.MatchString(places[0])
}

var (
	approvedPlace = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
	placeNumber   = regexp.MustCompile(`^[0-9]+$`)
)

const maxApproved = 1024 // characters of a template's text

// placesOf are the places of a text: numbers by size, names as they come.
func placesOf(text string) (out []string) {
	for _, m := range approvedPlace.FindAllStringSubmatch(text, -1) {
		if !contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		m, err1 := strconv.Atoi(a)
		n, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			return 0
		}
		return m - n
	})
	return out
}

// approvedList reads templates:.
func (d *decoder) approvedList(f *fields, b *botFile) {
	for _, p := range f.entries("templates", "template") {
		if p.value.broken {
			continue
		}
		one := d.fields(p.value, "template")
		if one.n.broken {
			continue
		}
		a := Approved{Name: p.key.text, Texts: d.approvedTexts(one), Example: map[string]string{}}
		if n := one.node("example"); n != nil {
			if n.kind != mapNode {
				d.errorf("shape", n.span, "write a value for each place: {order: 1042}", `"example" takes names with values, this is %s`, n.describe())
			}
			for _, v := range n.pairs {
				if v.value.kind == scalarNode {
					a.Example[v.key.text] = v.value.text
				}
			}
		}
		for _, w := range one.words("buttons") {
			if n := runes(w.text); n > maxLabel {
				d.errorf("too-long", w.span, "shorten it by "+itoa(n-maxLabel), "the label has %d characters; the platform takes %d", n, maxLabel)
			}
			a.Buttons = append(a.Buttons, w.text)
		}
		one.atMost("buttons", maxButtons, "buttons")
		d.examples(one, a)
		one.finish()
		b.bot.Templates = append(b.bot.Templates, a)
	}
}

// approvedTexts reads the texts of a template, by language.
func (d *decoder) approvedTexts(f *fields) map[string]string {
	out := map[string]string{}
	if f.lacks("text") {
		d.errorf("key-missing", f.n.span, "add text: and the message in each language: {fr_FR: Bonjour}", `"text" is missing`)
		return out
	}
	n := f.node("text")
	if n == nil {
		return out
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write the language before it, as the platform does: {en_US: …}", `"text" takes languages with a text each, this is %s`, n.describe())
		return out
	}
	var first []string
	for i, p := range n.pairs {
		text := p.value.text
		switch {
		case !modelLanguage.MatchString(p.key.text):
			d.errorf("locale", p.key.span, "write it as the platform does: fr_FR, en_US", "%q is not a language of an approved template", p.key.text)
			continue
		case p.value.kind != scalarNode || strings.TrimSpace(text) == "":
			d.errorf("shape", p.value.span, "write what the message says", "%q takes a text, this is %s", p.key.text, p.value.describe())
			continue
		}
		if n := runes(text); n > maxApproved {
			d.errorf("too-long", p.value.span, "shorten it by "+itoa(n-maxApproved), "the text has %d characters; the platform takes %d", n, maxApproved)
		}
		if word := advertises(approvedPlace.ReplaceAllString(text, "")); word != "" {
			d.warnf("marketing", p.value.span, "say what happened to their order or appointment, and leave what you sell to a topic of the lanes recurring or marketing",
				"%q is advertising, and the platform refuses that in utility messages", word)
		}
		places := placesOf(text)
		d.approvedPlaces(p.value.span, text, places)
		if i == 0 {
			first = places
		} else if !sameNames(first, places) {
			d.errorf("template-place", p.value.span, "fill in the same in every language", "this text fills in %s, and the first one %s", listed(places), listed(first))
		}
		out[p.key.text] = text
	}
	return out
}

// approvedPlaces reports places as the platform refuses them.
func (d *decoder) approvedPlaces(at Span, text string, places []string) {
	body := strings.TrimSpace(text)
	found := approvedPlace.FindAllStringIndex(body, -1)
	if len(found) > 0 && (found[0][0] == 0 || found[len(found)-1][1] == len(body)) {
		d.errorf("template-place", at, "put a word in front of it, or behind it: even a full stop is enough", "a text that begins or ends with what is filled in is refused by the platform")
		return
	}
	for i, place := range places {
		if placeNumber.MatchString(place) != placeNumber.MatchString(places[0]) {
			d.errorf("template-place", at, "give all of them names", "some places have names and some numbers: %s", listed(places))
			return
		}
		if placeNumber.MatchString(place) && place != itoa(i+1) {
			d.errorf("template-place", at, "number them 1, 2, 3, or give them names", "the places are not placeNumber one after the other: %s", listed(places))
			return
		}
	}
}

// examples wants a value for each place: nothing is approved without.
func (d *decoder) examples(f *fields, a Approved) {
	for _, place := range a.Places() {
		if a.Example[place] == "" {
			d.errorf("key-missing", f.n.span, "add example: {"+place+": and a value somebody could have}", "{{%s}} has no example, and the platform approves no template without", place)
			return
		}
	}
}

func sameNames(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func listed(places []string) string {
	if len(places) == 0 {
		return "nothing"
	}
	return strings.Join(places, ", ")
}

// approved compares what is shown with the template that bot.yaml has of that name. A
// bot without templates: keeps them elsewhere.
func (c *checker) approved(a *model) {
	if len(c.bot.Templates) == 0 || a.name.text == "" || c.out.failed("bot.yaml") {
		return
	}
	var names []string
	for _, t := range c.bot.Templates {
		if names = append(names, t.Name); t.Name != a.name.text {
			continue
		}
		var given []string
		for i, v := range a.values {
			if given = append(given, v.name); v.name == "" {
				given[i] = itoa(i + 1)
			}
		}
		places := t.Places()
		switch {
		case !sameNames(places, given):
			c.errorf("template-place", a.name.span, "give with: what bot.yaml says under templates:", "the template %q fills in %s, and this gives %s", t.Name, listed(places), listed(given))
		case len(t.Buttons) != len(a.buttons):
			c.errorf("template-place", a.name.span, "say under buttons: what each of them does, in their order", "the template %q has %d buttons, and this says what %d do", t.Name, len(t.Buttons), len(a.buttons))
		case a.language.text != "" && t.Texts[a.language.text] == "":
			c.errorf("template-place", a.language.span, "add it to the text: of the template", "the template %q has no text in %q", t.Name, a.language.text)
		}
		return
	}
	c.errorf("value-unknown", a.name.span, didYouMean(a.name.text, names, "bot.yaml has "), "there is no template %q", a.name.text)
}
