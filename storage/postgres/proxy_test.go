package postgres_test

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// proxy stands between a store and its server and can cut the way.
type proxy struct {
	to       string
	listener net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
	shut  bool
	// tap sees what a client sends, before it is passed on; if it says false, the way
	// is cut after after is passed on or instead.
	tap func(sent []byte) verdict
}

// verdict is what becomes of something that was sent.
type verdict int

const (
	pass     verdict = iota
	cutFirst         // nothing of it arrives
	cutAfter         // it arrives, its answer does not
)

// newProxy is a proxy before the server of an address, and the address of its own.
func newProxy(t testing.TB, address string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	dir, err := os.MkdirTemp("", "proxy-") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	name := ".s.PGSQL." + q.Get("port")
	p := &proxy{to: filepath.Join(q.Get("host"), name), conns: make(map[net.Conn]bool)}
	if p.listener, err = net.Listen("unix", filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	var accepting sync.WaitGroup
	accepting.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.cut(true)
		accepting.Wait()
		_ = os.RemoveAll(dir)
	})
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.to)
		p.mu.Lock()
		if err != nil || p.shut {
			p.mu.Unlock()
			_ = client.Close()
			if server != nil {
				_ = server.Close()
			}
			continue
		}
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.pass(server, client, true)
		go p.pass(client, server, false)
	}
}

func (p *proxy) pass(to, from net.Conn, up bool) {
	defer p.forget(to, from)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			v := pass
			if up {
				p.mu.Lock()
				tap := p.tap
				p.mu.Unlock()
				if tap != nil {
					v = tap(buf[:n])
				}
			}
			if v == cutFirst {
				return
			}
			if v == cutAfter {
				_ = from.Close() // the client hears nothing more
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
			if v == cutAfter {
				// The server works it off before it sees the end.
				_, _ = io.Copy(io.Discard, to)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}

// cut ends all connections; shut lets no new ones through.
func (p *proxy) cut(shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = shut
	for c := range p.conns {
		_ = c.Close()
	}
}

// watch sets the tap.
func (p *proxy) watch(tap func(sent []byte) verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tap = tap
}
