package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// endPatience is how long a process may take to end by itself.
const endPatience = 30 * time.Second

// launcher starts processes, all from one thread that lives as long as it does: a
// child inherits the CPU that its parent thread is bound to, and is told to end
// when that thread does.
type launcher struct {
	self   string
	pinned bool
	tasks  chan func()
	mu     sync.Mutex
	alive  []*process
}

// CPUs: the bot, its database and the floors have one, everything else the other.
const (
	serverCPU = 0
	loadCPU   = 1
)

func newLauncher() (*launcher, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l := &launcher{self: self, pinned: canPin(), tasks: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for task := range l.tasks {
			task()
		}
	}()
	return l, nil
}

// close ends what is still alive.
func (l *launcher) close() {
	l.mu.Lock()
	alive := l.alive
	l.mu.Unlock()
	for _, p := range alive {
		p.kill()
	}
	close(l.tasks)
}

// process is a child. What it prints is read line by line.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	log   *tail
	ended chan struct{}
	began time.Time
	group bool // its children count as well
}

// start starts a command on a CPU with settings in its environment.
func (l *launcher) start(cmd *exec.Cmd, cpu int, settings map[string]string) (*process, error) {
	cmd.Env = environment(settings)
	p := &process{cmd: cmd, lines: make(chan string, 64), log: &tail{}, ended: make(chan struct{})}
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	failed := make(chan error)
	l.tasks <- func() {
		if l.pinned {
			pin(cpu)
		}
		dieWithParent(cmd)
		p.began = time.Now()
		failed <- cmd.Start()
	}
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	l.mu.Lock()
	l.alive = append(l.alive, p)
	l.mu.Unlock()
	go p.read(out)
	return p, nil
}

// child starts this binary in one of its own roles, or as any verb.
func (l *launcher) child(cpu int, settings map[string]string, args ...string) (*process, error) {
	return l.start(exec.Command(l.self, args...), cpu, settings)
}

// role are the arguments of a process of this package.
func role(name string, args ...string) []string {
	return append([]string{"bench", "child", name}, args...)
}

// environment is this process's, without what would change the bot.
func environment(settings map[string]string) []string {
	var env []string
	for _, kept := range os.Environ() {
		name, _, _ := strings.Cut(kept, "=")
		drop := strings.HasPrefix(name, "MESSENGER_") || strings.HasPrefix(name, "LOG_") || strings.HasPrefix(name, "PG") || name == "GOMAXPROCS" ||
			strings.HasPrefix(name, "RELANCE_") && !strings.HasPrefix(name, "RELANCE_TEST_")
		if !drop {
			env = append(env, kept)
		}
	}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}

// read passes lines on; when nobody reads them they are dropped, so that the child
// never waits.
func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		select {
		case p.lines <- lines.Text():
		default:
		}
	}
	_, _ = io.Copy(io.Discard, out)
	_ = p.cmd.Wait() // its state tells more
	close(p.ended)
}

// line waits for a line that begins with a word, and returns it.
func (p *process) line(ctx context.Context, prefix string, atMost time.Duration) (string, error) {
	deadline := time.NewTimer(atMost)
	defer deadline.Stop()
	for {
		select {
		case text := <-p.lines:
			if strings.HasPrefix(text, prefix) {
				return text, nil
			}
		case <-p.ended:
			select {
			case text := <-p.lines:
				if strings.HasPrefix(text, prefix) {
					return text, nil
				}
				continue
			default:
			}
			return "", fmt.Errorf("%s ended: %v: %s", p.name(), p.cmd.ProcessState, p.log)
		case <-deadline.C:
			return "", fmt.Errorf("%s says nothing in %s: %s", p.name(), atMost, p.log)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// answer waits for a line of JSON.
func (p *process) answer(ctx context.Context, into any, atMost time.Duration) error {
	text, err := p.line(ctx, "{", atMost)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

func (p *process) name() string {
	return strings.Join(p.cmd.Args[1:min(4, len(p.cmd.Args))], " ")
}

// end asks the process to end by a signal, and waits for it.
func (p *process) end(how syscall.Signal) error {
	_ = p.cmd.Process.Signal(how) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(endPatience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s does not end: %s", p.name(), p.log)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s: %v: %s", p.name(), p.cmd.ProcessState, p.log)
	}
	return nil
}

// kill ends a process that is of no use any more.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// tail keeps the end of what a process writes to its error stream.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const tailLength = 1 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(p)
	if over := t.b.Len() - tailLength; over > 0 {
		t.b.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.b.String())
}
