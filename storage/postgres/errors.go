package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
)

// Codes of PostgreSQL's errors, from its manual's appendix A.
const (
	codeUnique    = "23505"
	codeDeadlock  = "40P01"
	codeSerialize = "40001"
	codeLocked    = "55P03" // lock_timeout
	// lock_timeout too, where the lock came as the time ran out: the server has then
	// forgotten why it cancelled.
	codeCancelled = "57014"
	// codeGone is a division by zero, by which a statement says that what it is about is gone.
	codeGone = "22012"
	// codeAnother is the square root of -1, by which a session says that it is not the one
	// that was asked for. One without our statements has none of that name, or another's.
	codeAnother        = "2201F"
	codeNoStatement    = "26000"
	codeStatementThere = "42P05"

	// codeReplaced is the logarithm of 0, by which a statement says that this process has no
	// row that it made.
	codeReplaced = "2201E"
	codeNoTable  = "42P01"

	codeReadOnly = "25006"
	codeProtocol = "08P01" // what poolers say of what they do not take
)

// failure names the errors of the server and of the way to it, and marks those
// about its surroundings as storage.ErrUnavailable. What is left is a mistake of
// this package.
func failure(err error) error {
	if err == nil || errors.Is(err, storage.ErrUnavailable) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !surroundings(pg) && !errors.Is(err, errLent) {
		return fmt.Errorf("postgres: %w", err)
	}
	return fmt.Errorf("%w: postgres: %w", storage.ErrUnavailable, err)
}

// surroundings says that an error is of the server's state and not of what it was
// asked.
func surroundings(pg *pgconn.PgError) bool {
	if len(pg.Code) < 2 {
		return true
	}
	switch pg.Code[:2] {
	case "08", "25", "28", "3D", "40", "53", "57", "58": // connection, idle or standby, access, transaction, resources, operator, system
		return true
	}
	return pg.Code == codeLocked
}

// code is the code of a server's error, "" for any other.
func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// again says that the same may succeed when it is tried again: it met another
// process.
func again(err error) bool {
	switch code(err) {
	case codeUnique, codeDeadlock, codeSerialize, codeLocked, codeCancelled, codeGone:
		return true
	}
	return false
}

func notFound(err error) bool { return errors.Is(err, storage.ErrNotFound) }
