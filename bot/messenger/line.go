package messenger

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"
)

// Bounds on connections.
const (
	maxLines = 768 // at once
	// idleLine is how long a connection is kept without use. The platform keeps them
	// for longer: a request on one that is just being closed is one of unknown outcome.
	idleLine = 20 * time.Second
)

// lines are the connections to the platform. The one used last is used next, so
// that those beyond the need grow old.
type lines struct {
	open  func(ctx context.Context) (net.Conn, error)
	slots chan struct{} // one in it for each connection in use

	mu       sync.Mutex
	idle     []*line // by age, the oldest first
	sweeping bool
}

// line is one connection.
type line struct {
	net.Conn
	raw   syscall.RawConn // nil if the system cannot be asked
	look  func(fd uintptr)
	quiet bool      // found by look, which is peek
	since time.Time // idle since
	ends  time.Time // its deadline
}

func newLines(open func(context.Context) (net.Conn, error)) *lines {
	return &lines{open: open, slots: make(chan struct{}, maxLines)}
}

// take returns a connection whose deadline is end, or a little before: one that is open
// and quiet, or a new one. It waits while all are in use.
func (l *lines) take(ctx context.Context, began, end time.Time) (*line, error) {
	select {
	case l.slots <- struct{}{}:
	default:
		if err := l.wait(ctx, end); err != nil {
			return nil, err
		}
	}
	for {
		line := l.pop()
		if line == nil {
			break
		}
		if line.endBy(began, end) == nil && line.alive() {
			return line, nil
		}
		_ = line.Close() // it is dead already
	}
	line, err := l.dial(ctx, end)
	if err != nil {
		<-l.slots
		return nil, err
	}
	return line, nil
}

// wait is for a slot.
func (l *lines) wait(ctx context.Context, end time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lines) dial(ctx context.Context, end time.Time) (*line, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	conn, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(end); err != nil {
		_ = conn.Close()
		return nil, err
	}
	fresh := &line{Conn: conn, raw: rawOf(conn), ends: end}
	fresh.look = fresh.peek
	return fresh, nil
}

// pop takes the connection that was used last, nil if there is none that is young
// enough.
func (l *lines) pop() *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := len(l.idle) - 1
	if last < 0 {
		return nil
	}
	line := l.idle[last]
	l.idle[last], l.idle = nil, l.idle[:last]
	if now().Sub(line.since) >= idleLine {
		_ = line.Close()
		return nil // those below are older; the sweep closes them
	}
	return line
}

// give takes a connection back that can carry another request.
func (l *lines) give(line *line) {
	line.since = now()
	l.mu.Lock()
	l.idle = append(l.idle, line)
	if !l.sweeping {
		l.sweeping = true
		time.AfterFunc(idleLine, l.sweep)
	}
	l.mu.Unlock()
	<-l.slots
}

// drop closes a connection.
func (l *lines) drop(line *line) {
	_ = line.Close() // what was to be said on it has been said
	<-l.slots
}

// sweep closes what has been idle for too long, and comes again while there is
// something left.
func (l *lines) sweep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	young, at := 0, now()
	for young < len(l.idle) && at.Sub(l.idle[young].since) >= idleLine {
		_ = l.idle[young].Close()
		young++
	}
	kept := copy(l.idle, l.idle[young:])
	clear(l.idle[kept:])
	if l.idle = l.idle[:kept]; kept > 0 {
		time.AfterFunc(idleLine-at.Sub(l.idle[0].since), l.sweep)
		return
	}
	l.sweeping = false
}

// endBy gives a connection its deadline, unless the one it has takes less than a
// sixteenth from the time there is: of many calls a second few need to set a timer.
func (l *line) endBy(began, end time.Time) error {
	if early := end.Sub(l.ends); early >= 0 && early < end.Sub(began)/16 {
		return nil
	}
	l.ends = end
	return l.SetDeadline(end)
}

// interrupt ends what is going on on a connection.
func (l *line) interrupt() { _ = l.SetDeadline(time.Unix(1, 0)) }

// alive reports whether a connection that carries nothing is open and quiet. The
// platform says nothing unasked: what has come is the end, or belongs to no
// request of ours. In TLS it may be a ticket; then a new connection is the price.
func (l *line) alive() bool {
	if l.raw == nil {
		return true
	}
	l.quiet = false
	return l.raw.Control(l.look) == nil && l.quiet
}

// rawOf finds the socket below a connection.
func rawOf(conn net.Conn) syscall.RawConn {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok { // tls.Conn
		return rawOf(wrapped.NetConn())
	}
	if socket, ok := conn.(syscall.Conn); ok {
		if raw, err := socket.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// now is the clock that connections are timed by: deadlines of the operating
// system are on no other.
func now() time.Time {
	return time.Now() //nolint:forbidigo // the edge: see above
}
