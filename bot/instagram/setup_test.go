package instagram

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// unwanted are the webhook fields of accounts that bring nothing a bot hears.
var unwanted = []string{"mentions", "story_insights"}

// TestEveryFieldOfAnAccountIsAskedFor, or is known to bring nothing. A STOP that somebody
// edits into a message comes with one of its own.
func TestEveryFieldOfAnAccountIsAskedFor(t *testing.T) {
	t.Parallel()
	platform, err := emulator.New(emulator.Config{
		PageID: account, AccessToken: "token", AppSecret: "secret", Instagram: true,
		Now: func() time.Time { return time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { platform.Close() })
	server := httptest.NewServer(platform.Graph())
	t.Cleanup(server.Close)
	c := testChannel(t, Config{GraphURL: server.URL + "/v25.0"})
	all, connected, err := c.Subscription(t.Context(), "")
	if err != nil || !connected || len(all) == 0 {
		t.Fatalf("the account has the fields %v, connected %t, error %v", all, connected, err)
	}
	needed := NeededFields(&flows.Program{Triggers: []flows.Trigger{{Kind: flows.OnComment}}})
	for _, field := range all {
		if slices.Contains(needed, field) == slices.Contains(unwanted, field) {
			t.Errorf("%s is both needed and unwanted, or neither", field)
		}
	}
	if err := c.Subscribe(t.Context(), needed); err != nil {
		t.Errorf("the platform does not take the fields: %v", err)
	}
	if talk := NeededFields(&flows.Program{}); slices.Contains(talk, "comments") || !slices.Contains(talk, "message_edit") {
		t.Errorf("a bot without comment triggers needs %v", talk)
	}
}
