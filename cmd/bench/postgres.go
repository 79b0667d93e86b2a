package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
)

// postgresServer are databases on one PostgreSQL server.
type postgresServer struct {
	address *url.URL // of a database that is there already
	cluster *cluster // nil if the server is somebody else's
}

var _ backend = (*postgresServer)(nil)

// openPostgres uses the server at an address, or starts one.
func (b *bench) openPostgres(ctx context.Context, name string) (backend, error) {
	s := &postgresServer{}
	if name == "postgres" {
		var err error
		if s.cluster, err = b.startCluster(ctx); err != nil {
			return nil, err
		}
		name = s.cluster.address
	}
	var err error
	if s.address, err = url.Parse(name); err != nil {
		return nil, errors.New("the address is none") // the error would show its password
	}
	return s, s.wait(ctx)
}

func (*postgresServer) name() string { return "postgres" }

func (s *postgresServer) server() *process {
	if s.cluster == nil {
		return nil
	}
	return s.cluster.process
}

func (s *postgresServer) close() error {
	if s.cluster == nil {
		return nil
	}
	return s.cluster.stop()
}

// wait waits until the server takes connections.
func (s *postgresServer) wait(ctx context.Context) (err error) {
	for deadline := time.Now().Add(readyPatience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = s.do(ctx, func(*pgconn.PgConn) error { return nil }); err == nil {
			return nil
		}
	}
	return err
}

// do runs f on a connection of its own to the database that is always there.
func (s *postgresServer) do(ctx context.Context, f func(*pgconn.PgConn) error) error {
	conn, err := pgconn.Connect(ctx, s.address.String())
	if err != nil {
		return errors.New("no connection to PostgreSQL") // the error may show the address
	}
	return errors.Join(f(conn), conn.Close(ctx))
}

func (s *postgresServer) url(name string) string {
	u := *s.address
	u.Path = "/" + name
	return u.String()
}

// create copies a database while nobody is connected to it.
func (s *postgresServer) create(ctx context.Context, name, from string) (string, error) {
	statement := "CREATE DATABASE " + name
	if from != "" {
		statement += " TEMPLATE " + from
	}
	return s.url(name), s.do(ctx, func(conn *pgconn.PgConn) error {
		if _, err := conn.Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
		checkpoint(ctx, conn)
		return nil
	})
}

// checkpoint writes what waits for the disk, so that whoever is measured next does
// not pay for it. On somebody else's server that may not be allowed.
func checkpoint(ctx context.Context, conn *pgconn.PgConn) {
	_, _ = conn.Exec(ctx, "CHECKPOINT").ReadAll()
}

func (s *postgresServer) open(ctx context.Context, url string) (storage.Store, error) {
	return postgres.Open(ctx, url, postgres.Config{})
}

func (s *postgresServer) size(ctx context.Context, name string) (mib float64, err error) {
	err = s.do(ctx, func(conn *pgconn.PgConn) error {
		checkpoint(ctx, conn)
		answer := conn.ExecParams(ctx, "SELECT pg_database_size($1)", [][]byte{[]byte(name)}, nil, nil, nil).Read()
		if answer.Err != nil {
			return answer.Err
		}
		bytes, err := strconv.ParseFloat(string(answer.Rows[0][0]), 64)
		mib = bytes / (1 << 20)
		return err
	})
	return mib, err
}

func (s *postgresServer) drop(ctx context.Context, name string) error {
	return s.do(ctx, func(conn *pgconn.PgConn) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)).ReadAll()
		return err
	})
}
