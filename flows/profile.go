package flows

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Profile is what a channel shows beside the conversation, in one language.
type Profile struct {
	Language    string // as in Program.Language: "fr", "pt-BR"
	Greeting    string // the platform fills in {{user_first_name}}
	IceBreakers []Button
	Menu        []Button
}

// Profiles are what a channel of bot.yaml shows, in each language: the bot's own first,
// which is for everybody whose language does not follow; then those of locales/ that
// translate any of it, in order. A text that a language lacks is in the bot's own. There
// are none if the channel shows nothing, or does not exist.
func (p *Program) Profiles(channel string) []Profile {
	at := slices.IndexFunc(p.Bot.Channels, func(c Channel) bool { return c.Name == channel })
	if at < 0 {
		return nil
	}
	c := p.Bot.Channels[at]
	if c.Greeting == "" && len(c.IceBreakers)+len(c.Menu) == 0 {
		return nil
	}
	out := []Profile{{Language: p.Bot.Locale, Greeting: tight(c.Greeting), IceBreakers: c.IceBreakers, Menu: c.Menu}}
	for _, language := range slices.Sorted(maps.Keys(p.locales)) {
		translated := false
		of := func(text string) string {
			own := p.translation(language, text)
			if own == nil || text == "" {
				return text
			}
			translated = true
			return own.source
		}
		labels := func(buttons []Button) []Button {
			out := slices.Clone(buttons)
			for i := range out {
				out[i].Label = of(out[i].Label)
			}
			return out
		}
		one := Profile{Language: language, Greeting: tight(of(c.Greeting)), IceBreakers: labels(c.IceBreakers), Menu: labels(c.Menu)}
		switch {
		case language == p.Bot.Locale:
			out[0] = one // a file of the bot's own language says it in another way
		case translated:
			out = append(out, one)
		}
	}
	return out
}

// shownText is a text that a channel shows beside the conversation.
type shownText struct {
	in       *node
	most     int
	what     string // of messages: "the greeting"
	greeting bool
}

var (
	// filled is a {{ }} of a greeting.
	filled = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	// userNames are what the platform fills into a greeting.
	userNames = []string{"user_first_name", "user_last_name", "user_full_name"}
)

// tight is a greeting as the platform reads it, without blanks in its braces.
func tight(greeting string) string { return filled.ReplaceAllString(greeting, "{{$1}}") }

// profiles checks the texts of channels in every language, and adds them to those that
// people read.
func (c *checker) profiles(b *botFile, used map[string]Span) {
	for _, at := range b.dialled {
		c.warnf("channel", at, "write go: and a flow whose button calls it", "the platform's menu calls no number; relance profile push leaves this entry out")
	}
	for _, s := range b.shown {
		if fold(filled.ReplaceAllString(s.in.text, "")) != "" {
			used[s.in.text] = s.in.span
		}
		if s.greeting {
			c.greeting(s.in)
		}
		for _, l := range c.locales {
			entry := l.texts[s.in.text]
			if entry.value == nil {
				continue
			}
			n := runes(entry.value.source)
			switch {
			case !s.greeting && entry.value.parts != nil:
				c.errorf("not-literal", entry.value.span, "write the words themselves", "%s is a fixed text, not a template", s.what)
				continue
			case n > s.most:
				c.errorf("too-long", entry.value.span, "shorten it by "+itoa(n-s.most), "%s may have %d characters, this has %d", s.what, s.most, n)
			}
			if s.greeting && entry.value.in != nil {
				c.greeting(entry.value.in)
			}
		}
	}
}

// greeting reports what people would read as it stands: the platform shows a greeting
// before anybody has written, and fills in names of its own.
func (c *checker) greeting(n *node) {
	mend := func(from, to int, meant, hint string) {
		at := n.at(runes(n.text[:from]), runes(n.text[:to]))
		found := c.errorf("greeting", at, hint, "the platform shows the greeting, and it knows nothing of the bot: people read %s as it stands", n.text[from:to])
		if meant != "" && at.Start.Line == at.End.Line && n.span.Start.Line == n.span.End.Line {
			found.mend(at, "{{"+meant+"}}")
		}
	}
	for _, at := range filled.FindAllStringSubmatchIndex(n.text, -1) {
		name := n.text[at[2]:at[3]]
		if contains(userNames, name) {
			continue
		}
		hint, meant := "write it without; the platform fills in {{user_first_name}}, {{user_last_name}} and {{user_full_name}} alone", userName(name)
		if meant != "" {
			hint = "write {{" + meant + "}}"
		}
		mend(at[0], at[1], meant, hint)
		return
	}
	for _, at := range bracketed.find(masked(n.text), "[%{<", -1) {
		if meant := userName(strings.Trim(n.text[at[0]:at[1]], "[]{}%<>$ ")); meant != "" {
			mend(at[0], at[1], meant, "write {{"+meant+"}}")
			return
		}
	}
}

// userName is what the platform calls a name of the person in a greeting, or "".
func userName(written string) string {
	name, _, _ := strings.Cut(written, "??")
	name = strings.TrimPrefix(strings.TrimSpace(name), "contact.")
	switch strings.TrimPrefix(strings.ReplaceAll(fold(name), " ", "_"), "user_") {
	case "first_name", "firstname", "name", "prenom", "vorname", "nombre", "nome":
		return "user_first_name"
	case "last_name", "lastname", "nom":
		return "user_last_name"
	case "full_name", "fullname":
		return "user_full_name"
	}
	return ""
}
