package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// Check is one thing that must be in order before the bot can work.
type Check struct {
	Name  string // "database"
	Probe func(ctx context.Context) error
}

var errProbeSlow = errors.New("no answer in time")

// probe asks a check.
func (s *Server) probe(ctx context.Context, k Check) error {
	_, err := s.look(ctx, "check "+k.Name, func(ctx context.Context) (any, error) { return nil, k.Probe(ctx) })
	return err
}

// look asks the store or a check for something that anybody may ask for. One that hangs
// is not waited for; and however many ask at once, it is asked once.
func (s *Server) look(ctx context.Context, name string, at func(ctx context.Context) (any, error)) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	answered := s.probes.DoChan(name, func() (_ any, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = panicked(r)
			}
		}()
		return at(ctx)
	})
	select {
	case result := <-answered:
		return result.Val, result.Err
	case <-ctx.Done():
		return nil, errProbeSlow
	}
}

// healthz tells that the process answers.
func (s *Server) healthz(c *fiber.Ctx) error {
	return answer(c, http.StatusOK, health{Status: "alive"})
}

// readyz asks every check. What is wrong stands in the log: anybody may read this
// page.
func (s *Server) readyz(c *fiber.Ctx) error {
	out := health{Status: "ready", Checks: map[string]string{}}
	for _, k := range s.checks {
		out.Checks[k.Name] = "ok"
		if err := s.probe(c.UserContext(), k); err != nil {
			out.Status, out.Checks[k.Name] = "not ready", "failing"
			if n := s.refused.count("not ready "+k.Name, s.now()); n > 0 {
				s.log.Warn("not ready", "check", k.Name, "error", err, "count", n)
			}
		}
	}
	if s.stopping.Load() {
		out.Status = "stopping"
	}
	if out.Status != "ready" {
		return answer(c, http.StatusServiceUnavailable, out)
	}
	return answer(c, http.StatusOK, out)
}

type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}
