package server

import (
	"io"
	"net"
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
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
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
	if c.lingers.Load() && c.CloseWrite() == nil && c.SetReadDeadline(c.listener.now().Add(lingerTimeout)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerLimit) // ends by the deadline, or when the client has gone
	}
	return c.TCPConn.Close()
}
