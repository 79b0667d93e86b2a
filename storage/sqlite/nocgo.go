//go:build !cgo

package sqlite

import (
	"database/sql/driver"
	"errors"
)

// Without cgo the driver would compile to a stub that fails at the first query.
// Better to fail here, with a word on what to do.
var _ = relance_needs_cgo__set_CGO_ENABLED_1_and_install_a_C_compiler_such_as_gcc

const driverName = ""

func openDriver(string) (driver.Conn, error) { return nil, errors.New("built without cgo") }

func autoCommit(driver.Conn) bool { return false }

func unavailable(error) bool { return false }

func taken(error) bool { return false }
