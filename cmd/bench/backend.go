package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// backend is a kind of database that bots and floors run on.
type backend interface {
	name() string
	// create makes a database, as a copy of another or empty, and returns what
	// --database takes.
	create(ctx context.Context, name, from string) (url string, err error)
	// open opens what create made, for seeding and for looking.
	open(ctx context.Context, url string) (storage.Store, error)
	// size is what a database takes on disk while nobody uses it, in MiB.
	size(ctx context.Context, name string) (float64, error)
	drop(ctx context.Context, name string) error
	// server is the process whose work counts as the bot's; nil if there is none.
	server() *process
	close() error
}

// sqliteFiles are databases in a folder.
type sqliteFiles struct{ dir string }

var _ backend = sqliteFiles{}

func (sqliteFiles) name() string     { return "sqlite" }
func (sqliteFiles) server() *process { return nil }
func (sqliteFiles) close() error     { return nil }

func (s sqliteFiles) path(name string) string { return filepath.Join(s.dir, name+".db") }

func (s sqliteFiles) create(_ context.Context, name, from string) (url string, err error) {
	if from == "" {
		return "sqlite:" + s.path(name), nil
	}
	in, err := os.Open(s.path(from))
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(s.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	// What the copy leaves for the disk must not be paid for by whoever is measured.
	err = errors.Join(err, out.Sync(), out.Close())
	return "sqlite:" + s.path(name), err
}

func (s sqliteFiles) open(ctx context.Context, url string) (storage.Store, error) {
	return sqlite.Open(ctx, url[len("sqlite:"):], sqlite.Config{})
}

func (s sqliteFiles) size(_ context.Context, name string) (float64, error) {
	sum := int64(0)
	for _, file := range s.files(name) {
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("the size of a database: %w", err)
		}
		sum += info.Size()
	}
	return float64(sum) / (1 << 20), nil
}

func (s sqliteFiles) files(name string) []string {
	return []string{s.path(name), s.path(name) + "-wal", s.path(name) + "-shm", s.path(name) + ".lock"}
}

func (s sqliteFiles) drop(_ context.Context, name string) error {
	var errs []error
	for _, file := range s.files(name) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
