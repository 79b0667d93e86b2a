package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Listen serves at an address (":8080") until ctx ends, as Serve does. It calls ready with
// the address it got; ready may be nil, and must not block.
func (s *Server) Listen(ctx context.Context, addr string, ready func(net.Addr)) error {
	bound, err := Bind(ctx, addr)
	if err != nil {
		return err
	}
	return s.Serve(ctx, bound, func() {
		if ready != nil {
			ready(bound.Addr())
		}
	})
}

// Bind takes an address for Serve: who connects waits from then on.
func Bind(ctx context.Context, addr string) (*net.TCPListener, error) {
	var config net.ListenConfig
	bound, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return bound.(*net.TCPListener), nil
}

// Serve serves what Bind took, until ctx ends, and closes it. It may be called once, and
// calls ready once it takes requests; ready must not block.
//
// When ctx ends, /readyz turns red, streams are closed, no new connection is
// taken, and requests under way are finished, for Config.Drain at most. It returns
// nil if all were.
func (s *Server) Serve(ctx context.Context, bound *net.TCPListener, ready func()) error {
	if s.started.Swap(true) {
		return errors.Join(errors.New("the server has listened already"), bound.Close())
	}
	l := &listener{TCPListener: bound, now: s.now, open: map[*conn]struct{}{}}
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(l) }()
	ready()
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
