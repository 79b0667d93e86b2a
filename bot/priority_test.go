package bot_test

import (
	"strings"
	"testing"
)

// rivals is a shop whose news come first for the one message a day that it allows itself.
func rivals(priority string) map[string]string {
	bot := strings.Replace(flagship["bot.yaml"], "  nouveautes:\n", "  nouveautes:\n    priority: "+priority+"\n", 1)
	return with(flagship, "bot.yaml", bot+"budget: {max: 1, per: 24h}\n")
}

func TestTheGreaterTopicWinsTheBudget(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		priority      string
		at8, at9, end string // what became of restock, and of the news
	}{
		{"10", "held rule=budget next=2026-03-30 09:10", "held rule=budget next=2026-03-30 09:10 / sent lane=recurring", "sent lane=recurring / sent lane=recurring"},
		{"0", "sent lane=recurring", "sent lane=recurring / skipped rule=budget", ""},
	} {
		t.Run("priority "+test.priority, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rivals(test.priority))
			w.subscribes("zoe", "restock", "daily")
			w.subscribes("zoe", "nouveautes", "weekly")
			w.until(paris(t, "2026-03-30 08:00"))
			w.sells(back("1"))
			check := func(want string) {
				t.Helper()
				if got := strings.Join(w.decisions("zoe"), " / "); want != "" && got != want {
					t.Errorf("at %s decided %q, want %q", w.clock.Now(), got, want)
				}
			}
			check(test.at8)
			w.until(paris(t, "2026-03-30 09:00"))
			check(test.at9)
			w.until(paris(t, "2026-03-30 09:10"))
			w.passes(day)
			check(test.end)
		})
	}
}
