package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/relance-bot/relance/flows"
)

// builder collects the definitions that a schema refers to.
type builder struct {
	defs map[string]*jsonschema.Schema
}

// ref refers to a definition, and builds it the first time.
func (b *builder) ref(name string, build func() *jsonschema.Schema) *jsonschema.Schema {
	name = strings.ReplaceAll(name, " ", "-")
	if b.defs[name] == nil {
		b.defs[name] = &jsonschema.Schema{} // for those that hold themselves
		*b.defs[name] = *build()
	}
	return &jsonschema.Schema{Ref: "#/definitions/" + name}
}

// part refers to a construct that stands in others.
func (b *builder) part(name string) *jsonschema.Schema {
	c, ok := flows.ConstructOf(flows.PlacePart, name)
	if !ok {
		return nothing()
	}
	return b.ref(name, func() *jsonschema.Schema { return b.construct(&c) })
}

// place is a list's item that one key tells from the others: a step, a trigger. Once
// that key is there, only what belongs to it may stand beside it.
func (b *builder) place(place flows.Place) *jsonschema.Schema {
	return b.ref(string(place), func() *jsonschema.Schema {
		var all []flows.Construct
		for _, c := range flows.Grammar() {
			if c.Place == place {
				all = append(all, c)
			}
		}
		begin := &jsonschema.Schema{Title: string(place), Type: "object", Properties: make(map[string]*jsonschema.Schema), AdditionalProperties: nothing()}
		chain := begin
		for _, c := range slices.Backward(all) {
			begin.Properties[c.Name] = b.key(&c.Keys[0], c.Summary)
			then := b.ref(string(place)+" "+c.Name, func() *jsonschema.Schema { return b.construct(&c) })
			chain = &jsonschema.Schema{If: has(c.Name), Then: then, Else: chain}
		}
		for _, c := range all {
			begin.PropertyOrder = append(begin.PropertyOrder, c.Name)
		}
		if id := all[0].Key("id"); id != nil {
			begin.Properties["id"] = b.key(id, "")
			// An id alone is no step; beside an unknown verb, that is mistake enough.
			begin.If, begin.Then = has("id"), &jsonschema.Schema{}
			begin.If.MaxProperties, begin.Then.Required = jsonschema.Ptr(1), []string{all[0].Name}
		}
		begin.MinProperties = jsonschema.Ptr(1)
		return chain
	})
}

// has is the condition that a value is a map with a key.
func has(key string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Required: []string{key}}
}

// construct is the schema of a map. Where a key decides which others may stand beside
// it, each case has its own keys, so that editors offer those and no others.
func (b *builder) construct(c *flows.Construct) *jsonschema.Schema {
	first := c.Keys[0]
	group := slices.Concat(c.ExactlyOne, c.AtMostOne)
	switch {
	case slices.ContainsFunc(c.Keys, func(k flows.Key) bool { return len(k.With) > 0 }):
		last := b.object(c, c.Keys[:1], "id")
		last.AdditionalProperties = nil // the wrong value is mistake enough
		chain := last
		for _, value := range slices.Backward(first.Takes[0].Values) {
			var keys []flows.Key
			for _, k := range c.Keys {
				if len(k.With) == 0 || slices.Contains(k.With, value) {
					keys = append(keys, k)
				}
			}
			chain = &jsonschema.Schema{
				If: has(first.Name), Then: b.object(c, keys, ""), Else: chain,
			}
			chain.If.Properties = map[string]*jsonschema.Schema{first.Name: {Enum: []any{value}}}
		}
		chain.Description = c.Summary
		return chain
	case len(group) > 0:
		last := b.object(c, c.Keys, "")
		for _, name := range c.ExactlyOne {
			last.AnyOf = append(last.AnyOf, &jsonschema.Schema{Required: []string{name}})
		}
		chain := last
		for _, name := range slices.Backward(group) {
			var keys []flows.Key
			for _, k := range c.Keys {
				other := slices.Contains(group, k.Name) || slices.Contains(group, k.Needs)
				if !other || k.Name == name || k.Needs == name {
					keys = append(keys, k)
				}
			}
			chain = &jsonschema.Schema{If: has(name), Then: b.object(c, keys, ""), Else: chain}
		}
		chain.Description = c.Summary
		return chain
	}
	return b.object(c, c.Keys, "")
}

// object is a map with some of a construct's keys, and one more by name.
func (b *builder) object(c *flows.Construct, keys []flows.Key, more string) *jsonschema.Schema {
	out := &jsonschema.Schema{
		Type: "object", Description: c.Summary, Properties: make(map[string]*jsonschema.Schema), AdditionalProperties: nothing(),
	}
	for i := range keys {
		k := &keys[i]
		about := ""
		if k.Name == c.Name {
			about = c.Summary
		}
		out.Properties[k.Name] = b.key(k, about)
		out.PropertyOrder = append(out.PropertyOrder, k.Name)
		if k.Required {
			out.Required = append(out.Required, k.Name)
		}
		if slices.ContainsFunc(keys, func(other flows.Key) bool { return other.Name == k.Needs }) {
			if out.DependencyStrings == nil {
				out.DependencyStrings = make(map[string][]string)
			}
			out.DependencyStrings[k.Name] = []string{k.Needs}
		}
	}
	if k := c.Key(more); k != nil {
		out.Properties[more] = b.key(k, "")
	}
	for _, name := range c.AtLeastOne {
		out.AnyOf = append(out.AnyOf, &jsonschema.Schema{Required: []string{name}})
	}
	return out
}

// key is the schema of a value, with what an editor says about its key.
func (b *builder) key(k *flows.Key, about string) *jsonschema.Schema {
	out := b.shapes(k.Takes)
	if out.Ref != "" { // draft-07 sees nothing beside a $ref
		out = &jsonschema.Schema{AllOf: []*jsonschema.Schema{out}}
	}
	out.Description = k.Summary + "."
	if about != "" {
		out.Description = about + " " + k.Summary + "."
	}
	if k.Default != "" {
		out.Description += " If left out: " + k.Default + "."
	}
	if v := k.Value(); v != nil {
		out.Examples = []any{v}
	}
	if out.Type == "boolean" && k.Default != "" {
		out.Default = json.RawMessage(k.Default)
	}
	return out
}
