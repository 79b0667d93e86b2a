package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Translation is how far a bot is translated into one language.
type Translation struct {
	File     string
	Language string
	Missing  []Untranslated // in the order of the flows
	Stale    []Stale        // in the order of the file
}

// Untranslated is a text that a locale file lacks, or holds without a translation.
type Untranslated struct {
	Text  string `json:"text"`
	At    Span   `json:"-"`               // where one stands that reads so
	Empty bool   `json:"empty,omitempty"` // the file holds it
}

// Stale is a translation of a text that no flow has any more.
type Stale struct {
	Text string `json:"text"`
	Line int    `json:"line"`
}

// Translations lists the locale files of a bot, in order of their names. A file in the
// bot's own language lacks nothing: it only says some texts in another way.
func (p *Program) Translations() []Translation { return p.translations }

// Spoken lists the texts of a bot that people read, each once, in the order of the
// flows: what a new locale file is to translate.
func (p *Program) Spoken() []Untranslated { return p.spoken }

// spokenTexts are the texts that people read, in order.
func (c *checker) spokenTexts() []Untranslated {
	out := make([]Untranslated, 0, len(c.used))
	for text, at := range c.used {
		if !wordless(text) {
			out = append(out, Untranslated{Text: text, At: at})
		}
	}
	slices.SortFunc(out, func(a, b Untranslated) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Start.Line, b.At.Start.Line), cmp.Compare(a.At.Start.Column, b.At.Start.Column), cmp.Compare(a.Text, b.Text))
	})
	return out
}

// wordless says whether a text is the same in every language, unless a locale file says
// otherwise: 10:00, or 20 %.
func wordless(text string) bool { return !strings.ContainsFunc(masked(text), unicode.IsLetter) }

// translationsOf compares the locale files with the texts people read.
func (c *checker) translationsOf(spoken []Untranslated) []Translation {
	var out []Translation
	for _, l := range c.locales {
		t := Translation{File: l.file, Language: l.language}
		for _, text := range spoken {
			entry, there := l.texts[text.Text]
			if base(l.language) != base(c.bot.Locale) && (!there || entry.value == nil && !entry.list) {
				text.Empty = there
				t.Missing = append(t.Missing, text)
			}
		}
		for text, entry := range l.texts {
			if _, used := c.used[text]; !used && !c.keywords[fold(text)] && !entry.used && !strings.HasPrefix(text, "relance.") {
				t.Stale = append(t.Stale, Stale{Text: text, Line: entry.key.span.Start.Line})
			}
		}
		slices.SortFunc(t.Stale, func(a, b Stale) int { return cmp.Compare(a.Line, b.Line) })
		out = append(out, t)
	}
	return out
}

// Entry is a text as a locale file holds it before it is translated: behind a comment
// that names its place, a key without a value.
func (u Untranslated) Entry() string {
	key := u.Text
	if !plainKey(key) {
		key = escapedKey(key)
	}
	if runes(key) > longestKey {
		key = "? " + key + "\n" // YAML takes no longer one in front of a colon
	}
	return fmt.Sprintf("# %s:%d\n%s:\n", u.At.File, u.At.Start.Line, key)
}

// longestKey is what YAML takes in one line, less some.
const longestKey = 900

// plainKey says whether a text may stand as a key without quotes.
func plainKey(s string) bool {
	switch {
	case s == "" || needsQuotes(s) || strings.TrimSpace(s) != s || strings.ContainsAny(s, "\n\t\r\\"):
		return false
	case strings.ContainsAny(s[:1], "-=~<.") || strings.HasSuffix(s, ":"):
		return false
	}
	return true
}

// escapedKey is a text in double quotes, in one line.
func escapedKey(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s) + `"`
}
