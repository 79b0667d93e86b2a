package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

const requestIDHeader = "X-Request-Id"

// contentPolicy lets nothing of an answer run or load anything; a page brings its own.
const contentPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// front stands before the router, which knows nine methods and answers others in
// its own way, and which webhooks have no need of: they are most of what comes.
func (s *Server) front(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(c *fasthttp.RequestCtx) {
		if c.IsPost() {
			if hook := s.hooks[string(c.URI().PathOriginal())]; hook != nil {
				s.around(c, func() error { return hook.take(c) }, func() string { return hook.path })
				return
			}
		}
		for _, method := range fiber.DefaultMethods {
			if string(c.Method()) == method {
				next(c)
				return
			}
		}
		s.refusal(c, standing(http.StatusMethodNotAllowed))
	}
}

// edge wraps every handler that the router finds.
func (s *Server) edge(c *fiber.Ctx) error {
	s.around(c.Context(), c.Next, func() string { return c.Route().Path })
	return nil
}

// around wraps a handler: headers, panics, the count of requests under way, and
// a line in the log that tells the route, never what stood in it.
func (s *Server) around(c *fasthttp.RequestCtx, handle func() error, route func() string) {
	s.underway.Add(1)
	defer s.underway.Add(-1)
	s.dress(c)
	var began time.Time
	told := s.log.Enabled(c, slog.LevelDebug)
	if told {
		began = s.now()
	}
	if err := guarded(handle); err != nil {
		s.failed(c, err)
	}
	if told {
		s.log.Debug("request", "request", requestID(c), "method", string(c.Method()), "route", route(),
			"status", c.Response.StatusCode(), "took", s.now().Sub(began))
	}
}

func guarded(handle func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = internal(panicked(r))
		}
	}()
	return handle()
}

// errPanic is a handler that panicked.
var errPanic = errors.New("panic")

// panicked makes an error of what recover gave. A panic of the runtime speaks of
// the program; any other value may hold what a person wrote and is left out.
func panicked(r any) error {
	var fault runtime.Error
	if err, ok := r.(error); ok && errors.As(err, &fault) {
		return fmt.Errorf("%w: %w\n%s", errPanic, fault, debug.Stack())
	}
	return fmt.Errorf("%w: a %T\n%s", errPanic, r, debug.Stack())
}

// clothing are the headers of every answer. A handler may replace them.
func clothing() (h []header) {
	for _, one := range [...][2]string{
		{"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Resource-Policy", "same-origin"},
		{"Content-Security-Policy", contentPolicy}, {"Cache-Control", "no-store"},
	} {
		h = append(h, header{[]byte(one[0]), []byte(one[1])})
	}
	return h
}

// header is one as it is written.
type header struct{ name, value []byte }

// dress gives an answer its headers.
func (s *Server) dress(c *fasthttp.RequestCtx) {
	h := &c.Response.Header
	var room [48]byte
	id := append(append(room[:0], s.instance...), '-')
	h.SetCanonical(s.idHeader, strconv.AppendUint(id, s.requests.Add(1), 36))
	for i := range s.clothes {
		h.SetCanonical(s.clothes[i].name, s.clothes[i].value)
	}
}

func requestID(c *fasthttp.RequestCtx) string {
	return string(c.Response.Header.Peek(requestIDHeader))
}
