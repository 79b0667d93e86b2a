package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBatch is how many calls one batch may hold.
const maxBatch = 50

// credentials are what a call may leave to the batch that it stands in.
var credentials = []string{"access_token", "appsecret_proof", "appsecret_time"}

// batch makes the calls of a batch, each by the rules of a single one. The platform
// makes them side by side and promises no order, so the last is made first here; the
// answers stand in the order of the calls. One that gets no answer is null.
func (p *Platform) batch(r *http.Request, in params) answer {
	lent := params{}
	for _, key := range credentials {
		if value, ok := in[key]; ok {
			lent[key] = value
		}
	}
	if _, ok := lent["access_token"]; !ok {
		lent["access_token"], _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if _, refusal := p.authorize(r, in); refusal != nil {
		return answer{refusal: refusal}
	}
	calls, ok := in["batch"].([]any)
	switch {
	case !ok || len(calls) == 0:
		return answer{refusal: wrong("Param batch must be a JSON array", "The field batch is not a list of calls.")}
	case len(calls) > maxBatch:
		refusal := wrong("", "The batch holds %d calls; the platform takes %d.", len(calls), maxBatch)
		refusal.Message = fmt.Sprintf("Too many requests in batch message. Maximum batch size is %d", maxBatch)
		refusal.kind = "GraphBatchException"
		return answer{refusal: refusal}
	}
	headers := in["include_headers"] != "false" && in["include_headers"] != false
	entries := make([]any, len(calls))
	var whole answer
	for i, call := range slices.Backward(calls) {
		a := p.operation(r, call, lent)
		whole.after = append(whole.after, a.after...)
		whole.busy = whole.busy || a.busy
		if !a.cut {
			entries[i] = inBatch(a, headers)
		}
	}
	whole.value = entries
	return whole
}

// inBatch is the answer to one call as a batch shows it: its body is JSON in a text.
func inBatch(a answer, headers bool) map[string]any {
	body, err := json.Marshal(a.value)
	if err != nil {
		body = []byte(`{}`)
	}
	e := map[string]any{"code": a.status, "body": string(body)}
	if headers {
		e["headers"] = []map[string]string{{"name": "Content-Type", "value": "application/json; charset=UTF-8"}}
	}
	return e
}

// operation makes one call of a batch.
func (p *Platform) operation(outer *http.Request, call any, lent params) answer {
	fields, _ := call.(map[string]any)
	reader := &reader{}
	o := object{"batch", fields}
	if fields == nil {
		reader.wrong("batch", "must hold objects", "A call of the batch is not an object.")
	}
	reader.only(o, "method", "relative_url", "body", "headers")
	method := reader.choice(o, "method", http.MethodGet, http.MethodPost, http.MethodDelete)
	to, err := url.Parse("/" + strings.TrimLeft(reader.needed(o, "relative_url", maxRequest), "/"))
	if err != nil {
		reader.wrong(o.at("relative_url"), "must be a path", "The relative_url is no path of the Graph API.")
		to = &url.URL{}
	}
	body := reader.text(o, "body", maxRequest)
	if method == "" {
		method = http.MethodGet
	}
	to.Path = strings.TrimRight(outer.URL.Path, "/") + to.Path
	r := &http.Request{Method: method, URL: to, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	in, refusal := parse(r, []byte(body))
	if refusal == nil {
		refusal = reader.refusal
	}
	if refusal != nil {
		in = params{}
	}
	if _, own := in["access_token"]; !own {
		for key, value := range lent {
			if _, own := in[key]; !own {
				in[key] = value
			}
		}
	}
	return p.decide(r, in, refusal, in.json)
}

// json writes parameters as one object.
func (in params) json() string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(in) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
