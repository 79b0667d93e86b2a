package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/relance-bot/relance/storage"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the numbered changes of the schema, never edited once released.
func migrations() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// migrationLock is the number of the lock that one process at a time migrates under.
const migrationLock = 0x72656c616e6365 // "relance"

// migrate brings the schema up to date. Processes that start at once come one
// after the other, and all but the first find nothing left to do.
func migrate(ctx context.Context, address *pgconn.Config, source func() (fs.FS, error)) (err error) {
	fsys, err := source()
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	newest, err := newestVersion(fsys)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	config.Config = *address.Copy()
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()

	if done, err := migrated(ctx, db, newest); done || err != nil {
		return err
	}
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrating the database: %w", failure(err))
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("migrating the database: %w", failure(err))
	}
	defer func() {
		_, unlock := lock.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		err = errors.Join(err, unlock)
	}()
	if done, err := migrated(ctx, db, newest); done || err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, fsys, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
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
func migrated(ctx context.Context, db *sql.DB, newest int64) (bool, error) {
	var found int64
	var there bool
	err := db.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, goose.DefaultTablename).Scan(&there)
	if err == nil && there {
		err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+goose.DefaultTablename).Scan(&found)
	}
	if err != nil {
		return false, fmt.Errorf("reading the schema's version: %w", failure(err))
	}
	if found > newest {
		return false, fmt.Errorf("the database (schema %d) was %w (schema %d)", found, storage.ErrNewer, newest)
	}
	return found == newest, nil
}
