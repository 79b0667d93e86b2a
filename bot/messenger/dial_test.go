package messenger

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/relance-bot/relance/bot"
)

func TestTLSWantsACertificateWeTrust(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)

	stranger := newTestChannel(t, Config{GraphURL: server.URL})
	want := bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "no_connection"}
	if got := stranger.Send(t.Context(), reply42); got != want {
		t.Errorf("a certificate of nobody: %+v", got)
	}

	c := newTestChannel(t, Config{})
	c.graph.lines = newLines(trusting(t, server).open)
	before := connections.Load()
	for range 3 {
		mustSend(t, c)
	}
	if n := connections.Load() - before; n != 1 {
		t.Errorf("%d connections for three messages", n)
	}
	server.CloseClientConnections()
	mustSend(t, c) // on a new one
}

// trusting is the way to a server with a certificate of its own.
func trusting(t *testing.T, server *httptest.Server) *route {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRoute(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.tls.RootCAs = x509.NewCertPool()
	r.tls.RootCAs.AddCert(server.Certificate())
	return r
}

func TestTheProxyIsAskedForATunnel(t *testing.T) {
	t.Parallel()
	platform := httptest.NewTLSServer(http.HandlerFunc(ok))
	t.Cleanup(platform.Close)
	for name, tt := range map[string]struct {
		answer string
		code   string // of the outcome; empty: accepted
	}{
		"which it makes":       {"HTTP/1.1 200 Connection established\r\n\r\n", ""},
		"which it refuses":     {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "no_connection"},
		"and talks by itself":  {"HTTP/1.1 200 OK\r\n\r\nhello", "no_connection"},
		"and is no proxy":      {"SSH-2.0\r\n", "no_connection"},
		"and says nothing":     {"", "no_connection"},
		"and answers in parts": {"HTTP/1.1 200", "no_connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan *http.Request, 1)
			proxy, _ := hand(t, func(_ int, conn net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				asked <- r
				io.WriteString(conn, tt.answer)
				if tt.code != "" {
					return
				}
				far, err := net.Dial("tcp", r.Host)
				if err != nil {
					return
				}
				defer far.Close()
				go io.Copy(far, conn)
				io.Copy(conn, far)
			})
			way := trusting(t, platform)
			way.via, _ = url.Parse(strings.Replace(proxy, "http://", "http://us%65r:p%40ss@", 1))
			c := newTestChannel(t, Config{})
			c.graph.lines = newLines(way.open)
			t.Cleanup(c.graph.lines.hangUp)

			o := c.Send(t.Context(), reply42)
			if tt.code == "" && o.Status != bot.Accepted || tt.code != "" && (o.Status != bot.Refused || o.Class != bot.ClassTransient || o.Code != tt.code) {
				t.Errorf("got %+v", o)
			}
			r := <-asked
			user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
			if r.Method != http.MethodConnect || r.Host != platform.Listener.Addr().String() || user != "user" || password != "p@ss" {
				t.Errorf("asked %s %s as %s with %s", r.Method, r.Host, user, password)
			}
			if len(r.Header["Authorization"]) > 0 {
				t.Error("the proxy got our token")
			}
		})
	}
}

// The environment is read once in a program, so each case is a program: this test.
func TestTheProxyIsTheEnvironments(t *testing.T) {
	t.Parallel()
	if base := os.Getenv("RELANCE_TEST_PROXY_FOR"); base != "" {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRoute(u, nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("by %v\n", r.via)
		return
	}
	const graph = "https://graph.example/v25.0"
	for _, tt := range []struct{ name, base, env, want string }{
		{"none", graph, "X=", "by <nil>"},
		{"for https", graph, "HTTPS_PROXY=http://proxy.example:3128", "by http://proxy.example:3128"},
		{"for http only", graph, "HTTP_PROXY=http://proxy.example:3128", "by <nil>"},
		{"not for this host", graph, "HTTPS_PROXY=http://proxy.example:3128 NO_PROXY=graph.example", "by <nil>"},
		{"not for this machine", "http://127.0.0.1:7777", "HTTP_PROXY=http://proxy.example:3128", "by <nil>"},
		{"of a kind we do not speak", graph, "HTTPS_PROXY=socks5://user:secret@proxy.example", "not an http or https address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheProxyIsTheEnvironments$")
			child.Env = append(strings.Fields(tt.env), "RELANCE_TEST_PROXY_FOR="+tt.base)
			out, err := child.CombinedOutput()
			if failed := !strings.HasPrefix(tt.want, "by "); failed != (err != nil) || !strings.Contains(string(out), tt.want) {
				t.Errorf("error %v, %s; want %q", err, out, tt.want)
			}
			if strings.Contains(string(out), "secret") {
				t.Errorf("the password shows: %s", out)
			}
		})
	}
}
