package flows

import (
	"fmt"
	"maps"
	"slices"
)

// about checks the interest of an opt_in or opt_out.
func (c *checker) about(about []setting, topic *Topic, s *scope) {
	for _, w := range about {
		c.template(w.value, s)
		if topic == nil {
			continue
		}
		var names []string
		var field *Field
		for i := range topic.Interest {
			names = append(names, topic.Interest[i].Name)
			if topic.Interest[i].Name == w.name.text {
				field = &topic.Interest[i]
			}
		}
		if field == nil {
			hint := didYouMean(w.name.text, names, "its interest has ")
			if len(names) == 0 {
				hint = "declare it in bot.yaml: interest: {" + w.name.text + ": text}"
			}
			c.errorf("interest-unknown", w.name.span, hint, "the interest of topic %q has no %q", topic.Name, w.name.text)
			continue
		}
		c.fits(w.value, field)
	}
}

// interest evaluates about: in the types of the topic. What has no value is left
// out.
func (m *machine) interest(about []setting, topic *Topic) (map[string]any, error) {
	values, err := m.values(about, m.scope())
	if err != nil {
		return nil, fmt.Errorf("about: %w", err)
	}
	for i := range topic.Interest {
		field := &topic.Interest[i]
		v, there := values[field.Name]
		if !there {
			continue
		}
		v, ok := field.accept(v)
		if !ok {
			return nil, fmt.Errorf("about: %s does not fit its type", field.Name)
		}
		values[field.Name] = v
	}
	return values, nil
}

// InterestTerms are the fields of an interest as "field=value", in order of names.
// Numbers are spelled in one way: size=42, size=37.5.
func InterestTerms(interest map[string]any) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(interest)) {
		if v := plain(interest[name]); v != nil {
			out = append(out, name+"="+spell(v))
		}
	}
	return out
}
