package server

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// reply is the http.ResponseWriter of a bridged handler.
type reply struct {
	header  http.Header
	flushed chan struct{} // closed by the first Flush
	ended   chan struct{} // closed when the handler has returned
	err     error         // why it ended; to be read after ended

	out *io.PipeReader // what is streamed
	in  *io.PipeWriter

	mu     sync.Mutex
	status int         // 0: not yet written
	sent   http.Header // the headers as they were then
	stream bool
	kept   bytes.Buffer
}

var (
	_ http.ResponseWriter = (*reply)(nil)
	_ http.Flusher        = (*reply)(nil)
)

func newReply() *reply {
	w := &reply{header: http.Header{}, flushed: make(chan struct{}), ended: make(chan struct{})}
	w.out, w.in = io.Pipe()
	return w
}

// Header implements http.ResponseWriter.
func (w *reply) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. Informational answers are left out.
func (w *reply) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commit(status)
}

func (w *reply) commit(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements http.ResponseWriter. When streaming it returns when the piece
// is on its way, or an error if the client has left.
func (w *reply) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.commit(http.StatusOK)
	if w.stream {
		w.mu.Unlock()
		return w.in.Write(p)
	}
	w.sniff(p)
	w.kept.Write(p)
	full := w.kept.Len() > maxBuffered
	w.mu.Unlock()
	if full {
		w.Flush()
	}
	return len(p), nil
}

// sniff finds a content type by the first bytes, as net/http does.
func (w *reply) sniff(p []byte) {
	if w.kept.Len() == 0 && len(p) > 0 && w.sent.Get(fiber.HeaderContentType) == "" {
		w.sent.Set(fiber.HeaderContentType, http.DetectContentType(p))
	}
}

// Flush implements http.Flusher.
func (w *reply) Flush() {
	w.mu.Lock()
	w.commit(http.StatusOK)
	first := !w.stream
	w.stream = true
	w.mu.Unlock()
	if !first {
		return
	}
	close(w.flushed)
	if w.kept.Len() > 0 {
		_, _ = w.in.Write(w.kept.Bytes()) // the next Write tells the handler
	}
}

func (w *reply) streaming() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stream
}

// end says that the handler has returned. A stream that ended badly is cut, so
// that its client does not take it for whole.
func (w *reply) end(err error) {
	w.mu.Lock()
	w.commit(http.StatusOK)
	w.mu.Unlock()
	w.err = err
	_ = w.in.CloseWithError(err) // always nil; a nil err is the end of the stream
	close(w.ended)
}

// dress gives status and headers to the answer. They take the place of ours.
func (w *reply) dress(c *fiber.Ctx) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Status(w.status)
	h := &c.Response().Header
	for name, values := range w.sent {
		switch name {
		case fiber.HeaderContentLength, fiber.HeaderTransferEncoding, fiber.HeaderConnection, fiber.HeaderDate, fiber.HeaderServer:
			continue // the server's own business
		}
		h.Del(name)
		for _, value := range values {
			h.Add(name, value)
		}
	}
}
