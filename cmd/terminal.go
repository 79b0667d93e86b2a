package cmd

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colorful reports whether colours help: on a terminal whose user has not asked
// for none.
func colorful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
}
