package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

func restock(t *testing.T) *flows.Program {
	t.Helper()
	p, _, found := flows.Load(os.DirFS("../../examples/restock"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	return p
}

// texts are the texts of a picture, those shown on pointing too, and fails if it is no
// XML.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var out []string
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			out = append(out, string(text))
		}
	}
}

func TestThePictureShowsWhatIsWritten(t *testing.T) {
	t.Parallel()
	shown := strings.Join(texts(t, SVG(restock(t))), "\n")
	for _, want := range []string{
		"Foulée", "5 flows", "restock", "back_in_stock", "Quelle pointure cherches-tu ?", "len(found) > 0", "then", "accepted",
		"Ma pointure →", "Stop ⊘", "J'achète ↗", "restock → notifies restock", "Ta pointure est de retour", "pointure, stock, rupture",
		"built in", "messenger → preferences (Mes notifications)", "monday → nouveautes (Voir)", "restock → restock", "‹event.model›",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

// The preference centre is one node, with an edge from whatever opens it; none if nothing
// does. A flow of the bot's own by that name is another thing.
func TestThePreferenceCentreIsDrawn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		files fstest.MapFS
		want  []string // links to it: from, and how
	}{
		{"nothing leads there", fstest.MapFS{"flows/hi.yaml": {Data: []byte("steps: [{say: Hi}]\n")}}, nil},
		{"a step, a button, an option and go:", fstest.MapFS{
			"flows/a.yaml": {Data: []byte("steps:\n  - preferences: true\n  - say: Hi\n    quick_replies: [{label: Mine, go: preferences}]\n  - choose: Which?\n    options: [{label: Settings, go: preferences}]\n")},
			"flows/b.yaml": {Data: []byte("steps: [{go: preferences}]\n")},
		}, []string{"a run", "a go Mine", "a go Settings", "b go"}},
		{"a flow of the bot's own", fstest.MapFS{
			"flows/a.yaml":           {Data: []byte("steps:\n  - go: preferences\n")},
			"flows/preferences.yaml": {Data: []byte("steps:\n  - preferences: true\n")},
		}, []string{"preferences run"}},
	} {
		test.files["bot.yaml"] = &fstest.MapFile{Data: []byte("name: Tern\n")}
		m := modelOf(load(t, test.files))
		var got []string
		for _, l := range m.links {
			if m.nodes[l.to].kind == builtinNode {
				got = append(got, strings.TrimSpace(m.nodes[l.from].id+" "+string(l.kind)+" "+l.label))
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Every bot of the language table, which has every kind of step, can be drawn.
func TestEveryStepIsDrawn(t *testing.T) {
	t.Parallel()
	bots, err := filepath.Glob("../testdata/language/*/bot.yaml")
	if err != nil || len(bots) == 0 {
		t.Fatalf("no bots: %v", err)
	}
	for _, file := range bots {
		p, _, found := flows.Load(os.DirFS(filepath.Dir(file)))
		if p == nil {
			t.Errorf("%s: %v", file, found)
			continue
		}
		shown := strings.Join(texts(t, SVG(p)), "\n")
		for _, o := range p.Outlines() {
			everyStep(o.Steps, func(st *flows.OutlineStep) {
				if !strings.Contains(shown, "\n"+verbText(st.Verb)) {
					t.Errorf("%s: %s#%s: the verb %s is not shown", file, o.Flow, st.Address, st.Verb)
				}
			})
		}
		if len(Mermaid(p)) == 0 || len(DOT(p)) == 0 {
			t.Errorf("%s is empty", file)
		}
	}
}

// Thirty flows stand side by side: no card covers another, no link's way leads through
// a card, no text leaves its box, and every link begins and ends at its cards.
func TestThirtyFlowsStayReadable(t *testing.T) {
	t.Parallel()
	p := thirty(t)
	if n := len(p.Outlines()); n != 30 {
		t.Fatalf("%d flows", n)
	}
	m := modelOf(p)
	for _, n := range m.nodes {
		n.measure()
		for _, b := range n.boxes {
			for _, l := range b.lines {
				if l.x+width(l.text, smallSize) > b.x+b.w {
					t.Errorf("%s: %q leaves its box", n.id, l.text)
				}
			}
			if b.x < 0 || b.x+b.w > n.w || b.y+b.h > n.h {
				t.Errorf("%s: a box leaves the card", n.id)
			}
		}
	}
	connected, alone := parts(m)
	if len(connected) != 1 || len(alone) != 5 {
		t.Errorf("%d parts, %d alone", len(connected), len(alone))
	}
	l := arrange(m, connected[0])
	if len(l.columns) > 9 {
		t.Errorf("%d columns", len(l.columns))
	}
	for _, column := range l.columns {
		for i := 1; i < len(column); i++ {
			if above, s := column[i-1], column[i]; above.y+above.h > s.y {
				t.Errorf("%s and %s overlap", m.nodes[above.node].id, m.nodes[s.node].id)
			}
		}
	}
	if len(l.routes) != len(m.links) {
		t.Errorf("%d routes of %d links", len(l.routes), len(m.links))
	}
	for _, r := range l.routes {
		for i := 1; i < len(r.via); i++ {
			if d := r.via[i].layer - r.via[i-1].layer; d < -1 || d > 1 {
				t.Errorf("%s → %s jumps over a column", m.nodes[r.from].id, m.nodes[r.to].id)
			}
		}
		if _, ok := m.nodes[r.from].ports[r.port]; !ok {
			t.Errorf("%s has no place %q for a link", m.nodes[r.from].id, r.port)
		}
		if _, ok := m.nodes[r.to].landing[r.step]; !ok {
			t.Errorf("%s has no step %q for a link", m.nodes[r.to].id, r.step)
		}
	}
}

func TestTheSameBotGivesTheSamePicture(t *testing.T) {
	t.Parallel()
	for _, draw := range []func(*flows.Program) []byte{SVG, Mermaid, DOT} {
		first := draw(thirty(t))
		for range 5 {
			if !bytes.Equal(first, draw(thirty(t))) {
				t.Fatal("two pictures of one bot differ")
			}
		}
	}
}

// Whatever an author writes stays text.
func TestHostileTextsAreOnlyText(t *testing.T) {
	t.Parallel()
	evil := `</text><script>alert("1")</script>"]; end & subgraph x %% { %#39; } ` + "\u2067" + strings.Repeat("界", 400)
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(evil) + `"`
	p := load(t, fstest.MapFS{
		"bot.yaml":        {Data: []byte("name: " + quoted + "\n")},
		"flows/evil.yaml": {Data: []byte("description: " + quoted + "\ntriggers: [{start: true}, {keywords: [\"</g><g>\"]}]\nsteps:\n  - say: " + quoted + "\n    buttons: [{label: \"<b>\\\"]\", go: evil}]\n")},
	})
	svg := SVG(p)
	shown := strings.Join(texts(t, svg), "\n")
	if !strings.Contains(shown, `</text><script>`) || bytes.Contains(svg, []byte("<script")) || bytes.ContainsRune(svg, 0x2067) {
		t.Errorf("the text is not only text:\n%.3000s", svg)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(Mermaid(p))), "\n") {
		if strings.Count(line, `"`)%2 != 0 || strings.Contains(line, "<script") {
			t.Errorf("Mermaid: %s", line)
		}
	}
	unquoted := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).ReplaceAllString(string(DOT(p)), "")
	if strings.ContainsAny(unquoted, `"<&`) || strings.Count(unquoted, "{") != strings.Count(unquoted, "}") {
		t.Errorf("DOT without its texts:\n%s", unquoted)
	}
}

func TestFormatsOfText(t *testing.T) {
	t.Parallel()
	p := load(t, fstest.MapFS{
		"bot.yaml": {Data: []byte("name: x\ntopics: {news: {title: The news}}\n")},
		"flows/hi.yaml": {Data: []byte("triggers: [{start: true}]\nsteps:\n  - if: contact.first_name == \"Ada\"\n    then:\n      - say: Hello Ada\n" +
			"  - opt_in: news\n    accepted: [{run: bye}]\n")},
		"flows/bye.yaml":  {Data: []byte("steps:\n  - say: Bye\n")},
		"flows/note.yaml": {Data: []byte("triggers: [{cron: \"@weekly\", topic: news}]\nsteps:\n  - say: News\n    quick_replies: [{label: Hi, go: hi}]\n")},
	})
	want := `flowchart LR
  subgraph g0 ["bye"]
    n0["bye"]:::flow
    n0_1["say Bye"]:::says
  end
  subgraph g1 ["hi"]
    n1["hi<br/>start"]:::flow
    n1_1{"if contact.first#95;name == #34;Ada#34;"}:::decides
    n1_2["say Hello Ada"]:::says
    n1_3["opt#95;in news"]:::consents
    n1_4["run → bye"]:::moves
  end
  subgraph g2 ["note"]
    n2["note<br/>cron @weekly → notifies news"]:::notice
    n2_1["say News"]:::says
  end
  n3["news: The news"]:::topic
  n0 --> n0_1
  n1 --> n1_1
  n1_1 -->|"then"| n1_2
  n1_1 --> n1_3
  n1_2 --> n1_3
  n1_3 -->|"accepted"| n1_4
  n2 --> n2_1
  n1_3 -.-> n3
  n1_4 -.-> n0
  n2_1 ==>|"Hi"| n1
  n3 -.->|"cron"| n2
`
	if got := string(Mermaid(p)); !strings.HasPrefix(got, want) {
		t.Errorf("Mermaid:\n%s", got)
	}
	for _, line := range []string{`n1_1 -> n1_2 [label="then"];`, `n1_4 -> n0 [style=dashed];`, `n2_1 -> n1 [penwidth=1.5, label="Hi"];`, `n1_1 [label="if contact.first_name == \"Ada\"", shape=diamond];`} {
		if !strings.Contains(string(DOT(p)), line) {
			t.Errorf("DOT lacks %s:\n%s", line, DOT(p))
		}
	}
}
