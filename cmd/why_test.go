package cmd

import (
	"strings"
	"testing"
)

// TestWhyOfAMisspeltFlowDoesNotDenyTheOthers asks about a flow that never wrote to somebody.
func TestWhyOfAMisspeltFlowDoesNotDenyTheOthers(t *testing.T) {
	t.Parallel()
	b := startBot(t, makeBot(t, asking()), nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	code, out := cli(t, b.env, "why", contactOf(t, b), "--flow", "mondy", "--dir", b.dir)
	if want := "Nothing of the flow \"mondy\" has been due for this person yet.\n"; code != exitFine || !strings.HasSuffix(out, want) {
		t.Errorf("relance why exits %d and says:\n%s", code, out)
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d", code)
	}
}
