package emulator

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// RoundTripper serves the Graph API in memory: http.Client{Transport: …} needs no
// socket, no goroutine and no real time. Requests to any host end here.
func (p *Platform) RoundTripper() http.RoundTripper { return transport{p} }

type transport struct{ p *Platform }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a := t.p.handle(r)
	defer t.p.release(a)
	if a.cut {
		return nil, errReset()
	}
	header, body := t.p.write(a)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	return &http.Response{
		Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}, nil
}

// Dial is RoundTripper for clients that bring their own HTTP: a connection in memory,
// whatever the address, without TLS. A request is judged when its answer is read, by
// the goroutine that reads. Deadlines never come: there is nothing to wait for.
func (p *Platform) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &wire{p: p}
	w.requests = bufio.NewReader(&w.in)
	return w, nil
}

// wire is the connection of Dial.
type wire struct {
	p        *Platform
	in, out  bytes.Buffer
	requests *bufio.Reader // of in
	cut      bool
}

func (w *wire) Write(b []byte) (int, error) {
	if w.cut {
		return 0, errReset()
	}
	return w.in.Write(b)
}

func (w *wire) Read(b []byte) (int, error) {
	if w.out.Len() == 0 {
		if err := w.serve(); err != nil {
			w.cut = true
			return 0, err
		}
	}
	return w.out.Read(b)
}

// serve answers the request that has been written.
func (w *wire) serve() error {
	if w.cut {
		return errReset()
	}
	r, err := http.ReadRequest(w.requests)
	if err != nil {
		return err
	}
	response, err := transport{w.p}.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return response.Write(&w.out)
}

func (w *wire) Close() error {
	w.cut = true
	return nil
}

func (*wire) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*wire) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*wire) SetDeadline(time.Time) error      { return nil }
func (*wire) SetReadDeadline(time.Time) error  { return nil }
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// errReset is how a connection ends that the platform cut.
func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}
