package flows

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// exhibited is what one step sends, with a table of some things.
func exhibited(t *testing.T, step string, things []any) (Message, string) {
	t.Helper()
	p, _ := compileTalk(t, "-- flows/a.yaml --\ntriggers: [{keywords: [go]}]\nsteps:\n"+step+"-- data/things.yaml --\n- {name: a, price: 1, url: \"https://a.example\"}\n- {name: \"\", price: 2}\n")
	turn := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", Text: "go"}, World{
		Now: time.Unix(0, 0), WindowUntil: time.Unix(1000, 0), Data: &Data{tables: map[string]any{"things": things}},
	})
	for _, e := range turn.Effects {
		switch e := e.(type) {
		case Say:
			return e.Message, ""
		case Fault:
			return Message{}, e.Message
		}
	}
	return Message{}, ""
}

func thing(name string, price any, url any) map[string]any {
	return map[string]any{"name": name, "price": price, "url": url}
}

const (
	cardStep    = "  - show: cards\n    each: data.things\n    title: \"{{ item.name }}\"\n    image: \"{{ item.url }}\"\n"
	receiptStep = "  - show: receipt\n    order: x\n    currency: EUR\n    payment: Visa\n    each: data.things\n    title: \"{{ item.name }}\"\n    price: \"{{ item.price }}\"\n    total: \"{{ data.things[0].price }}\"\n"
	imageStep   = "  - show: image\n    url: \"{{ data.things[0].url ?? '' }}\"\n"
)

// What tables and people hold goes out as the platform takes it, or is a fault of
// that flow alone.
func TestWhatIsShownKeepsToTheLimits(t *testing.T) {
	t.Parallel()
	many := make([]any, 10_000)
	for i := range many {
		many[i] = thing(fmt.Sprint("n", i), float64(i), "https://a.example/x y.png")
	}
	family := "👩‍👩‍👧‍👦"
	one := func(name string, price, url any) []any { return []any{thing(name, price, url)} }
	for _, tt := range []struct {
		name, step string
		things     []any
		want       func(Message) bool
		fault      string
	}{
		{"ten thousand cards", cardStep, many, func(m Message) bool { return len(m.Cards) == 10 && m.Cards[0].Image == "https://a.example/x%20y.png" }, ""},
		{"ten thousand things on a receipt", receiptStep, many, func(m Message) bool { return len(m.Receipt.Items) == 100 && m.Receipt.Items[99].Price == "99.00" }, ""},
		{"no cards", cardStep, nil, func(m Message) bool { return m.Kind == "" }, ""},
		{"a long title is cut in front of a word", cardStep, one(strings.Repeat("word ", 100), 1, nil), func(m Message) bool {
			return strings.HasSuffix(m.Cards[0].Title, "word…") && runes(m.Cards[0].Title) <= maxCardText
		}, ""},
		{"a long title without blanks is cut at whole characters", cardStep, one(strings.Repeat(family, 50), 1, nil), func(m Message) bool {
			return strings.Trim(m.Cards[0].Title, family) == "…" && strings.HasPrefix(m.Cards[0].Title, family)
		}, ""},
		{"a card's picture that is none", cardStep, one("a", 1, "javascript:alert(1)"), func(m Message) bool { return m.Cards[0].Image == "" }, ""},
		{"a card without title", cardStep, one(" ", 1, nil), nil, "a card's title is empty"},
		{"a thing without price", receiptStep, one("a", nil, nil), nil, "a receipt's total is empty"},
		{"a price in words", receiptStep, one("a", "ten", nil), nil, "a number of the receipt is none"},
		{"a price as text", receiptStep, one("a", "12.5", nil), func(m Message) bool { return m.Receipt.Total == "12.50" }, ""},
		{"a price beyond all", receiptStep, one("a", 1e300, nil), nil, "a number of the receipt is none"},
		{"nobody's name", receiptStep, one("a", 1.0, nil), func(m Message) bool { return m.Receipt.Name == "–" }, ""},
		{"no picture", imageStep, one("a", 1, nil), func(m Message) bool { return m.Kind == "" }, ""},
		{"a picture that is no address", imageStep, one("a", 1, "ftp://a.example/x.png"), nil, "none that begins with https://"},
		{"an address without end", imageStep, one("a", 1, "https://a.example/"+strings.Repeat("x", 5000)), nil, "none that begins with https://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, fault := exhibited(t, tt.step, tt.things)
			if (tt.fault == "") != (fault == "") || !strings.Contains(fault, tt.fault) || tt.want != nil && !tt.want(m) {
				t.Errorf("%+v, fault %q, want %q", m, fault, tt.fault)
			}
		})
	}
}
