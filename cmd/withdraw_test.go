package cmd

import (
	"path/filepath"
	"strings"
	"testing"
)

// A stop by telephone ends the same whether the bot runs or not.
func TestConsentIsWithdrawnWithAndWithoutABotThatRuns(t *testing.T) {
	t.Parallel()
	v, contact := tellNews(t)
	withdraw := func(args ...string) (int, string) {
		return cli(t, v.env, append([]string{"consent", "withdraw"}, args...)...)
	}
	for want, args := range map[string][]string{
		`bot.yaml has no topic "shoes"`: {contact, "shoes", "--dir", v.dir},
		"nobody is known by that id":    {"nobody", "all", "--dir", v.dir},
	} {
		if code, out := withdraw(args...); code != exitFailed || !strings.Contains(out, want) {
			t.Errorf("%v: %d %s", args, code, out)
		}
	}
	if code, out := withdraw("email="+newsShop, "news", "--source", "telephone", "--dir", v.dir); code != exitFine || out != "Done: news is stopped.\n" {
		t.Errorf("while it runs: %d %s", code, out)
	}
	v.sees("/console/people/receipt?id="+contact, 200, "They stopped it, through the shop&#39;s own system.", "telephone")
	v.stop()
	if code, out := withdraw(contact, "all", "--dir", v.dir); code != exitFine || out != "Done: news is stopped.\n" {
		t.Errorf("while it does not: %d %s", code, out)
	}
	if code, out := cli(t, v.env, "consent", "verify", "--dir", v.dir); code != exitFine {
		t.Errorf("the ledger in %s: %d %s", filepath.Base(v.dir), code, out)
	}
}
