package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Bounds of a bot folder.
const (
	maxFlows   = 5_000
	maxLocales = 100
	maxSources = 64 << 20 // bytes of all sources
)

// Load reads a bot folder: bot.yaml, flows/, locales/ and data/. All findings about
// all files are returned; the program is nil if there are errors among them. handlers
// are the Go functions that call: may run, beside what bot.yaml declares.
func Load(fsys fs.FS, handlers ...Signature) (*Program, *Data, Diagnostics) {
	out := &reporter{sources: make(map[string]*source)}
	sources, unread := collect(fsys, out)
	data := loadData(fsys, out)
	p := compile(&checker{out: out, data: data, handlers: handlers}, sources, unread)
	list := out.sorted()
	if list.HasErrors() {
		return nil, nil, list
	}
	return p, data, list
}

// Compile makes a program of the sources of one, as Program.Sources holds them.
// data is what the sources' expressions are checked against; without it nothing is
// said about tables, since those of an older program may be gone; and so may be its
// handlers.
func Compile(sources map[string][]byte, data *Data, handlers ...Signature) (*Program, Diagnostics) {
	out := &reporter{sources: make(map[string]*source)}
	p := compile(&checker{out: out, data: data, handlers: handlers, lenient: true}, sources, nil)
	list := out.sorted()
	if list.HasErrors() {
		return nil, list
	}
	return p, list
}

// BotName is the name that a bot.yaml gives, whatever else is wrong with the bot; "" if
// none can be read.
func BotName(text []byte) string {
	root := newDecoder("bot.yaml", text, &reporter{sources: make(map[string]*source)}).parse()
	if root == nil || root.get("name") == nil {
		return ""
	}
	return strings.TrimSpace(root.get("name").text)
}

// collect reads the sources of a bot folder. unread are the files that are there and
// could not be read, as by their extension or size.
func collect(fsys fs.FS, out *reporter) (sources map[string][]byte, unread []string) {
	sources = make(map[string][]byte)
	total := 0
	read := func(file string) {
		if path.Ext(file) == ".yml" {
			unread = append(unread, file)
			out.report(Error, "file", Span{File: file}, "rename it to "+strings.TrimSuffix(path.Base(file), ".yml")+".yaml", "only .yaml files are read")
			return
		}
		text, err := readFile(fsys, file, maxFileSize)
		if err != nil {
			unread = append(unread, file)
			out.unreadable(file, err)
			return
		}
		if total += len(text); total > maxSources {
			return
		}
		sources[file] = text
	}
	switch _, err := fs.Stat(fsys, "bot.yaml"); {
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		read("bot.yaml")
	default:
		hint := "a bot folder has a bot.yaml and a folder flows/; relance new makes one"
		if _, err := fs.Stat(fsys, "bot.yml"); err == nil {
			hint = "rename bot.yml to bot.yaml"
		}
		out.report(Error, "file", Span{File: "bot.yaml"}, hint, "there is no bot.yaml here")
	}
	strays(fsys, out)
	walkSources(fsys, "flows", maxFlows, out, read)
	walkSources(fsys, "locales", maxLocales, out, read)
	if total > maxSources {
		out.report(Error, "file-size", Span{File: "flows"}, "delete files nobody uses, or make two bots of it", fmt.Sprintf("the sources are larger than %d MiB", maxSources>>20))
	}
	return sources, unread
}

// walkSources reads the YAML files of a folder and its folders.
func walkSources(fsys fs.FS, folder string, most int, out *reporter, read func(string)) {
	n := 0
	err := fs.WalkDir(fsys, folder, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if file == folder && errors.Is(err, fs.ErrNotExist) {
				return fs.SkipAll
			}
			out.report(Error, "file", Span{File: file}, "look at its permissions", "it cannot be read")
			return nil
		case strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(entry.Name(), ".") || entry.IsDir():
			return nil
		case path.Ext(file) != ".yaml" && path.Ext(file) != ".yml":
			return nil
		}
		if n++; n > most {
			out.report(Error, "file", Span{File: folder}, "delete those nobody uses, or make two bots of it", fmt.Sprintf("there are more than %d files in it", most))
			return fs.SkipAll
		}
		read(file)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		out.report(Error, "file", Span{File: folder}, "look at its permissions", "the folder cannot be read")
	}
}

