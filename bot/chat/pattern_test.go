package chat

import (
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		source, text string
		want         bool
	}{
		{"Bonjour Zoé", "Bonjour Zoé", true},
		{"Bonjour Zoé", "Bonjour Zoé !", false},
		{"Bonjour Zoé", "bonjour Zoé", false},
		{"Bonjour Zoe\u0301", "Bonjour Zoé", true}, // composed or not
		{"89,90 €", "89,90\u00a0€", true},
		{"1 299,00 €", "1\u202f299,00\u00a0€", true},
		{"C'est noté", "C’est noté", false}, // that can be seen
		{"un⏎deux", "un\ndeux", true},
		{"un ⏎ deux", "un\r\ndeux", true},
		{"un deux", "un\ndeux", false},
		{"un  deux", "un deux", false},
		{"un", " un\t", true},
		{"un", "un\n", false},
		{"un", "u\u200bn", false},
		{"…", "", true},
		{"…", "un\ndeux", true},
		{"Bonjour …", "Bonjour Zoé, ça va ?", true},
		{"Bonjour …", "Bonsoir Zoé", false},
		{"… Zoé …", "la belle Zoé est là", true},
		{"Un instant…", "Un instant…", true},
		{"a.c", "abc", false},
		{"/^Bonjour/", "Bonjour Zoé", true},
		{"/jour/", "Bonjour Zoé", true},
		{"/^jour/", "Bonjour Zoé", false},
		{"/^a.b$/", "a\nb", true},
		{`/a\nb/`, "a\nb", true},
		{`/https:\/\/x\.example/`, "https://x.example/1", true},
		{"/https://x.example/", "https://x.example/1", true},
		{"/stop/", "/stop/", true},
		{`Commande /\d+/ reçue`, "Commande 42 reçue", true},
		{`Commande /\d+/ reçue`, "Commande 42x reçue", false},
		{`Commande /\d+/ reçue`, `Commande /\d+/ reçue`, true},
		{`(/\d+/) et /\d+/.`, "(1) et 2.", true},
		{"/a+/ ou /b+/", "aa ou b", true},
		{"/a+/ ou /b+/", "aa ou c", false},
		{"/a|b/ c", "b c", true},
		{"/a|b/ c", "a", false},
		{"et/ou 1/2", "et/ou 1/2", true},
		{"et/ou 1/2", "et.ou 1.2", false},
		{"de 1 / 2 / 3", "de 1 / 2 / 3", true},
		{"un /(2/ trois", "un /(2/ trois", true},
		{"https://x.example/a/ b/", "https://x.example/a/ b/", true},
		{"//", "//", true},
		{"/", "/", true},
	}
	for _, tt := range tests {
		p, err := compile(tt.source)
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		if got := p.match(visible(tt.text)); got != tt.want {
			t.Errorf("%q matches %q: %v, want %v", tt.source, tt.text, got, tt.want)
		}
	}
	for _, source := range []string{"/(/", "/a{2000}/", "/" + strings.Repeat("a", maxPattern+1) + "/"} {
		if _, err := compile(source); err == nil {
			t.Errorf("%s is taken for a pattern", clip(source))
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  a  ":             "a",
		"a\n\nb":            "a⏎⏎b",
		"a \n b":            "a⏎b",
		"a\u2028b\vc":       "a⏎b⏎c",
		"a\tb\u3000c":       "a b c",
		"\x1b[31mrouge\x00": "[31mrouge",
		"\ufeffa":           "a",
		"a\xffb":            "a\ufffdb",
		"👩\u200d🚀":          "👩\u200d🚀",
		"\n":                "⏎",
		"fin\u00a0!":        "fin !",
	} {
		got := visible(in)
		if got != want {
			t.Errorf("%q is seen as %q, want %q", in, got, want)
		}
		if visible(got) != got {
			t.Errorf("%q is seen as %q the second time", got, visible(got))
		}
	}
}
