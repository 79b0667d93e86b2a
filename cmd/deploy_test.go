package cmd

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func TestDeployPlansAndChangesNothing(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, ferry())
	if code, out := cli(t, nil, "deploy", "--plan", dir); code != exitFailed || !strings.Contains(out, "there is no database") {
		t.Errorf("before the bot ever ran it exits %d: %s", code, out)
	}
	if code, out := cli(t, nil, "deploy", dir); code != exitUsage || !strings.Contains(out, "relance deploy --plan") {
		t.Errorf("without --plan it exits %d: %s", code, out)
	}
	b := startBot(t, dir, nil)
	for _, name := range []string{"Ann", "Bob"} {
		h := joins(t, b, name)
		h.writes("ticket")
		h.sees("How many?")
	}

	// Beside the bot that runs, which goes on as it was.
	next := makeBot(t, ferry())
	put(t, filepath.Join(next, "flows/ticket.yaml"), "triggers:\n  - keywords: [ticket]\nsteps:\n  - say: Closed.\n")
	database := "sqlite:" + filepath.Join(dir, "relance.db")
	code, out := cli(t, nil, "deploy", "--plan", next, "--database", database)
	want := `2 people known, 2 in the middle of a flow.

STEP      CHANGE        PEOPLE  WHAT BECOMES OF THEM
ticket#1  step changed  2       finishes as it began, in program PROGRAM
`
	var plan bot.DeployPlan
	jsonCode, raw := cli(t, nil, "deploy", "--plan", next, "--database", database, "--json")
	if err := json.Unmarshal([]byte(raw), &plan); err != nil || jsonCode != exitFine || len(plan.Steps) != 1 {
		t.Fatalf("as JSON it exits %d: %v\n%s", jsonCode, err, raw)
	}
	if diff := cmp.Diff(strings.ReplaceAll(want, "PROGRAM", plan.Steps[0].Program[:12]), out); diff != "" || code != exitFine {
		t.Errorf("it exits %d (-want +got):\n%s", code, diff)
	}
	if code, out = cli(t, nil, "deploy", "--plan", dir); code != exitFine || !strings.Contains(out, "is the one that was started last") {
		t.Errorf("of the bot that runs it exits %d: %s", code, out)
	}
	if code := b.stop(); code != exitFine || strings.Contains(b.out.String(), "has changed") {
		t.Errorf("the bot ends with %d:\n%s", code, b.out)
	}
}
