package schema

import (
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/relance-bot/relance/flows"
)

// Where an author writes a text, YAML may read a number.
var textTypes = []string{"string", "number"}

// shapes is the schema of a value that may have several shapes.
func (b *builder) shapes(takes []flows.Shape) *jsonschema.Schema {
	if len(takes) == 1 {
		return b.shape(takes[0])
	}
	out := &jsonschema.Schema{}
	for _, s := range takes {
		out.AnyOf = append(out.AnyOf, b.shape(s))
	}
	return out
}

// shape is the schema of a value.
func (b *builder) shape(s flows.Shape) *jsonschema.Schema {
	switch s.Kind {
	case flows.NumberValue:
		return &jsonschema.Schema{Type: "number"}
	case flows.WholeValue:
		out := &jsonschema.Schema{Type: "integer"}
		if s.Least > 0 {
			out.Minimum = jsonschema.Ptr(float64(s.Least))
		}
		return out
	case flows.BooleanValue:
		return &jsonschema.Schema{Type: "boolean"}
	case flows.TrueValue:
		return &jsonschema.Schema{Type: "boolean", Enum: []any{true}}
	case flows.ExpressionValue:
		return explained(&jsonschema.Schema{Types: []string{"string", "boolean"}, MinLength: jsonschema.Ptr(1)}, "")
	case flows.DurationValue:
		pattern := `^\s*(\d+[smhdw])*0*[1-9]\d*[smhdw](\d+[smhdw])*\s*$`
		if s.Signed {
			pattern = `^\s*-?(\d+[smhdw])+\s*$`
		}
		return explained(&jsonschema.Schema{Type: "string", Pattern: pattern}, "Write a number and s, m, h, d or w: 30m, 20h, 3d, 2w.")
	case flows.ChoiceValue:
		return &jsonschema.Schema{Type: "string", Enum: values(s.Values)}
	case flows.TypeValue:
		out := b.typed(s.Values)
		if s.Of != "" {
			out.AnyOf = append(out.AnyOf, b.part(s.Of))
		}
		return out
	case flows.ValuesValue:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}}
	case flows.StepsValue:
		return b.ref("steps", func() *jsonschema.Schema {
			return &jsonschema.Schema{Type: "array", Description: "Steps, one after the other.", Items: b.place(flows.PlaceStep)}
		})
	case flows.TriggersValue:
		return &jsonschema.Schema{Type: "array", Items: b.place(flows.PlaceTrigger)}
	case flows.ListValue:
		out := &jsonschema.Schema{Type: "array", Items: b.shape(*s.Item)}
		if s.Most > 0 {
			out.MaxItems = jsonschema.Ptr(s.Most)
		}
		return out
	case flows.MapValue:
		out := &jsonschema.Schema{Type: "object", AdditionalProperties: b.shape(*s.Item)}
		if s.Pattern != "" {
			out.PropertyNames = explained(&jsonschema.Schema{Pattern: s.Pattern}, s.Hint)
		}
		return out
	case flows.PartValue:
		return b.part(s.Of)
	}
	out := explained(&jsonschema.Schema{Types: textTypes, MinLength: jsonschema.Ptr(1), Pattern: s.Pattern}, s.Hint)
	if s.Kind == flows.NameValue || s.Pattern != "" {
		out.Types, out.Type = nil, "string"
	}
	if s.Most > 0 {
		out.MaxLength = jsonschema.Ptr(s.Most)
	}
	return out
}

// typed is the name of a type, or a field with its bounds.
func (b *builder) typed(types []string) *jsonschema.Schema {
	alone := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "choice" }) // which needs its options
	field := b.ref("field of "+strings.Join(types, " "), func() *jsonschema.Schema {
		c, _ := flows.ConstructOf(flows.PlacePart, "field")
		of := c.Keys[0]
		of.Takes = []flows.Shape{{Kind: flows.ChoiceValue, Values: types}}
		c.Keys = append([]flows.Key{of}, c.Keys[1:]...)
		return b.construct(&c)
	})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Enum: values(alone), Description: "The type."}, field}}
}

// explained gives a schema the words that editors show when a text does not fit.
func explained(s *jsonschema.Schema, message string) *jsonschema.Schema {
	if message != "" {
		s.Extra = map[string]any{"patternErrorMessage": message}
	}
	return s
}

// nothing lets nothing pass.
func nothing() *jsonschema.Schema { return &jsonschema.Schema{Not: &jsonschema.Schema{}} }

func values(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
