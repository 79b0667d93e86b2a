package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says what a server of one's own is like.
type Config struct {
	// Fsync lets commits wait for the disk, as a real server's do. Without, they are
	// as safe from the end of any process, but not from the end of the machine.
	Fsync bool

	// Settings are further lines of postgresql.conf.
	Settings map[string]string
}

// Server is one PostgreSQL server. It listens on a socket in a folder of its own,
// and lives no longer than this process: when that ends in whatever way, the
// server is stopped and its folder removed.
type Server struct {
	bin, dir  string
	guard     *exec.Cmd
	lifeline  io.Closer // the guard ends the server when this closes
	databases atomic.Int64
	dumps     atomic.Int64
}

// port is only a part of the socket's name.
const port = 5432

// patience bounds every command.
const patience = time.Minute

// guardScript waits until nobody holds the other end of its input.
const guardScript = `trap '' INT HUP TERM QUIT
cat >/dev/null
"$1/pg_ctl" stop --silent --mode immediate --pgdata "$2/data"
rm -rf "$2"`

// Start starts a server of the test's own, which ends with it. The test is skipped
// where PostgreSQL is not installed; in CI that is a failure.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	s, err := start(c)
	check(t, err)
	t.Cleanup(s.close)
	return s
}

// errNotInstalled says that there is no PostgreSQL on this machine.
var errNotInstalled = errors.New("no PostgreSQL on this machine, neither in /usr/lib/postgresql nor in PATH")

// check ends the test if there is no server for it.
func check(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true":
		t.Skipf("%v: this is not tested", err)
	default:
		t.Fatal(err)
	}
}

// binaries is the folder of PostgreSQL's programs: of the newest version that
// Debian's packages have installed, else of the one in PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // other names come first
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNotInstalled
	}
	return filepath.Dir(path), nil
}

func start(c Config) (_ *Server, err error) {
	s := &Server{}
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	parent := os.TempDir()
	if len(parent) > 60 { // a socket's path has at most 107 bytes
		parent = "/tmp"
	}
	if s.dir, err = os.MkdirTemp(parent, "pgtest-"); err != nil {
		return nil, err
	}
	if err := s.watch(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.create(c); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// watch starts the guard.
func (s *Server) watch() error {
	if os.Geteuid() == 0 { // PostgreSQL does not run as root
		if out, err := exec.Command("chown", "postgres", s.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("giving the folder to the user postgres: %w: %s", err, out)
		}
	}
	args := asUser("sh", "-c", guardScript, "guard", s.bin, s.dir)
	if setsid, err := exec.LookPath("setsid"); err == nil { // what ends a group of processes spares it
		args = append([]string{setsid, "--wait"}, args...)
	}
	s.guard = exec.Command(args[0], args[1:]...)
	s.guard.Dir = "/"
	var err error
	if s.lifeline, err = s.guard.StdinPipe(); err != nil {
		return err
	}
	return s.guard.Start()
}

// close stops the server and removes its folder.
func (s *Server) close() {
	_ = s.lifeline.Close() // it was open
	_ = s.guard.Wait()     // that nothing ran any more is no failure
}

// asUser is a command line that root runs as the user postgres.
func asUser(args ...string) []string {
	if os.Geteuid() != 0 {
		return args
	}
	return append([]string{"runuser", "-u", "postgres", "--"}, args...)
}

// create makes the server's files and starts it.
func (s *Server) create(c Config) error {
	err := s.run("initdb", "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-locale", "--no-sync", "--pgdata", s.data())
	if err != nil {
		return err
	}
	settings := map[string]string{
		"listen_addresses": "", "unix_socket_directories": s.dir, "port": strconv.Itoa(port), "max_connections": "200",
	}
	if !c.Fsync {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	for name, value := range c.Settings {
		settings[name] = value
	}
	var lines strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&lines, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	conf, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(lines.String())
	if err := errors.Join(err, conf.Close()); err != nil {
		return err
	}
	return s.up()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	line := asUser(append([]string{filepath.Join(s.bin, program)}, args...)...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir = "/"
	// A file, not a pipe: a server that this starts would keep a pipe open.
	out, err := os.CreateTemp("", "pgtest-out-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) //nolint:errcheck // a temporary file
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name()) // what it said only explains err
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return fmt.Errorf("%s: %w\n%s%s", program, err, said, log)
	}
	return nil
}

func (s *Server) up() error {
	return s.run("pg_ctl", "start", "--silent", "--wait", "--pgdata", s.data(), "--log", filepath.Join(s.dir, "log"))
}

// Stop stops the server: in immediate mode as if it were killed, so that it
// recovers when it starts again, else after it has ended its connections.
func (s *Server) Stop(t testing.TB, immediate bool) {
	t.Helper()
	mode := "fast"
	if immediate {
		mode = "immediate"
	}
	if err := s.run("pg_ctl", "stop", "--silent", "--wait", "--pgdata", s.data(), "--mode", mode); err != nil {
		t.Fatal(err)
	}
}

// Start starts the server after Stop, on what it has stored.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
}

// Socket is the path of the socket that the server listens on, for a test that
// stands in between.
func (s *Server) Socket() string { return filepath.Join(s.dir, fmt.Sprintf(".s.PGSQL.%d", port)) }

// PID is the server's main process; those of its connections are its children.
func (s *Server) PID(t testing.TB) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	pid, err := strconv.Atoi(string(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// URL makes a database and returns its address. It is dropped when the test ends,
// whoever is connected to it.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// A test may have stopped its server; the database then goes with the folder.
		if err := s.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Logf("dropping the database: %v", err)
		}
	})
	return s.address(name)
}

func (s *Server) address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.dir}, "port": {strconv.Itoa(port)}}.Encode()
	return u.String()
}

// restriction is a line with a word that newer versions of pg_dump make up anew.
var restriction = regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`)

func (s *Server) dump(t testing.TB, url string, options []string) string {
	t.Helper()
	file := filepath.Join(s.dir, fmt.Sprintf("dump-%d", s.dumps.Add(1)))
	if err := s.run("pg_dump", append(options, "--file", file, "--dbname", url)...); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return restriction.ReplaceAllString(string(text), "")
}

func (s *Server) exec(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
