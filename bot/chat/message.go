package chat

import (
	"context"
	"slices"
	"strings"
)

// Said is one message as a person sees it.
type Said struct {
	// Kind is what a transcript calls it: text, opt-in, cards, image, video, audio,
	// file, media, receipt, coupon, template.
	Kind string
	// Text is the text of a message, the title of an opt-in request, the URL of an
	// image or of another file.
	Text   string
	Cards  []Card   // of kind cards
	Labels []string // its buttons, then its quick replies
}

// Card is one card of a carousel.
type Card struct {
	Title, Subtitle string
	Labels          []string
}

// The kinds that have a meaning of their own here; any other is shown by its name
// in brackets.
const (
	kindText  = "text"
	kindCards = "cards"
	kindCard  = "card"

	nothing = "nothing" // behind "<": silence
)

// kinds are the words that may stand in brackets before what a message shows.
func kinds() []string {
	return []string{"opt-in", kindCard, kindCards, "image", "video", "audio", "file", "media", "receipt", "coupon", "template"}
}

// shown is one line of what a person saw; a carousel has one for each card.
type shown struct {
	kind   string
	text   string // visible
	labels []string
}

// show takes messages apart into lines. Quick replies of a carousel stand behind
// its last card.
func show(said []Said) []shown {
	var out []shown
	for _, m := range said {
		if m.Kind != kindCards || len(m.Cards) == 0 {
			out = append(out, shown{m.Kind, visible(m.Text), visibleAll(m.Labels)})
			continue
		}
		for i, c := range m.Cards {
			s := shown{kindCard, visible(c.Title), visibleAll(c.Labels)}
			if c.Subtitle != "" {
				s.text = visible(c.Title + " — " + c.Subtitle)
			}
			if i == len(m.Cards)-1 {
				s.labels = append(s.labels, visibleAll(m.Labels)...)
			}
			out = append(out, s)
		}
	}
	return out
}

func visibleAll(labels []string) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = visible(l)
	}
	return out
}

// String is the line without "< ".
func (s shown) String() string {
	labels := make([]string, len(s.labels))
	for i, l := range s.labels {
		labels[i] = writeLabel(l)
	}
	line := s.head() + inBrackets(labels)
	if !reads(line, func(m message) bool { return m.matches(s) }) {
		line = s.exactly() + inBrackets(labels) // the text swallows a label
	}
	return line
}

// head is the kind and the text, as a transcript can hold them.
func (s shown) head() string {
	text := s.text
	if s.kind != kindText {
		text = strings.TrimRight("("+s.kind+") "+text, " ")
	}
	if !reads(text, func(m message) bool { return len(m.labels) == 0 && m.matchesText(s) }) {
		return s.exactly()
	}
	return text
}

// exactly writes a text that would be read as something else.
func (s shown) exactly() string {
	switch {
	case s.kind == kindText:
		return exactly(s.text)
	case slices.Contains(kinds(), s.kind):
		return "(" + s.kind + ") " + exactly(s.text)
	}
	return exactly(s.named())
}

// named is what is compared of a kind that has no word of its own.
func (s shown) named() string { return visible("(" + s.kind + ") " + s.text) }

// reads reports whether a line, read back, is a message that ok accepts.
func reads(text string, ok func(message) bool) bool {
	if text == "" || text == nothing {
		return false
	}
	m, _, err := readMessage([]rune(text))
	return err == nil && ok(m)
}

func writeLabel(l string) string {
	if !strings.HasPrefix(l, "/") && reads("x  ["+l+"]", func(m message) bool { return len(m.labels) == 1 && m.labels[0].match(l) }) {
		return l
	}
	return exactly(l)
}

// message is a line "< …": what the bot says next.
type message struct {
	kind   string // empty: a text, or a kind we do not know by name
	text   pattern
	labels []pattern
}

// silence is the line "< nothing".
type silence struct{}

func parseSaid(s *scanner) statement {
	s.p.began = true
	s.personal()
	body, from := s.rest()
	to := from + len(body)
	if len(body) == 0 {
		s.errorf("chat-said", 0, to, `write what the bot says, or "< nothing"`, "an empty message")
		return nil
	}
	if string(body) == nothing {
		s.p.silent = s.num
		return silence{}
	}
	m, at, err := readMessage(body)
	if err != nil {
		s.errorf("chat-pattern", from+at[0], from+at[1], "the syntax is that of Go's regexp package", "%v", err)
		return nil
	}
	if s.p.silent > 0 {
		s.errorf("chat-order", 0, to, "take one of the two out, or let something happen between them",
			"the bot says this, and line %d says that it says nothing", s.p.silent)
	}
	return m
}

