package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// graph is a Graph endpoint that accepts every message and costs as little as one
// can. It understands single calls and the batch call (platform rules, "batch").
type graph struct {
	book atomic.Pointer[book] // of the job that runs; nil before the first
	mids atomic.Uint64
}

// maxBatch is how many calls one batch may hold.
const maxBatch = 50

// listen serves on a free port of loopback and returns the base of all calls.
func (g *graph) listen() (base string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &fasthttp.Server{
		Handler: g.handle, Name: "graph", NoDefaultDate: true, NoDefaultContentType: true, DisablePreParseMultipartForm: true,
		Concurrency: 64 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	stop = func() {
		_ = l.Close()
		<-done
	}
	return "http://" + l.Addr().String() + "/v25.0", stop, nil
}

var profile = []byte(`{"first_name":"Zoe","last_name":"Martin","locale":"en_GB","timezone":1,"id":"24"}`)

// handle notes the instant a call has come before anything else.
func (g *graph) handle(c *fasthttp.RequestCtx) {
	b := g.book.Load()
	c.Response.Header.SetContentType("application/json; charset=UTF-8")
	if c.IsGet() || b == nil {
		c.Response.SetBodyRaw(profile)
		return
	}
	at := b.now()
	b.requests.Add(1)
	body := c.Request.Body()
	if bytes.HasSuffix(c.Path(), []byte("/messages")) {
		c.Response.SetBody(g.message(b, nil, body, at))
	} else {
		g.batch(c, b, at)
	}
	if b.job.Latency > 0 {
		time.Sleep(b.job.Latency)
	}
}

var (
	byPerson = []byte(`"recipient":{"id":"`)
	byToken  = []byte(`"notification_messages_token":"`)
	content  = []byte(`"message":`)
)

// message notes one message and appends its answer to out. The recipient is found
// by its bytes where it stands as everybody writes it.
func (g *graph) message(b *book, out, body []byte, at int64) []byte {
	if !bytes.Contains(body, content) { // typing, marks
		return append(out, `{"recipient_id":"24"}`...)
	}
	if b.sample.Load() == nil {
		text := string(body)
		b.sample.CompareAndSwap(nil, &text)
	}
	person, token := after(body, byPerson), after(body, byToken)
	if len(person) == 0 && len(token) == 0 {
		person, token = decoded(body)
	}
	b.message(person, token, at)
	out = append(out, `{"recipient_id":"`...)
	out = append(out, person...)
	out = append(out, `","message_id":"`...)
	out = appendMID(out, g.mids.Add(1))
	return append(out, `"}`...)
}

// after is the word between a mark and the next quote.
func after(body, mark []byte) []byte {
	i := bytes.Index(body, mark)
	if i < 0 {
		return nil
	}
	rest := body[i+len(mark):]
	if end := bytes.IndexByte(rest, '"'); end >= 0 {
		return rest[:end]
	}
	return nil
}

// decoded finds the recipient in JSON written in another way.
func decoded(body []byte) (person, token []byte) {
	var m struct {
		Recipient struct {
			ID    string
			Token string `json:"notification_messages_token"`
		}
	}
	if json.Unmarshal(body, &m) != nil {
		return nil, nil
	}
	return []byte(m.Recipient.ID), []byte(m.Recipient.Token)
}

// midPadding makes a message id as long as the platform's, 88 characters.
var midPadding = strings.Repeat("QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwl", 2)[:70]

// appendMID writes the n-th message id. Like the platform's, ids come in no order.
func appendMID(out []byte, n uint64) []byte {
	n *= 0x9e3779b97f4a7c15
	n ^= n >> 29
	out = append(out, "m_"...)
	digits := strconv.AppendUint(nil, n|1<<63, 16)
	out = append(out, digits...)
	return append(out, midPadding...)
}

// batch answers a batch call: fields of a form or members of an object, a list of
// calls whose bodies are forms or JSON.
func (g *graph) batch(c *fasthttp.RequestCtx, b *book, at int64) {
	list := c.PostArgs().Peek("batch")
	if len(list) == 0 {
		var object struct{ Batch json.RawMessage }
		if json.Unmarshal(c.Request.Body(), &object) == nil {
			list = object.Batch
		}
		if len(list) > 0 && list[0] == '"' { // a list written as a text
			var text string
			if json.Unmarshal(list, &text) == nil {
				list = []byte(text)
			}
		}
	}
	var calls []struct {
		Method string `json:"method"`
		URL    string `json:"relative_url"`
		Body   string `json:"body"`
	}
	if err := json.Unmarshal(list, &calls); err != nil || len(calls) > maxBatch {
		c.SetStatusCode(fasthttp.StatusBadRequest)
		c.SetBodyString(`{"error":{"message":"Too many requests in batch message, or none","type":"GraphBatchException","code":100}}`)
		return
	}
	out := append(make([]byte, 0, 200*len(calls)), '[')
	var one []byte
	for i, call := range calls {
		if i > 0 {
			out = append(out, ',')
		}
		one = g.message(b, one[:0], plain(call.Body), at)
		out = append(out, `{"code":200,"body":`...)
		out = strconv.AppendQuote(out, string(one)) // ids and braces: what Go quotes here is JSON
		out = append(out, '}')
	}
	c.Response.SetBody(append(out, ']'))
}

// plain is the body of a call as JSON. A form's fields hold JSON each.
func plain(body string) []byte {
	if strings.HasPrefix(body, "{") {
		return []byte(body)
	}
	var form fasthttp.Args
	form.Parse(body)
	return fmt.Appendf(nil, `{"recipient":%s,"message":%s}`, form.Peek("recipient"), form.Peek("message"))
}
