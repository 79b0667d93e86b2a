package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// placed is the file of a database that is open, as it stood at its path then. Of
// PostgreSQL there is none, and nothing to say.
type placed struct {
	path string // without symbolic links: one that is turned to another folder leaves the file where it is
	info os.FileInfo
}

func (d database) placed() (p placed, err error) {
	if d.file == "" {
		return p, nil
	}
	if p.path, err = filepath.EvalSymlinks(d.file); err != nil {
		return placed{}, err
	}
	p.info, err = os.Stat(p.path)
	return p, err
}

// gone says that the file is not there any more, or another is: what is written then goes
// into one that nobody finds again.
func (p placed) gone() error {
	if p.info == nil {
		return nil
	}
	info, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, p.info) {
		return fmt.Errorf("%s was removed, or another file put in its place, while the bot ran: what came since then is not in it. Stop the bot before a copy is put back, and start it anew now", filepath.Base(p.path))
	}
	return nil // what cannot be looked at is as it was
}
