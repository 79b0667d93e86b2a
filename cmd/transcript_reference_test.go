package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
)

// TestTheTranscriptsOfTheReferencePlay makes the bot that the reference of transcripts
// shows, and plays every transcript in it.
func TestTheTranscriptsOfTheReferencePlay(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../bot/chat/REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, played := t.TempDir(), 0
	for _, sample := range regexp.MustCompile("(?s)```(yaml|chat)\n(.*?)```").FindAllStringSubmatch(string(src), -1) {
		kind, text := sample[1], sample[2]
		first, rest, _ := strings.Cut(text, "\n")
		name := strings.TrimPrefix(first, "# ")
		if kind == "chat" {
			played++
			name, rest = "chats/"+regexp.MustCompile(`\W+`).ReplaceAllString(name, "_")+chat.Extension, text
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(rest), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if played < 2 {
		t.Fatalf("there are %d transcripts in it", played)
	}
	chat.Run(t, dir, Stage(dir, nil))
}
