package postgres_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// pooler stands between stores and their server as PgBouncer does: it tells a connection a
// number of its own making, and takes no notice of what that wants to be set with its first
// words. A connection has a session for as long as it lasts; or, if they are lent, for one
// transaction: then the one that was given back last.
type pooler struct {
	server   string
	listener net.Listener

	mu     sync.Mutex
	full   bool // nobody gets a session
	lends  bool
	turns  bool                   // whoever comes gets the session that was given back first
	spare  []*pgconn.HijackedConn // sessions that nobody has
	open   map[*pgconn.HijackedConn]bool
	guests map[net.Conn]bool
	last   uint32
}

// newPooler is one before the server of an address, and the address of its own.
func newPooler(t testing.TB, address string) (*pooler, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	dir, err := os.MkdirTemp("", "pooler-") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	p := &pooler{server: address, open: make(map[*pgconn.HijackedConn]bool), guests: make(map[net.Conn]bool)}
	if p.listener, err = net.Listen("unix", filepath.Join(dir, ".s.PGSQL."+q.Get("port"))); err != nil {
		t.Fatal(err)
	}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	var serving sync.WaitGroup
	serving.Go(func() { p.accept(&serving) })
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.mu.Lock()
		for guest := range p.guests {
			_ = guest.Close()
		}
		for session := range p.open {
			_ = session.Conn.Close()
		}
		p.mu.Unlock()
		serving.Wait()
		_ = os.RemoveAll(dir)
	})
	return p, u.String()
}

// fill lets nobody have a session from now on.
func (p *pooler) fill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = true
}

// lend says from now on that sessions are lent, and whether in turns.
func (p *pooler) lend(turns bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lends, p.turns = true, turns
}

func (p *pooler) accept(serving *sync.WaitGroup) {
	for {
		guest, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.guests[guest] = true
		p.last++
		number := 1<<24 + p.last // no process of the system has it
		p.mu.Unlock()
		serving.Go(func() {
			defer guest.Close()
			p.serve(guest, number)
		})
	}
}

// serve is one connection.
func (p *pooler) serve(guest net.Conn, number uint32) {
	client := pgproto3.NewBackend(guest, guest)
	if _, err := client.ReceiveStartupMessage(); err != nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.BackendKeyData{ProcessID: number, SecretKey: []byte{1, 2, 3, 4}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	var session *pgconn.HijackedConn
	defer func() { p.end(session) }()
	for {
		sent, err := client.Receive()
		if _, bye := sent.(*pgproto3.Terminate); bye || err != nil {
			return
		}
		if session == nil {
			session, err = p.take()
			if errors.Is(err, errFull) {
				continue
			}
			if err != nil {
				return
			}
		}
		session.Frontend.Send(sent)
		switch sent.(type) {
		case *pgproto3.Query, *pgproto3.Sync:
			status, err := relay(client, session.Frontend)
			if err != nil {
				return
			}
			if status == 'I' && p.gives(session) {
				session = nil
			}
		}
	}
}

// relay hands a session's answers on until it is ready for more.
func relay(client *pgproto3.Backend, server *pgproto3.Frontend) (status byte, err error) {
	if err := server.Flush(); err != nil {
		return 0, err
	}
	for {
		answer, err := server.Receive()
		if err != nil {
			return 0, err
		}
		client.Send(answer)
		if ready, ok := answer.(*pgproto3.ReadyForQuery); ok {
			return ready.TxStatus, client.Flush()
		}
	}
}

var errFull = errors.New("the connection waits")

// take is a session for a connection that has none.
func (p *pooler) take() (*pgconn.HijackedConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return nil, errFull
	}
	if n := len(p.spare); n > 0 {
		at := n - 1
		if p.turns {
			at = 0
		}
		session := p.spare[at]
		p.spare = append(p.spare[:at:at], p.spare[at+1:]...)
		return session, nil
	}
	pg, err := pgconn.Connect(context.Background(), p.server)
	if err != nil {
		return nil, err
	}
	session, err := pg.Hijack()
	if err == nil {
		p.open[session] = true
	}
	return session, err
}

// gives says that a session was given back, for whoever comes next.
func (p *pooler) gives(session *pgconn.HijackedConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lends {
		p.spare = append(p.spare, session)
	}
	return p.lends
}

// end ends the session of a connection that is gone.
func (p *pooler) end(session *pgconn.HijackedConn) {
	if session == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, session)
	_ = session.Conn.Close()
}
