package messenger_test

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// unwanted are the webhook fields of Pages that bring nothing a bot acts on, and the
// spelling of the reports on templates that the list of the call does not have.
var unwanted = []string{"inbox_labels", "messenger_template_status_update"}

// TestEveryFieldOfAPageIsAskedFor, or is known to bring nothing.
func TestEveryFieldOfAPageIsAskedFor(t *testing.T) {
	t.Parallel()
	c := emulated(t, emulator.Config{AppID: "77"})
	all, connected, err := c.Subscription(t.Context(), "77")
	if err != nil || !connected || len(all) == 0 {
		t.Fatalf("the Page has the fields %v, connected %t, error %v", all, connected, err)
	}
	program := &flows.Program{Triggers: []flows.Trigger{{Kind: flows.OnComment}}}
	program.Bot.Templates = []flows.Approved{{Name: "order_ready"}}
	needed := messenger.NeededFields(program, []string{"marketing"})
	for _, field := range all {
		if slices.Contains(needed, field) == slices.Contains(unwanted, field) {
			t.Errorf("%s is both needed and unwanted, or neither", field)
		}
	}
	if err := c.Subscribe(t.Context(), needed); err != nil {
		t.Errorf("the platform does not take the fields: %v", err)
	}
}

// emulated is the channel of a Page on the emulated platform.
func emulated(t *testing.T, e emulator.Config) *messenger.Channel {
	t.Helper()
	e.PageID, e.AccessToken, e.AppSecret = "10", "token", "secret"
	e.Now = func() time.Time { return time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC) }
	platform, err := emulator.New(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { platform.Close() })
	server := httptest.NewServer(platform.Graph())
	t.Cleanup(server.Close)
	c, err := messenger.New(messenger.Config{
		PageID: "10", AccessToken: "token", AppSecret: "secret", VerifyToken: "verify", GraphURL: server.URL + "/v25.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
