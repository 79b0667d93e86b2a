//go:build cgo

package sqlite

import (
	"database/sql/driver"
	"errors"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// driverName is what the driver registers itself as.
const driverName = "sqlite3"

// openDriver opens a connection of the driver.
func openDriver(name string) (driver.Conn, error) { return (&sqlite3.SQLiteDriver{}).Open(name) }

// autoCommit reports whether a connection of the driver has no transaction open.
func autoCommit(raw driver.Conn) bool { return raw.(*sqlite3.SQLiteConn).AutoCommit() }

// taken reports whether an error of SQLite says that there is a row of that key. Its
// statement is undone then, and the transaction goes on.
func taken(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// unavailable reports whether an error of SQLite is about its surroundings, the
// disk and other processes, and not about what it was asked.
func unavailable(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrIoErr, sqlite3.ErrReadonly,
		sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol, sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return true
	}
	return false
}
