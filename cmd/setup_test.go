package cmd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
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
	graph := platform.Graph()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", setupDay.Format(http.TimeFormat))
		graph.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return platform, map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret,
		"MESSENGER_VERIFY_TOKEN": wireVerify, "MESSENGER_GRAPH_URL": server.URL + "/v25.0",
	}
}

// wirePages serves a platform for each of two Pages, and returns the variables of both.
func wirePages(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for i, name := range []string{"PARIS_", "LYON_"} {
		_, vars := wirePlatform(t, func(c *emulator.Config) { c.PageID = fmt.Sprint(wirePage, i) })
		for key, value := range vars {
			env[name+strings.TrimPrefix(key, "MESSENGER_")] = value
		}
		env[name+"PAGE_ID"] = fmt.Sprint(wirePage, i)
	}
	return env
}

// keepBodies is a bot that keeps what it is told.
func keepBodies(into *[]string) func(context.Context, http.Header, []byte) (int, error) {
	return func(_ context.Context, _ http.Header, body []byte) (int, error) {
		*into = append(*into, string(body))
		return http.StatusOK, nil
	}
}

// stoppedClock always shows the same time.
type stoppedClock struct {
	bot.SystemClock
	at time.Time
}

func (c stoppedClock) Now() time.Time { return c.at }

// setupDay is the day on which set-up verbs look at things in tests.
var setupDay = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// golden compares what was printed with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *updateYears {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update writes it:\n%s", path, diff)
	}
}
