package bot

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// interestKey names an interest: two have the same key if they say the same.
// Fields are taken in order of name and numbers by value (42 and 42.0 are one),
// while the text "42" is another.
func interestKey(about map[string]any) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(about)) {
		b.WriteString(strconv.Quote(name))
		b.WriteByte('=')
		b.WriteString(valueKey(about[name]))
		b.WriteByte(';')
	}
	return b.String()
}

// valueKey spells a value so that equal ones are spelt alike. JSON already
// writes every Go number of the same value in the same way, and sorts objects;
// only a minus zero needs help.
func valueKey(v any) string {
	switch n := v.(type) {
	case float64:
		if n == 0 {
			return "0"
		}
	case json.Number:
		if f, err := n.Float64(); err == nil {
			return valueKey(f)
		}
	}
	spelt, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(spelt)
}

// addInterest returns the set with one more. An interest without fields is the
// topic as a whole and not kept. The oldest go where there would be too much.
func addInterest(set []map[string]any, about map[string]any) []map[string]any {
	if len(about) == 0 || hasInterest(set, about) {
		return set
	}
	set = append(slices.Clip(set), maps.Clone(about))
	bytes := 0
	for _, have := range set {
		bytes += len(interestKey(have))
	}
	for len(set) > maxInterests || len(set) > 1 && bytes > maxInterestBytes {
		bytes -= len(interestKey(set[0]))
		set = set[1:]
	}
	return set
}

// dropInterest returns the set without one.
func dropInterest(set []map[string]any, about map[string]any) []map[string]any {
	key := interestKey(about)
	return slices.DeleteFunc(slices.Clone(set), func(have map[string]any) bool {
		return interestKey(have) == key
	})
}

func hasInterest(set []map[string]any, about map[string]any) bool {
	key := interestKey(about)
	return slices.ContainsFunc(set, func(have map[string]any) bool {
		return interestKey(have) == key
	})
}

// cloneInterests shares no map with set: lists within a value are shared, but
// nothing here changes values.
func cloneInterests(set []map[string]any) []map[string]any {
	if set == nil {
		return nil
	}
	out := make([]map[string]any, len(set))
	for i, about := range set {
		out[i] = maps.Clone(about)
	}
	return out
}