// hash names a set of sources.
func hash(sources map[string][]byte) string {
	h := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		fmt.Fprintf(h, "%d:%s%d:", len(file), file, len(sources[file]))
		h.Write(sources[file])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// compile decodes, checks and links. The program is of use only if nothing was
// reported as an error.
func compile(c *checker, sources map[string][]byte, unread []string) *Program {
	out, shared := c.out, newDialect()
	c.flows, c.called, c.dialect = make(map[string]*draft), make(map[string]bool), shared
	open := func(file string) *decoder {
		d := newDecoder(file, sources[file], out)
		d.dialect = shared
		return d
	}
	var b *botFile
	if _, ok := sources["bot.yaml"]; ok {
		d := open("bot.yaml")
		b = d.decodeBot()
	} else {
		b = &botFile{broken: true, bot: Bot{Locale: "en", Timezone: "UTC", Region: "EU"}}
	}
	c.bot, c.unsure, c.shaky, c.slipped, c.endpoints = &b.bot, b.broken, b.shaky, b.mentioned, b.endpoints
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		name, ok := strings.CutSuffix(strings.TrimPrefix(file, "flows/"), ".yaml")
		if !ok || !strings.HasPrefix(file, "flows/") {
			continue
		}
		d := open(file)
		if !isFlowID(name) {
			out.report(Error, "name", Span{File: file}, "rename the file: letters, digits, _ and -", fmt.Sprintf("%q cannot be the id of a flow", name))
			continue
		}
		c.flows[name] = d.decodeFlow(name)
		c.order = append(c.order, name)
		c.spoken = append(c.spoken, d.spoken...)
	}
	for _, file := range unread { // nothing is known of them
		name := strings.TrimSuffix(strings.TrimPrefix(file, "flows/"), path.Ext(file))
		if c.flows[name] == nil {
			c.flows[name] = &draft{id: name, file: file, broken: true}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		name, ok := strings.CutSuffix(strings.TrimPrefix(file, "locales/"), ".yaml")
		if !ok || !strings.HasPrefix(file, "locales/") {
			continue
		}
		tag := languageTag(name)
		if tag == "" || strings.Contains(name, "/") {
			out.report(Error, "locale", Span{File: file}, "call it by its language, as in en.yaml or pt_BR.yaml", fmt.Sprintf("%q is not a language", name))
			continue
		}
		c.locales = append(c.locales, open(file).decodeLocale(tag))
	}
	if len(c.flows) == 0 && len(sources) > 0 {
		out.report(Error, "file", Span{File: "flows"}, "put a flow into the folder flows/", "the bot has no flows")
	}
	if c.flows[preferencesFlow] == nil {
		c.flows[preferencesFlow] = preferencesDraft()
	}
	p := c.program(b)
	c.check(b)
	if out.list.HasErrors() {
		return nil
	}
	p.ways = c.ways()
	for i := range p.Triggers {
		if t := &p.Triggers[i]; t.Topic != "" {
			t.Opens = c.opens(c.flows[t.Flow])
		}
	}
	for id, d := range c.flows {
		p.flows[id] = link(d)
	}
	p.moved = c.relocated(p.flows)
	p.goals = c.goals
	p.spoken = c.spokenTexts()
	p.translations = c.translationsOf(p.spoken)
	p.Sources, p.Hash = sources, hash(sources)
	return p
}

// program gathers what the program holds beside its flows.
func (c *checker) program(b *botFile) *Program {
	p := &Program{
		Bot: b.bot, flows: make(map[string]*flow, len(c.flows)), endpoints: make(map[string]*endpoint, len(b.endpoints)),
		languages: []string{b.bot.Locale}, locales: make(map[string]map[string]*template), texts: make(map[string]map[string]*template), stop: make(map[string]bool), endings: map[string]string{"all": Payload{OptOut: "all"}.Encode()},
	}
	for _, t := range b.bot.Topics {
		p.endings[t.Name] = Payload{OptOut: t.Name}.Encode()
	}
	for _, e := range b.endpoints {
		p.endpoints[e.Name] = e
	}
	for _, l := range c.locales {
		if !contains(p.languages, l.language) {
			p.languages = append(p.languages, l.language)
		}
		texts := make(map[string]*template, len(l.texts))
		for text, entry := range l.texts {
			if entry.value != nil {
				texts[text] = entry.value
			}
		}
		p.locales[l.language] = texts
	}
	for _, language := range append(slices.Clone(p.languages), "en") {
		if _, done := p.texts[language]; done {
			continue
		}
		texts, stop := ownTexts(language, c.dialect, c.out)
		for _, exact := range []bool{false, true} {
			for _, l := range c.locales {
				if base(l.language) != base(language) || exact != (l.language == language) || len(l.own) == 0 {
					continue
				}
				if texts == nil {
					texts = make(map[string]*template)
				}
				maps.Copy(texts, l.own)
			}
		}
		p.texts[language] = texts
		for _, w := range append(stop, b.bot.StopWords...) {
			if folded := fold(w); folded != "" {
				p.stop[folded] = true
			}
		}
	}
	c.stop = p.stop
	if stop := p.texts[b.bot.Locale]["relance.stop"]; stop != nil {
		c.stopLabel = cut(stop.source, maxLabel)
	} else if stop := p.texts["en"]["relance.stop"]; stop != nil {
		c.stopLabel = cut(stop.source, maxLabel)
	}
	for _, id := range c.order {
		for _, t := range c.flows[id].triggers {
			c.translateKeywords(t)
			if t.where != nil && t.where.code != nil {
				t.Terms = terms(t.where.code.tree)
			} else if t.where == nil && t.Topic != "" {
				t.Terms = byName(b.bot.event(t.Value), b.bot.topic(t.Topic))
			}
			p.Triggers = append(p.Triggers, *t)
		}
	}
	return p
}

// translateKeywords adds the words a keyword is in other languages.
func (c *checker) translateKeywords(t *Trigger) {
	if t.Kind != OnKeywords {
		return
	}
	for _, l := range c.locales {
		for _, keyword := range t.keywords {
			for _, entry := range l.like(keyword.text) {
				for _, w := range entry.words {
					if folded := fold(w); folded != "" && !contains(t.words, folded) {
						t.words = append(t.words, folded)
					}
				}
			}
		}
	}
	slices.Sort(t.words[len(t.keywords):])
}

// filledBy are the contact fields that a condition cannot hold without.
func filledBy(x *expression) map[string]bool {
	out := make(map[string]bool)
	if x != nil && x.code != nil {
		tested(x.code.tree, true, out)
	}
	return out
}
