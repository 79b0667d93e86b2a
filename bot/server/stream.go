package server

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// streams are the answers without an end that are open now.
type streams struct {
	mu     sync.Mutex
	all    map[*stream]struct{}
	closed bool
}

// stream is the body of a streamed answer: what the handler writes, as the server
// reads it. It watches the connection meanwhile, because the server does not.
type stream struct {
	from   *io.PipeReader
	cancel context.CancelFunc // of the handler's context
	owner  *streams
	conn   *conn // nil in a test without one
	now    func() time.Time

	begin   sync.Once
	end     sync.Once
	watched chan struct{} // closed when nobody watches any more
	gone    chan struct{} // closed by Close
}

func (s *streams) open(from *io.PipeReader, cancel context.CancelFunc, nc net.Conn, now func() time.Time) *stream {
	st := &stream{from: from, cancel: cancel, owner: s, now: now, watched: make(chan struct{}), gone: make(chan struct{})}
	st.conn, _ = nc.(*conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel()
	}
	if s.all == nil {
		s.all = map[*stream]struct{}{}
	}
	s.all[st] = struct{}{}
	return st
}

// close tells the handlers of all streams to end, and cuts those that have not
// after a moment.
func (s *streams) close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	open := make([]*stream, 0, len(s.all))
	for st := range s.all {
		open = append(open, st)
	}
	s.mu.Unlock()
	for _, st := range open {
		st.cancel()
	}
	grace, cancel := context.WithTimeout(ctx, streamGrace)
	defer cancel()
	for _, st := range open {
		select {
		case <-st.gone:
		case <-grace.Done():
			_ = st.from.CloseWithError(errCut) // always nil
		}
	}
}

var errCut = errors.New("the server stops")

// Read implements io.Reader. Each piece gets its own time to be written.
func (st *stream) Read(p []byte) (int, error) {
	st.begin.Do(st.watch)
	n, err := st.from.Read(p)
	if st.conn != nil {
		_ = st.conn.SetWriteDeadline(st.now().Add(writeTimeout)) // a closed one fails at the write
	}
	return n, err
}

// watch ends the stream when the client leaves.
func (st *stream) watch() {
	if st.conn == nil || st.conn.SetReadDeadline(time.Time{}) != nil {
		close(st.watched)
		return
	}
	go func() {
		defer close(st.watched)
		var b [1]byte
		// A client that sends more is no longer watched: its writes will fail.
		if n, _ := st.conn.TCPConn.Read(b[:]); n == 0 {
			_ = st.from.Close() // always nil; the server then calls Close
		}
	}()
}

// Close implements io.Closer: the server reads no more.
func (st *stream) Close() error {
	st.end.Do(func() {
		st.cancel()
		_ = st.from.Close() // always nil
		st.begin.Do(func() { close(st.watched) })
		if st.conn != nil {
			_ = st.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the watcher
		}
		<-st.watched
		st.owner.mu.Lock()
		delete(st.owner.all, st)
		st.owner.mu.Unlock()
		close(st.gone)
	})
	return nil
}
