//go:build unix

package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAPipeInTheFolderIsSaidAndNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ file, says string }{
		{"flows/pipe.yaml", "flows/pipe.yaml: error: this is no file, but a pipe, a device or a folder [file]\n   hint: delete it, or put a file in its place"},
		{"data.csv", ""}, // nobody reads it
		{"data/shoes.csv", "data/shoes.csv: error: this is no file"},
		{"chats/monday.chat", "monday.chat is no file, but a pipe, a device or a folder"},
	} {
		for _, verb := range []string{"check", "fmt", "test"} {
			dir := shopWith(t, goodFlow)
			path := filepath.Join(dir, filepath.FromSlash(tc.file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Skip("no pipes here:", err)
			}
			said := make(chan string, 1)
			go func() {
				_, out := cli(t, nil, verb, dir)
				said <- out
			}()
			select {
			case out := <-said:
				if verb == "check" && !strings.Contains(out, tc.says) {
					t.Errorf("%s, %s:\n%s", verb, tc.file, out)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s waits for %s", verb, tc.file)
			}
		}
	}
}
