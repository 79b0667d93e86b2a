package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// zoneMenu tells what time it is where the person lives, and lets them write a place.
func (c centre) zoneMenu() menu {
	return menu{
		text:    c.text("relance.preferences.zone.ask", c.here()),
		options: c.wayOut(),
		typed: func(r reply) string {
			if zone, ok := typedZone(r.text); ok {
				return "zone " + zone
			}
			return ""
		},
		lost: c.text("relance.preferences.zone.lost", nil),
	}
}

// here is the time and the place of the person's zone.
func (c centre) here() map[string]any {
	now := c.m.w.Now.In(c.m.zone())
	return map[string]any{"time": c.clock(now.Hour()*60 + now.Minute()), "place": zonePlace(c.m.zone().String())}
}

// zonePlace is the name of a zone as people say it: "New York".
func zonePlace(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

func (c centre) setZone(zone string) (move, bool) {
	if err := c.m.saveOwn("timezone", zone); err != nil {
		return move{}, false
	}
	return c.show("", c.text("relance.preferences.zone.set", map[string]any{"time": c.here()["time"]})), true
}

// languageMenu offers the languages of the bot, each by its own name.
func (c centre) languageMenu(page string) menu {
	var options []option
	for _, tag := range c.m.own.languages {
		if tag != c.m.language {
			options = append(options, option{languageName(tag), "language " + tag})
		}
	}
	return menu{
		text:    c.text("relance.preferences.language.ask", nil),
		options: c.paged(options, "language", page),
		typed:   func(r reply) string { return menu{options: options}.chosen(r, "") },
	}
}

// setLanguage lets the bot speak a language of its own to the person from now on.
func (c centre) setLanguage(tag string) (move, bool) {
	if !contains(c.m.own.languages, tag) {
		return move{}, false
	}
	if err := c.m.saveOwn("locale", tag); err != nil {
		return move{}, false
	}
	return c.show("", c.text("relance.preferences.noted", map[string]any{"what": languageName(tag)})), true
}

// languageName is the name of a language in that language: "Français".
func languageName(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	name := display.Self.Name(parsed)
	if name == "" {
		return tag
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// knowMenu tells everything that is known about the person, in their words.
func (c centre) knowMenu() menu {
	who := &c.m.w.Contact
	lines := []string{c.text("relance.preferences.know.title", nil)}
	tell := func(key string, vars map[string]any) {
		lines = append(lines, c.text("relance.preferences.know."+key, vars))
	}
	if name := strings.TrimSpace(who.FirstName + " " + who.LastName); name != "" {
		tell("name", map[string]any{"name": name})
	}
	tell("language", map[string]any{"language": languageName(c.m.language)})
	if who.Timezone != "" {
		tell("zone", map[string]any{"place": zonePlace(who.Timezone)})
	}
	if own := who.Quiet; own != nil && !own.none() {
		lines = append(lines, c.text("relance.preferences.quiet.now", c.between(*own)))
	} else if own != nil {
		lines = append(lines, c.text("relance.preferences.quiet.never", nil))
	}
	for i := range c.m.own.Bot.Fields {
		f := &c.m.own.Bot.Fields[i]
		if v := who.Fields[f.Name]; v != nil {
			tell("field", map[string]any{"name": c.fieldName(f), "value": c.fieldValue(f, v)})
		}
	}
	if !who.CreatedAt.IsZero() {
		tell("since", map[string]any{"date": c.day(who.CreatedAt)})
	}
	some := false
	for i := range c.m.own.Bot.Topics {
		t := &c.m.own.Bot.Topics[i]
		s := c.standing(t)
		if !s.active() {
			continue
		}
		some = true
		lines = append(lines, c.line(t))
		if !s.Since.IsZero() {
			tell("agreed", map[string]any{"date": c.day(s.Since)})
		}
		for _, about := range s.Interests {
			lines = append(lines, c.interest(t, about))
		}
	}
	if !some && len(c.m.own.Bot.Topics) > 0 {
		tell("none", nil)
	}
	return menu{text: strings.Join(lines, "\n"), options: append([]option{c.to("forget", "forget")}, c.wayOut()...)}
}

// fieldName is the name of a field as people may read it. A file of locales/ may have
// a better one.
func (c centre) fieldName(f *Field) string {
	name := f.Name
	if own := c.m.own.translation(c.m.language, name); own != nil {
		name = own.source
	}
	name = strings.ReplaceAll(name, "_", " ")
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

func (c centre) fieldValue(f *Field, v any) string {
	if text, is := v.(string); is && f.Type == "choice" {
		if own := c.m.own.translation(c.m.language, text); own != nil {
			return own.source
		}
	}
	return c.m.see(nil).show(v, f.typ().printed())
}

// forgetMenu asks once more.
func (c centre) forgetMenu() menu {
	return menu{
		text:    c.text("relance.preferences.forget.ask", nil),
		options: []option{c.does("forget.yes", "forget"), c.to("back", "")},
	}
}

// forget says goodbye and has everything erased, if that is what they were asked.
func (c centre) forget() (move, bool) {
	if c.m.thread().Wait.Place != "forget" {
		return move{}, false
	}
	c.say("relance.preferences.forgotten", nil)
	c.m.effects = append(c.m.effects, Forget{})
	c.m.stack, c.m.beside, c.m.later = nil, nil, nil
	return move{op: moved}, true
}
