package flows

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Handler is an HTTP endpoint that call: may run; a Go function of the same name wins.
type Handler struct {
	Name   string
	Method string // POST, GET, PUT, PATCH, DELETE
	URL    string // as written, with {{ }}
	In     []Field
	Out    []Field // nil: what it answers is of no interest
	Many   bool    // it answers a list of Out
	// Headers are those whose values stand in the environment.
	Headers      []Header
	Timeout      time.Duration // of one try; 0: the step's
	Retries      int           // of its calls, unless they say otherwise
	AllowPrivate bool          // it may be in the network the bot runs in
}

// Header is a header of a request. Its value is that of an environment variable,
// behind a scheme such as Bearer, if there is one.
type Header struct{ Name, Scheme, Env string }

// Bounds of handlers.
const (
	callPatience = 10 * time.Second // timeout of call, unless it says otherwise
	callRetries  = 2                // retries of call, unless it says otherwise
	maxPatience  = 5 * time.Minute  // of a call: the person's messages wait meanwhile
	maxRetries   = 10
	maxCalls     = 20      // of one flow in a row, without the person or a pause between
	maxResult    = 8 << 10 // bytes of JSON that a call saves
)

// methods are the keys that name an endpoint's address.
var methods = []string{"post", "get", "put", "patch", "delete"}

// handlerKeys are the others.
var handlerKeys = []string{"in", "out", "headers", "body", "timeout", "retries", "allow_private"}

// inTypes are the types of what an endpoint is told, and answers.
var inTypes = append(slices.Clone(dataTypes), "list")

// endpoint is a Handler as decoded, with its places and templates.
type endpoint struct {
	Handler
	name   word
	url    *template
	method word // the key
	takes  bool // in: is there
	body   []setting
	bodied bool // body: is there
	broken bool // nothing is known of what it takes and gives
}

// handlerList reads handlers:.
func (d *decoder) handlerList(f *fields, b *botFile) {
	for _, p := range f.entries("handlers", "handler") {
		if p.value.kind != mapNode && d.slipped(f.n.get("handlers"), p, "handler", slices.Concat(methods, handlerKeys)...) {
			continue
		}
		e := d.endpoint(p)
		b.endpoints = append(b.endpoints, e)
		b.bot.Handlers = append(b.bot.Handlers, e.Handler)
	}
}

// endpoint reads one handler.
func (d *decoder) endpoint(p pair) *endpoint {
	e := &endpoint{Handler: Handler{Name: p.key.text}, name: p.key}
	before := len(d.out.list)
	one := d.fields(p.value, "handler")
	e.address(d, one)
	e.takes = one.has("in")
	e.In = d.typesIn(one.node("in"), "in", inTypes)
	e.answer(d, one.node("out"))
	e.headers(d, one)
	if e.bodied = one.has("body"); e.bodied {
		e.body = one.settings("body")
	}
	if e.bodied && (e.Method == "GET" || e.Method == "DELETE") {
		d.errorf("handler", one.key("body"), "delete it, or write post: instead of "+e.method.text+":", "a %s has no body", e.method.text)
	}
	e.Timeout, e.Retries = d.patience(one), d.retries(one, callRetries)
	e.AllowPrivate = one.boolean("allow_private", false)
	one.finish()
	e.broken = one.n.broken || len(d.out.list) > before
	if e.url != nil && !e.broken { // one that is not asked gives and takes what it says all the same
		d.whereTo(e.url.fixedPart(), e.url.span, e.AllowPrivate)
	}
	return e
}

// address reads the method and the URL.
func (e *endpoint) address(d *decoder, f *fields) {
	for _, method := range methods {
		if !f.has(method) {
			continue
		}
		if e.Method != "" {
			d.errorf("handler", f.key(method), "keep one of the two; another address is another handler", "a handler has one address; this one has %s: already", e.method.text)
			continue
		}
		e.Method, e.method = strings.ToUpper(method), word{text: method, span: f.key(method)}
		if e.url = f.template(method); e.url != nil {
			e.URL = e.url.source
			e.host(d)
		}
	}
	if e.Method == "" && !f.n.broken && !slices.ContainsFunc(f.n.pairs, func(p pair) bool {
		return !contains(handlerKeys, p.key.text) && nearest(p.key.text, methods) != ""
	}) {
		d.errorf("key-missing", e.name.span, `add post: "https://…"`, "the handler %q has no address", e.Name)
	}
}

var (
	fixedHost  = regexp.MustCompile(`^https?://[^/?#{]+([/?#]|$)`)
	secretPart = regexp.MustCompile(`(?i)[?&](api_?key|key|token|access_token|auth|secret|password|pass|pwd)=[^{&]`)
)

