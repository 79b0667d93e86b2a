package messenger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// graph is the client of the Graph API. The token goes in a header, never in an
// address; its proof goes in the query, where the platform takes it for every
// method. Errors hold neither: those of net/http print the whole address and are
// not passed on.
type graph struct {
	base   string // without a slash at the end
	client *http.Client
	prove  func(token Secret) string // a function, that nothing can print
	access atomic.Pointer[access]
}

// access is a token and what proves that we may use it.
type access struct {
	bearer string
	query  string
}

// fate is what became of a request.
type fate int

const (
	answered fate = iota
	unsent        // the platform cannot have got it
	lost          // it may have: no answer came, or only a part
)

// reply is an answer, or why there is none.
type reply struct {
	fate   fate
	fault  string // a short word, if not answered in full
	status int
	body   []byte
	rest   time.Duration // how long the platform wants us to keep still
}

func newGraph(base string, client *http.Client, token, appSecret Secret) (*graph, error) {
	if base == "" {
		base = DefaultGraphURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("graph url is not an http address without query and user")
	}
	own := http.Client{Transport: newTransport()}
	if client != nil {
		own = *client
	}
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	g := &graph{base: strings.TrimRight(base, "/"), client: &own}
	g.prove = func(token Secret) string { return proof(token, appSecret) }
	g.setToken(token)
	return g, nil
}

// newTransport keeps connections for the rate of one Page. They are dropped before
// the platform drops them: a request on a connection that is just being closed is
// one of unknown outcome. It speaks HTTP/1.1 on purpose: there the transport sends
// a POST again only if nothing of it was written, in HTTP/2 after some resets too.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		Protocols:              protocols,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        20 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func (g *graph) setToken(token Secret) {
	g.access.Store(&access{
		bearer: "Bearer " + string(token),
		query:  url.Values{"appsecret_proof": {g.prove(token)}}.Encode(),
	})
}

func (g *graph) get(ctx context.Context, path string, query url.Values) reply {
	return g.call(ctx, http.MethodGet, path, query, nil)
}

func (g *graph) post(ctx context.Context, path string, body any) reply {
	data, err := marshal(body)
	if err != nil {
		return reply{fate: unsent, fault: "encode"}
	}
	return g.call(ctx, http.MethodPost, path, nil, data)
}

// call makes one request and never a second one.
func (g *graph) call(ctx context.Context, method, path string, query url.Values, body []byte) reply {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return reply{fate: unsent, fault: "cancelled"}
	}
	var trail trail
	request, err := g.request(httptrace.WithClientTrace(ctx, trail.trace()), method, path, query, body)
	if err != nil {
		return reply{fate: unsent, fault: "request"}
	}
	response, err := g.client.Do(request)
	if err != nil {
		return trail.failure(ctx, err)
	}
	defer response.Body.Close()
	r := reply{status: response.StatusCode, rest: restOf(response.Header)}
	r.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		r.fate, r.fault = lost, "half_answer"
	case len(r.body) > maxAnswer:
		r.fate, r.fault, r.body = lost, "huge_answer", nil
	}
	return r
}

func (g *graph) request(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Request, error) {
	access := g.access.Load()
	address := g.base + "/" + path + "?" + access.query
	if len(query) > 0 {
		address += "&" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("bad request address")
	}
	request.Header.Set("Authorization", access.bearer)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "relance")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// trail remembers how far a request got.
type trail struct {
	tracing   atomic.Bool // the transport tells us
	connected atomic.Bool
	failed    atomic.Bool // writing it failed on the way
}

func (t *trail) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.tracing.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true); t.failed.Store(false) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				t.failed.Store(true)
			}
		},
	}
}

// failure judges an error of the transport. Only what cannot have reached the
// platform counts as unsent: no name, no connection, or a request that broke off
// before its end. When ctx ended the writing may still have been going on.
func (t *trail) failure(ctx context.Context, err error) reply {
	fault := "cut"
	if ctx.Err() != nil {
		fault = "timeout"
	}
	var dns *net.DNSError
	var op *net.OpError
	dialling := errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
	switch {
	case t.tracing.Load() && !t.connected.Load(), !t.tracing.Load() && dialling:
		return reply{fate: unsent, fault: "no_connection"}
	case t.failed.Load() && ctx.Err() == nil:
		return reply{fate: unsent, fault: "not_written"}
	}
	return reply{fate: lost, fault: fault}
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a request: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