// readMessage reads what stands behind "<". On an error, at is the place of the part at
// fault.
func readMessage(body []rune) (m message, at [2]int, err error) {
	text, labels, places := splitLabels(body)
	from := 0
	if kind, n := readKind(text); kind != "" {
		m.kind, from = kind, n
	}
	if m.text, err = compile(string(text[from:])); err != nil {
		return m, [2]int{from, len(text)}, err
	}
	for i, l := range labels {
		p, err := compile(l)
		if err != nil {
			return m, places[i], err
		}
		m.labels = append(m.labels, p)
	}
	return m, at, nil
}

// readKind finds "(opt-in) " and its like, and where the text behind it begins.
func readKind(text []rune) (kind string, n int) {
	if len(text) == 0 || text[0] != '(' {
		return "", 0
	}
	end := slices.Index(text, ')')
	if end < 0 || end+1 < len(text) && !blank(text[end+1]) || !slices.Contains(kinds(), string(text[1:end])) {
		return "", 0
	}
	for n = end + 1; n < len(text) && blank(text[n]); n++ {
	}
	return string(text[1:end]), n
}

// splitLabels takes the labels off the end: they stand in brackets behind two
// blanks, and nothing but blanks is between them.
func splitLabels(body []rune) (text []rune, labels []string, places [][2]int) {
	for i := 0; i+2 < len(body); i++ {
		if !blank(body[i]) || !blank(body[i+1]) || body[i+2] != '[' {
			continue
		}
		if labels, places = readLabels(body, i+2); labels != nil {
			for i > 0 && blank(body[i-1]) {
				i--
			}
			return body[:i], labels, places
		}
	}
	return body, nil, nil
}

// readLabels reads "[A] [B]" from i to the end; nil if that is something else.
func readLabels(body []rune, i int) (labels []string, places [][2]int) {
	for i < len(body) {
		if body[i] != '[' || len(labels) == maxLabels {
			return nil, nil
		}
		end := labelEnd(body, i+1)
		if end < 0 {
			return nil, nil
		}
		labels, places = append(labels, string(body[i+1:end])), append(places, [2]int{i + 1, end})
		i = end + 1
		if i < len(body) && !blank(body[i]) {
			return nil, nil
		}
		for i < len(body) && blank(body[i]) {
			i++
		}
	}
	return labels, places
}

// labelEnd finds the bracket that closes a label. Only a label that is a /regex/
// may hold brackets.
func labelEnd(body []rune, i int) int {
	if i < len(body) && body[i] == '/' {
		for j := i + 2; j < len(body); j++ {
			if body[j] == ']' && body[j-1] == '/' && (j+1 == len(body) || blank(body[j+1])) {
				return j
			}
		}
	}
	for j := i; j < len(body) && body[j] != '['; j++ {
		if body[j] == ']' {
			return j
		}
	}
	return -1
}

func (m message) String() string {
	labels := make([]string, len(m.labels))
	for i, l := range m.labels {
		labels[i] = l.source
	}
	return "< " + m.head() + inBrackets(labels)
}

// head is the kind and the text as written.
func (m message) head() string {
	if m.kind == "" {
		return m.text.source
	}
	return strings.TrimRight("("+m.kind+") "+m.text.source, " ")
}

// inBrackets writes labels behind a text.
func inBrackets(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	return "  [" + strings.Join(labels, "] [") + "]"
}

func (m message) matches(s shown) bool {
	return m.matchesText(s) && slices.EqualFunc(m.labels, s.labels, pattern.match)
}

func (m message) matchesText(s shown) bool {
	switch {
	case m.kind != "":
		return m.kind == s.kind && m.text.match(s.text)
	case s.kind == kindText:
		return m.text.match(s.text)
	}
	// … is any text, but not any card or image.
	return !slices.Contains(kinds(), s.kind) && m.text.match(s.named())
}

// rewrite is the line for what was said instead, with the parts that still hold as
// they were written.
func (m message) rewrite(s shown) string {
	text := s.head()
	if m.matchesText(s) {
		text = m.head()
	}
	labels := make([]string, len(s.labels))
	for i, l := range s.labels {
		labels[i] = writeLabel(l)
		if i < len(m.labels) && m.labels[i].match(l) {
			labels[i] = m.labels[i].source
		}
	}
	return "< " + text + inBrackets(labels)
}

func (silence) String() string { return "< nothing" }

func (m message) play(ctx context.Context, p *player, at int) error {
	return p.expect(ctx, at, &m)
}

func (silence) play(ctx context.Context, p *player, at int) error {
	return p.expect(ctx, at, nil)
}
