package cmd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// wirePlatform serves the emulated platform to verbs that take it for the real one, and
// returns the variables of its Page.
func wirePlatform(t *testing.T, change func(*emulator.Config)) (*emulator.Platform, map[string]string) {
	t.Helper()
	c := emulator.Config{PageID: wirePage, AccessToken: wireToken, AppSecret: wireSecret, VerifyToken: wireVerify}
	if change != nil {
		change(&c)
	}
	platform, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(platform.Graph())
	t.Cleanup(server.Close)
	return platform, map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret,
		"MESSENGER_VERIFY_TOKEN": wireVerify, "MESSENGER_GRAPH_URL": server.URL + "/v25.0",
	}
}

// keepBodies is a bot that keeps what it is told.
func keepBodies(into *[]string) func(context.Context, http.Header, []byte) (int, error) {
	return func(_ context.Context, _ http.Header, body []byte) (int, error) {
		*into = append(*into, string(body))
		return http.StatusOK, nil
	}
}
