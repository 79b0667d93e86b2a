package flows

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// What is read by hand is what the expressions say.
func TestIDs(t *testing.T) {
	t.Parallel()
	step := regexp.MustCompile(stepID)
	flow := regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)*$`)
	same := func(t rapid.TB, id string) {
		if got, want := isStepID(id), step.MatchString(id); got != want {
			t.Errorf("isStepID(%q) = %t, want %t", id, got, want)
		}
		if got, want := isFlowID(id), flow.MatchString(id); got != want {
			t.Errorf("isFlowID(%q) = %t, want %t", id, got, want)
		}
	}
	for _, id := range []string{"", "/", "a", "a/", "/a", "a//b", "a/b.c-d", ".a", "a/.b", "-a", "_", "1", "a1", "é", "日本", "٣", "½x", "a\n", "a\xff", "\xff", "a b", "a\u0301"} {
		same(t, id)
	}
	rapid.Check(t, func(t *rapid.T) {
		same(t, rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("ab/_-.1é٣½ ")), rapid.Rune())).Draw(t, "id"))
	})
}
