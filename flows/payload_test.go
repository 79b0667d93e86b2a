package flows

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPayloadsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		payload Payload
		text    string
	}{
		{Payload{Start: true}, `relance:{"start":true}`},
		{Payload{Go: "promo/monday#size", With: map[string]any{"size": 42.0, "model": "Gazelle \"OG\"\n"}}, `relance:{"go":"promo/monday#size","with":{"model":"Gazelle \"OG\"\n","size":42}}`},
		{Payload{OptOut: "restock"}, `relance:{"opt_out":"restock"}`},
		{Payload{Flow: "size", Step: "3.else.1", Choice: 42.5}, `relance:{"flow":"size","step":"3.else.1","choice":42.5}`},
		{Payload{Flow: "size", Step: "1", Choice: "Oui 👍"}, `relance:{"flow":"size","step":"1","choice":"Oui 👍"}`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			text := tt.payload.Encode()
			if text != tt.text {
				t.Errorf("encoded as %s, want %s", text, tt.text)
			}
			back, ok := DecodePayload(text)
			if diff := cmp.Diff(tt.payload, back); !ok || diff != "" {
				t.Errorf("came back %v (-want +got):\n%s", ok, diff)
			}
		})
	}
}

func TestForeignPayloadsAreNotOurs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "GET_STARTED", "{}", `{"go":"x"}`, "relance:", "relance:{}", "relance:[]", `relance:{"go":1}`, "relance:null",
		`relance:{"go":"` + strings.Repeat("x", maxPayload) + `"}`} {
		if p, ok := DecodePayload(text); ok {
			t.Errorf("%.40q was taken for %+v", text, p)
		}
	}
}

// What is written by hand must be what encoding/json reads.
func TestValuesAreWrittenAsJSON(t *testing.T) {
	t.Parallel()
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
	)
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]any{}
		for _, k := range rapid.SliceOfN(rapid.String(), 0, 10).Draw(t, "keys") {
			want[k] = leaf.Draw(t, "value")
			if rapid.Bool().Draw(t, "nested") {
				want[k] = []any{want[k], map[string]any{k: want[k]}}
			}
		}
		text := appendMap(nil, want)
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", text, diff)
		}
	})
}

func TestLongTextsAreCutAtWholeCharacters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"Chaussures", 20, "Chaussures"},
		{"Chaussures de course", 12, "Chaussures…"},
		{"👨‍👩‍👧 famille", 3, "…"},
		{"ab👨‍👩‍👧c", 8, "ab👨‍👩‍👧c"},
		{"ab👨‍👩‍👧cd", 8, "ab👨‍👩‍👧…"},
	} {
		if got := cut(tt.text, tt.n); got != tt.want {
			t.Errorf("cut(%q, %d) is %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}
