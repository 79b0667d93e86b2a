package flows

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// twice is an expression in which each let has what the one before has, twice or more.
func twice(first, again string, times int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "let a0 = %s; ", first)
	for i := range times {
		fmt.Fprintf(&b, "let a%d = %s; ", i+1, strings.ReplaceAll(again, "@", fmt.Sprintf("a%d", i)))
	}
	fmt.Fprintf(&b, "a%d", times)
	return b.String()
}

// answered is the turn in which somebody answers with a text, and what it made in MiB. The
// bot goes on with a step, and has a table of 20,000 rows and one of 1,400.
func answered(t *testing.T, text, step string) (Turn, uint64) {
	t.Helper()
	table := func(rows int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"name":"abc","stock":1},`, rows), ",") + "]"
	}
	p, data := compileTalk(t, `-- flows/a.yaml --
triggers: [{keywords: [begin]}]
steps:
  - ask: "Which word?"
    type: text
    save: text
  - set: {long: "{{ join([text, text, text, text, text, text, text, text, text, text]) }}"}
  - `+step+`
  - say: "Done."
-- data/many.json --
`+table(20_000)+`
-- data/some.json --
`+table(1_400)+`
`)
	w := fuzzedWorld(data)
	turn := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", At: w.Now, Text: "begin"}, w)
	if !turn.Session.Waiting() {
		t.Fatalf("not asked: %v", turn.Effects)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	turn = p.Advance(turn.Session.On(p.Hash), Input{Kind: InMessage, ID: "2", At: w.Now, Text: text}, w)
	runtime.ReadMemStats(&after)
	made := (after.TotalAlloc - before.TotalAlloc) >> 20
	t.Logf("%d MiB", made)
	again := p.Advance(turn.Session.On(p.Hash), Input{Kind: InMessage, ID: "3", At: w.Now, Text: "begin"}, w)
	if !again.Session.Waiting() {
		t.Errorf("who writes again has no answer: %v", again.Effects)
	}
	return turn, made
}

// fault is what a turn says went wrong, or nothing.
func fault(turn Turn) string {
	for _, e := range turn.Effects {
		if f, ok := e.(Fault); ok {
			return f.Message
		}
	}
	return ""
}

// TestOneExpressionThatDoublesATextTakesLittleMemory: a text of a kilobyte, thirty times
// added to itself, had no room in any machine.
func TestOneExpressionThatDoublesATextTakesLittleMemory(t *testing.T) {
	for name, step := range map[string]string{
		"added":  `set: {x: "{{ ` + twice("text", "@ + @", 30) + ` }}"}`,
		"listed": `set: {x: "{{ ` + twice("[text]", "[@, @, @, @]", 11) + ` }}"}`,
		"shown":  `say: "{{ ` + twice("[text]", "[@, @, @, @]", 20) + ` }}"`,
		"string": `say: "{{ string(` + twice("[text]", "[@, @, @, @]", 20) + `) }}"`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, made := answered(t, strings.Repeat("é", 500), step); made > 200 {
				t.Errorf("the turn made %d MiB", made)
			}
		})
	}
}

// TestALongMessageBesideALargeTableDoesNotHoldUpTheBot: each row of a table was compared
// with each word that somebody wrote, which took half a minute and six gigabytes.
func TestALongMessageBesideALargeTableDoesNotHoldUpTheBot(t *testing.T) {
	for name, step := range map[string]string{
		"words":      `set: {x: "{{ count(data.many, any(split(text, ''), # == 'é')) }}"}`,
		"in words":   `set: {x: "{{ count(data.many, .name in split(text, '')) }}"}`,
		"a pattern":  `set: {x: "{{ count(data.many, long matches '^y{9}') }}"}`,
		"contains":   `set: {x: "{{ count(data.many, long contains .name) }}"}`,
		"texts":      `set: {x: "{{ map(data.many, long + .name) }}"}`,
		"one text":   `set: {x: "{{ map(data.many, long) }}"}`,
		"joined":     `set: {x: "{{ map(data.many, join([long, long])) }}"}`,
		"a round":    "{id: again, set: {x: \"{{ any(data.many, .stock > 0) }}\"}}\n  - go: \"#again\"",
		"if":         "if: count(data.many, long matches 'y') > 0\n    then: [{say: Yes}]\n    else: [{say: No}]",
		"table kept": "{id: again, set: {x: \"{{ data.many }}\"}}\n  - go: \"#again\"",
	} {
		t.Run(name, func(t *testing.T) {
			turn, made := answered(t, strings.Repeat("é", 1000), step)
			if f := fault(turn); !strings.Contains(f, "too much for one turn") {
				t.Errorf("got the fault %q", f)
			}
			if made > 600 {
				t.Errorf("the turn made %d MiB", made)
			}
		})
	}
}

// TestWhatIsComputedWithLargeTablesIsNotTooMuch: two tables may be compared row by row
// as far as check lets them, and a table of 20,000 rows be gone through many times.
func TestWhatIsComputedWithLargeTablesIsNotTooMuch(t *testing.T) {
	for name, step := range map[string]string{
		"pairs":  `set: {x: "{{ count(data.some, let one = #; any(data.some, .name == one.name)) }}"}`,
		"rows":   `set: {x: "{{ ` + strings.Repeat("count(data.many, .name == text) + ", 20) + `0 }}"}`,
		"search": `set: {x: "{{ let said = lower(text); len(filter(data.many, said contains .name)) }}"}`,
		"words":  `set: {x: "{{ let said = split(lower(text), ' '); take(filter(data.many, .name in said), 3) }}"}`,
		"listed": `say: "{{ [1, [2, 3], [], [[4]]] }}"`,
		"sorted": `set: {x: "{{ take(sortBy(filter(data.many, .stock == 1), .name), 3) }}"}`,
		"texts":  `set: {x: "{{ contact.first_name + ' ' + text + string(len(text) + len(text)) }}"}`,
	} {
		t.Run(name, func(t *testing.T) {
			turn, _ := answered(t, "I look for a pair of the model abc in blue", step)
			if f := fault(turn); f != "" {
				t.Errorf("got the fault %q", f)
			}
		})
	}
}

// TestAPatternThatTakesSecondsForOneMessageIsRefused, where it stands in a flow; where a
// person wrote it, or a table has it, the flow ends.
func TestAPatternThatTakesSecondsForOneMessageIsRefused(t *testing.T) {
	heavy := strings.Repeat(`(.{1,1000}|x)`, 10)
	for name, flow := range map[string]string{
		"trigger": "triggers: [{pattern: '" + heavy + "'}]\nsteps: [{say: Yes}]\n",
		"matches": "triggers: [{keywords: [begin]}]\nsteps:\n  - if: contact.first_name matches '" + heavy + "'\n    then: [{say: Yes}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, found := Load(fstest.MapFS{
				"bot.yaml": {Data: []byte("name: Test\nlocale: en\n")}, "flows/a.yaml": {Data: []byte(flow)},
			})
			if len(found) != 1 || found[0].Code != "pattern" {
				t.Errorf("got %v", found)
			}
		})
	}
	t.Run("written", func(t *testing.T) {
		for _, pattern := range []string{heavy, strings.Repeat("(é{1,9}){1,9}", 50), "(("} {
			turn, made := answered(t, pattern, `set: {x: "{{ long matches text }}"}`)
			if fault(turn) == "" {
				t.Errorf("%.20s: no fault: %v", pattern, turn.Effects)
			}
			if made > 200 {
				t.Errorf("the turn made %d MiB", made)
			}
		}
		turn, _ := answered(t, "A (Nike|Puma) pair", `set: {x: "{{ 'A Puma pair' matches text }}"}`)
		if f := fault(turn); f != "" {
			t.Errorf("a pattern of everyday has the fault %q", f)
		}
	})
}
