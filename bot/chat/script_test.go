package chat

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/relance-bot/relance/flows"
)

// Texts that look like the language itself are the ones that could be misread.
var awkward = []rune("aé 0[]()/\\…⏎\"'=,#<>.*+?^${}|:—\u00a0\u2028\t👟❤n")

func text(t *rapid.T, label string) string {
	return visible(rapid.StringOfN(rapid.SampledFrom(awkward), 1, 12, -1).Draw(t, label))
}

func value(t *rapid.T, label string) string {
	return strings.ReplaceAll(rapid.StringOfN(rapid.SampledFrom(awkward), 0, 8, -1).Draw(t, label), "⏎", "\n")
}

func ident(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-zé_][a-z0-9_.-]{0,6}`).Draw(t, label)
}

func valuesOf(t *rapid.T, label string) []pair {
	keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 0, 3, rapid.ID).Draw(t, label)
	var out []pair
	for _, k := range keys {
		if k != "contact" {
			out = append(out, pair{k, value(t, label)})
		}
	}
	return out
}

func wallTime(t *rapid.T) wall {
	return wallOf(time.Unix(rapid.Int64Range(1e9, 4e9).Draw(t, "time"), 0).UTC())
}

// anyStatement is one of every form that may stand below a person line.
func anyStatement(t *rapid.T) statement {
	spans := span{rapid.IntRange(0, 3000).Draw(t, "days"), time.Duration(rapid.IntRange(0, 1e6).Draw(t, "seconds")) * time.Second}
	forms := []func() statement{
		func() statement {
			return entrance{rapid.StringMatching(`[A-ZÉ][a-zé]{0,5}( [A-Z][a-z]+)?`).Draw(t, "name"), valuesOf(t, "attrs")}
		},
		func() statement {
			return agreed{ident(t, "topic"), rapid.SampledFrom(append(cadences(), "")).Draw(t, "cadence"), valuesOf(t, "interest")}
		},
		func() statement {
			at := rapid.SampledFrom(bracketed()).Draw(t, "act")
			a := Act{Kind: at.kind}
			if at.what != "" {
				a.Text = text(t, "text")
			}
			if a.Kind == Location {
				a = Act{Kind: Location, Lat: math.Trunc(rapid.Float64Range(-90, 90).Draw(t, "lat")*1e4) / 1e4, Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
			}
			return doing{a}
		},
		func() statement { return doing{Act{Kind: Write, Text: text(t, "text")}} },
		func() statement { return silence{} },
		func() statement { return leap{spans} },
		func() statement { return until{wallTime(t)} },
		func() statement {
			w := wallTime(t)
			return next{time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), wall{hour: w.hour, min: w.min, sec: w.sec}}
		},
		func() statement {
			return event{ident(t, "event"), valuesOf(t, "data"), rapid.SampledFrom([]string{"", "Zoé", "Jean Paul"}).Draw(t, "contact")}
		},
		func() statement {
			result, err := json.Marshal(rapid.SampledFrom([]any{nil, 3, "un deux", map[string]any{"a": []int{1}}}).Draw(t, "result"))
			if err != nil {
				t.Fatal(err)
			}
			a := answer{handler: ident(t, "handler"), result: rapid.SampledFrom([]string{"", string(result)}).Draw(t, "json")}
			if a.result == "" {
				a.problem = rapid.SampledFrom([]string{"", flows.CallTimeout, flows.CallBadAnswer}).Draw(t, "problem")
			}
			return a
		},
		func() statement {
			return refusal{rapid.IntRange(1, 1e8).Draw(t, "code"), rapid.IntRange(0, 1e8).Draw(t, "sub"), rapid.IntRange(1, maxRepeat).Draw(t, "times")}
		},
		func() statement { return timeout{} },
		func() statement { return echo{} },
		func() statement { return crash{} },
		func() statement { return control{rapid.Bool().Draw(t, "over")} },
		func() statement { return down{spans} },
		func() statement {
			return consentIs{ident(t, "topic"), rapid.SampledFrom(statuses()).Draw(t, "status"), ""}
		},
		func() statement {
			return decisionIs{"held", rapid.SampledFrom([]string{"", "cadence"}).Draw(t, "rule"), rapid.SampledFrom([]string{"", "window"}).Draw(t, "lane")}
		},
		func() statement { return stepIs{ident(t, "flow") + "#" + ident(t, "step")} },
		func() statement { return goalReached{ident(t, "goal")} },
	}
	return rapid.SampledFrom(forms).Draw(t, "form")()
}

// What a statement is written as is read as that statement.
func TestStatementsSurviveWriting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		do := anyStatement(t)
		if a, ok := do.(doing); ok && a.act.Text == "" && a.act.Kind == Write {
			t.Skip("nothing is written")
		}
		if a, ok := do.(doing); ok {
			for _, b := range bracketed() {
				if b.kind == a.act.Kind && b.what != "" && b.kind != Location && a.act.Text == "" {
					t.Skip("an act without what it needs")
				}
			}
			if a.act.Kind != Location {
				a.act.Text = broken(a.act.Text)
				do = a
			}
		}
		src := "person Zoé\nperson Jean Paul\n" + do.String()
		s, found := Parse("a.chat", []byte(src))
		if len(found) > 0 {
			t.Fatalf("%s", found[0])
		}
		all := cmp.AllowUnexported(entrance{}, pair{}, agreed{}, doing{}, leap{}, span{}, until{}, wall{}, next{}, event{}, answer{}, refusal{}, down{},
			consentIs{}, decisionIs{}, stepIs{}, goalReached{}, silence{}, timeout{}, echo{}, crash{}, control{})
		if diff := cmp.Diff(do, s.lines[2].do, all); diff != "" {
			t.Fatalf("%s is read as something else:\n%s", do, diff)
		}
		if string(s.Format()) != src {
			t.Fatalf("%q is given back as %q", src, s.Format())
		}
	})
}

// Whatever a bot says can be listed: what we write down matches it, and nothing is
// lost or made up on the way.
func TestMessagesSurviveWriting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := Said{Kind: rapid.SampledFrom(append(kinds(), kindText, "sticker")).Draw(t, "kind"), Text: value(t, "text")}
		if m.Kind == kindCards {
			m.Text = ""
			for range rapid.IntRange(1, 3).Draw(t, "cards") {
				m.Cards = append(m.Cards, Card{Title: value(t, "title"), Subtitle: value(t, "subtitle"), Labels: []string{"Voir"}})
			}
		}
		m.Labels = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return value(t, "label") }), 0, 3).Draw(t, "labels")
		if rapid.Bool().Draw(t, "word") {
			m.Text = rapid.SampledFrom([]string{"nothing", "(opt-in) un", "(card)", "un  [deux]", "/un/", "[un]", "", "/(/"}).Draw(t, "fixed")
		}
		for _, s := range show([]Said{m}) {
			src := "< " + s.String()
			script, found := Parse("a.chat", []byte(src))
			if len(found) > 0 {
				t.Fatalf("%q: %s", s, found[0])
			}
			read, ok := script.lines[0].do.(message)
			if !ok || !read.matches(s) {
				t.Fatalf("%#v is written as %s, which does not match it", s, src)
			}
			if again := read.rewrite(s); again != read.String() {
				t.Fatalf("%s is rewritten as %s", read, again)
			}
		}
	})
}

// An update makes any transcript pass, and a second one changes nothing.
func TestUpdateMakesItPass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "person Zoé\n", "person Zoé\nperson Léa\n"}).Draw(t, "top"))
		for range rapid.IntRange(1, 12).Draw(t, "lines") {
			line := rapid.SampledFrom([]string{
				"person Zoé", "person Léa", "# une note", "", "  # décalée",
				"> stock", "> 42", "> cartes", "> photo", "> rappel", "> acheter", "> dis " + text(t, "say") + "|" + text(t, "say"),
				"@ +25h", "given consent restock", "! event restock model=Samba", "! crash",
				"< …", "< /a/", "< un  [deux]", "< nothing", "  < Quelle pointure ?  [41] [/4./] [43]", "< (card) …  [Acheter]", "< " + text(t, "expect"),
				"= step none", "= size 42", "= consent restock active", "= decision sent", "= goal bought",
			}).Draw(t, "line")
			b.WriteString(line + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"))
		}
		src := b.String()
		if rapid.Bool().Draw(t, "no end") {
			src = strings.TrimRight(src, "\r\n")
		}
		script, found := Parse("a.chat", []byte(src))
		if len(found) > 0 {
			t.Skip("not a transcript")
		}
		o := Options{Factory: newFake, Update: true}
		failures, fixed, err := Play(t.Context(), script, o)
		if err != nil || len(failures) > 0 {
			t.Fatalf("%v %v", err, failures)
		}
		again, found := Parse("a.chat", fixed)
		if len(found) > 0 {
			t.Fatalf("the update cannot be read: %s\n%s", found[0], fixed)
		}
		failures, same, err := Play(t.Context(), again, o)
		if err != nil || len(failures) > 0 || string(same) != string(fixed) {
			t.Fatalf("%v %v\n%s", err, failures, cmp.Diff(string(fixed), string(same)))
		}
		o.Update = false
		if failures, _, err = Play(t.Context(), again, o); err != nil || len(failures) > 0 {
			t.Fatalf("%v %v", err, failures)
		}
		if got, want := others(string(fixed)), others(src); !strings.HasPrefix(got, want) {
			t.Fatalf("the update touched other lines:\n%s", cmp.Diff(want, got))
		}
	})
}

// others are the lines that an update may not touch. It may add person lines at
// the end.
func others(src string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(src, "\n") {
		if l = strings.TrimRight(l, "\r"); !strings.HasPrefix(strings.TrimSpace(l), "<") && !strings.HasPrefix(strings.TrimSpace(l), "=") && l != "" {
			fmt.Fprintln(&b, l)
		}
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.chat", "testdata/play/*.chat"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte("\ufeff> a\r\n\r< \xff\n= a \"\\\n@ +1d1\n< /[/  [/]/] [\n! call a returns {"))
	f.Fuzz(func(t *testing.T, src []byte) {
		s, found := Parse("a.chat", src)
		if len(src) <= maxFile && string(s.Format()) != string(src) {
			t.Fatalf("%q is given back as %q", src, s.Format())
		}
		for _, d := range found {
			if d.Line < 1 || d.Column < 1 || d.EndColumn <= d.Column || d.Message == "" || !utf8.ValidString(d.Message) {
				t.Fatalf("a finding that cannot be shown: %#v", d)
			}
			_ = d.Render(false)
		}
		if len(found) > 0 {
			return
		}
		// What is understood can be written down and is understood again.
		var b strings.Builder
		for _, l := range s.lines {
			if l.do != nil {
				b.WriteString(l.do.String() + "\n")
			}
		}
		again, found := Parse("a.chat", []byte(b.String()))
		if len(found) > 0 {
			t.Fatalf("%s\nwas %q", found[0], src)
		}
		for _, l := range again.lines {
			if l.do != nil && l.do.String() != l.text {
				t.Fatalf("%s is written as %s", l.text, l.do)
			}
		}
		if _, _, err := Play(t.Context(), again, Options{Factory: newFake, Update: true}); err != nil {
			t.Fatal(err)
		}
	})
}