// host checks what of the address must stand in it as it is.
func (e *endpoint) host(d *decoder) {
	at := e.url.span
	u, err := url.Parse(e.url.fixedPart())
	switch {
	case !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://") && !strings.HasPrefix(e.URL, "{{"):
		d.link(word{text: e.URL, span: at})
	case !fixedHost.MatchString(e.URL) || err != nil || u.Host == "":
		d.errorf("handler", at, `write it out up to the path: "https://shop.example/stock/{{ size }}"`, "the host of an address cannot be computed, or is not one")
	case u.User != nil:
		d.errorf("handler-secret", at, "write headers: {Authorization: Basic $SHOP_LOGIN}, and set SHOP_LOGIN in the environment", "a password stands in the address")
	case secretPart.MatchString(e.URL):
		d.errorf("handler-secret", at, "send it as a header: headers: {Authorization: Bearer $SHOP_TOKEN}, and set SHOP_TOKEN in the environment", "a secret stands in the address")
	}
}

// fixedPart is the text of a template in front of its first {{.
func (t *template) fixedPart() string {
	if t.parts == nil {
		return t.source
	}
	return t.parts[0].text
}

// answer reads out:, a record or a list of them in brackets.
func (e *endpoint) answer(d *decoder, n *node) {
	if n == nil {
		return
	}
	if n.kind == listNode && len(n.items) == 1 {
		e.Many, n = true, n.items[0]
	}
	e.Out = d.typesIn(n, "out", inTypes)
	if n.kind == mapNode && len(n.pairs) == 0 {
		d.errorf("handler", n.span, "write out: {left: number}, or leave out: away if its answer is of no interest", "out: names nothing")
	}
}

// typesIn reads name: type maps in which a list may say what it is of.
func (d *decoder) typesIn(n *node, what string, types []string) []Field {
	if n == nil || n.broken {
		return nil
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write {model: text, size: number}", "%s takes names with their types, this is %s", what, n.describe())
		return nil
	}
	var out []Field
	for _, p := range n.pairs {
		if !isLocal(p.key.text) {
			d.errorf("name", p.key.span, "begin with a letter; letters, digits and _ may follow", "%q cannot be a name", p.key.text)
		}
		if inner := p.value.get("of"); what == "out" && p.value.kind == mapNode && inner != nil {
			f := d.fields(p.value, "answer")
			f.has("of")
			if kind := f.oneOf("type", "list", inTypes...); kind != "list" {
				d.errorf("key-unknown", f.key("of"), "write type: list, or delete it", "only a list is of something")
			}
			out = append(out, Field{Name: p.key.text, Type: "list", Of: d.typesIn(inner, "of", inTypes)})
			f.finish()
			continue
		}
		if field, ok := d.field(p, types); ok {
			out = append(out, field)
		}
	}
	return out
}

var (
	headerName  = lazily(`^[A-Za-z][A-Za-z0-9-]{0,60}$`)
	headerValue = lazily(`^(?:(Bearer|Basic|Token) )?\$([A-Z][A-Z0-9_]{0,60})$`)
	// ownHeaders are those that say what the request is; the bot writes them.
	ownHeaders = []string{"host", "content-length", "content-type", "transfer-encoding", "connection", "accept", "accept-encoding", "idempotency-key", "relance-call-id", "user-agent"}
)

// headers reads headers:, whose values stand in the environment alone.
func (e *endpoint) headers(d *decoder, f *fields) {
	n := f.node("headers")
	if n == nil {
		return
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write headers: {Authorization: Bearer $SHOP_TOKEN}", `"headers" takes names with values, this is %s`, n.describe())
		return
	}
	for _, p := range n.pairs {
		if p.value.broken {
			continue
		}
		switch {
		case !headerName().MatchString(p.key.text) || contains(ownHeaders, strings.ToLower(p.key.text)):
			d.errorf("handler", p.key.span, "choose another, or delete it", "a handler cannot set the header %q", p.key.text)
			continue
		case p.value.kind != scalarNode:
			d.errorf("shape", p.value.span, "write "+p.key.text+": $SHOP_TOKEN", "a header has a single value, this is %s", p.value.describe())
			continue
		}
		m := headerValue().FindStringSubmatch(p.value.text)
		if m == nil {
			d.errorf("handler-secret", p.value.span, "write "+p.key.text+": $SHOP_TOKEN, or Bearer $SHOP_TOKEN, and set SHOP_TOKEN in the environment or in the file .env", "the value of a header comes from the environment, and never stands in bot.yaml")
			continue
		}
		e.Headers = append(e.Headers, Header{Name: p.key.text, Scheme: m[1], Env: m[2]})
	}
}

// patience reads timeout: of a handler or call; 0 if there is none.
func (d *decoder) patience(f *fields) time.Duration {
	timeout := f.duration("timeout", 0)
	d.timeouts(f, timeout, block{})
	if timeout > maxPatience {
		d.errorf("duration", f.at("timeout"), "write 5m or less; to wait longer let the shop send an event, and wait: {event: NAME}", "while a handler is asked the person's messages wait: %s is too long", f.n.get("timeout").text)
	}
	return timeout
}

// retries reads retries:.
func (d *decoder) retries(f *fields, otherwise int) int {
	n := f.integer("retries", otherwise)
	if n < 0 || n > maxRetries {
		d.errorf("number", f.at("retries"), "write 0 to "+itoa(maxRetries), "a handler is not asked again %d times", n)
	}
	return n
}
