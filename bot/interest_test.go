package bot

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInterestsAreASet(t *testing.T) {
	t.Parallel()
	type about = map[string]any
	tests := []struct {
		name string
		a, b about
		same bool
	}{
		{"equal", about{"model": "Gazelle", "size": 42.0}, about{"size": 42.0, "model": "Gazelle"}, true},
		{"numbers by value", about{"size": 42}, about{"size": 42.0}, true},
		{"a number as JSON keeps it", about{"size": json.Number("42.0")}, about{"size": 42}, true},
		{"zero has no sign", about{"size": 0.0}, about{"size": math.Copysign(0, -1)}, true},
		{"half sizes differ", about{"size": 42.5}, about{"size": 42.0}, false},
		{"text is no number", about{"size": "42"}, about{"size": 42.0}, false},
		{"case counts", about{"model": "gazelle"}, about{"model": "Gazelle"}, false},
		{"one field more", about{"model": "Gazelle"}, about{"model": "Gazelle", "size": 42.0}, false},
		{"unset is not missing", about{"size": nil}, about{}, false},
		{"false is not unset", about{"gift": false}, about{"gift": nil}, false},
		{"names do not run into values", about{"a": "b;\"c\"=1"}, about{"a": "b", "c": 1.0}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set := addInterest(addInterest(nil, test.a), test.b)
			if got := interestKey(test.a) == interestKey(test.b); got != test.same {
				t.Errorf("same key: %v, want %v", got, test.same)
			}
			left := dropInterest(set, test.b)
			if got := len(left) == 0; len(test.b) > 0 && got != test.same {
				t.Errorf("dropping the second leaves %v", left)
			}
		})
	}
}

func TestAddInterest(t *testing.T) {
	t.Parallel()
	var set []map[string]any
	for i := range maxInterests + 2 {
		set = addInterest(set, map[string]any{"size": float64(i)})
	}
	if len(set) != maxInterests || set[0]["size"] != 2.0 {
		t.Errorf("%d interests from %v, want the newest %d", len(set), set[0], maxInterests)
	}
	if got := addInterest(set, nil); len(got) != maxInterests {
		t.Error("the topic as a whole was kept as an interest")
	}

	var long []map[string]any
	for i := range 10 {
		long = addInterest(long, map[string]any{"size": float64(i), "model": strings.Repeat("x", maxInterestBytes/4)})
	}
	if len(long) != 3 || long[2]["size"] != 9.0 {
		t.Errorf("%d long interests, want the newest 3 that fit", len(long))
	}

	about := map[string]any{"size": 42.0}
	before := []map[string]any{{"size": 41.0}}
	after := addInterest(before, about)
	about["size"] = 43.0
	if diff := cmp.Diff([]map[string]any{{"size": 41.0}, {"size": 42.0}}, after); diff != "" {
		t.Errorf("the set shares its interests with the caller (-want +got):\n%s", diff)
	}
	if fmt.Sprint(before) != "[map[size:41]]" {
		t.Errorf("the set before became %v", before)
	}
}
