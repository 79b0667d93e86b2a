package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDecoderAndGrammarAgree writes each construct in every way the grammar knows,
// and wants the decoder to take it; and to know no key that the grammar lacks.
func TestDecoderAndGrammarAgree(t *testing.T) {
	t.Parallel()
	for _, c := range Grammar() {
		t.Run(strings.ReplaceAll(c.Title(), " ", "_"), func(t *testing.T) {
			t.Parallel()
			for _, kind := range kindsOf(&c) {
				agrees(t, &c, kind)
			}
		})
	}
}

// kindsOf are the values of the first key that other keys depend on; one empty one,
// if none does.
func kindsOf(c *Construct) []string {
	if slices.ContainsFunc(c.Keys, func(k Key) bool { return len(k.With) > 0 }) {
		return c.Keys[0].Takes[0].Values
	}
	return []string{""}
}

// goes says whether a key goes with a value of the first key.
func (k *Key) goes(kind string) bool { return len(k.With) == 0 || slices.Contains(k.With, kind) }

// sample writes a construct in one line: with what it needs, and more keys.
func specimen(c *Construct, kind string, more ...string) string {
	names := slices.Clone(more)
	for i := range c.Keys {
		if c.Keys[i].Required && c.Keys[i].goes(kind) {
			names = append(names, c.Keys[i].Name)
		}
	}
	for _, name := range more {
		if k := c.Key(name); k != nil && k.Needs != "" {
			names = append(names, k.Needs)
			if needs := c.Key(k.Needs); needs.Needs != "" {
				names = append(names, needs.Needs)
			}
		}
	}
	for _, group := range [][]string{c.ExactlyOne, c.AtLeastOne} {
		if len(group) > 0 && !slices.ContainsFunc(group, func(key string) bool { return slices.Contains(names, key) }) {
			names = append(names, group[0])
		}
	}
	var out []string
	for _, k := range c.Keys {
		if !slices.Contains(names, k.Name) {
			continue
		}
		value := k.Example
		if kind != "" && k.Name == c.Keys[0].Name {
			value = kind
		}
		out = append(out, k.Name+": "+value)
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// hosts are files in which a part may stand.
var hosts = map[string]string{
	"field":          "name: x\nfields: {x: %s}\n",
	"topic":          "name: x\ntopics: {x: %s}\n",
	"handler":        "name: x\nhandlers: {x: %s}\n",
	"webhook":        "name: x\nwebhooks: {x: %s}\n",
	"answer":         "name: x\nhandlers: {x: {post: 'https://x.example', out: {x: %s}}}\n",
	"budget":         "name: x\nbudget: %s\n",
	"baseline":       "name: x\nbaseline: %s\n",
	"pause_if":       "name: x\ntopics:\n  zz: {title: Zz, pause_if: %s}\n",
	"template":       "name: x\ntemplates: {x: %s}\n",
	"persona":        "name: x\npersonas: {x: %s}\n",
	"channel":        "name: x\nchannels: {messenger: %s}\n",
	"ice breaker":    "name: x\nchannels: {messenger: {ice_breakers: [%s]}}\n",
	"menu button":    "name: x\nchannels: {messenger: {menu: [%s]}}\n",
	"button":         "steps: [{say: x, buttons: [%s]}]\n",
	"quick reply":    "steps: [{say: x, quick_replies: [%s]}]\n",
	"option":         "steps: [{choose: x, options: [%s]}]\n",
	"variant":        "steps: [{split: x, variants: [%s, {name: other, steps: [{end: true}]}]}]\n",
	"address":        "steps: [{show: receipt, order: x, currency: EUR, payment: x, total: 1, title: x, price: 1, address: %s}]\n",
	"one of several": "steps: [{say: %s}]\n",
	"wait":           "steps: [{wait: %s}]\n",
	"interest":       "steps: [{opt_out: %s}]\n",
}

// decoded is what the decoder says of a construct: its findings, and the keys it
// asked for in the very map.
func decoded(t *testing.T, c *Construct, written string) (found Diagnostics, asked []string) {
	t.Helper()
	text, inBot := written, false
	switch {
	case c.Place == PlaceStep:
		text = "steps: [" + written + "]\n"
	case c.Place == PlaceTrigger:
		text = "triggers: [" + written + "]\nsteps: [{say: x}]\n"
	case c.Place == PlacePart:
		host, ok := hosts[c.Name]
		if !ok {
			t.Fatalf("hosts lacks a file in which a %s may stand", c.Name)
		}
		text, inBot = fmt.Sprintf(host, written), strings.HasPrefix(host, "name:")
	default:
		inBot = c.Name == "bot"
	}
	out := &reporter{sources: make(map[string]*source)}
	file := "flows/x.yaml"
	if inBot {
		file = "bot.yaml"
	}
	d := newDecoder(file, []byte(text), out)
	d.dialect = newDialect()
	before := text[:strings.Index(text, written)]
	at := Pos{strings.Count(before, "\n") + 1, runes(before[strings.LastIndex(before, "\n")+1:]) + 1}
	d.watch = func(f *fields) {
		if f.n.span.Start == at {
			asked = append(asked, f.asked...)
		}
	}
	if inBot {
		d.decodeBot()
	} else {
		d.decodeFlow("x")
	}
	return out.list, asked
}

func agrees(t *testing.T, c *Construct, kind string) {
	t.Helper()
	plain := specimen(c, kind)
	found, asked := decoded(t, c, plain)
	if len(found) > 0 {
		t.Errorf("%s\n%v", plain, found)
	}
	if len(asked) == 0 {
		t.Fatalf("the decoder takes no %s apart", plain)
	}
	for _, k := range c.Keys {
		if !k.goes(kind) {
			continue
		}
		written := specimen(c, kind, k.Name)
		found, more := decoded(t, c, written)
		if len(found) > 0 {
			t.Errorf("%s\n%v", written, found)
		}
		asked = append(asked, more...)
		if !slices.Contains(asked, k.Name) {
			t.Errorf("the grammar has %q in %s %s, which the decoder does not ask for", k.Name, c.Title(), kind)
		}
		if k.Required && (k.Name != c.Name || c.Place != PlaceTrigger && c.Place != PlaceStep) && !(kind != "" && k.Name == c.Keys[0].Name) {
			without := strings.NewReplacer(k.Name+": "+k.Example+", ", "", ", "+k.Name+": "+k.Example, "", k.Name+": "+k.Example, "").Replace(plain)
			if found, _ := decoded(t, c, without); len(found) == 0 {
				t.Errorf("%q is required, and %s is taken without it", k.Name, without)
			}
		}
		checkShapes(t, c, kind, &k)
	}
	slices.Sort(asked)
	for _, key := range slices.Compact(asked) {
		if k := c.Key(key); k != nil && k.goes(kind) || c.Place == PlaceTrigger && isTrigger(key) {
			continue
		}
		for _, value := range examplesOf(key) {
			written := strings.TrimSuffix(plain, "}") + ", " + key + ": " + value + "}"
			if found, _ := decoded(t, c, written); len(found) == 0 {
				t.Errorf("the decoder takes %q in %s %s, and the grammar lacks it:\n%s", key, c.Title(), kind, written)
				break
			}
		}
	}
}

// isTrigger says whether a key names a trigger: two are refused, and say so themselves.
func isTrigger(key string) bool {
	return slices.ContainsFunc(triggerKinds, func(k triggerKind) bool { return string(k.kind) == key })
}

// examplesOf are values for a key that some construct has; a text, if none has.
func examplesOf(key string) []string {
	var out []string
	for _, c := range Grammar() {
		if k := c.Key(key); k != nil {
			out = append(out, k.Example)
		}
	}
	if out == nil {
		return []string{"something"}
	}
	return out
}

// wrongValues are values that a shape is not.
var wrongValues = map[ValueKind][]string{
	TextValue:       {"{a: b}", "[a]"},
	TemplateValue:   {"{a: b}", "[a]"},
	FixedValue:      {"{a: b}", "[a]", `"{{ a }}"`},
	RegexpValue:     {"{a: b}", "[a]", "(a"},
	NameValue:       {"{a: b}", "[a]", `"{{ a }}"`},
	ExpressionValue: {"{a: b}", "[a]", `"a +"`},
	DurationValue:   {"{a: b}", "[a]", "soon"},
	NumberValue:     {"{a: b}", "[a]", "many"},
	WholeValue:      {"{a: b}", "[a]", "1.5"},
	BooleanValue:    {"{a: b}", "[a]", "maybe"},
	TrueValue:       {"{a: b}", "[a]", "false"},
	ChoiceValue:     {"{a: b}", "[a]", "nothing"},
	TypeValue:       {"[a]", "nothing", "{type: nothing}"},
	ValuesValue:     {"[a]", "a", "{a: [b]}"},
	StepsValue:      {"{a: b}", "a", "[a]"},
	TriggersValue:   {"{a: b}", "a", "[{a: b}]"},
	ListValue:       {"{a: b}", "a"},
	MapValue:        {"[a]", "a"},
	PartValue:       {"{zz: 1}", "[a]"},
}

// checkShapes wants the decoder to refuse what none of a key's shapes is, and to
// take every value of a choice.
func checkShapes(t *testing.T, c *Construct, kind string, k *Key) {
	t.Helper()
	put := func(value string) Diagnostics {
		name, example := k.Name+": ", k.Example
		if kind != "" && k.Name == c.Keys[0].Name {
			example = kind
		}
		written := specimen(c, kind, k.Name)
		found, _ := decoded(t, c, strings.Replace(written, name+example, name+value, 1))
		return found
	}
	for _, wrong := range wrongFor(k.Takes) {
		if found := put(wrong); len(found) == 0 {
			t.Errorf("%s: %q cannot be %s, and the decoder takes it", c.Title(), k.Name, wrong)
		}
	}
	for _, s := range k.Takes {
		if s.Item != nil && s.Kind == ListValue {
			for _, wrong := range wrongFor([]Shape{*s.Item}) {
				if found := put("[" + wrong + "]"); len(found) == 0 {
					t.Errorf("%s: %q cannot hold %s, and the decoder takes it", c.Title(), k.Name, wrong)
				}
			}
		}
		if s.Most > 0 && (s.Kind == FixedValue || s.Kind == TextValue || s.Kind == RegexpValue) {
			if found := put(strings.Repeat("a", s.Most)); len(found) > 0 {
				t.Errorf("%s: %q of %d characters: %v", c.Title(), k.Name, s.Most, found)
			}
			if found := put(strings.Repeat("a", s.Most+1)); len(found) == 0 {
				t.Errorf("%s: %q of %d characters is taken", c.Title(), k.Name, s.Most+1)
			}
		}
		if s.Least > 0 {
			if found := put(itoa(s.Least - 1)); len(found) == 0 {
				t.Errorf("%s: %q of %d is taken", c.Title(), k.Name, s.Least-1)
			}
		}
		for _, value := range s.Values {
			if s.Kind != ChoiceValue || k.Name == c.Keys[0].Name && kind != "" {
				continue
			}
			if found := put(value); len(found) > 0 {
				t.Errorf("%s: %q may be %s: %v", c.Title(), k.Name, value, found)
			}
		}
	}
}

// wrongFor are values that are none of some shapes: those that are wrong for all.
func wrongFor(takes []Shape) []string {
	out := wrongValues[takes[0].Kind]
	for _, s := range takes[1:] {
		out = slices.DeleteFunc(slices.Clone(out), func(v string) bool { return !slices.Contains(wrongValues[s.Kind], v) })
	}
	return out
}

// Every verb and trigger has its construct, and every construct its words.
func TestTheGrammarIsComplete(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		if _, ok := ConstructOf(PlaceStep, k.verb); !ok {
			t.Errorf("the grammar lacks the step %s", k.verb)
		}
	}
	for _, k := range triggerKinds {
		if _, ok := ConstructOf(PlaceTrigger, string(k.kind)); !ok {
			t.Errorf("the grammar lacks the trigger %s", k.kind)
		}
	}
	seen := make(map[string]bool)
	for _, c := range Grammar() {
		if seen[c.Title()] {
			t.Errorf("the grammar has %s twice", c.Title())
		}
		seen[c.Title()] = true
		if c.Summary == "" || !strings.HasSuffix(c.Summary, ".") {
			t.Errorf("%s: the summary is a sentence: %q", c.Title(), c.Summary)
		}
		for _, k := range c.Keys {
			if k.Summary == "" || strings.HasSuffix(k.Summary, ".") || k.Example == "" || len(k.Takes) == 0 {
				t.Errorf("%s: %s lacks a summary without full stop, an example or a shape", c.Title(), k.Name)
			}
			if k.Needs != "" && c.Key(k.Needs) == nil && k.Name != "holdout" {
				t.Errorf("%s: %s needs %q, which it does not have", c.Title(), k.Name, k.Needs)
			}
			for _, s := range k.Takes {
				if _, ok := ConstructOf(PlacePart, s.Of); s.Kind == PartValue && !ok {
					t.Errorf("%s: %s takes a %q, which the grammar lacks", c.Title(), k.Name, s.Of)
				}
			}
		}
	}
}
