package flows

import (
	"math"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPlainLinksAreLinks(t *testing.T) {
	t.Parallel()
	parsed := func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
	}
	near := rapid.StringMatching(`(https?://)?[a-zA-Z0-9.:@%_\[\]-]{0,9}(/[a-z0-9%:@?#&=\[\] \\é"<>{}|^;,!$'()*+~._-]{0,12})?`)
	rapid.Check(t, func(t *rapid.T) {
		s := near.Draw(t, "address")
		if isLink(s) != parsed(s) {
			t.Fatalf("%q is a link: %v, as it is parsed: %v", s, isLink(s), parsed(s))
		}
	})
	for s, plain := range map[string]bool{
		"https://shop.example": true, "https://shop.example/": true, "https://shop.example/gazelle?size=42&utm_source=bot,x;y": true,
		"https://shop.example/a%20b": false, "https://shop.example?x": false, "http://shop.example/": false, "https:///x": false, "https://a@b/": false, "": false,
	} {
		if isPlainLink(s) != plain {
			t.Errorf("%q is plain: %v", s, !plain)
		}
	}
}

// What is plain already is what plain makes a copy of.
func TestPlainObjectsAreNotCopied(t *testing.T) {
	t.Parallel()
	var deep func(n int) map[string]any
	deep = func(n int) map[string]any {
		if n == 0 {
			return map[string]any{"n": 1.0}
		}
		return map[string]any{"of": deep(n - 1)}
	}
	list := func(n int) map[string]any {
		var v any = []any{nil, "a"}
		for range n {
			v = []any{v}
		}
		return map[string]any{"list": v}
	}
	for name, v := range map[string]map[string]any{
		"what JSON gives": {"model": "Gazelle", "size": 42.5, "new": true, "of": map[string]any{"tags": []any{"a", nil, map[string]any{}}}},
		"an int":          {"size": 42}, "nothing": {"size": nil}, "no number": {"size": math.NaN()}, "infinite": {"size": math.Inf(1)}, "texts": {"tags": []string{"a"}},
		"nothing inside": {"of": map[string]any{"x": nil}}, "an odd thing inside": {"of": []any{int32(1)}}, "a struct": {"x": struct{}{}},
		"10 deep": deep(10), "11 deep": deep(11), "12 deep": deep(12), "13 deep": deep(13),
		"lists 10 deep": list(10), "lists 11 deep": list(11), "lists 12 deep": list(12), "lists 13 deep": list(13),
	} {
		copied := plainMap(v, 0)
		if same := cmp.Equal(v, copied); isPlain(v, 0) != same {
			t.Errorf("%s is plain: %v, and its plain copy the same: %v", name, !same, same)
		}
		if diff := cmp.Diff(copied, plainObject(v)); diff != "" {
			t.Errorf("%s: -copy +object\n%s", name, diff)
		}
	}
}
