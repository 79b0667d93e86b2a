package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ErrNoHandler says that bot.yaml declares no handler of that name.
var ErrNoHandler = errors.New("there is no such handler")

// Request is what a handler of bot.yaml is asked. The values of its headers stand in
// the environment.
type Request struct {
	Method string
	URL    string
	Body   []byte // JSON; nil: it has none
}

// Handler finds a handler of bot.yaml.
func (p *Program) Handler(name string) (Handler, bool) {
	e := p.endpoints[name]
	if e == nil {
		return Handler{}, false
	}
	return e.Handler, true
}

// Request makes what a handler is asked, of what the call gives it and who calls. An
// error names no value; it is ErrNoHandler if bot.yaml has none of that name.
func (p *Program) Request(handler string, with map[string]any, w World) (Request, error) {
	h := p.endpoints[handler]
	if h == nil {
		return Request{}, fmt.Errorf("%w: %.60q", ErrNoHandler, handler)
	}
	e := newEnv(p, &w, p.Language(w.Contact)).names(with)
	address, err := h.at(e)
	if err != nil {
		return Request{}, err
	}
	r := Request{Method: h.Method, URL: address}
	if r.Method == "GET" || r.Method == "DELETE" {
		r.URL = h.query(r.URL, with)
		return r, nil
	}
	body := plainMap(with, 0)
	if h.bodied {
		body = make(map[string]any, len(h.body))
		for _, s := range h.body {
			v, err := s.value.value(e)
			if err != nil {
				return Request{}, fmt.Errorf("body: %w", err)
			}
			body[s.name.text] = plain(v)
		}
	}
	if r.Body, err = json.Marshal(body); err != nil {
		return Request{}, fmt.Errorf("body: %w", err)
	}
	return r, nil
}

// at is the endpoint's address. What is put into it can be a part of its path or
// query, and nothing else.
func (h *endpoint) at(e *env) (string, error) {
	if h.url.parts == nil {
		return h.url.source, nil
	}
	var b strings.Builder
	for _, p := range h.url.parts {
		if p.x == nil {
			b.WriteString(p.text)
			continue
		}
		v, err := p.x.value(e)
		if err != nil {
			return "", fmt.Errorf("its address: %w", err)
		}
		text := scalarText(v)
		if path := !strings.Contains(b.String(), "?"); path && (text == "" || strings.Trim(text, ".") == "") {
			return "", fmt.Errorf("its address: %s is empty", p.x.source)
		}
		b.WriteString(strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
	}
	return b.String(), nil
}

// query adds what the call gives and the address does not name, in order of name.
func (h *endpoint) query(address string, with map[string]any) string {
	values := url.Values{}
	for name, v := range with {
		if slices.Contains(h.named(), name) {
			continue
		}
		if list, ok := v.([]any); ok {
			for _, item := range list {
				values.Add(name, scalarText(item))
			}
			continue
		}
		values.Set(name, scalarText(v))
	}
	if len(values) == 0 {
		return address
	}
	address, _, _ = strings.Cut(address, "#") // a fragment is never sent
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	return address + joint + values.Encode()
}

// named are the names that the address uses.
func (h *endpoint) named() []string {
	var out []string
	for _, p := range h.url.parts {
		if p.x == nil || p.x.code == nil {
			continue
		}
		for _, s := range p.x.code.slots {
			out = append(out, s.path[0])
		}
	}
	return out
}
