package flows

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What stands between these lines of the reference is made of the grammar, by
// "go test ./flows -run TestTheReferenceShowsEveryKey -update".
var keysBlock = regexp.MustCompile(`(?s)(<!-- keys of ([^>]+) -->\n).*?(<!-- end of keys -->)`)

func TestTheReferenceShowsEveryKey(t *testing.T) {
	t.Parallel()
	reference := readReference(t)
	shown := make(map[string]bool)
	want := keysBlock.ReplaceAllStringFunc(reference, func(block string) string {
		m := keysBlock.FindStringSubmatch(block)
		shown[m[2]] = true
		return m[1] + "\n" + keysTable(t, m[2]) + "\n" + m[3]
	})
	if want != reference {
		if !*update {
			t.Error("the tables of keys are not those of the grammar: run go test ./flows -run TestTheReferenceShowsEveryKey -update")
		} else if err := os.WriteFile("REFERENCE.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range Grammar() {
		name := c.Title()
		switch {
		case c.Place == PlaceTrigger:
			name = "triggers"
		case c.Place == PlaceStep && kindNamed(c.Name).decode == nil:
			continue
		case slices.Contains(inOthers, name):
			continue
		}
		if !shown[name] {
			t.Errorf("the reference has no place for the keys of %s: write <!-- keys of %s --> and <!-- end of keys -->", name, name)
		}
	}
}

// inOthers are parts whose keys are said where they stand.
var inOthers = []string{"one of several", "interest", "ice breaker", "menu button", "quick reply"}

func kindNamed(verb string) kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(k kind) bool { return k.verb == verb })]
}

// keysTable is the table of a construct, of all triggers, or of what triggers may have
// besides.
func keysTable(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "triggers":
		return triggersTable()
	case "trigger options":
		return optionsTable()
	}
	for _, c := range Grammar() {
		if c.Title() == name {
			return keyRows(c.Keys, c.Place == PlaceStep)
		}
	}
	t.Errorf("there are no keys of %q", name)
	return ""
}

func keyRows(keys []Key, step bool) string {
	out := "| key | takes | |\n|---|---|---|\n"
	kinds := slices.ContainsFunc(keys, func(k Key) bool { return len(k.With) > 0 })
	if kinds {
		out = "| key | goes with | takes | |\n|---|---|---|---|\n"
	}
	for _, k := range keys {
		if step && k.Name == "id" {
			continue // every step has one
		}
		goes := ""
		if kinds {
			goes = "all | "
			if len(k.With) > 0 {
				goes = "`" + strings.Join(k.With, "` `") + "` | "
			}
		}
		out += fmt.Sprintf("| `%s` | %s%s | %s |\n", k.Name, goes, cell(takesText(&k)), cell(aboutKey(&k)))
	}
	return out
}

// triggersTable is every trigger with what may stand beside it.
func triggersTable() string {
	out := "| key | starts the flow | beside it |\n|---|---|---|\n"
	for _, c := range Grammar() {
		if c.Place != PlaceTrigger {
			continue
		}
		var beside []string
		for _, k := range c.Keys[1:] {
			text := "`" + k.Name + "`"
			switch {
			case k.Required:
				text += " (needed)"
			case k.Default != "":
				text += " (" + k.Default + ")"
			}
			beside = append(beside, text)
		}
		first := c.Keys[0]
		about := strings.TrimSuffix(strings.TrimPrefix(c.Summary, "Starts the flow "), ".")
		if len(strings.Fields(first.Summary)) > 4 { // more than that it is a topic
			about += ". " + first.Summary
		}
		out += fmt.Sprintf("| `%s: %s` | %s | %s |\n", c.Name, cell(first.Example), cell(about), strings.Join(beside, ", "))
	}
	return out
}

// optionsTable is what may stand beside triggers, each once.
func optionsTable() string {
	var keys []Key
	for _, c := range Grammar() {
		if c.Place != PlaceTrigger {
			continue
		}
		for _, k := range c.Keys[1:] {
			if !slices.ContainsFunc(keys, func(other Key) bool { return other.Name == k.Name }) {
				k.Required, k.Default = false, ""
				keys = append(keys, k)
			}
		}
	}
	return keyRows(keys, false)
}

// aboutKey is what a key means.
func aboutKey(k *Key) string {
	out := k.Summary
	if k.Needs != "" {
		out += "; it needs `" + k.Needs + "`"
	}
	if k.Default != "" {
		out += ". If left out: " + k.Default
	}
	return out
}

// takesText is what a key takes.
func takesText(k *Key) string {
	var out []string
	for _, s := range k.Takes {
		out = append(out, shapeText(s))
	}
	text := strings.Join(out, ", or ")
	switch s := k.Takes[0]; {
	case s.Of == "address" && s.Kind != PartValue:
		text = s.Of
	case s.Hint != "" && (s.Kind == FixedValue || s.Kind == TemplateValue):
		text = "as `" + strings.Trim(k.Example, `"`) + "`"
	}
	if k.Required {
		text += "; needed"
	}
	return text
}

func shapeText(s Shape) string {
	switch s.Kind {
	case NameValue:
		return s.Of
	case ChoiceValue:
		return "`" + strings.Join(s.Values, "` `") + "`"
	case TypeValue:
		return "a type"
	case TrueValue:
		return "`true`"
	case PartValue:
		if s.Of == "one of several" {
			return "`{one_of: [..]}`"
		}
		return "keys of " + article(s.Of)
	case ListValue:
		item := shapeText(*s.Item)
		if s.Item.Kind == PartValue {
			item = s.Item.Of + "s"
			item = strings.ReplaceAll(item, "replys", "replies")
		}
		if s.Most > 0 && s.Most < maxKeywords {
			return fmt.Sprintf("list: %s, %d at most", item, s.Most)
		}
		return "list: " + item
	case MapValue:
		if s.Item.Kind == TypeValue {
			return "names with types"
		}
		return "names, each with " + strings.Replace(shapeText(*s.Item), "keys of ", "the keys of ", 1)
	case ValuesValue:
		return "names with values"
	case TextValue, FixedValue, RegexpValue:
		if s.Most > 0 {
			return fmt.Sprintf("%s, %d characters at most", s.Kind, s.Most)
		}
	}
	return string(s.Kind)
}

// cell is a text in a cell of a table.
func cell(s string) string {
	s = strings.ReplaceAll(s, "|", `\|`)
	for _, code := range []string{"{{user_first_name}}", "flow#id", `"#id"`, "{topic, about}", `{until: "09:00"}`, "{event: NAME, timeout: 2d}", "{one_of: [..]}", "{Small: S, Large: L}", `"{{ a list }}"`} {
		if !strings.Contains(s, "`"+code) {
			s = strings.ReplaceAll(s, code, "`"+code+"`")
		}
	}
	return s
}
