package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/relance-bot/relance/storage/sqlite"
)

// children are the programs that tests run as processes of their own, by the
// name in the environment: this test binary started again.
var children = map[string]func(path string) error{
	"write": writeForever,
	"open":  openOnce,
	"full":  fillDisk,
}

const childVariable = "RELANCE_SQLITE_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		if err := children[name](os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child prepares one of the children, to work on the database at path. It is
// killed with the test.
func child(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, path)
	cmd.Env = append(os.Environ(), childVariable+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

func openOnce(path string) error {
	s, err := sqlite.Open(context.Background(), path, sqlite.Config{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	// Until the parent has seen all of them.
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// firstLine reads what a child says first.
func firstLine(t *testing.T, r io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("a child said nothing: %v", err)
	}
	return line
}
