package flows

import (
	"regexp"
	"strings"
	"testing"
)

func TestALocalNameIsWhatEditorsAreTold(t *testing.T) {
	t.Parallel()
	told := regexp.MustCompile(localPattern)
	for _, name := range []string{"", "size", "größe", "名前", "_", "a1", "1a", "a-b", "a b", "x²", "é", "a.b", "\xff", strings.Repeat("é", 40), strings.Repeat("é", 41)} {
		if isLocal(name) != told.MatchString(name) {
			t.Errorf("%q: a local name: %t, editors are told %t", name, isLocal(name), told.MatchString(name))
		}
	}
}
