package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Listen serves at an address (":8080") until ctx ends. It calls ready with the
// address it got; ready may be nil, and must not block. It may be called once.
//
// When ctx ends, /readyz turns red, streams are closed, no new connection is
// taken, and requests under way are finished, for Config.Drain at most. It returns
// nil if all were.
func (s *Server) Listen(ctx context.Context, addr string, ready func(net.Addr)) error {
	if s.started.Swap(true) {
		return errors.New("the server has listened already")
	}
	var config net.ListenConfig
	bound, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	l := &listener{TCPListener: bound.(*net.TCPListener), now: s.now, open: map[*conn]struct{}{}}
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(l) }()
	if ready != nil {
		ready(l.Addr())
	}
	select {
	case err := <-served:
		l.cut(true)
		return fmt.Errorf("serving: %w", errors.Join(err, errStopped))
	case <-ctx.Done():
	}
	return s.finish(context.WithoutCancel(ctx), l, served)
}

var errStopped = errors.New("the listener stopped by itself")

// finish ends what is under way.
func (s *Server) finish(ctx context.Context, l *listener, served <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, s.drain)
	defer cancel()
	s.stopping.Store(true)
	s.streams.close(ctx)
	silent := time.AfterFunc(silentGrace, func() { l.cut(false) })
	defer silent.Stop()
	drained := s.app.ShutdownWithContext(ctx)
	_ = l.Close() // a second time, unless it ended before it had begun to serve
	<-served
	if drained == nil {
		return nil
	}
	defer l.cut(true)
	if n := s.underway.Load(); n > 0 {
		return fmt.Errorf("draining: %d requests were not finished in %s", n, s.drain)
	}
	s.log.Info("connections were cut that had no request under way", "after", s.drain)
	return nil
}
