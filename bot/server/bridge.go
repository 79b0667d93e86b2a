package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"
)

// bridge lets an http.Handler answer. Unlike the library's adaptor it gives the
// handler copies, so that it may go on after its client has left, a context that
// ends when the client leaves or the server stops, and a way to stream.
//
// What the handler writes is kept back until it returns; then it is one answer
// with a length. From the first Flush on, every Write goes out at once. A stream
// has its connection for itself and closes it at the end.
func (s *Server) bridge(h http.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithCancel(c.UserContext())
		r, err := request(ctx, c)
		if err != nil {
			cancel()
			return standing(http.StatusBadRequest)
		}
		w := newReply()
		go func() {
			defer cancel()
			err := serve(h, w, r)
			if err != nil && w.streaming() && !errors.Is(err, http.ErrAbortHandler) {
				s.log.Error("a stream broke", "error", err)
			}
			w.end(err)
		}()
		select {
		case <-w.ended:
		case <-w.flushed:
		}
		if !w.streaming() {
			if errors.Is(w.err, http.ErrAbortHandler) {
				return c.Context().Conn().Close()
			}
			if w.err != nil {
				return internal(w.err)
			}
			w.dress(c)
			c.Response().SetBody(w.kept.Bytes())
			return nil
		}
		w.dress(c)
		c.Context().SetConnectionClose()
		c.Response().ImmediateHeaderFlush = true
		c.Response().SetBodyStream(s.streams.open(w.out, cancel, c.Context().Conn(), s.now), -1)
		return nil
	}
}

// serve runs the handler. A panic is its error: http.ErrAbortHandler if the handler
// wants the connection cut without a word.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			err = http.ErrAbortHandler
		default:
			err = panicked(v)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// request copies what came into an http.Request.
func request(ctx context.Context, c *fiber.Ctx) (*http.Request, error) {
	uri := string(c.Context().RequestURI())
	target, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, err
	}
	body := c.BodyRaw()
	r := &http.Request{
		Method: c.Method(), URL: target, RequestURI: uri, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headers(c.Context()), Host: string(c.Context().Host()), RemoteAddr: c.Context().RemoteAddr().String(),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	r.Header.Del(fiber.HeaderHost) // as net/http has it
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	return r.WithContext(ctx), nil
}
