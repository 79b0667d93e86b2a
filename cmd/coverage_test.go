package cmd

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCoverageNamesWhatNoTranscriptRan plays one transcript of the example, and
// wants what it does not come by with its place.
func TestCoverageNamesWhatNoTranscriptRan(t *testing.T) {
	t.Parallel()
	code, out := cli(t, nil, "test", exampleRestock, "-run", "^welcome$", "--coverage")
	_, told, _ := strings.Cut(out, "1 transcript passed, 0 failed, in ")
	_, told, _ = strings.Cut(told, "\n")
	want := `
bot.yaml:33:9: button "Ma pointure" never tapped
bot.yaml:34:9: button "Les nouveautés" never tapped
bot.yaml:36:9: button "Mes notifications" never tapped
flows/accueil.yaml:4:5: trigger fallback never started the flow
flows/accueil.yaml:8:9: option 1 of step 1 never taken
flows/back_in_stock.yaml:3:5: trigger event never started the flow
flows/back_in_stock.yaml:7:5: step 1 (say) never ran
flows/back_in_stock.yaml:8:59: button "Stop" never tapped
flows/monday.yaml:3:5: trigger cron never started the flow
flows/monday.yaml:7:5: step 1 (say) never ran
flows/monday.yaml:8:21: button "Voir" never tapped
flows/monday.yaml:8:52: button "Stop" never tapped
flows/nouveautes.yaml:3:5: trigger keywords never started the flow
flows/nouveautes.yaml:21:5: declined of step 4 never taken
flows/nouveautes.yaml:22:9: step 4.declined.1 (say) never ran
flows/restock.yaml:3:5: trigger keywords never started the flow
flows/restock.yaml:4:5: trigger referral never started the flow
flows/restock.yaml:6:5: step 1 (ask) never ran
flows/restock.yaml:10:5: step 2 (set) never ran
flows/restock.yaml:12:5: step 3 (if) never ran
flows/restock.yaml:13:5: then of step 3 never taken
flows/restock.yaml:14:9: step 3.then.1 (show) never ran
flows/restock.yaml:20:5: else of step 3 never taken
flows/restock.yaml:21:9: step 3.else.1 (say) never ran
flows/restock.yaml:22:9: step 3.else.2 (opt_in) never ran
flows/restock.yaml:25:9: accepted of step 3.else.2 never taken
flows/restock.yaml:26:13: step 3.else.2.accepted.1 (say) never ran
flows/restock.yaml:27:9: declined of step 3.else.2 never taken
flows/restock.yaml:28:13: step 3.else.2.declined.1 (say) never ran

flow            steps            branches   buttons   triggers
bot.yaml        -       -        -          0/3       -
accueil         1/1     100.0 %  1/2        -         1/2
back_in_stock   0/1     0.0 %    -          0/1       0/1
monday          0/1     0.0 %    -          0/2       0/1
nouveautes      5/6     83.3 %   1/2        -         0/1
restock         0/8     0.0 %    0/4        -         0/2
all             6/17    35.2 %   2/8        0/6       1/7
`
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(told)); code != exitFine || diff != "" {
		t.Errorf("exit code %d\n%s", code, diff)
	}
}

// TestCoverageAsJSON wants the figures beside the results, and the exit code of the
// transcripts.
func TestCoverageAsJSON(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	rewrite(t, filepath.Join(dir, "chats", "welcome.chat"), "À lundi, alors !", "À mardi, alors !")
	code, out := cli(t, nil, "test", dir, "-run", "^welcome$", "--coverage", "--json")
	var got struct {
		Transcripts []verdict `json:"transcripts"`
		Coverage    coverage  `json:"coverage"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitFindings {
		t.Fatalf("exit code %d, %v\n%s", code, err, out)
	}
	if len(got.Transcripts) != 1 || got.Transcripts[0].Passed || len(got.Transcripts[0].Failures) != 1 {
		t.Errorf("transcripts: %+v", got.Transcripts)
	}
	want := flowCoverage{Percent: 35.2, Steps: share{6, 17}, Branches: share{2, 8}, Buttons: share{0, 6}, Triggers: share{1, 7}}
	if diff := cmp.Diff(want, got.Coverage.Total); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(missed{Kind: "branch", Name: "options.1", Flow: "accueil", Step: "1", File: "flows/accueil.yaml", Line: 8, Column: 9}, got.Coverage.Missed[4]); diff != "" {
		t.Error(diff)
	}
}
