package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// localeFile is a file of locales/: translations by source text.
type localeFile struct {
	file     string
	language string
	texts    map[string]translation
	own      map[string]*template // relance.*
	broken   bool
	folded   map[string][]string // the texts, sorted, by what is left of them when they are folded
}

// like are the entries whose text is a keyword, whatever its case and accents.
func (l *localeFile) like(keyword string) []translation {
	if l.folded == nil {
		l.folded = make(map[string][]string, len(l.texts))
		for _, text := range slices.Sorted(maps.Keys(l.texts)) {
			l.folded[fold(text)] = append(l.folded[fold(text)], text)
		}
	}
	var out []translation
	for _, text := range l.folded[fold(keyword)] {
		out = append(out, l.texts[text])
	}
	return out
}

// translation is one entry of a locale file.
type translation struct {
	key   word
	value *template // nil: not translated yet
	words []string  // of a keyword: what it is in this language
	list  bool      // the words stand in a list
	used  bool
}

// decodeLocale reads a file of locales/.
func (d *decoder) decodeLocale(tag string) *localeFile {
	l := &localeFile{file: d.src.file, language: tag, texts: make(map[string]translation), own: make(map[string]*template)}
	d.loose = true
	root := d.parse()
	if root == nil {
		l.broken = true
		return l
	}
	f := d.fields(root, "locale file")
	for _, p := range f.n.pairs {
		d.translation(l, p)
	}
	return l
}

// translation reads one entry.
func (d *decoder) translation(l *localeFile, p pair) {
	p.key.text = strings.TrimRight(p.key.text, "\n") // as the texts below say: | are read
	entry := translation{key: p.key}
	switch n := p.value; {
	case n.broken:
	case n.kind == listNode:
		entry.list = true
		for _, item := range n.items {
			if item.kind == scalarNode {
				entry.words = append(entry.words, item.text)
			}
		}
	case n.kind == mapNode:
		d.errorf("shape", n.span, "write text: translation, one to a line; put either in quotes if it holds a colon", "a translation is a text, this is a map")
		return
	case n.text != "":
		n.text = strings.TrimRight(n.text, "\n")
		entry.value = d.newTemplate(n, "say")
		entry.words = []string{n.text}
	}
	if strings.HasPrefix(p.key.text, "relance.") {
		if _, ok := ownText(p.key.text); !ok {
			var known []string
			for _, t := range textKeys {
				known = append(known, t.key)
			}
			d.errorf("locale-key", p.key.span, didYouMean(p.key.text, known, "there are "), "there is no framework text %q", p.key.text)
		} else if entry.value != nil {
			l.own[p.key.text] = entry.value
			entry.used = true
		}
	}
	l.texts[p.key.text] = entry
}

// Language is the language of texts for a person: that of their locale if the bot
// speaks it, else the bot's own. It is a language tag: "fr", "pt-BR".
func (p *Program) Language(c Contact) string {
	if c.Locale == "" {
		return p.Bot.Locale
	}
	return p.speaks(c.Locale)
}

