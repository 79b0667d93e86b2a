package chat

import (
	"strings"
	"testing"
)

// Run plays the transcripts of a bot's folder (dir/chats/*.chat) as parallel
// subtests of t, one for each. A folder without transcripts fails.
//
// The factory says what bot they talk to: this package knows no other part of the
// bot. cmd has one that runs a folder with its flows, SQLite and the emulator.
func Run(t *testing.T, dir string, factory Factory) {
	t.Helper()
	files, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no transcripts in %s/%s", dir, Folder)
	}
	for _, file := range files {
		t.Run(nameOf(dir, file), func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			r := RunFile(t.Context(), file, Options{Factory: factory})
			if err := r.Render(&b, false); err != nil {
				t.Fatal(err)
			}
			if !r.Passed() {
				t.Errorf("the bot and the transcript differ:\n%s", b.String())
			}
		})
	}
}
