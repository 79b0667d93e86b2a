package cmd

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colorful reports whether colours help: on a terminal whose user has not asked
// for none.
func colorful(w io.Writer) bool { return terminal(w) && os.Getenv("NO_COLOR") == "" }

// terminal reports whether a stream is a person's terminal.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
