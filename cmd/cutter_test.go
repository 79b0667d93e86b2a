package cmd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// cut is where a connection ends on the way of a COMMIT.
type cut string

const (
	uncut      cut = ""
	cutBefore  cut = "before it was sent"
	cutSent    cut = "once it was sent"
	cutDone    cut = "once it was done"
	held       cut = "held, and sent in the end"
	maxMessage     = 1 << 26 // bytes of one message of a client
)

var cuts = []cut{cutBefore, cutSent, cutDone}

// cutter stands between a bot and its PostgreSQL server, and ends connections in the
// middle of a commit.
type cutter struct {
	listener net.Listener
	upstream string // the server's socket

	lost atomic.Int64 // transactions that the server ended while their commit was held

	mu    sync.Mutex
	armed cut
	wait  func() // while a commit is held
	done  map[cut]int
	open  map[net.Conn]bool
}

func newCutter(t *testing.T, socket string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, upstream: socket, done: map[cut]int{}, open: map[net.Conn]bool{}}
	var pipes sync.WaitGroup
	pipes.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			pipes.Go(func() { c.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // nobody listens any more
		c.mu.Lock()
		for conn := range c.open {
			_ = conn.Close() // what was on its way is lost
		}
		c.mu.Unlock()
		pipes.Wait()
	})
	return c
}

// through is a database's address by way of the cutter.
func (c *cutter) through(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = c.listener.Addr().String(), "sslmode=disable"
	return u.String()
}

// next cuts the next commit there.
func (c *cutter) next(where cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = where
}

// hold lets the next commit wait there for a function.
func (c *cutter) hold(wait func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.wait = held, wait
}

// waiting reports whether the next cut is still to come.
func (c *cutter) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.armed != uncut
}

// take is where this commit is cut, if it is.
func (c *cutter) take() cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	where := c.armed
	c.armed = uncut
	if where != uncut {
		c.done[where]++
	}
	return where
}

func (c *cutter) count(where cut) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done[where]
}

func (c *cutter) keep(conns ...net.Conn) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		c.open[conn] = true
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, conn := range conns {
			delete(c.open, conn)
			_ = conn.Close() // perhaps closed already
		}
	}
}

// serve is one connection. What the server says is passed on as it comes; what the
// client says exchange by exchange.
func (c *cutter) serve(client net.Conn) {
	server, err := net.Dial("unix", c.upstream)
	if err != nil {
		_ = client.Close() // as if nobody listened
		return
	}
	defer c.keep(client, server)()
	answers := &answers{to: client, muted: make(chan struct{}), heard: make(chan struct{}), ended: make(chan struct{})}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(answers, server) // ends with either connection
		close(answers.ended)
		_ = client.Close() // so that the client sees it
	})
	defer back.Wait()
	defer server.Close()
	_ = c.forward(client, server, answers) // ends with either connection
}

// forward passes the client's messages on, until a commit is cut.
func (c *cutter) forward(client io.Reader, server io.Writer, answers *answers) error {
	commits := map[string]bool{} // prepared statements that commit
	begun := false
	var exchange []byte
	for commit := -1; ; {
		message, kind, body, err := readMessage(client, begun)
		if err != nil {
			return err
		}
		begun = begun || !asksForTLS(body, kind)
		if isCommit(kind, body, commits) && commit < 0 {
			commit = len(exchange)
		}
		if exchange = append(exchange, message...); begun && strings.IndexByte("PBEDC", kind) >= 0 {
			continue // the server begins at Sync
		}
		where := uncut
		if commit >= 0 {
			where = c.take()
		}
		switch where {
		case cutBefore:
			exchange = exchange[:commit]
		case cutDone, cutSent:
			answers.mute()
		case held:
			c.wait()
			select {
			case <-answers.ended:
				c.lost.Add(1)
			default:
			}
		}
		if _, err := server.Write(exchange); err != nil {
			return err
		}
		if where == cutDone {
			select {
			case <-answers.heard:
			case <-answers.ended:
			}
		}
		if where != uncut && where != held {
			return errors.New("cut")
		}
		exchange, commit = exchange[:0], -1
	}
}

