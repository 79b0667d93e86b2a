package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/relance-bot/relance/bot"
)

// client speaks to the server of a bot that runs on this machine.
type client struct {
	base    string
	address string // as messages show it
	key     string
}

// errNoServer says that nothing listens where the server would, or something else.
var errNoServer = errors.New("no bot answers")

// errNoKey says that a server answers, and not to us.
var errNoKey = errors.New("set RELANCE_API_KEY")

// client finds the server by RELANCE_LISTEN.
func (e *environment) client() (*client, error) {
	listen, err := e.or("RELANCE_LISTEN", ":8080")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("RELANCE_LISTEN is %q: want HOST:PORT", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	key, err := e.get("RELANCE_API_KEY")
	if err != nil {
		return nil, err
	}
	return &client{base: "http://" + net.JoinHostPort(host, port), address: net.JoinHostPort(host, port), key: key}, nil
}

const maxAnswer = 64 << 20

// ownTimeout is how long the server may take to answer, and longTimeout where it reads
// everything there is.
const (
	ownTimeout  = 30 * time.Second
	longTimeout = 10 * time.Minute
)

// call does one request. errNoServer if no bot answers; a refusal if the server says no
// to it.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, ownTimeout)
	defer cancel()
	return c.do(ctx, method, path, in, func(body io.Reader) error {
		raw, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
		switch {
		case err != nil:
			return err
		case len(raw) > maxAnswer:
			return errors.New("the server's answer is larger than 64 MiB")
		case out == nil || len(raw) == 0:
			return nil
		}
		return json.Unmarshal(raw, out)
	})
}

// do makes a request, and gives the body of a good answer to read.
func (c *client) do(ctx context.Context, method, path string, in any, read func(body io.Reader) error) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := http.DefaultClient.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return errNoServer
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		if err != nil {
			return err
		}
		return refused(res, raw)
	}
	return read(res.Body)
}

// answer is what somebody answered a request with.
type answer struct {
	status int
	header http.Header
	body   []byte // its first 64 KiB
}

// probe makes one request as the platform does: it follows no redirect. The error names no
// address, which may hold what is secret.
func probe(ctx context.Context, timeout time.Duration, method, address string, header http.Header, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, unaddressed(err)
	}
	if header != nil {
		req.Header = header.Clone()
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, unaddressed(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return answer{status: res.StatusCode, header: res.Header, body: raw}, err
}

// webhookTimeout is how long an emulated platform waits for a bot.
const webhookTimeout = 10 * time.Second

// post brings a webhook to an address and returns the status.
func post(ctx context.Context, address string, header http.Header, body []byte) (int, error) {
	got, err := probe(ctx, webhookTimeout, http.MethodPost, address, header, body)
	return got.status, err
}

// unaddressed is an error of a request without its address.
func unaddressed(err error) error {
	var wrong *url.Error
	if errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}

// refusal is what a server says no to, in its own words: asking again is no use.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.text }

// Is tells what the bot itself would have said.
func (r *refusal) Is(target error) bool {
	return target == bot.ErrUnknownContact && r.code == "unknown_contact" || target == bot.ErrStats && r.code == "bad_query"
}

func refused(res *http.Response, raw []byte) error {
	var answer struct {
		Error struct{ Code, Message string } `json:"error"`
	}
	if json.Unmarshal(raw, &answer) != nil || answer.Error.Message == "" {
		return errNoServer // no Relance answers so
	}
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s: %w, the same for the server, and start it anew if it had another", answer.Error.Message, errNoKey)
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		return &refusal{answer.Error.Code, answer.Error.Message}
	}
	return errors.New(answer.Error.Message)
}
