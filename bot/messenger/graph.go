package messenger

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/relance-bot/relance/bot"
)

// graph is the client of the Graph API. The token goes in a header, and not in an
// address, but for the one call that asks about it (Channel.debug); its proof goes in the
// query, where the platform takes it for every method. Errors hold neither.
//
// A request is written by one call and read by fasthttp, on a connection that is
// ours alone: so it is known, better than any transport tells it, how much of a
// request has left. Nothing is sent a second time here.
type graph struct {
	host   string // as the Host header has it
	base   string // path of all calls, escaped, with a slash at the end
	root   string // base without the version: the path of a batch
	lines  *lines
	prove  func(token Secret) string // a function, that nothing can print
	access atomic.Pointer[access]
	spare  sync.Pool       // of *exchange
	forms  chan *batchForm // that were sent, to be written anew
}

// access is a token and what proves that we may use it.
type access struct {
	token  Secret
	bearer string // the header
	query  string // the proof
	form   string // the token as a field of a form
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

// request is one call, with at most one of query and body.
type request struct {
	method string
	path   string // escaped, from its first slash on
	query  url.Values
	kind   string // Content-Type of the body
	body   []byte
	limit  time.Duration // callTimeout if 0
}

const (
	kindJSON = "application/json"
	kindForm = "application/x-www-form-urlencoded"
)

func newGraph(base string, dial Dial, token, appSecret Secret) (*graph, error) {
	if base == "" {
		base = DefaultGraphURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !isASCII(u.Host) {
		return nil, errors.New("graph url is not an http address without query and user")
	}
	route, err := newRoute(u, dial)
	if err != nil {
		return nil, err
	}
	g := &graph{host: u.Host, base: strings.TrimRight(u.EscapedPath(), "/") + "/", lines: newLines(route.open), forms: make(chan *batchForm, maxForms)}
	g.root = strings.TrimSuffix(g.base, g.version())
	g.prove = func(token Secret) string { return proof(token, appSecret) }
	g.spare.New = func() any { return &exchange{in: bufio.NewReaderSize(nil, maxHeader)} }
	g.setToken(token)
	return g, nil
}

func (g *graph) setToken(token Secret) {
	g.access.Store(&access{
		token:  token,
		bearer: "Bearer " + string(token),
		query:  url.Values{"appsecret_proof": {g.prove(token)}}.Encode(),
		form:   url.Values{"access_token": {string(token)}}.Encode(),
	})
}

// version is the last part of the base, with its slash, if that is a version of the
// API: "v25.0/". A path of a test or of a gateway may stand before it, or alone.
func (g *graph) version() string {
	part := g.base[strings.LastIndexByte(g.base[:len(g.base)-1], '/')+1:]
	if number, ok := strings.CutPrefix(part, "v"); !ok || strings.Trim(number, "0123456789.") != "/" {
		return ""
	}
	return part
}

// call makes one request and never a second one.
func (g *graph) call(ctx context.Context, r request) reply {
	if ctx.Err() != nil {
		return reply{fate: unsent, fault: "cancelled"}
	}
	limit := r.limit
	if limit == 0 {
		limit = callTimeout
	}
	began := now()
	end := began.Add(limit)
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(end) {
		end = earlier
	}
	line, err := g.lines.take(ctx, began, end)
	if err != nil {
		return reply{fate: unsent, fault: "no_connection"}
	}
	x := g.spare.Get().(*exchange)
	defer g.keep(x)
	x.out = g.write(x.out[:0], &r)

	// The line's own deadline ends everything below; a context that may be cancelled
	// before moves it to now.
	quit := func() bool { return true }
	if _, punctual := ctx.(*bot.Term); !punctual && ctx.Done() != nil {
		quit = context.AfterFunc(ctx, line.interrupt)
	}
	answer := x.run(ctx, line, end)
	if quit() && x.kept {
		g.lines.give(line)
	} else {
		g.lines.drop(line)
	}
	return answer
}

// keep puts an exchange aside for the next call, unless it has grown large.
func (g *graph) keep(x *exchange) {
	if cap(x.out) <= maxSpare {
		g.spare.Put(x)
	}
}

// write renders a request. Nothing in it can break out of its line: addresses are
// escaped, the token has no blanks, and the rest is ours.
func (g *graph) write(out []byte, r *request) []byte {
	access := g.access.Load()
	out = append(out, r.method...)
	out = append(out, ' ')
	out = append(out, r.path...)
	out = append(out, '?')
	out = append(out, access.query...)
	if len(r.query) > 0 {
		out = append(out, '&')
		out = append(out, r.query.Encode()...)
	}
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, g.host...)
	out = append(out, "\r\nAuthorization: "...)
	out = append(out, access.bearer...)
	out = append(out, "\r\nAccept: application/json\r\nUser-Agent: relance\r\n"...)
	if r.body != nil {
		out = append(out, "Content-Type: "...)
		out = append(out, r.kind...)
		out = append(out, "\r\nContent-Length: "...)
		out = strconv.AppendInt(out, int64(len(r.body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, r.body...)
}

// exchange is what a call needs for a moment, used again and again.
type exchange struct {
	out  []byte
	in   *bufio.Reader
	kept bool // the line can carry another request
}

// run writes the request and reads its answer.
func (x *exchange) run(ctx context.Context, line *line, end time.Time) reply {
	x.kept = false
	// Whoever has not got all of a request cannot act on it: its length stands in its
	// header. That the rest of it failed to leave is as good as nothing.
	if n, err := line.Write(x.out); n < len(x.out) {
		return reply{fate: unsent, fault: "not_written"}
	} else if err != nil {
		return reply{fate: lost, fault: "cut"}
	}
	x.in.Reset(line)
	defer x.in.Reset(nil)
	answer := fasthttp.AcquireResponse()
	defer fasthttp.ReleaseResponse(answer)
	if err := readHeader(answer, x.in); err != nil {
		// The line's deadline may be noticed before the context's, and the error of a
		// header that was begun does not tell.
		if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || !now().Before(end) {
			return reply{fate: lost, fault: "timeout"}
		}
		return reply{fate: lost, fault: "cut"}
	}
	r := reply{status: answer.StatusCode(), rest: restOf(&answer.Header)}
	body, err := readBody(answer, x.in)
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		r.fate, r.fault = lost, "huge_answer"
	case err != nil:
		r.fate, r.fault = lost, "half_answer"
	default:
		r.body = append(r.body, body...)
		// More than was asked for is somebody else's answer: such a line is not used again.
		// So is what comes behind an answer that has no body, and says how long it is.
		x.kept = !answer.ConnectionClose() && x.in.Buffered() == 0 && !bodiless(r.status)
	}
	return r
}

// readHeader reads the header of an answer, past those that only say "go on" or tell what
// is to come. One that changes to another protocol is none.
func readHeader(answer *fasthttp.Response, in *bufio.Reader) error {
	for range maxHints {
		switch err := answer.Header.Read(in); {
		case err != nil:
			return err
		case answer.StatusCode() == http.StatusSwitchingProtocols:
			return errors.New("another protocol")
		case answer.StatusCode() >= http.StatusOK:
			return nil
		}
	}
	return errors.New("no answer but hints")
}

// bodiless answers end with their header.
func bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// readBody reads the body of an answer. We ask for none that is compressed; one that
// is all the same is undone within the bound.
func readBody(answer *fasthttp.Response, in *bufio.Reader) ([]byte, error) {
	if bodiless(answer.StatusCode()) {
		return nil, nil
	}
	if err := answer.ReadBody(in, maxAnswer); err != nil {
		return nil, err
	}
	if answer.Header.ContentLength() == -1 { // chunked: what may follow the last chunk
		if err := answer.Header.ReadTrailer(in); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	if string(answer.Header.ContentEncoding()) == "gzip" {
		return answer.BodyGunzipWithLimit(maxAnswer)
	}
	return answer.Body(), nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
