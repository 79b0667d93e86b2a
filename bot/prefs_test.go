package bot

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

func TestPrefsAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, time.March, 30, 7, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		prefs Prefs
		want  string
	}{
		{"none", Prefs{}, ""},
		{"a variant", Prefs{Variants: map[string]string{"hello": "b"}}, `{"variants":{"hello":"b"}}`},
		{"own quiet hours", Prefs{Quiet: &QuietHours{From: 1320, To: 420}}, `{"quiet":{"from":1320,"to":420}}`},
		{"no quiet hours at all", Prefs{Quiet: &QuietHours{}}, `{"quiet":{"from":0,"to":0}}`},
		{"a human has the conversation", Prefs{Thread: &Thread{Since: until, Until: until, Note: "n"}},
			`{"thread":{"since":"2026-03-30T07:00:00Z","until":"2026-03-30T07:00:00Z","note":"n"}}`},
		{"until they give it back", Prefs{Thread: &Thread{Since: until}}, `{"thread":{"since":"2026-03-30T07:00:00Z"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw, err := tt.prefs.encode()
			if err != nil || string(raw) != tt.want {
				t.Fatalf("kept as %s (%v), want %s", raw, err, tt.want)
			}
			again, err := readPrefs(raw)
			if diff := cmp.Diff(tt.prefs, again); err != nil || diff != "" {
				t.Errorf("read again (%v, -want +got):\n%s", err, diff)
			}
		})
	}
	if _, err := readPrefs([]byte(`{"variants":`)); !errors.Is(err, errCorrupt) {
		t.Errorf("what is torn is read with %v, want %v", err, errCorrupt)
	}
}

func TestQuietHoursOfOnesOwnCount(t *testing.T) {
	t.Parallel()
	theirs := &flows.Hours{From: 21 * 60, To: 8 * 60}
	own := turn{program: &flows.Program{Bot: flows.Bot{QuietHours: theirs}}}
	if got := own.quietHours(); got != theirs {
		t.Errorf("without a choice: %v, want the bot's", got)
	}
	own.prefs.Quiet = &QuietHours{From: 60, To: 120}
	if got := own.quietHours(); *got != (flows.Hours{From: 60, To: 120}) {
		t.Errorf("own hours: %v", got)
	}
	own.prefs.Quiet = &QuietHours{}
	if end := QuietEnd(own.quietHours(), time.Date(2026, time.March, 30, 1, 30, 0, 0, time.UTC), time.UTC); !end.IsZero() {
		t.Errorf("who wants none is left in peace until %v", end)
	}
}
