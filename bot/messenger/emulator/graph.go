package emulator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxRequest = 1 << 20 // bytes of a Graph call
	// proofAge is how old a time-stamped appsecret_proof may be.
	proofAge = 5 * time.Minute
)

// Call is one request to the Graph API and what became of it. Of a batch each call
// is one, and the whole only if it was refused.
type Call struct {
	Number  int64      `json:"number"` // counts up, from 1
	At      time.Time  `json:"at"`
	Method  string     `json:"method"`
	Path    string     `json:"path"`             // as requested, with the base path and version
	Query   url.Values `json:"query,omitempty"`  // access token and proof blanked
	Body    string     `json:"body,omitempty"`   // as sent, access token and proof blanked; in a batch the fields of its form, as JSON
	Proof   bool       `json:"proof"`            // it carried a valid appsecret_proof
	Status  int        `json:"status,omitempty"` // HTTP; 0: cut before the answer, or null in a batch
	Code    int        `json:"code,omitempty"`   // of a refusal; 0: accepted
	Subcode int        `json:"subcode,omitempty"`
	MID     string     `json:"mid,omitempty"` // of the message sent
}

// Log lists the Graph calls, oldest first.
func (p *Platform) Log() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call(nil), p.calls...)
}

// answer is what a Graph call gets: a status with a JSON value, or a cut connection.
type answer struct {
	status int
	value  any
	cut    bool
	busy   bool // refused for calling too often
	mid    string
	after  []*hook // released once the answer is out

	refusal *Refusal
}

// Graph serves the Graph API of the Page: POST PAGE/messages and what belongs to
// it, under any base path and version (…/v25.0/PAGE/messages), one by one or up to
// fifty in a batch (POST … with the field batch).
func (p *Platform) Graph() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := p.handle(r)
		defer p.release(a)
		p.dawdle(r.Context())
		if a.cut {
			panic(http.ErrAbortHandler) // net/http's way to end a connection without an answer
		}
		header, body := p.write(a)
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(body) // nobody to tell if the client has left
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	})
}

// dawdle waits as SlowNext says. Whoever called may give up meanwhile.
func (p *Platform) dawdle(ctx context.Context) {
	p.mu.Lock()
	by := p.faults.slow.take()
	p.mu.Unlock()
	if by <= 0 {
		return
	}
	timer := time.NewTimer(by)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// write renders an answer.
func (p *Platform) write(a answer) (http.Header, []byte) {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Facebook-Api-Version", "v25.0")
	p.mu.Lock()
	h.Set("X-App-Usage", p.usage())
	if a.busy {
		h.Set("X-Business-Use-Case-Usage", p.businessUsage())
	}
	p.mu.Unlock()
	body, err := json.Marshal(a.value)
	if err != nil {
		body = []byte(`{}`)
	}
	return h, body
}

// release lets the webhooks of a call go, now that its answer is out.
func (p *Platform) release(a answer) {
	if len(a.after) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range a.after {
		h.held = false
	}
	p.poke()
}

// params are the parameters of a call, from its query and its JSON or form body.
type params map[string]any

// handle decides a call. It does everything but answer.
func (p *Platform) handle(r *http.Request) answer {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	in, refusal := params{}, (*Refusal)(nil)
	switch {
	case err != nil || len(body) > maxRequest:
		refusal = wrong("The request is too large", "A call has at most %d bytes.", maxRequest)
	default:
		in, refusal = parse(r, body)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if _, batch := in["batch"]; batch && r.Method == http.MethodPost {
		a := p.batch(r, in)
		if a.refusal == nil {
			a.status = http.StatusOK
			return a // each of its calls is in the log
		}
		refusal = a.refusal
	}
	return p.decide(r, in, refusal, func() string { return blank(body, in) })
}

// decide makes one call, unless it is refused already, and logs it. shown writes its
// body when in has lost the secrets.
func (p *Platform) decide(r *http.Request, in params, refusal *Refusal, shown func() string) answer {
	call := Call{At: p.cfg.Now(), Method: r.Method, Path: r.URL.Path, Query: blankQuery(r.URL.Query())}
	var a answer
	app := p.byApp(r)
	if refusal == nil && !app {
		call.Proof, refusal = p.authorize(r, in)
		if refusal == nil {
			refusal = p.callRate()
		}
	}
	if refusal == nil && app {
		call.Proof, a = p.appCall(r, in)
		refusal = a.refusal
	}
	for _, key := range credentials {
		delete(in, key)
	}
	call.Body = shown()
	if refusal == nil && !app {
		a = p.route(r, in)
		refusal = a.refusal
	}
	switch {
	case refusal != nil:
		a = p.refused(refusal, r.Method != http.MethodGet)
		call.Code, call.Subcode = refusal.Code, refusal.Subcode
	case !a.cut:
		a.status = http.StatusOK
	}
	p.made++
	call.Number, call.Status, call.MID = p.made, a.status, a.mid
	p.calls = trim(append(p.calls, call), maxCalls)
	return a
}

// refused turns a refusal into the platform's error envelope and lists it. A failed
// look-up is not worth listing: most Pages may not read profiles.
func (p *Platform) refused(r *Refusal, list bool) answer {
	r.At = p.cfg.Now()
	if p.cfg.Instagram {
		r.onInstagram()
	}
	if q := p.people[r.PSID]; q != nil {
		r.Name = q.name()
	}
	if list {
		p.refusals = trim(append(p.refusals, *r), maxRefusals)
		p.changed()
	}

	known := usual(r.Code, r.Subcode)
	fault := map[string]any{
		"message": r.Message, "type": cmp.Or(r.kind, "OAuthException"), "code": r.Code,
		"fbtrace_id": "A" + p.digits("trace"),
	}
	if r.Subcode != 0 {
		fault["error_subcode"] = r.Subcode
	}
	if known.transient {
		fault["is_transient"] = true
	}
	if r.data != nil {
		fault["error_data"] = r.data
	}
	a := answer{status: http.StatusBadRequest, value: map[string]any{"error": fault}}
	if known.status != 0 {
		a.status = known.status
	}
	switch r.Code {
	case codeLimit, codeCustomLimit, 17, 32, busyCode, busyInstagramCode:
		a.busy = r.Subcode == 0
	}
	return a
}

// parse reads the parameters of a call; a body counts before the query.
func parse(r *http.Request, body []byte) (params, *Refusal) {
	in := params{}
	for k, v := range r.URL.Query() {
		in[k] = v[0]
	}
	kind, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none: JSON
	switch {
	case len(body) == 0:
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, wrong("Invalid form", "The body is not a form: its percent-encoding is broken.")
		}
		for k, v := range form {
			in[k] = loosen(v[0])
		}
	case kind == "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), options["boundary"]).ReadForm(maxRequest)
		if err != nil || len(form.File) > 0 {
			return nil, wrong("Invalid form", "The body is not a form of texts in parts.")
		}
		for k, v := range form.Value {
			in[k] = loosen(v[0])
		}
	default:
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.UseNumber()
		var top map[string]any
		if err := d.Decode(&top); err != nil || d.More() {
			return nil, wrong("Invalid JSON", "The body is not one JSON object.")
		}
		for k, v := range top {
			in[k] = v
		}
	}
	return in, nil
}

// loosen reads the nested values of a form, which are JSON in a string.
func loosen(text string) any {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			return v
		}
	}
	return text
}
