package cmd

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettingsAreKnownEverywhere: those of a channel that are read are those that doctor
// knows, and all that it knows are what 'relance help environment' tells of.
func TestSettingsAreKnownEverywhere(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	env := &environment{lookup: func(name string) (string, bool) {
		name, file := strings.CutSuffix(name, "_FILE")
		read[name] = read[name] || !file
		return map[string]string{"X_PAGE_ID": "1", "X_ACCESS_TOKEN": "2", "X_APP_SECRET": "3", "X_VERIFY_TOKEN": "4"}[name], !file
	}}
	if _, ok, err := env.account("x"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	var names []string
	for name := range read {
		names = append(names, strings.TrimPrefix(name, "X_"))
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Sorted(slices.Values(channelSettings)), names); diff != "" {
		t.Errorf("doctor knows other settings of a channel than are read (-doctor +read):\n%s", diff)
	}

	told := regexp.MustCompile(`\b[A-Z]+(_[A-Z]+)+\b`).FindAllString(environmentTopic().Long, -1)
	for _, name := range settingNames {
		if !slices.Contains(told, name) {
			t.Errorf("help does not tell of %s", name)
		}
	}
	for _, what := range channelSettings {
		if !slices.Contains(told, "MESSENGER_"+what) && !slices.Contains(told, "INSTAGRAM_"+what) {
			t.Errorf("help does not tell of a channel's %s", what)
		}
	}
	for _, name := range told {
		_, what, _ := strings.Cut(name, "_")
		if name != "NAME_FILE" && name != "NO_COLOR" && !slices.Contains(settingNames, name) && !slices.Contains(channelSettings, what) {
			t.Errorf("help tells of %s, and doctor does not know it", name)
		}
	}
}
