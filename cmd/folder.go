package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/relance-bot/relance/flows"
)

// botFolder is a bot loaded from its folder.
type botFolder struct {
	dir     string
	fsys    fs.FS
	program *flows.Program
	data    *flows.Data
}

// load reads and checks a bot's folder. What is wrong is printed; with errors the
// program ends with findings.
func (a *app) load(dir string) (*botFolder, error) {
	return a.read(dir, func(flows.Diagnostics) bool { return true })
}

// loadQuietly is load for verbs that are not about the flows: it keeps warnings to
// itself.
func (a *app) loadQuietly(dir string) (*botFolder, error) {
	return a.read(dir, flows.Diagnostics.HasErrors)
}

// read reads and checks a bot's folder, and prints what is wrong if show says so.
func (a *app) read(dir string, show func(flows.Diagnostics) bool) (*botFolder, error) {
	if err := isBot(dir); err != nil {
		return nil, failed(err)
	}
	fsys := os.DirFS(dir)
	program, data, problems, err := readBot(fsys, a.setup)
	if err != nil {
		return nil, failed(err)
	}
	if show(problems) {
		if err := problems.Findings().Render(a.stderr, colorful(a.stderr)); err != nil {
			return nil, failed(err)
		}
	}
	if problems.HasErrors() || program == nil {
		return nil, found()
	}
	return &botFolder{dir: dir, fsys: fsys, program: program, data: data}, nil
}

// isBot says what keeps a folder from being a bot's, and which one may be meant.
func isBot(dir string) error {
	if holdsBot(dir) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "bot.yaml")); errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the folder %s may not be read: look at its permissions", dir)
	}
	missing := "bot.yaml in " + dir
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		missing = "folder " + dir
	}
	advice := "name the bot's folder, or make one with 'relance new'"
	if info, err := os.Stat(filepath.Join(dir, "bot.yml")); err == nil && info.Mode().IsRegular() {
		return fmt.Errorf("there is no %s: rename bot.yml to bot.yaml", missing)
	}
	for _, above := range []string{filepath.Join(dir, ".."), filepath.Join(dir, "..", "..")} {
		if holdsBot(above) {
			advice = "did you mean " + above + "?"
			if above == "." {
				advice = "leave it out, the bot is in this folder"
			}
			break
		}
	}
	return fmt.Errorf("there is no %s: %s", missing, advice)
}

func holdsBot(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "bot.yaml"))
	return err == nil && info.Mode().IsRegular()
}