// Languages are those the bot speaks, its own first.
func (p *Program) Languages() []string {
	out := []string{p.Bot.Locale}
	for _, l := range p.languages {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// speaks is the language of the bot that fits a locale, or the bot's own. fr_CA is French;
// zh_CN is not zh_TW.
func (p *Program) speaks(locale string) string {
	if l := fitting(p.languages, locale); l != "" {
		return l
	}
	return p.Bot.Locale
}

// fitting is which of several language tags fits one that is wanted, or "": the very one,
// else one of the same language and script, where the one without a country comes first,
// and then that of the country with most speakers. fr_FR and fr-FR are the same.
func fitting(tags []string, wanted string) string {
	best, rank := "", 4
	for _, tag := range tags {
		own, r := hyphened(tag), 3
		switch {
		case alike(own, wanted):
			return tag
		case !strings.EqualFold(base(own), primary(wanted)) || script(own) != script(wanted):
			continue
		case !strings.Contains(own, "-"):
			r = 1
		case own == hyphened(platformLanguage(base(own))):
			r = 2
		}
		if r < rank {
			best, rank = tag, r
		}
	}
	return best
}

func hyphened(tag string) string { return strings.ReplaceAll(tag, "_", "-") }

// primary is base of a tag that need not be hyphened.
func primary(tag string) string { return tag[:subtag(tag)] }

// subtag is where the first part of a tag ends.
func subtag(tag string) int {
	for i := 0; i < len(tag); i++ {
		if tag[i] == '-' || tag[i] == '_' {
			return i
		}
	}
	return len(tag)
}

// alike says whether two tags are one, whatever their case, and hyphened or not. It is
// asked for each person, and makes no text to find out.
func alike(a, b string) bool {
	for {
		i, j := subtag(a), subtag(b)
		if !strings.EqualFold(a[:i], b[:j]) || (i == len(a)) != (j == len(b)) {
			return false
		}
		if i == len(a) {
			return true
		}
		a, b = a[i+1:], b[j+1:]
	}
}

// script is how a language is written, for the few that are written in two ways. One that
// does not say is written as most write it.
func script(tag string) string {
	if of := primary(tag); of != "zh" && of != "sr" {
		return ""
	}
	parsed, err := language.Parse(hyphened(tag))
	if err != nil {
		return ""
	}
	s, _ := parsed.Script()
	return s.String()
}

// translation is the translation of a source text, or nil.
func (p *Program) translation(language, source string) *template {
	return p.locales[language][source]
}

// Title is the wording of a topic in a language. It is the topic's name if there is
// no such topic.
func (p *Program) Title(topic, language string) string {
	t := p.Bot.topic(topic)
	if t == nil || t.Title == "" {
		return topic
	}
	if own := p.translation(language, t.Title); own != nil {
		return own.source
	}
	return t.Title
}

// Topic finds a declared topic.
func (p *Program) Topic(name string) (*Topic, bool) {
	t := p.Bot.topic(name)
	return t, t != nil
}

// Trigger finds a trigger by its ID.
func (p *Program) Trigger(id string) (*Trigger, bool) {
	for i := range p.Triggers {
		if p.Triggers[i].ID == id {
			return &p.Triggers[i], true
		}
	}
	return nil, false
}

// checkLocales reports what is wrong between the flows' texts and their
// translations. used are the texts people read, by source.
func (c *checker) checkLocales(used map[string]Span, keywords map[string]bool) {
	// Where something is wrong with the texts themselves, they will change first.
	certain := !c.out.failed("bot.yaml") && !slices.ContainsFunc(c.order, func(id string) bool { return c.out.failed(c.flows[id].file) })
	var known *lexicon // of the texts, once somebody asks
	for _, l := range c.locales {
		for key, t := range l.own {
			before := len(c.out.list)
			if c.fill(t, textScope(key), false); len(c.out.list) == before {
				c.valuesOf(key, t)
			}
		}
		if l.broken || !certain {
			continue
		}
		var missing []string
		for _, text := range slices.Sorted(maps.Keys(used)) {
			if base(l.language) == base(c.bot.Locale) {
				break
			}
			if entry, ok := l.texts[text]; !wordless(text) && (!ok || entry.value == nil && !entry.list) {
				missing = append(missing, text)
			}
		}
		if len(missing) > 0 {
			c.warnf("locale-missing", Span{File: l.file}, "relance locales writes them into the file; put each translation behind its text. Until then people read them in "+c.bot.Locale,
				"%s without translation: %s", count(len(missing), "text is", "texts are"), sample(missing))
		}
		var stale []translation
		for text, entry := range l.texts {
			_, spoken := used[text]
			if entry.list && !keywords[fold(text)] && (spoken || entry.used || strings.HasPrefix(text, "relance.")) {
				c.errorf("shape", entry.key.span, "write one text behind the colon; only keywords have several words", "%q is a text, and its translation is a list", text)
				continue
			}
			if !spoken && !keywords[fold(text)] && !entry.used && !strings.HasPrefix(text, "relance.") && !c.ofField(text) {
				stale = append(stale, entry)
			}
		}
		if len(stale) > 0 && known == nil {
			known = newLexicon(slices.Collect(maps.Keys(used)))
		}
		c.stale(stale, known)
	}
}

// maxStale is how many texts of a locale file are said to be in no flow, one by one.
const maxStale = 25

// stale reports translations that belong to no text any more.
func (c *checker) stale(entries []translation, known *lexicon) {
	slices.SortFunc(entries, func(a, b translation) int { return a.key.span.Start.Line - b.key.span.Start.Line })
	for i, entry := range entries {
		if rest := len(entries) - i; i == maxStale && rest > 1 {
			c.warnf("locale-stale", entry.key.span, "delete what is not needed; relance check lists the next when these are gone", "no flow has this text any more, nor %s below", count(rest-1, "other", "others"))
			return
		}
		hint := "delete the line, or copy the text again from the flow, letter by letter"
		if best := known.nearest(entry.key.text); best != "" {
			hint = `did you mean "` + best + `"?`
		}
		c.warnf("locale-stale", entry.key.span, hint, "no flow has this text any more")
	}
}

// valuesOf reports an override of a framework text that leaves out what the text is there
// to tell: which topic, until when.
func (c *checker) valuesOf(key string, t *template) {
	names, _ := ownText(key)
	for _, name := range names {
		if !slices.ContainsFunc(t.parts, func(p part) bool { return p.x != nil && strings.Contains(p.x.source, name) }) {
			c.warnf("locale-value", t.span, "put it where it belongs: {{ "+name+" }}", "%s tells people its {{ %s }}, and this text does not", key, name)
			return
		}
	}
}

// ofField says whether a text is the name of a field or one of its options: people read
// them when they ask what is known about them.
func (c *checker) ofField(text string) bool {
	return slices.ContainsFunc(c.bot.Fields, func(f Field) bool { return f.Name == text || contains(f.Options, text) })
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sample is the first few of a list of texts.
func sample(texts []string) string {
	var shown []string
	for i, t := range texts {
		if i == 3 {
			shown = append(shown, "…")
			break
		}
		if r := []rune(t); len(r) > 40 {
			t = string(r[:40]) + "…"
		}
		shown = append(shown, `"`+t+`"`)
	}
	return strings.Join(shown, ", ")
}
