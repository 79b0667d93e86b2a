package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJUnit wants a suite for each folder, a case for each transcript, and in it what
// is wrong with its place.
func TestJUnit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bot.yaml":             "name: Foulée & fils\nlocale: fr\n",
		"flows/hello.yaml":     "triggers:\n  - keywords: [salut]\nsteps:\n  - say: Bonjour <toi> !\n",
		"chats/a.chat":         "> salut\n< Bonjour <toi> !\n",
		"chats/z.chat":         "> salut\n< Bonsoir !\n",
		"chats/promo/no.chat":  "> salut\n<< Bonjour <toi> !\nbonjour\n",
		"chats/promo/yes.chat": "> salut\n< Bonjour <toi> !\n> [Oui]\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	report := filepath.Join(dir, "junit.xml")
	if code, out := cli(t, nil, "test", dir, "--junit", report); code != exitFindings {
		t.Errorf("exit code %d\n%s", code, out)
	}
	got, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	got = regexp.MustCompile(`time="[0-9.]+"`).ReplaceAll(got, []byte(`time="0"`))
	got = regexp.MustCompile(regexp.QuoteMeta(filepath.ToSlash(dir)+"/")).ReplaceAll(got, nil)
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Foulée &amp; fils" tests="4" failures="2" errors="1" time="0">
  <testsuite name="chats" tests="2" failures="1" errors="0" time="0">
    <testcase name="a" classname="chats" file="chats/a.chat" time="0"></testcase>
    <testcase name="z" classname="chats" file="chats/z.chat" time="0">
      <failure message="chats/z.chat:2: the bot said something else" type="expectation">chats/z.chat:2: the bot said something else&#xA;    1 | &gt; salut&#xA;-   2 | &lt; Bonsoir !&#xA;+     | &lt; Bonjour &lt;toi&gt; !&#xA;</failure>
    </testcase>
  </testsuite>
  <testsuite name="chats/promo" tests="2" failures="1" errors="1" time="0">
    <testcase name="no" classname="chats.promo" file="chats/promo/no.chat" time="0">
      <error message="chats/promo/no.chat:3: no line begins with &#34;bonjour&#34;" type="chat-line">chats/promo/no.chat:3:1: error: no line begins with &#34;bonjour&#34; [chat-line]&#xA;    3 | bonjour&#xA;      | ^~~~~~~&#xA;   hint: a line begins with #, at, seed, person, given, &gt;, &lt;, @, !, =; a line break in a message is written ⏎&#xA;</error>
    </testcase>
    <testcase name="yes" classname="chats.promo" file="chats/promo/yes.chat" time="0">
      <failure message="chats/promo/yes.chat:3: no message shows such a button: &#34;Oui&#34;" type="broken">chats/promo/yes.chat:3: no message shows such a button: &#34;Oui&#34;&#xA;    1 | &gt; salut&#xA;    2 | &lt; Bonjour &lt;toi&gt; !&#xA;&gt;   3 | &gt; [Oui]&#xA;   hint: nothing with a label was shown so far&#xA;   the rest of the transcript was not played&#xA;</failure>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
