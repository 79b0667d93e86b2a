package flows

import (
	"fmt"
	"slices"
	"strings"
)

// checker checks what can only be known when all files are decoded. What is wrong
// was reported once: an unknown name is of any type from then on.
type checker struct {
	bot     *Bot
	data    *Data
	flows   map[string]*draft
	order   []string // of flows
	locales []*localeFile
	spoken  []*template // all texts people read
	stop    map[string]bool
	// stopLabel is what stands on the way out that is added to a notification.
	stopLabel string
	gaps      map[string][]gap // of the zones that were looked at
	dialect   *dialect
	out       *reporter

	unsure     bool                  // bot.yaml could not be read: nothing is known about fields and topics
	shaky      map[string]bool       // topics nothing is known of but their names
	undeclared map[string]bool       // fields that nobody declares, once said
	slipped    map[string]bool       // names a faulty bot.yaml holds somewhere else
	splits     map[string]*splitStep // the first of each name
	goals      []string
	foreign    bool // checking the framework's own texts

	used      map[string]Span // the texts people read, by source, and where one stands
	keywords  map[string]bool // folded
	endpoints []*endpoint
	handlers  []Signature     // Go functions
	called    map[string]bool // handlers, by name
	lenient   bool            // a handler that is gone is none of today's mistakes
}

func (c *checker) errorf(code string, at Span, hint string, format string, args ...any) finding {
	return c.out.report(Error, code, at, hint, fmt.Sprintf(format, args...))
}

// report adds a finding of any severity.
func (c *checker) report(severity Severity, code string, at Span, hint string, format string, args ...any) finding {
	return c.out.report(severity, code, at, hint, fmt.Sprintf(format, args...))
}

func (c *checker) warnf(code string, at Span, hint string, format string, args ...any) finding {
	return c.out.report(Warning, code, at, hint, fmt.Sprintf(format, args...))
}

// expression checks x in s; want is what the place needs (anyType: whatever). A nil
// x is fine.
func (c *checker) expression(x *expression, s *scope, want typ) {
	if x == nil || x.code == nil {
		return
	}
	before := len(c.out.list)
	i := &inferrer{c: c, x: x, s: s}
	switch want.kind {
	case boolKind:
		i.condition(x.code.tree)
		x.is = boolType
	case anyKind:
		x.is = i.infer(x.code.tree)
	default:
		x.is = i.want(x.code.tree, want)
	}
	x.unset = s.standIns(x.code.slots)
	if late := x.code.late; late != nil && len(c.out.list) == before {
		c.errorf("expression", x.at(late.From, max(late.To, late.From+1)), "compute it in steps: set: saves what was found to a name", "this cannot be computed: %s", late.Message)
	}
}

// template checks every {{ }} of t, and of its translations. A nil t is fine.
func (c *checker) template(t *template, s *scope) {
	if t == nil {
		return
	}
	c.fill(t, s, !t.kept && !s.root().shaky && !c.out.failed(t.span.File))
	if t.kept || c.foreign {
		return
	}
	for _, own := range c.translations(t) {
		c.fill(own, s, false)
	}
}

// translations are what a text is in other languages.
func (c *checker) translations(t *template) []*template {
	var out []*template
	for _, l := range c.locales {
		if entry, ok := l.texts[t.source]; ok && entry.value != nil {
			out = append(out, entry.value)
		}
	}
	return out
}

// fill checks one template; warn says whether to speak of what may be empty.
func (c *checker) fill(t *template, s *scope, warn bool) {
	only := t.only()
	c.placeholders(t, s)
	for _, p := range t.parts {
		if p.x == nil {
			continue
		}
		c.expression(p.x, s, anyType)
		is := p.x.is
		switch {
		case t.kept && only != nil:
		case is.kind == objectKind:
			c.errorf("type", p.x.span, "name one of its fields: "+p.x.source+".name", "%s is a record and cannot stand in a text", p.x.source)
		case is.kind == listKind && is.of().kind == objectKind:
			c.errorf("type", p.x.span, "show: cards shows a list; first("+p.x.source+") takes one of it", "%s is a list of records and cannot stand in a text", p.x.source)
		case is.empty && warn:
			c.warnf("may-be-empty", p.x.span, "give a default: {{ "+p.x.source+` ?? "…" }}`, "%s may be empty, and nothing stands here then", p.x.source)
		}
	}
	if only != nil {
		t.is = only.is
	}
	if src := c.out.sources[t.span.File]; src != nil && src.repaired[t.span.Start.Line] {
		t.is = anyType // nobody knows what it was to be
	}
}

