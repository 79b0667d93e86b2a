package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// phone is a server in emulator mode with a phone page.
func phone(t *testing.T, h http.HandlerFunc) listening {
	t.Helper()
	return listen(t, Config{Emulator: true, Phone: h})
}

// events is a handler that streams what comes through a channel. It tells by which
// way it ended.
func events(send <-chan string, ended chan<- string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for {
			select {
			case line := <-send:
				if _, err := fmt.Fprintf(w, "data: %s\n\n", line); err != nil {
					ended <- "write"
					return
				}
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				ended <- "context"
				return
			}
		}
	}
}

// within fails if nothing comes.
func within[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(5 * time.Second):
		t.Fatalf("%s did not happen", what)
		panic("unreachable")
	}
}

func TestAnEventArrivesBeforeTheHandlerEnds(t *testing.T) {
	t.Parallel()
	send, ended := make(chan string), make(chan string, 1)
	s := phone(t, events(send, ended))
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/phone/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t).Do(req) // returns with the headers: before any event
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.Header.Get("Content-Type") != "text/event-stream" || res.ContentLength != -1 {
		t.Errorf("headers %v, length %d", res.Header, res.ContentLength)
	}
	lines := bufio.NewReader(res.Body)
	for _, want := range []string{"one", "two", "three"} {
		send <- want
		line, err := lines.ReadString('\n')
		if _, blank := lines.ReadString('\n'); err != nil || blank != nil || line != "data: "+want+"\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	leave()
	if how := within(t, ended, "the end of the handler"); how != "context" {
		t.Errorf("a client that leaves was noticed by %s", how)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestStoppingDoesNotHangOnAStream(t *testing.T) {
	t.Parallel()
	deaf := func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		for range time.Tick(time.Millisecond) { // looks at no context, only at its writes
			if _, err := io.WriteString(w, "tick\n"); err != nil {
				return
			}
		}
	}
	asleep := make(chan struct{})
	t.Cleanup(func() { close(asleep) })
	stuck := func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		<-asleep
	}
	for name, h := range map[string]http.HandlerFunc{
		"a handler that listens":     events(nil, make(chan string, 1)),
		"a handler that only writes": deaf,
		"a handler that is stuck":    stuck,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := phone(t, h)
			res, err := client(t).Get(s.url + "/phone")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			stopped := make(chan error, 1)
			go func() { stopped <- s.stop() }()
			if err := within(t, stopped, "the end of the server"); err != nil {
				t.Error(err)
			}
			_, err = io.ReadAll(res.Body)
			if whole := err == nil; whole != (name == "a handler that listens") {
				t.Errorf("the client saw %v", err)
			}
		})
	}
}

func TestAPageIsAnsweredInOnePiece(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := phone(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body) // of memory
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.Header().Set("Location", "/phone/there")
		w.WriteHeader(http.StatusSeeOther)
		w.Header().Set("X-Late", "too late")
		_, _ = io.WriteString(w, "<p>there")
	})
	reply := raw(t, s.addr, "POST /phone/act?x=1&y=%20 HTTP/1.1\r\nHost: localhost:1\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc")
	if reply.status != 303 || reply.body != "<p>there" || reply.header.Get("Content-Length") != "8" {
		t.Errorf("%+v", reply)
	}
	for name, want := range map[string][]string{
		"Content-Security-Policy": {"default-src 'self'"}, "Set-Cookie": {"a=1", "b=2"}, "Location": {"/phone/there"},
		"Content-Type": {"text/html; charset=utf-8"}, "Referrer-Policy": {"no-referrer"}, "X-Late": nil,
	} {
		if diff := cmp.Diff(want, reply.header.Values(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got.Method != "POST" || got.URL.Path != "/phone/act" || got.FormValue("y") != " " || got.Host != "localhost:1" || string(body) != "abc" ||
		got.RequestURI != "/phone/act?x=1&y=%20" || got.ContentLength != 3 || got.Header.Get("Host") != "" {
		t.Errorf("%+v %q", got, body)
	}
	if diff := cmp.Diff([]string{"1", "2"}, got.Header["X-A"]); diff != "" {
		t.Error(diff)
	}
	if _, _, err := net.SplitHostPort(got.RemoteAddr); err != nil {
		t.Error(err)
	}
	if got.Context().Err() == nil {
		t.Error("the request's context outlives it")
	}
}

func TestWhatAHandlerMayDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		status  int
		body    string
	}{
		"nothing":     {func(http.ResponseWriter, *http.Request) {}, 200, ""},
		"not found":   {http.NotFound, 404, "404 page not found\n"},
		"no content":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, ""},
		"write a lot": {func(w http.ResponseWriter, _ *http.Request) { writeMany(w, 120_000) }, 200, strings.Repeat("0123456789", 120_000)},
		"write, flush": {func(w http.ResponseWriter, _ *http.Request) {
			writeMany(w, 2)
			w.(http.Flusher).Flush()
			writeMany(w, 1)
		}, 200, "012345678901234567890123456789"},
		"flush, end":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); w.(http.Flusher).Flush() }, 202, ""},
		"early hints": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := phone(t, tc.handler)
			for _, method := range []string{"GET", "HEAD"} {
				req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/phone", nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := client(t).Do(req)
				got := read(t, res, err)
				want := tc.body
				if method == "HEAD" {
					want = ""
				}
				if got.status != tc.status || got.body != want {
					t.Errorf("%s: %d, %d bytes of %d", method, got.status, len(got.body), len(want))
				}
			}
		})
	}
}

func writeMany(w io.Writer, n int) {
	for range n {
		_, _ = io.WriteString(w, "0123456789") // a client that leaves ends the test anyway
	}
}

func TestAHandlerThatPanics(t *testing.T) {
	t.Parallel()
	var log journal
	s := listen(t, Config{Emulator: true, Log: log.logger(), Phone: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half a page")
		if r.URL.Path == "/phone/stream" {
			w.(http.Flusher).Flush()
		}
		if r.URL.Path == "/phone/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("secret-panic")
	})})
	c := client(t)
	res, err := c.Get(s.url + "/phone")
	if got := read(t, res, err); got.status != 500 || got.code() != "internal" || strings.Contains(got.body, "half") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if res, err = c.Get(s.url + "/phone/stream"); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("%q passes for the whole", body)
	}
	_ = res.Body.Close()
	if res, err = c.Get(s.url + "/phone/abort"); err == nil {
		t.Errorf("aborted, and answered %d", res.StatusCode)
		_ = res.Body.Close()
	}
	if text := log.String(); strings.Contains(text, "secret-panic") || strings.Count(text, "panic: a string") != 2 {
		t.Errorf("log: %s", text)
	}
}

func TestAStreamEndsItsConnectionAndNoOther(t *testing.T) {
	t.Parallel()
	s := phone(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		writeMany(w, 1)
	})
	for range 3 {
		got := raw(t, s.addr, "GET /phone HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if got.status != 200 || got.body != "0123456789" {
			t.Errorf("%+v", got)
		}
	}
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	if n := len(s.streams.all); n != 0 {
		t.Errorf("%d streams are still open", n)
	}
}
