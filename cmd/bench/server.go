package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	readyPatience = time.Minute      // to start
	jobPatience   = 20 * time.Minute // beside what a job's own patience bounds
	idleFor       = 300 * time.Millisecond
	idlePatience  = 20 * time.Second
)

// server is a bot or a floor that runs.
type server struct {
	bench   *bench
	process *process
	address string // HOST:PORT
}

// startBot starts the real thing, by the verb run. With a profile's name it is the
// same in a process that writes one; with hold its turns are held back.
func (b *bench) startBot(ctx context.Context, database, profile string, hold bool) (*server, error) {
	dir := filepath.Join(b.dir, "bot")
	ready := "/readyz"
	args := []string{"run", dir, "--listen", "127.0.0.1:0", "--database", database}
	if hold {
		args, ready = role("accept", dir, database), "/healthz" // without turns it never calls itself ready
	} else if b.Profile != "" && profile != "" {
		args = role("profile", dir, database, filepath.Join(b.Profile, b.backend.name()+"-"+profile))
	}
	return b.serve(ctx, map[string]string{
		"MESSENGER_PAGE_ID": pageID, "MESSENGER_ACCESS_TOKEN": accessToken, "MESSENGER_APP_SECRET": appSecret,
		"MESSENGER_VERIFY_TOKEN": verifyToken, "MESSENGER_GRAPH_URL": b.graph, "RELANCE_API_KEY": apiKey, "LOG_LEVEL": "warn",
	}, ready, args...)
}

// startFloor starts the floor of the webhook works.
func (b *bench) startFloor(ctx context.Context, database string, reply bool) (*server, error) {
	answers := "0"
	if reply {
		answers = "1"
	}
	return b.serve(ctx, nil, "/readyz", role("floor-webhook", database, b.graph, answers)...)
}

// serve starts a process on the server's CPU and waits until it answers 200 at a
// path.
func (b *bench) serve(ctx context.Context, settings map[string]string, ready string, args ...string) (*server, error) {
	p, err := b.launcher.child(serverCPU, settings, args...)
	if err != nil {
		return nil, err
	}
	s := &server{bench: b, process: p}
	for s.address == "" {
		text, err := p.line(ctx, "", readyPatience)
		if err != nil {
			p.kill()
			return nil, err
		}
		if _, rest, ok := strings.Cut(text, "http://"); ok {
			s.address, _, _ = strings.Cut(rest, "/")
		}
	}
	for deadline := time.Now().Add(readyPatience); ; {
		if status, _ := s.ask(ctx, http.MethodGet, ready, ""); status == http.StatusOK {
			return s, nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			p.kill()
			return nil, fmt.Errorf("%s does not get ready: %s", p.name(), p.log)
		}
		time.Sleep(time.Millisecond)
	}
}

// end ends the server the way an operator does.
func (s *server) end() error { return s.process.end(syscall.SIGTERM) }

// ask makes one request with the API key.
func (s *server) ask(ctx context.Context, method, path, body string) (status int, answer string) {
	return ask(ctx, method, "http://"+s.address+path, body)
}

// cpu is what the server and its database have used.
func (s *server) cpu() (used time.Duration, known bool) {
	used, known = s.process.cpuTime()
	if other := s.bench.backend.server(); other != nil {
		more, ok := other.cpuTime()
		used, known = used+more, known && ok
	}
	return used, known
}

// calm waits until the server has nothing to do any more.
func (s *server) calm() {
	last, since := time.Duration(-1), time.Now()
	for deadline := time.Now().Add(idlePatience); time.Now().Before(deadline); time.Sleep(idleFor / 6) {
		used, known := s.cpu()
		if !known {
			return
		}
		if used > last+10*time.Millisecond {
			last, since = used, time.Now()
		}
		if time.Since(since) >= idleFor {
			return
		}
	}
}

// worked is what a job took.
type worked struct {
	report
	cpu    time.Duration // that the server used
	busy   float64       // share of its CPU that the load process used: near 1 it was the limit
	others float64       // share of the server's CPU that went to none of ours
}

// work gives the load process a job and waits for its end. begin sets off what the
// job waits for. With until the job goes on as long as that takes, else until
// everything has come.
func (s *server) work(ctx context.Context, j job, until, begin func() error) (w worked, err error) {
	s.calm()
	before, _ := s.cpu()
	loaded, _ := s.bench.load.cpuTime()
	began, taken := time.Now(), busyTime(serverCPU)
	if err := s.bench.tell(ctx, order{Do: "start", Job: j}, &struct{}{}); err != nil {
		return w, err
	}
	do := "wait"
	if begin != nil {
		err = begin()
	} else if until != nil {
		do, err = "stop", until()
	}
	if told := s.bench.tell(ctx, order{Do: do}, &w.report); err != nil || told != nil {
		return w, errors.Join(err, told)
	}
	took := time.Since(began).Seconds()
	load, _ := s.bench.load.cpuTime()
	used, _ := s.cpu()
	w.busy = (load - loaded).Seconds() / took
	w.others = max(0, (busyTime(serverCPU)-taken-used+before).Seconds()/took)
	s.calm()
	after, _ := s.cpu()
	w.cpu = after - before
	return w, nil
}

// tell gives the load process one order and reads its answer.
func (b *bench) tell(ctx context.Context, o order, answer any) error {
	if err := writeLine(b.load.in, o); err != nil {
		return fmt.Errorf("the load process: %w: %s", err, b.load.log)
	}
	return b.load.answer(ctx, answer, jobPatience)
}
