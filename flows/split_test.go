package flows

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// characters is the limit of Messenger, octets that of Instagram.
var (
	characters = (&Program{}).limitOf("messenger")
	octets     = (&Program{Bot: Bot{Channels: []Channel{{Name: "insta", Type: "instagram"}}}}).limitOf("insta")
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		text       string
		n          int
		head, rest string
	}{
		{"what fits", "One. Two.", 9, "One. Two.", ""},
		{"at the end of a sentence", "One. Two. Three.", 12, "One. Two.", "Three."},
		{"blanks at the split count for nothing", "One. Two.   Three.", 9, "One. Two.", "Three."},
		{"an abbreviation and a price are no ends", "It is 3.50 at most. Come.", 20, "It is 3.50 at most.", "Come."},
		{"a question and a cry", "Still there? Yes! And you?", 17, "Still there? Yes!", "And you?"},
		{"a line break ends a sentence", "first line\nsecond line\nthird", 24, "first line\nsecond line", "third"},
		{"a quotation stays whole", "« Viens ! » dit-elle. Il vient.", 24, "« Viens ! » dit-elle.", "Il vient."},
		{"a sentence that is too long ends in front of a word", "seven words that never come to an end", 20, "seven words that", "never come to an end"},
		{"a word that fits to the last character", "abcd efgh ijkl", 9, "abcd efgh", "ijkl"},
		{"a word that is too long", "abcdefghij", 4, "abcd", "efghij"},
		{"Japanese sentences", "こんにちは。元気ですか。", 7, "こんにちは。", "元気ですか。"},
		{"an emoji of seven characters stays whole", "ab👨‍👩‍👧‍👦cd", 8, "ab", "👨‍👩‍👧‍👦cd"},
		{"an accent stays on its letter", "abe\u0301f", 3, "ab", "e\u0301f"},
		{"flags count two each", "🇫🇷🇯🇵🇧🇷", 4, "🇫🇷🇯🇵", "🇧🇷"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			head, rest := characters.split(c.text, c.n)
			if head != c.head || rest != c.rest {
				t.Errorf("%q and %q, want %q and %q", head, rest, c.head, c.rest)
			}
		})
	}
}

// TestLongTextsGoInParts: each fits, none ends within a sentence, nothing is lost, and
// what can be tapped stands below the last.
func TestLongTextsGoInParts(t *testing.T) {
	t.Parallel()
	sentence := "La pointure que tu attends est de retour 👟. "
	text := strings.TrimSpace(strings.Repeat(sentence, 90)) // 3,959 characters
	plain := Message{Kind: Text, Text: text}
	tapped := Message{Kind: Text, Text: strings.Repeat(sentence, 20), Buttons: []Button{{Label: "Voir"}}}
	for _, msg := range []Message{plain, tapped} {
		parts := characters.parts(&msg)
		var all []string
		for _, part := range parts {
			if n := utf8.RuneCountInString(part); n > characters.most(&msg) || !strings.HasSuffix(part, "👟.") || !strings.HasPrefix(part, "La ") {
				t.Errorf("a part of %d characters: %.20q … %q", n, part, part[len(part)-20:])
			}
			all = append(all, part)
		}
		if diff := cmp.Diff(strings.TrimSpace(msg.Text), strings.Join(all, " ")); diff != "" {
			t.Error(diff)
		}
	}
	if n := len(characters.parts(&plain)); n != 2 {
		t.Errorf("%d parts, want 2", n)
	}
	endless := Message{Kind: Text, Text: strings.Repeat(sentence, 1000)}
	if parts := characters.parts(&endless); len(parts) != mostParts || !strings.HasSuffix(parts[mostParts-1], "…") {
		t.Errorf("%d parts", len(parts))
	}
}

// TestInstagramCountsBytes: a thousand of them, and of accents and emoji accordingly fewer.
func TestInstagramCountsBytes(t *testing.T) {
	t.Parallel()
	sentence := "Ça revient bientôt à la pépinière 🌿. "
	msg := Message{Kind: Text, Text: strings.TrimSpace(strings.Repeat(sentence, 60))}
	if n := len(characters.parts(&msg)); n != 2 { // 2,219 characters
		t.Errorf("%d parts on Messenger", n)
	}
	parts := octets.parts(&msg)
	for _, part := range parts {
		if len(part) > 1000 || !strings.HasSuffix(part, "🌿.") {
			t.Errorf("a part of %d bytes: %.30q", len(part), part)
		}
	}
	if n := len(parts); n != 3 {
		t.Errorf("%d parts on Instagram", n)
	}
	if cut := octets.cut(msg.Text, 1000); len(cut) > 1000 || !strings.HasSuffix(cut, "…") {
		t.Errorf("cut to %d bytes: %q", len(cut), cut[len(cut)-20:])
	}
	short := Message{Kind: Text, Text: strings.Repeat("é", 500)}
	if !octets.fits(&short) {
		t.Error("a thousand bytes do not fit")
	}
}
