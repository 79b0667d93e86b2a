package messenger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMenusOfAnAccountComeInEveryForm that the platform's pages show.
func TestMenusOfAnAccountComeInEveryForm(t *testing.T) {
	t.Parallel()
	size := []MenuEntry{{Label: "My size", Payload: "SIZE"}}
	for name, tt := range map[string]struct {
		body string
		want []Menu
	}{
		"nothing":                {`{"data":[]}`, nil},
		"the menus themselves":   {`{"data":[{"call_to_actions":[{"question":"My size","payload":"SIZE"}],"locale":"default"}]}`, []Menu{{Locale: "default", Items: size}}},
		"under their name":       {`{"data":[{"ice_breakers":[{"call_to_actions":[{"question":"My size","payload":"SIZE"}],"locale":"default"}]}]}`, []Menu{{Locale: "default", Items: size}}},
		"without locales":        {`{"data":[{"question":"My size","payload":"SIZE"}]}`, []Menu{{Locale: "default", Items: size}}},
		"a menu under its name":  {`{"data":[{"persistent_menu":[{"locale":"default","call_to_actions":[{"type":"postback","title":"My size","payload":"SIZE"}]}]}]}`, []Menu{{Locale: "default", Items: size}}},
		"in two locales, sorted": {`{"data":[{"call_to_actions":[{"question":"My size","payload":"SIZE"}],"locale":"fr_FR"},{"call_to_actions":[{"question":"My size","payload":"SIZE"}],"locale":"default"}]}`, []Menu{{Locale: "default", Items: size}, {Locale: "fr_FR", Items: size}}},
	} {
		got, err := readAccountMenus([]byte(tt.body))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := readAccountMenus([]byte(`{"data":7}`)); err == nil {
		t.Error("a number is taken for menus")
	}
}
