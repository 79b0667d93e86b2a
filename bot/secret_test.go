package bot

import (
	"slices"
	"testing"

	"github.com/relance-bot/relance/flows"
)

// A handler whose secret is not set is named before the bot runs, unless a Go function
// stands for it.
func TestMissingSecrets(t *testing.T) {
	t.Parallel()
	header := func(name, env string) flows.Handler {
		return flows.Handler{Name: name, Headers: []flows.Header{{Name: "Authorization", Env: env}}}
	}
	program := &flows.Program{Bot: flows.Bot{Timezone: "UTC", Handlers: []flows.Handler{header("a", "ONE"), header("b", "TWO"), header("c", "TWO"), header("d", "GIVEN"), header("e", "GO")}}}
	b := &Bot{handlers: map[string]goHandler{"e": {}}, endpoints: newEndpoints(Config{Secret: func(name string) string {
		return map[string]string{"GIVEN": "x"}[name]
	}})}
	if err := b.become(program); err != nil {
		t.Fatal(err)
	}
	if got := b.MissingSecrets(program); !slices.Equal(got, []string{"ONE", "TWO"}) {
		t.Errorf("missing are %q", got)
	}
}
