package messenger

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

var errTunnel = errors.New("the proxy made no tunnel")

// route is the way to the platform: straight or through a tunnel of a proxy, in TLS
// if the base says https.
type route struct {
	base *url.URL
	via  *url.URL // the proxy; nil if straight
	dial Dial
	tls  *tls.Config // without a name; the system's roots
}

// newRoute asks the environment for the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY),
// unless the caller dials. Errors hold nothing of it: its address may have a
// password.
func newRoute(base *url.URL, dial Dial) (*route, error) {
	r := &route{base: base, dial: dial, tls: &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Another handshake with a platform we know is a short one.
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}}
	if dial != nil {
		return r, nil
	}
	r.dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	via, err := http.ProxyFromEnvironment(&http.Request{URL: base})
	if err != nil || via != nil && via.Scheme != "http" && via.Scheme != "https" {
		return nil, errors.New("the proxy of the environment is not an http or https address")
	}
	r.via = via
	return r, nil
}

// open connects. The context's end is the end of trying.
func (r *route) open(ctx context.Context) (net.Conn, error) {
	first := r.base
	if r.via != nil {
		first = r.via
	}
	conn, err := r.dial(ctx, "tcp", address(first))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if r.via != nil {
		if conn, err = r.tunnel(ctx, conn); err != nil {
			return nil, err
		}
	}
	return r.secure(ctx, conn, r.base)
}

// secure does the handshake of TLS, if the address wants one, for the name in it.
func (r *route) secure(ctx context.Context, conn net.Conn, to *url.URL) (net.Conn, error) {
	if to.Scheme != "https" {
		return conn, nil
	}
	config := r.tls.Clone()
	config.ServerName = to.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// tunnel asks a proxy to connect us through.
func (r *route) tunnel(ctx context.Context, conn net.Conn) (net.Conn, error) {
	conn, err := r.secure(ctx, conn, r.via)
	if err != nil {
		return nil, err
	}
	quit := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if err = connect(conn, address(r.base), r.via.User); !quit() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// connect does the handshake of a tunnel.
func connect(conn net.Conn, to string, user *url.Userinfo) error {
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := ask.Write(conn); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || in.Buffered() > 0 { // what follows is for the platform to say
		return errTunnel
	}
	return nil
}

// address is where to dial for a URL.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
