package cmd

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

const exampleRestock = "../examples/restock"

// childVariable makes the test binary the command line itself: a process of its
// own, which a test may kill.
const childVariable = "RELANCE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		smallFiles()
		runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
		ctx, stop := untilStopped()
		defer stop()
		child := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv, clock: wrongClock()}
		os.Exit(child.execute(ctx, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// copyBot copies a bot's folder, so that a test may run and change it.
func copyBot(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bot")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"relance.db", "relance.db-wal", "relance.db-shm", "relance.db.lock", "relance.db.emulator.json"} {
		os.Remove(filepath.Join(dir, left)) //nolint:errcheck // it is mostly not there
	}
	return dir
}

// rewrite changes a file of a bot.
func rewrite(t *testing.T, file string, old, new string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(src), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(src), old, new)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cli runs one verb and returns its exit code and what it printed.
func cli(t *testing.T, env map[string]string, args ...string) (code int, out string) {
	t.Helper()
	var printed output
	if len(env) == 0 { // what may listen where a bot would is not asked
		env = map[string]string{"RELANCE_LISTEN": "127.0.0.1:1"}
	}
	a := newApp(env, &printed)
	code = a.execute(t.Context(), args)
	return code, printed.String()
}

func newApp(env map[string]string, out io.Writer) *app {
	return &app{
		stdin: strings.NewReader(""), stdout: out, stderr: out,
		lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		clock:  bot.SystemClock{},
	}
}

// output is what a verb prints, from any goroutine.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// runningBot is a bot that runs in this process.
type runningBot struct {
	dir  string
	base string // http://127.0.0.1:PORT
	env  map[string]string
	out  *output
	stop func() int // ends it, and returns the exit code
}

// startBot runs a bot's folder until the test ends.
func startBot(t *testing.T, dir string, env map[string]string) *runningBot {
	t.Helper()
	return runBot(t, dir, env, "--listen", "127.0.0.1:0")
}

// runBot is startBot with flags of one's own, which must make it listen somewhere
// on 127.0.0.1.
func runBot(t *testing.T, dir string, env map[string]string, flags ...string) *runningBot {
	t.Helper()
	return runBotWith(t, dir, env, nil, flags...)
}

// runBotWith is runBot of a binary that adds something.
func runBotWith(t *testing.T, dir string, env map[string]string, setup Setup, flags ...string) *runningBot {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &runningBot{dir: dir, env: map[string]string{}, out: &output{}}
	for k, v := range env {
		r.env[k] = v
	}
	done := make(chan int, 1)
	a := newApp(r.env, r.out)
	a.setup = setup
	go func() { done <- a.execute(ctx, append([]string{"run", dir}, flags...)) }()
	r.stop = sync.OnceValue(func() int {
		cancel()
		select {
		case code := <-done:
			return code
		case <-time.After(30 * time.Second):
			t.Error("the bot does not stop")
			return -1
		}
	})
	t.Cleanup(func() { r.stop() })
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)
	for deadline := time.Now().Add(20 * time.Second); ; {
		if m := address.FindStringSubmatch(r.out.String()); m != nil {
			r.base = m[0]
			r.env["RELANCE_LISTEN"] = m[1]
			return r
		}
		select {
		case code := <-done:
			done <- code
			t.Fatalf("the bot ended with %d:\n%s", code, r.out)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the bot does not start:\n%s", r.out)
		}
	}
}

// chromium finds the browser, or skips the test where there is none; in CI that is
// a failure.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium in CI: .ci/run installs it")
	}
	t.Skip("no Chromium on this machine: the phone page is not tested")
	return ""
}
