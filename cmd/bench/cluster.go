package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// cluster is a PostgreSQL server of the benchmark's own, with its stock settings, on
// a socket in a temporary folder and on the bot's CPU.
type cluster struct {
	dir     string
	address string
	process *process
}

// startCluster makes and starts one.
func (b *bench) startCluster(ctx context.Context) (_ *cluster, err error) {
	initdb, err := findPostgres()
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	parent := os.TempDir()
	if len(parent) > 60 { // a socket's path has at most 107 bytes
		parent = "/tmp"
	}
	if c.dir, err = os.MkdirTemp(parent, "relance-pg-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(c.dir))
		}
	}()
	data := filepath.Join(c.dir, "data")
	found := exec.CommandContext(ctx, initdb, "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-locale", "--pgdata", data)
	serve := exec.Command(filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+c.dir)
	for _, cmd := range []*exec.Cmd{found, serve} {
		cmd.Dir = c.dir
		if err := asPostgres(cmd, c.dir); err != nil {
			return nil, err
		}
	}
	if out, err := found.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if c.process, err = b.launcher.start(serve, serverCPU, nil); err != nil {
		return nil, err
	}
	c.process.group = true
	c.address = (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {c.dir}}.Encode()}).String()
	return c, nil
}

// stop ends the server after its connections.
func (c *cluster) stop() error {
	return errors.Join(c.process.end(syscall.SIGINT), os.RemoveAll(c.dir))
}

// findPostgres finds initdb, beside which the server is.
func findPostgres() (initdb string, err error) {
	if initdb, err = exec.LookPath("initdb"); err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
		if len(found) == 0 {
			return "", errors.New("no initdb on this machine: install PostgreSQL, or give the address of a server")
		}
		initdb = found[len(found)-1]
	}
	return filepath.EvalSymlinks(initdb)
}