// readMessage reads one message of a client: those that begin a connection have no
// kind.
func readMessage(from io.Reader, begun bool) (message []byte, kind byte, body []byte, err error) {
	head := make([]byte, 4, 5)
	if begun {
		head = head[:5]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, 0, nil, err
	}
	if begun {
		kind = head[0]
	}
	n := int(binary.BigEndian.Uint32(head[len(head)-4:])) - 4
	if n < 0 || n > maxMessage {
		return nil, 0, nil, fmt.Errorf("a message of %d bytes", n)
	}
	message = append(head, make([]byte, n)...)
	body = message[len(head):]
	_, err = io.ReadFull(from, body)
	return message, kind, body, err
}

// asksForTLS reports whether a message is the question that may come before the first.
func asksForTLS(body []byte, kind byte) bool {
	return kind == 0 && len(body) == 4 && binary.BigEndian.Uint32(body)>>16 == 1234
}

// isCommit reports whether a message lets the server commit: a simple query, or the
// use of a prepared statement.
func isCommit(kind byte, body []byte, commits map[string]bool) bool {
	part := func(i int) string {
		parts := bytes.SplitN(body, []byte{0}, i+2)
		if len(parts) <= i {
			return ""
		}
		return string(parts[i])
	}
	says := func(sql string) bool {
		for statement := range strings.SplitSeq(sql, ";") {
			if word := strings.Fields(strings.ToLower(statement)); len(word) > 0 && word[0] == "commit" {
				return true
			}
		}
		return false
	}
	switch kind {
	case 'Q':
		return says(part(0))
	case 'P':
		commits[part(0)] = says(part(1))
	case 'B':
		return commits[part(1)]
	}
	return false
}

// answers passes on what the server says until it is muted, and tells when it then
// has said something.
type answers struct {
	to           io.Writer
	once, listen sync.Once
	muted, heard chan struct{}
	ended        chan struct{} // the server has ended the connection
}

func (a *answers) mute() { a.once.Do(func() { close(a.muted) }) }

func (a *answers) Write(p []byte) (int, error) {
	select {
	case <-a.muted:
		if slices.Contains(p, 'Z') { // ready for the next query: it is done
			a.listen.Do(func() { close(a.heard) })
		}
		return len(p), nil
	default:
		return a.to.Write(p)
	}
}

// TestCutterCutsCommits looks at what is kept of a row whose commit was cut.
func TestCutterCutsCommits(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Config{})
	address := server.URL(t)
	direct, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(t.Context())
	if _, err := direct.Exec(t.Context(), "CREATE TABLE shoes (size int)"); err != nil {
		t.Fatal(err)
	}
	for size, test := range []struct {
		where    cut
		prepared bool
		kept     bool
	}{{uncut, false, true}, {cutBefore, false, false}, {cutDone, false, true}, {uncut, true, true}, {cutBefore, true, false}, {cutDone, true, true}} {
		c := newCutter(t, server.Socket())
		config, err := pgx.ParseConfig(c.through(t, address))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		batch := &pgx.Batch{}
		batch.Queue("begin")
		batch.Queue("INSERT INTO shoes VALUES ($1)", size)
		if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
			t.Fatal(err)
		}
		c.next(test.where)
		if test.prepared {
			batch = &pgx.Batch{}
			batch.Queue("commit")
			err = conn.SendBatch(t.Context(), batch).Close()
		} else {
			_, err = conn.Exec(t.Context(), "commit")
		}
		if (err != nil) != (test.where != uncut) {
			t.Errorf("cut %q: the commit says %v", test.where, err)
		}
		if c.waiting() || test.where != uncut && c.count(test.where) != 1 {
			t.Errorf("cut %q: %d cuts", test.where, c.count(test.where))
		}
		_ = conn.Close(t.Context()) // it may be cut
		var n int
		if err := direct.QueryRow(t.Context(), "SELECT count(*) FROM shoes WHERE size = $1", size).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if (n == 1) != test.kept {
			t.Errorf("cut %q: %d rows", test.where, n)
		}
	}
}
