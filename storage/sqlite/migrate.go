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

// migrate brings the schema up to date. Several processes may try at once: the
// one connection that migrates holds the whole file until it is closed, the
// others wait and then find nothing left to do. It therefore fails, with
// storage.ErrUnavailable, while a bot of an older version runs on the file.
func migrate(ctx context.Context, path string, busy time.Duration, source func() (fs.FS, error)) error {
	fsys, err := source()
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	var newest int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return fmt.Errorf("reading the migrations: %w", err)
		}
		newest = max(newest, version)
	}

	ctx = context.WithoutCancel(ctx)
	found, err := schemaVersion(ctx, path, busy)
	switch {
	case err != nil:
		return fmt.Errorf("reading the schema's version: %w", err)
	case found > newest:
		return fmt.Errorf("the database (schema %d) was %w (schema %d)", found, ErrNewer, newest)
	case found == newest:
		return nil
	}

	db, err := openDB(path, "migration", dsnOptions{busy: busy}, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, fsys, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", failure(err))
	}
	return nil
}

// schemaVersion is that of the newest migration that was applied, 0 in a new
// file. It opens a connection of its own and closes it: one left open would keep
// the next from migrating.
func schemaVersion(ctx context.Context, path string, busy time.Duration) (version int64, err error) {
	db, err := openDB(path, "plain", dsnOptions{busy: busy}, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := openConn(ctx, db)
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
