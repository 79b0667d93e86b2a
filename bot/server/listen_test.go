package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestARequestUnderWayIsFinished(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	fake := &fakeBot{receive: func(string, http.Header, []byte) error {
		close(begun)
		<-release
		return nil
	}}
	s := listen(t, Config{Bot: fake})
	answered := make(chan int, 1)
	go func() {
		res, err := http.Post(s.url+"/webhooks/messenger", "application/json", strings.NewReader("{}"))
		if err != nil {
			answered <- 0
			return
		}
		_ = res.Body.Close()
		answered <- res.StatusCode
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	// No new connection is taken, and the old one still waits.
	for deadline := time.Now().Add(5 * time.Second); ; {
		nc, err := net.Dial("tcp", s.addr)
		if err != nil {
			break
		}
		_ = nc.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still listens")
		}
		<-time.After(5 * time.Millisecond)
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a request under way: %v", err)
	default:
	}
	close(release)
	if status := within(t, answered, "the answer"); status != 200 {
		t.Errorf("answered %d", status)
	}
	if err := within(t, stopped, "the end"); err != nil {
		t.Error(err)
	}
}

func TestDrainingIsBounded(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	fake := &fakeBot{receive: func(string, http.Header, []byte) error {
		close(begun)
		<-release
		return nil
	}}
	s := listen(t, Config{Bot: fake, Drain: 50 * time.Millisecond})
	go func() {
		res, err := http.Post(s.url+"/webhooks/messenger", "application/json", strings.NewReader("{}"))
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	if err := within(t, stopped, "the end"); err == nil || !strings.Contains(err.Error(), "1 requests were not finished") {
		t.Errorf("%v", err)
	}
}

func TestConnectionsWithoutARequestHoldNothingUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		said  string
		drain time.Duration
	}{
		"silent":         {"", time.Minute}, // not waited for
		"half a request": {"POST /webhooks/messenger HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, Config{Drain: tc.drain})
			nc, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = nc.Close() }()
			if _, err := io.WriteString(nc, tc.said); err != nil {
				t.Fatal(err)
			}
			// The server has it, as it answers one that came later.
			if got := raw(t, s.addr, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); got.status != 200 {
				t.Fatal(got)
			}
			stopped := make(chan error, 1)
			go func() { stopped <- s.stop() }()
			if err := within(t, stopped, "the end"); err != nil {
				t.Error(err)
			}
			if err := nc.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			var timeout net.Error
			if _, err := nc.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the connection is still open: %v", err)
			}
		})
	}
}

func TestReadinessTurnsRedWhenStopping(t *testing.T) {
	t.Parallel()
	s := build(t, Config{})
	s.stopping.Store(true)
	if got := test(t, s, newRequest("GET", "/readyz", "")); got.status != 503 || got.body != "{\"status\":\"stopping\"}\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestListenFailsWhereItCannot(t *testing.T) {
	t.Parallel()
	s := listen(t, Config{})
	other := build(t, Config{})
	if err := other.Listen(t.Context(), s.addr, nil); err == nil || !strings.Contains(err.Error(), "listening") {
		t.Errorf("the address was taken, and %v", err)
	}
	if err := s.Listen(t.Context(), "127.0.0.1:0", nil); err == nil {
		t.Error("it listens twice")
	}
}

func TestAContextThatEndedBeforeItBegan(t *testing.T) {
	t.Parallel()
	for range 20 { // the end may come at any moment of the beginning
		s := build(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Listen(ctx, "127.0.0.1:0", func(net.Addr) { cancel() }) }()
		if err := within(t, ended, "the end"); err != nil {
			t.Error(err)
		}
	}
}
