package server

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// accepted is a connection as the server has it, and its other end.
func accepted(t *testing.T) (ours *conn, theirs net.Conn) {
	t.Helper()
	bound, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer bound.Close()
	theirs, err = net.Dial("tcp", bound.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{TCPListener: bound.(*net.TCPListener), now: time.Now, open: map[*conn]struct{}{}}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); theirs.Close() })
	return nc.(*conn), theirs
}

func TestADeadlineThatWasMovedOnIsKept(t *testing.T) {
	t.Parallel()
	const step = 30 * time.Millisecond
	for name, moves := range map[string]struct {
		set   []time.Duration // after now; 0: none
		reads time.Duration   // when reading ends; 0: with what is written after 6 steps
	}{
		"once":                    {[]time.Duration{2 * step}, 2 * step},
		"later":                   {[]time.Duration{step, 4 * step}, 4 * step},
		"later and later":         {[]time.Duration{step, 2 * step, 4 * step}, 4 * step},
		"sooner":                  {[]time.Duration{4 * step, step}, step},
		"later, and sooner again": {[]time.Duration{2 * step, 5 * step, 3 * step}, 3 * step},
		"away":                    {[]time.Duration{step, 0}, 0},
		"away and back":           {[]time.Duration{step, 0, 3 * step}, 3 * step},
		"beyond what is written":  {[]time.Duration{step, 1000 * step}, 0},
		"past":                    {[]time.Duration{1000 * step, -step}, -step},
		"past and back":           {[]time.Duration{-step, 3 * step}, 3 * step},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := accepted(t)
			began := time.Now()
			for _, after := range moves.set {
				at := began.Add(after)
				if after == 0 {
					at = time.Time{}
				}
				if err := ours.SetReadDeadline(at); err != nil {
					t.Fatal(err)
				}
			}
			time.AfterFunc(6*step, func() { theirs.Write([]byte("x")) })
			n, err := ours.Read(make([]byte, 1))
			if took := time.Since(began); took < moves.reads {
				t.Errorf("reading ended after %s", took)
			}
			if ended := errors.Is(err, os.ErrDeadlineExceeded); ended != (moves.reads != 0) || ended == (n == 1) {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
}

func TestADeadlineOfWritingIsSetWhereItMatters(t *testing.T) {
	t.Parallel()
	ours, _ := accepted(t)
	far := time.Now().Add(writeTimeout)
	for _, at := range []time.Time{far, far.Add(writeSlack / 2), time.Now().Add(-time.Second)} {
		if err := ours.SetWriteDeadline(at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ours.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v after a deadline that has passed", err)
	}
	if err := ours.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Write([]byte("x")); err != nil {
		t.Errorf("%v without a deadline", err)
	}
}
