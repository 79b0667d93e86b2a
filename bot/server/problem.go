package server

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// problem is a request that is answered with an error. cause is for the log; the
// caller never sees it.
type problem struct {
	status  int
	code    string
	message string
	cause   error
}

func (p *problem) Error() string { return p.code + ": " + p.message }

// Unwrap gives the cause.
func (p *problem) Unwrap() error { return p.cause }

// refuse is a problem that is the caller's own.
func refuse(status int, code, message string) *problem {
	return &problem{status: status, code: code, message: message}
}

// unavailable is a problem that may be gone when the caller tries again.
func unavailable(cause error) *problem {
	return &problem{http.StatusServiceUnavailable, "unavailable", "cannot do this now, try again", cause}
}

// internal is a problem of ours.
func internal(cause error) *problem {
	return &problem{http.StatusInternalServerError, "internal", "something went wrong; the log of the bot tells what", cause}
}

// standing are the problems that arise before a handler is reached.
func standing(status int) *problem {
	switch status {
	case http.StatusNotFound:
		return refuse(status, "not_found", "there is nothing at this address")
	case http.StatusMethodNotAllowed:
		return refuse(status, "method_not_allowed", "this address does not take this method")
	case http.StatusRequestTimeout:
		return refuse(status, "timeout", "the request took too long to arrive")
	case http.StatusRequestEntityTooLarge:
		return refuse(status, "too_large", "the body is larger than 4 MiB")
	case http.StatusRequestHeaderFieldsTooLarge:
		return refuse(status, "headers_too_large", "the headers are larger than 16 KiB")
	}
	return refuse(http.StatusBadRequest, "bad_request", "this is not a well-formed HTTP request")
}

// fail answers the errors that the router has itself.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	s.failed(c.Context(), err)
	return nil
}

// failed answers every error that leaves a handler, and those of requests that
// never reach one.
func (s *Server) failed(c *fasthttp.RequestCtx, err error) {
	var p *problem
	var early *fiber.Error
	switch {
	case errors.As(err, &p):
	case errors.As(err, &early):
		// The library's own words quote the request: only its status is used.
		p = standing(early.Code)
	default:
		p = internal(err)
	}
	s.refusal(c, p)
}

// refusal writes a problem, and logs it if it is ours.
func (s *Server) refusal(c *fasthttp.RequestCtx, p *problem) {
	if requestID(c) == "" { // it came to no handler
		s.dress(c)
	}
	if !s.refusedHook(c, p) && p.status >= http.StatusInternalServerError && p.cause != nil {
		s.log.Error("request failed", "request", requestID(c), "status", p.status, "error", p.cause)
	}
	switch p.status {
	case http.StatusRequestEntityTooLarge:
		s.rejected(c, "too_large")
		linger(c.Conn())
	case http.StatusRequestHeaderFieldsTooLarge:
		linger(c.Conn())
	case http.StatusUnsupportedMediaType:
		s.rejected(c, "encoded")
	case http.StatusUnauthorized:
		c.Response.Header.Set("WWW-Authenticate", `Bearer realm="relance"`)
	case http.StatusServiceUnavailable:
		c.Response.Header.Set("Retry-After", "1")
	}
	write(c, p.status, errorBody{errorText{p.code, p.message}})
}

type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// write answers with JSON.
func write(c *fasthttp.RequestCtx, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a value that came out of storage as JSON and cannot go out as such
		status = http.StatusInternalServerError
		body = []byte(`{"error":{"code":"internal","message":"the answer cannot be written as JSON"}}`)
	}
	c.Response.SetStatusCode(status)
	c.Response.Header.SetContentType("application/json; charset=utf-8")
	c.Response.SetBody(append(body, '\n'))
}

// answer is write for a fiber handler.
func answer(c *fiber.Ctx, status int, v any) error {
	write(c.Context(), status, v)
	return nil
}
