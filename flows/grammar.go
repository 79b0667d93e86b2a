package flows

import "slices"

// Construct is a map of the language with the keys it may have: a file, a trigger, a
// step, or a part of one, such as a button.
type Construct struct {
	Place Place
	// Name is the key that tells a trigger or step from the others ("say"), and the
	// noun of a part ("button"). The file bot.yaml is "bot", a file of flows/ "flow".
	Name    string
	Summary string // a sentence, in an author's words
	Keys    []Key  // of a trigger or step, the naming one first

	// Exactly one, at least one, or at most one of these keys is there.
	ExactlyOne, AtLeastOne, AtMostOne []string
}

// Place says where a construct stands.
type Place string

// The places of constructs.
const (
	PlaceFile    Place = "file"
	PlaceTrigger Place = "trigger" // an item of triggers:
	PlaceStep    Place = "step"    // an item of steps:
	PlacePart    Place = "part"    // inside of another
)

// Key is one key of a construct.
type Key struct {
	Name  string
	Takes []Shape // the value has one of these shapes
	// With are the values of the construct's first key that it goes with; all, if there
	// are none.
	With     []string
	Required bool
	Needs    string // another key without which it means nothing
	Default  string // as it is written; empty: there is none
	Summary  string // a sentence without its full stop, in an author's words
	Example  string // a value, as it may stand behind the key in one line of YAML
}

// Shape is what a value may be.
type Shape struct {
	Kind ValueKind
	// Of is what a NameValue names (flow, topic …) or a text is (an address), and the
	// construct of a PartValue.
	Of      string
	Values  []string // all there are, of a ChoiceValue; of a TypeValue, the types
	Pattern string   // a regular expression that the text, or each name of a MapValue, fits
	Hint    string   // what to write that fits it, a sentence
	Most    int      // items of a list or map; characters of a text; 0: no bound of its own
	Least   int      // of a WholeValue; 0: no bound of its own
	Signed  bool     // a DurationValue may be negative, or none
	Item    *Shape   // of a ListValue or MapValue
}

// ValueKind is the kind of a value.
type ValueKind string

// The kinds of values.
const (
	TextValue       ValueKind = "text"       // people read it; {{ }} in it is replaced
	TemplateValue   ValueKind = "value"      // a single value; {{ }} in it is replaced
	FixedValue      ValueKind = "fixed text" // taken as it stands
	RegexpValue     ValueKind = "regular expression"
	NameValue       ValueKind = "name"       // of something that exists
	ExpressionValue ValueKind = "expression" // without braces
	DurationValue   ValueKind = "duration"   // 30m, 20h, 3d, 2w
	NumberValue     ValueKind = "number"
	WholeValue      ValueKind = "whole number"
	BooleanValue    ValueKind = "true or false"
	TrueValue       ValueKind = "true" // and nothing else
	ChoiceValue     ValueKind = "one of"
	TypeValue       ValueKind = "type"   // the name of a type, or the part "field"; or Of
	ValuesValue     ValueKind = "values" // names with a single value each
	StepsValue      ValueKind = "steps"
	TriggersValue   ValueKind = "triggers"
	ListValue       ValueKind = "list"
	MapValue        ValueKind = "map" // names of the author's own, with an Item each
	PartValue       ValueKind = "part"
)

// Grammar is every key of the language: of bot.yaml and of flows, in the order in
// which they are best learnt. The schema for editors and the tables of the reference
// are made of it.
func Grammar() []Construct {
	return slices.Concat(botGrammar(), flowGrammar(), triggerGrammar(), stepGrammar(), partGrammar())
}

// ConstructOf finds a construct; ok is false if there is none.
func ConstructOf(place Place, name string) (found Construct, ok bool) {
	for _, c := range Grammar() {
		if c.Place == place && c.Name == name {
			return c, true
		}
	}
	return Construct{}, false
}

// Title is what the construct is called in sentences: "bot.yaml", "step say", "button".
func (c *Construct) Title() string {
	switch {
	case c.Place == PlaceFile && c.Name == "bot":
		return "bot.yaml"
	case c.Place == PlaceFile:
		return c.Name
	case c.Place == PlacePart:
		return c.Name
	}
	return string(c.Place) + " " + c.Name
}

// Key finds one of its keys; nil if there is none.
func (c *Construct) Key(name string) *Key {
	for i := range c.Keys {
		if c.Keys[i].Name == name {
			return &c.Keys[i]
		}
	}
	return nil
}

// Value is the example as a value: text, float64, bool, []any or map[string]any.
func (k *Key) Value() any {
	d := newDecoder("example", []byte(k.Example+"\n"), &reporter{sources: make(map[string]*source)})
	root := d.parse()
	if root == nil {
		return nil
	}
	return root.plainValue()
}

// The shapes that stand in the tables.

func aText() []Shape          { return []Shape{{Kind: TextValue}} }
func aValue() []Shape         { return []Shape{{Kind: TemplateValue}} }
func aFixed(most int) []Shape { return []Shape{{Kind: FixedValue, Most: most}} }
func aName(of string) []Shape { return []Shape{{Kind: NameValue, Of: of}} }
func anExpression() []Shape   { return []Shape{{Kind: ExpressionValue}} }
func aDuration() []Shape      { return []Shape{{Kind: DurationValue}} }
func aNumber() []Shape        { return []Shape{{Kind: NumberValue}} }
func aWhole() []Shape         { return []Shape{{Kind: WholeValue}} }
func aCount() []Shape         { return []Shape{{Kind: WholeValue, Least: 1}} }
func aBoolean() []Shape       { return []Shape{{Kind: BooleanValue}} }
func onlyTrue() []Shape       { return []Shape{{Kind: TrueValue}} }
func someValues() []Shape     { return []Shape{{Kind: ValuesValue}} }
func someSteps() []Shape      { return []Shape{{Kind: StepsValue}} }
func aPart(of string) []Shape { return []Shape{{Kind: PartValue, Of: of}} }

func aPattern(pattern, hint string) []Shape {
	return []Shape{{Kind: FixedValue, Pattern: pattern, Hint: hint}}
}

// aLink is an address, or a template that makes one.
func aLink(kind ValueKind) []Shape {
	return []Shape{{Kind: kind, Of: "address", Pattern: `^\s*https?://|\{\{`, Hint: "Write the whole address, with https://."}}
}

func anyOf(values ...string) []Shape { return []Shape{{Kind: ChoiceValue, Values: values}} }

func aList(most int, item []Shape) []Shape {
	return []Shape{{Kind: ListValue, Most: most, Item: &item[0]}}
}

func aMap(names string, item []Shape) []Shape {
	return []Shape{{Kind: MapValue, Pattern: names, Hint: "A name has small letters a to z, digits and _.", Item: &item[0]}}
}

func typesOf(types []string) []Shape {
	return aMap(namePattern.String(), []Shape{{Kind: TypeValue, Values: types}})
}

func either(a, b []Shape) []Shape { return append(a, b...) }
