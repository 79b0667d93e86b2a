package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/relance-bot/relance/storage"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the numbered changes of the schema, never edited once released.
func migrations() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// migrate brings the schema up to date. Only who holds the lock of the file
// changes it: a bot that runs has it for as long as it runs, so nobody changes
// the schema under it; others who find something to do take it for that long.
// Whoever comes second waits and then finds nothing left to do.
func migrate(ctx context.Context, path string, held bool, busy time.Duration, source func() (fs.FS, error)) error {
	fsys, err := source()
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	newest, err := newestVersion(fsys)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if done, err := migrated(path, busy, newest); done || err != nil {
		return err
	}
	if !held {
		l, err := waitForLock(ctx, path, busy)
		if err != nil {
			return fmt.Errorf("migrating the database: %w", err)
		}
		defer func() { _ = l.release() }()
		if done, err := migrated(path, busy, newest); done || err != nil {
			return err
		}
	}

	db, err := openDB(sourceOf(path, forMigrating, busy))
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, fsys, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	if _, err := provider.Up(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("migrating the database: %w", failure(err))
	}
	return nil
}

// newestVersion is that of the last migration there is.
func newestVersion(fsys fs.FS) (newest int64, err error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		newest = max(newest, version)
	}
	return newest, nil
}

// migrated reports whether there is nothing to do.
func migrated(path string, busy time.Duration, newest int64) (bool, error) {
	found, err := schemaVersion(path, busy)
	if err != nil {
		return false, fmt.Errorf("reading the schema's version: %w", err)
	}
	if found > newest {
		return false, fmt.Errorf("the database (schema %d) was %w (schema %d)", found, storage.ErrNewer, newest)
	}
	return found == newest, nil
}

// schemaVersion is that of the newest migration that was applied, 0 in a new
// file.
func schemaVersion(path string, busy time.Duration) (version int64, err error) {
	c, err := openConn(sourceOf(path, forLooking, busy))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()

	var name string
	err = c.row(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?`,
		args{goose.DefaultTablename}, &name)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = c.row(`SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename, nil, &version)
	return version, err
}
