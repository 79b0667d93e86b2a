package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sealed"
)

// placed is the file of a database that is open, as it stood at its path then. Of
// PostgreSQL there is none, and nothing to say.
type placed struct {
	path string   // without symbolic links: one that is turned to another folder leaves the file where it is
	file *os.File // closed behind the store: closing it drops the locks that SQLite has on it
	info os.FileInfo
	log  os.FileInfo // of the write-ahead log beside it, which SQLite keeps for as long as the file is open
}

func (d database) placed() (p placed, err error) {
	if d.file == "" {
		return p, nil
	}
	if p.path, err = filepath.EvalSymlinks(d.file); err != nil {
		return placed{}, err
	}
	if p.file, err = os.Open(p.path); err != nil {
		return placed{}, err
	}
	if p.info, err = p.file.Stat(); err != nil {
		return placed{}, errors.Join(err, p.file.Close())
	}
	if p.log, err = os.Stat(p.path + logSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return placed{}, errors.Join(err, p.file.Close())
	}
	return p, nil
}

const logSuffix = "-wal"

// errReplaced is that of a bot whose database is not there any more.
var errReplaced = errors.New("was removed, or another file put in its place, while the bot ran: what came since then is not in it. Stop the bot before a copy is put back, and start it anew now")

// gone says that the file is not there any more, or another is: what is written then goes
// into one that nobody finds again. So it is with one that a copy was written into; of it
// overwritten says so too.
func (p placed) gone() error {
	if p.info == nil {
		return nil
	}
	name := filepath.Base(p.path)
	if another(p.path, p.info) || p.overwritten() {
		return fmt.Errorf("%s %w", name, errReplaced)
	}
	if p.log != nil && another(p.path+logSuffix, p.log) {
		return fmt.Errorf("%s was removed while the bot ran, and it holds what the bot has taken: what can be kept was put into %s. Leave both where they are, and start the bot anew now", name+logSuffix, name)
	}
	return nil
}

// another says that a file is not at its path any more. What cannot be looked at is as it
// was.
func another(path string, was os.FileInfo) bool {
	info, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, was)
}

// overwritten says that the file is the one that was opened, and what stands in it is not:
// it was cut off, or its head is that of a copy by 'relance backup', which says that it has
// no log, as no database does that a bot has open.
func (p placed) overwritten() bool {
	if p.file == nil {
		return false
	}
	var head [20]byte
	n, err := p.file.ReadAt(head[:], 0)
	if n < len(head) {
		return errors.Is(err, io.EOF)
	}
	return !bytes.HasPrefix(head[:], []byte("SQLite format 3\x00")) || head[len(head)-1] != 2
}

func (p placed) close() {
	if p.file != nil {
		_ = p.file.Close() // nothing was written
	}
}

// itsOwn refuses the database of another bot that runs: whichever starts last would end the
// schedules of the other. Of one that does not run it cannot be told from this bot with
// another Page.
func (p *process) itsOwn(ctx context.Context) error {
	var pages []string
	for _, ch := range p.lines.hooked {
		pages = append(pages, pageOf(ch))
	}
	theirs, err := strangersIn(ctx, p.store, pages)
	if err != nil || theirs == "" {
		return err
	}
	own := strings.Join(pages, " and ")
	n, err := others(ctx, p.store)
	if err == nil && n > 0 {
		return fmt.Errorf("another bot runs on this database, which knows people of %s and nobody of %s: each bot has one of its own (RELANCE_DATABASE, --database); if it is this bot with another Page, stop that process first", theirs, own)
	}
	if err == nil {
		p.log.Warn("this database knows people of another Page and nobody of this one: if it is another bot's, stop this one, take a database of its own and start that one anew: this one ends its schedules", "knows", theirs, "page", own)
	}
	return err
}

// owned ends the process once what it has open is not its own any more: another one has
// put the database under a key that this one has not, so that it would set aside what it
// cannot read; or its file is gone; or what stands in it is, on PostgreSQL.
func (p *process) owned(ctx context.Context) error {
	again := time.NewTicker(ownEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
		if err := p.stands.gone(); err != nil {
			return err
		}
		if p.store.Abilities().Shared == nil {
			continue
		}
		_, err := sealed.Open(ctx, p.store, p.place.keys)
		switch {
		case errors.Is(err, sealed.ErrKey):
			return fmt.Errorf("%w: give every process the same keys, then start this one anew", err)
		case errors.Is(err, storage.ErrReplaced):
			return fmt.Errorf("%w: what came since then is not in it. Stop the bot before a copy is restored, and start it anew now", storage.ErrReplaced)
		}
	}
}

// ownEvery is how often a process looks whether the database is still its own.
// What cannot be read is tried for half a minute before it is set aside.
const ownEvery = 2 * time.Second
