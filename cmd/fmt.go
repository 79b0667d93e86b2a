package cmd

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// maxMends bounds how often a bot is read again with one more mistake mended.
const maxMends = 200

func (a *app) fmtCommand() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "fmt [DIR]",
		Short: "Add the quotes and blanks that YAML needs",
		Long: `Mends what YAML would misread in bot.yaml, flows and locales, where it is clear what was
meant: missing quotes, missing blanks behind colons and dashes, tabs. Everything else
stays as it is, comments too. A file without such mistakes is not touched.`,
		Example: "  relance fmt shop\n  relance fmt shop --check",
		Args:    arguments(0, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.fmt(folder(args), check) },
	}
	c.Flags().BoolVar(&check, "check", false, "write nothing; exit with 1 if something would be mended")
	return c
}

func (a *app) fmt(dir string, check bool) error {
	if err := isBot(dir); err != nil {
		return failed(err)
	}
	signatures, err := bot.Registered(a.setup)
	if err != nil {
		return failed(err)
	}
	m := &mender{fsys: os.DirFS(dir), signatures: signatures, texts: make(map[string][]byte)}
	left, err := m.mend()
	if err != nil {
		return failed(err)
	}
	slices.SortStableFunc(m.done, func(x, y mended) int { return cmp.Or(cmp.Compare(x.file, y.file), cmp.Compare(x.line, y.line)) })
	for _, line := range m.done {
		fmt.Fprintf(a.stdout, "%s:%d: %s\n", line.file, line.line, line.text)
	}
	if len(m.texts) == 0 {
		fmt.Fprintln(a.stdout, "Nothing to mend.")
	}
	if check {
		if len(m.texts) > 0 {
			return found()
		}
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(m.texts)) {
		if err := replaceFile(filepath.Join(dir, filepath.FromSlash(file)), m.texts[file]); err != nil {
			return failed(err)
		}
	}
	if errors := errorsOf(left); errors > 0 {
		fmt.Fprintf(a.stdout, "%s left; 'relance check' says more.\n", count(errors, "error"))
	}
	return nil
}

// mender mends the YAML of a bot, one mistake of each file at a time.
type mender struct {
	fsys       fs.FS
	signatures []flows.Signature // of the Go functions that flows may call
	texts      map[string][]byte // of files that changed
	done       []mended          // for the author
}

// mended is a line as it is now.
type mended struct {
	file string
	line int
	text string
}

// load reads the bot as it would be.
func (m *mender) load() flows.Diagnostics {
	_, _, found := flows.Load(overlay{m.fsys, m.texts}, m.signatures...)
	return found
}

// mend reads the bot again and again until nothing is left that it can mend, and
// returns what is left. A mistake that mending did not help is given up.
func (m *mender) mend() (flows.Diagnostics, error) {
	given := make(map[string]bool)
	left := m.load()
	for range maxMends {
		fixes := lowest(left, given)
		if len(fixes) == 0 {
			return left, nil
		}
		before := make(map[string][]byte)
		for file, d := range fixes {
			text, err := m.text(file)
			if err != nil {
				return nil, err
			}
			before[file] = text
			m.texts[file] = d.Fix.Apply(text)
		}
		after := m.load()
		for file, d := range fixes {
			if worse(left, after, file) {
				given[mistake(d)] = true
				m.texts[file] = before[file]
				continue
			}
			m.done = append(m.done, mended{file, d.Line, strings.TrimSpace(lineOf(m.texts[file], d.Line))})
		}
		for file := range fixes {
			if original, err := fs.ReadFile(m.fsys, file); err == nil && string(original) == string(m.texts[file]) {
				delete(m.texts, file)
			}
		}
		left = m.load()
	}
	return left, nil
}

// mistake names a finding.
func mistake(d flows.Diagnostic) string { return fmt.Sprint(d.File, d.Line, d.Column, d.Code) }

func (m *mender) text(file string) ([]byte, error) {
	if text, ok := m.texts[file]; ok {
		return text, nil
	}
	return fs.ReadFile(m.fsys, file)
}

// lowest is the lowest mistake of each file that can be mended: what stands above it
// keeps its place.
func lowest(found flows.Diagnostics, given map[string]bool) map[string]flows.Diagnostic {
	out := make(map[string]flows.Diagnostic)
	for _, d := range found {
		if d.Fix == nil || !strings.HasPrefix(d.Code, "yaml-") || given[mistake(d)] {
			continue
		}
		if best, ok := out[d.File]; !ok || d.Fix.Line > best.Fix.Line || d.Fix.Line == best.Fix.Line && d.Fix.Column > best.Fix.Column {
			out[d.File] = d
		}
	}
	return out
}

// worse says whether a file is read no better than before. A mistake of YAML may hide
// others from view, so these are not counted against the mended file.
func worse(before, after flows.Diagnostics, file string) bool {
	mistakes := func(found flows.Diagnostics) int {
		n := 0
		for _, d := range found {
			if d.File == file && strings.HasPrefix(d.Code, "yaml-") {
				n++
			}
		}
		return n
	}
	return mistakes(after) >= mistakes(before)
}

func errorsOf(found flows.Diagnostics) int {
	n := 0
	for _, d := range found {
		if d.Severity == flows.Error {
			n++
		}
	}
	return n
}

// lineOf is a line of a text, from 1.
func lineOf(text []byte, n int) string {
	lines := strings.Split(string(text), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}
