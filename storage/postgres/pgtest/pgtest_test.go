package pgtest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// holdVariable makes the test binary hold a server until it is killed.
const holdVariable = "PGTEST_HOLD"

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // it may have been cut
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestEachTestHasDatabasesOfItsOwn(t *testing.T) {
	t.Parallel()
	var kept string
	t.Run("inner", func(t *testing.T) {
		kept = URL(t)
		one, other := connect(t, kept), connect(t, URL(t))
		exec1(t, one, "CREATE TABLE shoes (size int)")
		exec1(t, other, "CREATE TABLE shoes (size int)")
	})
	if _, err := pgx.Connect(t.Context(), kept); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("after the test its database answers with %v", err)
	}
}

func TestAServerComesBackFromAnImmediateStop(t *testing.T) {
	t.Parallel()
	s := Start(t, Config{Fsync: true, Settings: map[string]string{"application_name": "it's ours"}})
	url := s.URL(t)
	conn := connect(t, url)
	exec1(t, conn, "CREATE TABLE shoes AS SELECT 42 AS size")
	before := s.PID(t)
	s.Stop(t, true)
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("a stopped server answers")
	}
	s.Start(t)
	if s.PID(t) == before {
		t.Error("it is the same process")
	}
	conn = connect(t, url)
	var size int
	var fsync, name string
	err := conn.QueryRow(t.Context(), "SELECT size, current_setting('fsync'), current_setting('application_name') FROM shoes").Scan(&size, &fsync, &name)
	if err != nil || size != 42 || fsync != "on" || name != "it's ours" {
		t.Errorf("size %d, fsync %q, application_name %q, %v", size, fsync, name, err)
	}
	if _, err := os.Stat(s.Socket()); err != nil {
		t.Error(err)
	}
}

// TestNoServerOutlivesItsProcess kills a process that holds a server.
func TestNoServerOutlivesItsProcess(t *testing.T) {
	if os.Getenv(holdVariable) != "" {
		s := Start(t, Config{})
		os.Stdout.WriteString("\nfolder " + s.dir + "\n") //nolint:errcheck // the parent would wait in vain
		select {}
	}
	t.Parallel()
	if _, err := binaries(); err != nil {
		check(t, err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$")
	holder.Env = append(os.Environ(), holdVariable+"=1")
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	var dir string
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		if folder, ok := strings.CutPrefix(lines.Text(), "folder "); ok {
			dir = folder
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); dir == "" || err != nil {
		t.Fatalf("the server's folder %q: %v", dir, err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", dir)
		}
	}
}
