package flows

import (
	"fmt"
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
	read       map[string]Span       // fields of the person that something looks at, and where first
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
	c.unsaved()
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