// flow finds a flow by its id and reports an unknown one. "#id" is not part of the name.
func (c *checker) flow(name word) *draft {
	if d := c.flows[name.text]; d != nil {
		return d
	}
	if name.text == "" || len(c.flows) == 0 {
		return nil
	}
	hint := didYouMean(name.text, append(slices.Clone(c.order), preferencesFlow), "there are ")
	id := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name.text, "flows/"), ".yml"), ".yaml")
	if id != name.text && c.flows[id] != nil {
		hint = `did you mean "` + id + `"?`
	}
	c.errorf("flow-unknown", name.span, hint, "unknown flow %q", name.text)
	return nil
}

// topic finds a topic and reports an unknown one.
func (c *checker) topic(name word) *Topic {
	if c.shaky[name.text] {
		return nil
	}
	if t := c.bot.topic(name.text); t != nil {
		return t
	}
	if c.unsure || name.text == "" || c.slipped[name.text] {
		return nil
	}
	var known []string
	for _, t := range c.bot.Topics {
		known = append(known, t.Name)
	}
	hint := didYouMean(name.text, known, "bot.yaml has ")
	if len(known) == 0 {
		hint = "declare it in bot.yaml under topics:"
	}
	for _, t := range c.bot.Topics {
		if fold(t.Title) == fold(name.text) { // people call it by what they read
			hint = `did you mean "` + t.Name + `"?`
		}
	}
	c.errorf("topic-unknown", name.span, hint, "unknown topic %q", name.text)
	return nil
}

// event is what an event of a name holds. An unknown one is reported.
func (c *checker) event(name word) typ {
	if e := c.bot.event(name.text); e != nil && !c.unsure {
		return record("event "+e.Name, e.Data)
	}
	if c.unsure || name.text == "" || c.slipped[name.text] {
		return anyType
	}
	var known []string
	for _, e := range c.bot.Events {
		known = append(known, e.Name)
	}
	hint := didYouMean(name.text, known, "bot.yaml has ")
	if len(known) == 0 {
		hint = "declare it in bot.yaml: events: {" + name.text + ": {model: text}}"
	}
	c.errorf("event-unknown", name.span, hint, "unknown event %q", name.text)
	return anyType
}

// field finds a declared contact field and reports an unknown one; the name stands
// without "contact.".
func (c *checker) field(name word) *Field {
	if f := c.bot.field(name.text); f != nil {
		return f
	}
	if !c.unsure && name.text != "" {
		c.unknownField(name)
	}
	return nil
}

func (c *checker) unknownField(name word) {
	if c.slipped[name.text] {
		return
	}
	known := slices.Clone(builtinFields)
	for _, f := range c.bot.Fields {
		known = append(known, f.Name)
	}
	hint := didYouMean(name.text, known, "")
	switch fold(name.text) {
	case "name", "firstname", "full name", "fullname", "username", "user name", "prenom", "vorname", "nombre":
		hint = `did you mean "first_name"?`
	}
	if hint == "" || !strings.HasPrefix(hint, "did") {
		hint = "declare it in bot.yaml: fields: {" + name.text + ": {type: text}}"
		if c.undeclared[name.text] {
			return // one line in bot.yaml mends all places
		}
		if c.undeclared == nil {
			c.undeclared = make(map[string]bool)
		}
		c.undeclared[name.text] = true
	}
	c.errorf("field-unknown", name.span, hint, "contacts have no field %q", name.text)
}

// reserved are names that mean something already, or are operators.
var reserved = strings.Fields(`contact data event events interest topic item value error true false nil
	and or not in contains matches startsWith endsWith let if else`)

// taken says whether a name means something in expressions already.
func (c *checker) taken(name word) bool {
	return contains(reserved, name.text) || usage[name.text] != ""
}

// localName checks a name that a flow saves something to.
func (c *checker) localName(name word) bool {
	switch {
	case name.text == "":
		return false
	case contains(reserved, name.text):
		c.errorf("name", name.span, "choose another name", "%q means something in expressions already", name.text)
		return false
	case !isLocal(name.text):
		hint := "begin with a letter; letters, digits and _ may follow"
		if c.bot.field(name.text) != nil {
			hint = "did you mean contact." + name.text + "?"
		}
		c.errorf("name", name.span, hint, "%q cannot be the name of a value", name.text)
		return false
	case c.taken(name):
		c.warnf("name", name.span, "choose another name", "%q is a function of expressions as well", name.text)
	case c.bot.field(name.text) != nil:
		c.warnf("name", name.span, "write contact."+name.text+" to keep it with the person", "%q is a name of this flow only, and the contacts have a field of that name", name.text)
	}
	return true
}

