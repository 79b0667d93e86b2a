package cmd

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot/chat"
)

// TestAPictureIsUploadedOnce: across a crash, the platform's loss of it, and its ninety days.
func TestAPictureIsUploadedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "flows"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"bot.yaml":         "name: Fern & Fig\n",
		"flows/sizes.yaml": "triggers: [{keywords: [sizes]}]\nsteps: [{show: image, url: 'https://fern.example/sizes.png'}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := (&app{stderr: new(bytes.Buffer)}).load(dir)
	if err != nil {
		t.Fatal(err)
	}
	st, err := newStageAt(t.Context(), folder, time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), nil, nil, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	ann, err := st.Person(t.Context(), "Ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	asks := func() {
		t.Helper()
		if err := st.Act(t.Context(), ann, chat.Act{Kind: chat.Write, Text: "sizes"}); err != nil {
			t.Fatal(err)
		}
	}
	asks()
	asks()
	if err := st.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	asks()
	st.platform.LoseFiles()
	asks()
	asks()
	if err := st.AdvanceTo(t.Context(), st.Now().AddDate(0, 0, 90)); err != nil {
		t.Fatal(err)
	}
	asks()
	asks()
	var sent []string
	for _, c := range st.platform.Log() {
		if strings.HasSuffix(c.Path, "/messages") {
			payload := regexp.MustCompile(`"payload":\{([^}]*)\}`).FindStringSubmatch(c.Body)
			how := regexp.MustCompile(`\d{10,}`).ReplaceAllString(payload[1], "N")
			if c.Code != 0 {
				how += " refused"
			}
			sent = append(sent, how)
		}
	}
	upload, byID := `"url":"https://fern.example/sizes.png","is_reusable":true`, `"attachment_id":"N"`
	if diff := cmp.Diff([]string{upload, byID, byID, byID + " refused", upload, byID, upload, byID}, sent); diff != "" {
		t.Error(diff)
	}
	said, err := st.Said(t.Context(), ann)
	if err != nil || len(said) != 7 {
		t.Errorf("%d pictures were shown, %v", len(said), err)
	}
}
