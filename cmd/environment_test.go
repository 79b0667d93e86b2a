package cmd

import (
	"io"
	"os"
	"path/filepath"
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

// A comment behind a setting was part of its value: every webhook was refused, as of another
// app secret. And an editor's mark at the beginning of the file hid the first setting.
func TestTheFileOfSettingsIsReadAsEditorsAndPeopleWriteIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := "\ufeffFIRST=1\r\nSECRET=abc # of the app\nQUOTED=\"a # b\" # of ours\nSINGLE='a' \nHASH=a#b\nNONE= # later\nODD=\"a\"b\nINSIDE=\"a\"b\"\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env, err := newApp(nil, io.Discard).environment(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"FIRST": "1", "SECRET": "abc", "QUOTED": "a # b", "SINGLE": "a", "HASH": "a#b", "NONE": "", "ODD": `"a"b`, "INSIDE": `a"b`} {
		if got, err := env.get(name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
}

// TestASecretInThePlaceOfItsFilesNameIsNotPrinted: somebody puts the token itself where its
// file is to be named, and the error goes to the log.
func TestASecretInThePlaceOfItsFilesNameIsNotPrinted(t *testing.T) {
	t.Parallel()
	env := &environment{lookup: func(name string) (string, bool) {
		return map[string]string{"MESSENGER_ACCESS_TOKEN_FILE": "EAAsecret"}[name], true
	}}
	_, err := env.get("MESSENGER_ACCESS_TOKEN")
	if err == nil || strings.Contains(err.Error(), "EAAsecret") || !strings.Contains(err.Error(), "MESSENGER_ACCESS_TOKEN_FILE") {
		t.Errorf("error %v, want one that names the setting and not its value", err)
	}
}

func TestAMarkAtTheBeginningOfASecretsFileIsNoPartOfIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("\ufeffEAA1\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := &environment{lookup: func(name string) (string, bool) { return map[string]string{"X_FILE": file}[name], true }}
	if got, err := env.get("X"); got != "EAA1" || err != nil {
		t.Errorf("read %q, error %v, want EAA1", got, err)
	}
}

func TestAFileOfASettingThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	file := write(t, "token", strings.Repeat("a", maxSetting+1))
	e := &environment{lookup: func(name string) (string, bool) {
		return map[string]string{"MESSENGER_ACCESS_TOKEN_FILE": file}[name], name == "MESSENGER_ACCESS_TOKEN_FILE"
	}}
	if v, err := e.get("MESSENGER_ACCESS_TOKEN"); v != "" || err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") {
		t.Errorf("%d bytes, %v", len(v), err)
	}
}