// check checks the whole bot.
func (c *checker) check(b *botFile) {
	for _, m := range b.links {
		if m.kind == "topic" {
			c.topic(m.name)
			continue
		}
		c.flow(word{text: before(m.name.text), span: m.name.span})
	}
	unset := c.unset()
	claimed := make(map[string]claim)
	keywords := make(map[string]bool)
	for _, id := range c.order {
		d := c.flows[id]
		if d.broken {
			continue
		}
		s := newScope()
		s.track, s.shaky, s.maybe = make(map[string]bool), d.shaky, d.mentioned
		for _, in := range d.inputs {
			is := in.is
			is.empty = unset[d][in.name.text]
			if c.taken(in.name) {
				c.localName(in.name)
			}
			s.names[in.name.text] = is
		}
		c.triggers(d, s, claimed, keywords)
		c.checkSteps(d.steps, s)
		c.stepIDs(d)
		c.unreachable(d.steps)
		c.silent(d)
		c.lateness(d)
		if !c.out.failed(d.file) { // else one mistake would be several
			c.notices(d)
			c.privateReplies(d)
			c.again(d)
			c.asked(d)
		}
		c.unused(d, s)
	}
	c.moved()
	c.requests()
	c.loops()
	c.unasked(b)
	c.lanes(b)
	c.channels(b)
	used := make(map[string]Span)
	for title, at := range b.titles {
		used[title] = at
	}
	for _, t := range c.spoken {
		if hasLetters(t) {
			used[t.source] = t.span
		}
	}
	c.titles(b)
	c.profiles(b, used)
	c.used, c.keywords = used, keywords
	c.checkLocales(used, keywords)
	c.unstarted(b)
}

// before is the flow of "flow#id".
func before(to string) string {
	flow, _, _ := strings.Cut(to, "#")
	return flow
}

// hasLetters says whether a text has words of its own to translate.
func hasLetters(t *template) bool {
	if t.parts == nil {
		_, number := literal(&node{text: t.source, plain: true})
		return !number && fold(t.source) != ""
	}
	for _, p := range t.parts {
		if p.x == nil && fold(p.text) != "" {
			return true
		}
	}
	return false
}

// titles checks the length of translated titles.
func (c *checker) titles(b *botFile) {
	for _, l := range c.locales {
		taken := make(map[string]string) // what a title is in this language, to what it is in the bot's own
		for _, topic := range c.bot.Topics {
			title := topic.Title
			if _, known := b.titles[title]; !known {
				continue // it was faulty
			}
			entry, ok := l.texts[title]
			if !ok || entry.value == nil {
				continue
			}
			if first, twice := taken[fold(entry.value.source)]; twice {
				c.errorf("title-twice", entry.value.span, "give each topic its own words: people stop what has this title, and the platform does not say which of the two", "the title %q has the same translation", first)
			}
			taken[fold(entry.value.source)] = title
			if n := runes(entry.value.source); n > maxTitle {
				c.errorf("too-long", entry.value.span, "shorten it by "+itoa(n-maxTitle), "the title has %d characters; the platform shows %d", n, maxTitle)
			}
			if entry.value.parts != nil {
				c.errorf("not-literal", entry.value.span, "write the words themselves", "a title is a fixed text, not a template")
			}
		}
	}
}

// unused reports names that are saved and never read. A flow with errors in it may
// read them where nobody can tell.
func (c *checker) unused(d *draft, s *scope) {
	if c.out.failed(d.file) {
		return
	}
	for _, w := range s.declared {
		if !s.track[w.text] && c.bot.field(w.text) == nil { // else localName has said what was meant
			c.warnf("name-unused", w.span, "delete it, or use it: {{ "+w.text+" }}", "%q is saved here and used nowhere", w.text)
			s.track[w.text] = true
		}
	}
	for _, in := range d.inputs {
		if !s.track[in.name.text] {
			c.warnf("name-unused", in.name.span, "delete it, or use it: {{ "+in.name.text+" }}", "the input %q is used nowhere", in.name.text)
		}
	}
}
