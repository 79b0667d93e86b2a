package flows

import (
	"strings"
	"testing"
	"testing/fstest"
)

// A mistake inside a template is marked where it stands in the file, however the text
// around it is written.
func TestMistakesInTemplatesAreMarkedToTheLetter(t *testing.T) {
	t.Parallel()
	for name, flow := range map[string]string{
		"plain":                     "  - say: Pot {{ contact.sise }}\n",
		"plain, over lines":         "  - say: A pot\n      of {{ contact.sise }} cm\n      for you\n",
		"plain, a gap in between":   "  - say: A pot\n\n      of {{ contact.sise }} cm\n",
		"single quotes":             "  - say: 'It''s {{ contact.sise }}'\n",
		"single quotes over lines":  "  - say: 'It''s\n\n      a {{ contact.sise }}'\n",
		"double quotes":             "  - say: \"Pot {{ contact.sise }}\"\n",
		"escapes in front":          "  - say: \"Caf\\u00e9\\n\\t\\\"{{ contact.sise }}\\\"\\x41\"\n",
		"an escape in the template": "  - say: \"{{ \\\"\\u00e9\\\" + contact.sise }}\"\n",
		"an escaped end of line":    "  - say: \"Pot \\\n      {{ contact.sise }}\"\n",
		"double quotes over lines":  "  - say: \"Pot\n\n      {{ contact.sise }}\"\n",
		"a surrogate":               "  - say: \"\\U0001F331 {{ contact.sise }}\"\n",
		"emoji and accents":         "  - say: \"👩‍🌾 cafe\u0301 {{ contact.sise }}\"\n",
		"literal":                   "  - say: |\n      Pot\n        of {{ contact.sise }}\n      cm\n",
		"literal, kept":             "  - say: |+\n      Pot {{ contact.sise }}\n\n",
		"literal, stated indent":    "  - say: |2\n        Pot {{ contact.sise }}\n",
		"folded":                    "  - say: >\n      Pot\n      of {{ contact.sise }}\n",
		"folded, with paragraphs":   "  - say: >-\n      Pot\n\n\n        indented\n      of {{ contact.sise }}\n",
		"in braces":                 "  - say: Look\n    quick_replies: [{label: \"Pot {{ contact.sise }}\", go: a}]\n",
		"in braces, single quotes":  "  - say: {one_of: [Hi, 'It''s {{ contact.sise }}']}\n",
		"the second template":       "  - say: \"{{ contact.id }} {{ contact.sise }}\"\n",
		"template over lines":       "  - say: |\n      {{ contact.id +\n         contact.sise }}\n",
		"a condition":               "  - if: contact.id != nil and contact.sise > 3\n    then: [{say: Hi}]\n",
		"a condition over lines":    "  - if: >\n      contact.id != nil\n      and contact.sise > 3\n    then: [{say: Hi}]\n",
		"a condition in quotes":     "  - if: 'contact.id == ''x'' and contact.sise > 3'\n    then: [{say: Hi}]\n",
		"a map key's value":         "  - set: {pot: \"{{ contact.sise }}\"}\n",
		"a list in an expression":   "  - set: {pot: \"{{ [1, 2, contact.sise] }}\"}\n  - say: \"{{ pot }}\"\n",
		"inside a function":         "  - say: \"{{ upper(string(contact.sise)) }}\"\n",
		"tabs in the text":          "  - say: \"a\tb {{ contact.sise }}\"\n",
	} {
		for end, text := range map[string]string{"\\n": flow, "\\r\\n": strings.ReplaceAll(flow, "\n", "\r\n")} {
			_, _, found := Load(fstest.MapFS{
				"bot.yaml":     {Data: []byte("name: Shop\nfields: {size: number}\n")},
				"flows/a.yaml": {Data: []byte("triggers: [{keywords: [a]}]\nsteps:\n" + text)},
			})
			at := -1
			for i, d := range found {
				if d.Code == "field-unknown" {
					at = i
				}
			}
			if at < 0 {
				t.Errorf("%s, %s: not found: %v", name, end, found)
				continue
			}
			d := found[at]
			line := []rune(d.Source)
			if d.Line != d.EndLine || d.Column < 1 || d.EndColumn-1 > len(line) || d.EndColumn < d.Column || string(line[d.Column-1:d.EndColumn-1]) != "sise" {
				t.Errorf("%s, %s: marked is\n%v", name, end, d)
			}
			if d.Fix == nil || d.Fix.Text != "size" {
				t.Errorf("%s, %s: the fix is %+v", name, end, d.Fix)
			}
		}
	}
}
