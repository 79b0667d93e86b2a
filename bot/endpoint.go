package bot

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/relance-bot/relance/flows"
)

// endpoints reach the handlers that bot.yaml declares.
type endpoints struct {
	guarded, open *http.Client // to public addresses only; to any
	private       bool         // any address is fine for all of them
	secret        func(name string) string
}

// maxRedirects is how many redirects of its own host a handler may answer with.
const maxRedirects = 3

func newEndpoints(c Config) *endpoints {
	client := func(guard func(network, address string, _ syscall.RawConn) error) *http.Client {
		reach := c.Endpoints
		if reach == nil {
			dialer := &net.Dialer{Timeout: 10 * time.Second, Control: guard}
			reach = &http.Transport{
				DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 32 << 10,
				MaxIdleConnsPerHost: callsAtOnce, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
			}
		}
		return &http.Client{Transport: reach, CheckRedirect: sameHost}
	}
	e := &endpoints{guarded: client(publicOnly), open: client(nil), private: c.AllowPrivate, secret: c.Secret}
	if e.secret == nil {
		e.secret = func(string) string { return "" }
	}
	return e
}

// sameHost follows redirects that stay where they are, with the same method.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	if req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// errPrivate says that an address is not one of the public network.
var errPrivate = errors.New("its address is private: allow_private: true in bot.yaml lets it be asked")

// publicOnly refuses, right before a connection is made and when the name has become an
// address, what is not public.
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !flows.Public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// MissingSecrets are the environment variables that headers of a program's handlers name,
// or its webhooks, and that are not set, each once. Handlers that a Go function replaces
// need none.
func (b *Bot) MissingSecrets(p *flows.Program) []string {
	var out []string
	for _, h := range p.Bot.Handlers {
		for _, header := range h.Headers {
			if !b.Handles(h.Name) && b.endpoints.secret(header.Env) == "" && !strings.Contains(" "+strings.Join(out, " ")+" ", " "+header.Env+" ") {
				out = append(out, header.Env)
			}
		}
	}
	for _, h := range p.Bot.Webhooks {
		if b.endpoints.secret(h.Secret) == "" && !slices.Contains(out, h.Secret) {
			out = append(out, h.Secret)
		}
	}
	return out
}

// endpoint is the Handler of what bot.yaml declares.
func (b *Bot) endpoint(ctx context.Context, c *Conversation, with map[string]any) (any, error) {
	program := b.Program()
	h, ok := program.Handler(c.Handler())
	if !ok {
		return nil, &callError{word: flows.CallUnreachable, final: true, err: errors.New("there is none of that name: no Go function was given to bot.Handle, and bot.yaml has no such handler")}
	}
	asked, err := program.Request(h.Name, with, c.world)
	if err != nil {
		return nil, &callError{word: flows.CallRefused, final: true, err: err}
	}
	req, err := b.endpoints.request(ctx, h, asked, c.ID())
	if err != nil {
		return nil, err
	}
	client := b.endpoints.guarded
	if h.AllowPrivate || b.endpoints.private {
		client = b.endpoints.open
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, unreached(ctx, err)
	}
	defer res.Body.Close()
	return answered(ctx, h, res)
}

// request is what goes out to a handler. id is the call's.
func (e *endpoints) request(ctx context.Context, h flows.Handler, asked flows.Request, id string) (*http.Request, error) {
	var body io.Reader
	if asked.Body != nil {
		body = bytes.NewReader(asked.Body)
	}
	req, err := http.NewRequestWithContext(ctx, asked.Method, asked.URL, body)
	if err != nil {
		return nil, &callError{word: flows.CallUnreachable, final: true, err: errors.New("its address cannot be read")}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Relance")
	req.Header.Set("Idempotency-Key", id)
	req.Header.Set("Relance-Call-Id", id)
	for _, header := range h.Headers {
		value := strings.TrimSpace(e.secret(header.Env))
		if value == "" || strings.ContainsAny(value, "\r\n\x00") {
			return nil, &callError{word: flows.CallRefused, final: true, err: fmt.Errorf("%s is not set, or cannot be a header", header.Env)}
		}
		req.Header.Set(header.Name, strings.TrimSpace(header.Scheme+" "+value))
	}
	return req, nil
}

// unreached puts an error of the client in our words; its own hold the address.
func unreached(ctx context.Context, err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errPrivate):
		return &callError{word: flows.CallUnreachable, final: true, err: errPrivate}
	}
	return &callError{word: flows.CallUnreachable, final: false, err: fmt.Errorf("could not be reached: %s", troubleOf(err))}
}

// troubleOf names the kind of trouble, and nothing else.
func troubleOf(err error) string {
	var name *net.DNSError
	var op *net.OpError
	var stranger x509.UnknownAuthorityError
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	var wait net.Error
	switch {
	case errors.As(err, &name):
		return "its name is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &stranger):
		return "its certificate is of no authority that is known"
	case errors.As(err, &other):
		return "its certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate is over, or not valid yet"
	case errors.As(err, &invalid):
		return "its certificate is not valid"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks http, and its address says https"
	case errors.As(err, &wait) && wait.Timeout():
		return "no connection was made in time"
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection could be made"
	case errors.As(err, &op):
		return "the connection broke off"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed"
	}
	return "what it answers is no HTTP, or its headers are too long"
}

// answered reads what a handler answered.
func answered(ctx context.Context, h flows.Handler, res *http.Response) (any, error) {
	bad := func(final bool, format string, args ...any) error {
		return &callError{word: flows.CallBadAnswer, final: final, err: fmt.Errorf(format, args...)}
	}
	switch {
	case res.StatusCode >= 500:
		return nil, &callError{word: flows.CallFailed, final: false, err: fmt.Errorf("answered %d", res.StatusCode)}
	case res.StatusCode == http.StatusRequestTimeout, res.StatusCode == http.StatusTooEarly, res.StatusCode == http.StatusTooManyRequests:
		return nil, &callError{word: flows.CallRefused, final: false, err: fmt.Errorf("answered %d", res.StatusCode)}
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return nil, &callError{word: flows.CallRefused, final: true, err: fmt.Errorf("answered %d: it sends elsewhere, where it is not followed", res.StatusCode)}
	case res.StatusCode < 200 || res.StatusCode >= 300:
		return nil, &callError{word: flows.CallRefused, final: true, err: fmt.Errorf("answered %d", res.StatusCode)}
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBody+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, bad(false, "its answer breaks off")
	case len(text) > maxAnswerBody:
		return nil, bad(true, "answered more than %d KiB", maxAnswerBody>>10)
	case len(h.Out) == 0:
		return nil, nil
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, bad(true, "answered without Content-Type: application/json")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // an order's number keeps its digits where bot.yaml declares a text
	v, err := decodeAnswer(d)
	if err != nil {
		return nil, err
	}
	if v, err = PlainNumbers(v); err != nil {
		return nil, bad(true, "a number in its answer %w", err)
	}
	return v, nil
}
