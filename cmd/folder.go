package cmd

import (
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
	info, err := os.Stat(filepath.Join(dir, "bot.yaml"))
	if err != nil || info.IsDir() {
		return nil, failed(fmt.Errorf("there is no bot.yaml in %s: name the bot's folder, or make one with 'relance new'", dir))
	}
	fsys := os.DirFS(dir)
	program, data, problems := flows.Load(fsys)
	if err := problems.Render(a.stderr, colorful(a.stderr)); err != nil {
		return nil, failed(err)
	}
	if problems.HasErrors() || program == nil {
		return nil, found()
	}
	return &botFolder{dir: dir, fsys: fsys, program: program, data: data}, nil
}
