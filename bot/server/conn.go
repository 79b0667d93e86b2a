package server

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// listener accepts connections that can be cut all at once.
type listener struct {
	*net.TCPListener
	now func() time.Time

	mu   sync.Mutex
	open map[*conn]struct{}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	c := &conn{TCPConn: tcp, listener: l}
	l.mu.Lock()
	l.open[c] = struct{}{}
	l.mu.Unlock()
	return c, nil
}

// cut closes the connections that are still open: all, or those that have never
// said anything, as browsers open some in advance.
func (l *listener) cut(all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if all || !c.spoke.Load() {
			_ = c.TCPConn.Close() // its other end may have been faster
		}
	}
}

// conn is an accepted connection.
type conn struct {
	*net.TCPConn
	listener *listener
	spoke    atomic.Bool
	lingers  atomic.Bool
	closed   atomic.Bool

	mu      sync.Mutex
	reads   time.Time // when reading is to end; zero: never
	wakes   time.Time // when the socket says that it has: then or before
	written time.Time // when writing ends
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn. The library moves the deadline on twice for each
// request. The socket's stays where it is, and Read moves that once it is reached.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads = t
	if !c.wakes.IsZero() && (t.IsZero() || !t.Before(c.wakes)) {
		return nil
	}
	c.wakes = t
	return c.TCPConn.SetReadDeadline(t)
}

// goOn moves the socket's deadline for reading to where it should be; false if it is
// there, so that reading has ended in earnest.
func (c *conn) goOn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wakes.Equal(c.reads) {
		return false
	}
	c.wakes = c.reads
	return c.TCPConn.SetReadDeadline(c.reads) == nil
}

// SetWriteDeadline implements net.Conn. It does not move a deadline by less than
// writeSlack, so that not each of many answers sets one.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if later := t.Sub(c.written); later >= 0 && later < writeSlack {
		return nil
	}
	c.written = t
	return c.TCPConn.SetWriteDeadline(t)
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	for n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && c.goOn() {
		n, err = c.TCPConn.Read(p)
	}
	if n > 0 {
		c.spoke.Store(true)
	}
	return n, err
}

// linger makes a connection stay a moment after the answer: a client that still
// sends a body nobody reads would find its connection reset, and never see why.
func linger(nc net.Conn) {
	if c, ok := nc.(*conn); ok {
		c.lingers.Store(true)
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	if c.lingers.Load() && c.CloseWrite() == nil && c.TCPConn.SetReadDeadline(c.listener.now().Add(lingerTimeout)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerLimit) // ends by the deadline, or when the client has gone
	}
	return c.TCPConn.Close()
}
