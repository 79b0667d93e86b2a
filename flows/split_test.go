package flows

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
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
		{"a letter with more accents than there is room", "e\u0301\u0301\u0301\u0301", 3, "e\u0301\u0301", "\u0301\u0301"},
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
		parts := characters.parts(&msg, mostParts)
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
	if n := len(characters.parts(&plain, mostParts)); n != 2 {
		t.Errorf("%d parts, want 2", n)
	}
	endless := Message{Kind: Text, Text: strings.Repeat(sentence, 1000)}
	if parts := characters.parts(&endless, mostParts); len(parts) != mostParts || !strings.HasSuffix(parts[mostParts-1], "…") {
		t.Errorf("%d parts", len(parts))
	}
}

// TestALetterWithTwoThousandAccentsIsSplit: a text that is one character as people see it
// came out whole, and the platform took none of it.
func TestALetterWithTwoThousandAccentsIsSplit(t *testing.T) {
	t.Parallel()
	msg := Message{Kind: Text, Text: "e" + strings.Repeat("\u0301", 4000)}
	for name, limit := range map[string]textLimit{"messenger": characters, "instagram": octets} {
		parts := limit.parts(&msg, mostParts)
		for _, part := range parts {
			if n := limit.size(part); n == 0 || n > limit.plain || !utf8.ValidString(part) {
				t.Errorf("%s: a part of %d", name, n)
			}
		}
		if name == "messenger" && strings.Join(parts, "") != msg.Text {
			t.Errorf("%s: something is lost", name)
		}
	}
}

// TestInstagramCountsBytes: a thousand of them, and of accents and emoji accordingly fewer.
func TestInstagramCountsBytes(t *testing.T) {
	t.Parallel()
	sentence := "Ça revient bientôt à la pépinière 🌿. "
	msg := Message{Kind: Text, Text: strings.TrimSpace(strings.Repeat(sentence, 60))}
	if n := len(characters.parts(&msg, mostParts)); n != 2 { // 2,219 characters
		t.Errorf("%d parts on Messenger", n)
	}
	parts := octets.parts(&msg, mostParts)
	for _, part := range parts {
		if len(part) > 1000 || !strings.HasSuffix(part, "🌿.") {
			t.Errorf("a part of %d bytes: %.30q", len(part), part)
		}
	}
	if n := len(parts); n != 3 {
		t.Errorf("%d parts on Instagram", n)
	}
	if cut := cutBy(msg.Text, 1000, octets.size); len(cut) > 1000 || !strings.HasSuffix(cut, "…") {
		t.Errorf("cut to %d bytes: %q", len(cut), cut[len(cut)-20:])
	}
	short := Message{Kind: Text, Text: strings.Repeat("é", 500)}
	if !octets.fits(&short) {
		t.Error("a thousand bytes do not fit")
	}
}

// forester is a bot whose texts are as long as what the person wrote down.
func forester(t *testing.T, steps string) *Program {
	t.Helper()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: Fern & Fig\ntopics: {news: {title: News}}\nevents: {news: {text: text}}\nfields: {note: text}\n" +
			"channels: {messenger: {notifications: [recurring]}, instagram: {}}\n")},
		"flows/join.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{opt_in: news}]\n")},
		"flows/a.yaml":    {Data: []byte(steps)},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return p
}

// TestThreeLongTextsInOneTurnGo: they were more than the twenty messages of a turn, which
// ended the flow.
func TestThreeLongTextsInOneTurnGo(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Our ferns grow in the shade of old trees. ", 450))
	for _, channel := range []string{"messenger", "instagram"} {
		p := forester(t, "triggers: [{keywords: [go]}]\nsteps:\n"+strings.Repeat("  - say: \"{{ contact.note }}\"\n", 3)+"  - say: Done.\n")
		turn := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", Text: "go"}, World{
			Now: time.Unix(1774630800, 0), WindowUntil: time.Unix(1774700000, 0), Contact: Contact{Channel: channel, Fields: map[string]any{"note": long}},
		})
		limit, cut := p.limitOf(channel), 0
		var said []string
		for _, e := range turn.Effects {
			switch e := e.(type) {
			case Say:
				if said = append(said, e.Message.Text); !limit.fits(&e.Message) {
					t.Errorf("%s: a part of %d", channel, limit.size(e.Message.Text))
				}
				if strings.HasSuffix(e.Message.Text, "…") {
					cut++
				}
			case Fault:
				t.Errorf("%s: %s", channel, e.Message)
			}
		}
		if len(said) > maxMessages || cut != 3 || said[len(said)-1] != "Done." {
			t.Errorf("%s: %d messages, %d cut, the last %.20q", channel, len(said), cut, said[len(said)-1])
		}
	}
}

// TestAWayOutAmongButtonsLeavesATextThatIsTaken: with a button the text may be shorter, in
// what the channel counts.
func TestAWayOutAmongButtonsLeavesATextThatIsTaken(t *testing.T) {
	t.Parallel()
	replies := "[" + strings.TrimSuffix(strings.Repeat("{label: L%, go: join}, ", maxQuickReplies), ", ") + "]"
	for i := range maxQuickReplies {
		replies = strings.Replace(replies, "%", itoa(i), 1)
	}
	p := forester(t, "triggers: [{event: news, topic: news}]\nsteps:\n  - say: \"{{ event.text }}\"\n    quick_replies: "+replies+"\n")
	text := strings.TrimSpace(strings.Repeat("Nos fougères préfèrent l'ombre des vieux chênes. ", 18)) // 863 characters, 935 bytes
	for _, channel := range []string{"messenger", "instagram"} {
		turn := p.Advance(Session{}, Input{Kind: InNotify, ID: "1", Trigger: "a/event:news", Topic: "news", Event: map[string]any{"text": text}}, World{
			Now: time.Unix(1774630800, 0), Contact: Contact{Channel: channel},
		})
		at := slices.IndexFunc(turn.Effects, func(e Effect) bool { _, is := e.(Say); return is })
		if at < 0 {
			t.Fatalf("%s: %+v", channel, turn.Effects)
		}
		say := turn.Effects[at].(Say)
		if len(say.Message.Buttons) != 1 || !say.Notification {
			t.Fatalf("%s: %+v", channel, turn.Effects)
		}
		limit := p.limitOf(channel)
		if n := limit.size(say.Message.Text); n > limit.buttons || n < limit.buttons*9/10 || !strings.HasSuffix(say.Message.Text, "…") {
			t.Errorf("%s: %d of %d: %q", channel, n, limit.buttons, say.Message.Text)
		}
	}
}
