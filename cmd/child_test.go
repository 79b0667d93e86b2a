package cmd

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// child is the command line in a process of its own.
type child struct {
	process *os.Process
	out     *output // what it prints
	log     *output // its error stream
	ready   chan struct{}
	base    string // http://127.0.0.1:PORT, once it is ready
	ended   chan struct{}
	state   *os.ProcessState // once it has ended
}

// startChild runs a verb in a process of its own, with nothing of relance in its
// environment but env. It ends with the test.
func startChild(t *testing.T, env map[string]string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{out: &output{}, log: &output{}, ready: make(chan struct{}), ended: make(chan struct{})}
	cmd := exec.Command(self, args...)
	cmd.Env = []string{childVariable + "=1"}
	for _, kept := range os.Environ() {
		if !strings.HasPrefix(kept, "MESSENGER_") && !strings.HasPrefix(kept, "RELANCE_") && !strings.HasPrefix(kept, "LOG_") {
			cmd.Env = append(cmd.Env, kept)
		}
	}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(c.out, &announcement{child: c}), c.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.process = cmd.Process
	go func() {
		defer close(c.ended)
		_ = cmd.Wait() // the state tells more
		c.state = cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = c.process.Kill() // it has mostly ended already
		<-c.ended
	})
	return c
}

// announcement waits for the address that a bot prints once it listens.
type announcement struct {
	child *child
	said  strings.Builder
	once  sync.Once
}

var announced = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (a *announcement) Write(p []byte) (int, error) {
	a.said.Write(p)
	if address := announced.FindString(a.said.String()); address != "" && strings.HasSuffix(a.said.String(), "\n") {
		a.once.Do(func() {
			a.child.base = address
			close(a.child.ready)
		})
	}
	return len(p), nil
}

// await waits until the bot listens.
func (c *child) await(t *testing.T) {
	t.Helper()
	select {
	case <-c.ready:
	case <-c.ended:
		t.Fatalf("the bot ended: %v\n%s%s", c.state, c.out, c.log)
	case <-time.After(30 * time.Second):
		t.Fatalf("the bot does not start:\n%s%s", c.out, c.log)
	}
}

// terminate asks it to end, and returns its exit code.
func (c *child) terminate(t *testing.T) int {
	t.Helper()
	if err := c.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("SIGTERM: %v\n%s%s", err, c.out, c.log)
	}
	return c.wait(t)
}

// wait returns the exit code; -1 if a signal ended it.
func (c *child) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-c.ended:
		return c.state.ExitCode()
	case <-time.After(30 * time.Second):
		t.Fatalf("the process does not end:\n%s%s", c.out, c.log)
		return -1
	}
}

// killed reports whether SIGKILL ended it.
func (c *child) killed() bool {
	status, ok := c.state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
