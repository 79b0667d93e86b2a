package emulator

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visit makes one request to the phone page, mounted at /phone.
func (b *bench) visit(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.Phone().ServeHTTP(w, r)
	return w
}

// do acts through the page.
func (b *bench) tapPage(fields m) {
	b.t.Helper()
	if w := b.visit(http.MethodPost, "/phone/act", jsonOf(fields)); w.Code != http.StatusOK {
		b.t.Fatalf("%v: %d %s", fields, w.Code, w.Body)
	}
}

func TestPageAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, c := range []struct {
		path     string
		prefix   string // stripped before our handler
		status   int
		kind     string
		location string
	}{
		{path: "/phone/", status: 200, kind: "text/html; charset=utf-8"},
		{path: "/phone/", prefix: "/phone", status: 200, kind: "text/html; charset=utf-8"},
		{path: "/phone", status: 308, location: "./phone/"},
		{path: "/phone", prefix: "/phone", status: 308, location: "./phone/"},
		{path: "/shops/foulee/phone", prefix: "/shops/foulee", status: 308, location: "./phone/"},
		{path: "/phone/phone.js", status: 200, kind: "text/javascript; charset=utf-8"},
		{path: "/phone/chat.css", prefix: "/phone", status: 200, kind: "text/css; charset=utf-8"},
		{path: "/phone/icon.svg", status: 200, kind: "image/svg+xml"},
		{path: "/phone/phone.go", status: 404, kind: "application/json; charset=utf-8"},
		{path: "/phone/../doc.go", status: 404, kind: "application/json; charset=utf-8"},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		w := httptest.NewRecorder()
		http.StripPrefix(c.prefix, b.Phone()).ServeHTTP(w, r)
		if w.Code != c.status || c.kind != "" && w.Header().Get("Content-Type") != c.kind || w.Header().Get("Location") != c.location {
			t.Errorf("GET %s without %q: %d %q to %q", c.path, c.prefix, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Location"))
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("GET %s without a policy", c.path)
		}
	}
	first := b.visit(http.MethodGet, "/phone/", "")
	if w := b.visit(http.MethodGet, "/phone/", "", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("the same page again: %d", w.Code)
	}
	if w := b.visit(http.MethodDelete, "/phone/act", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
}

// TestPageIsPlain: no file of the page needs what the policy forbids, or anything
// from elsewhere.
func TestPageIsPlain(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`\sstyle=|<style|<script>|\son[a-z]+="|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|(src|href)="(https?:)?//|\burl\(|@import`)
	err := fs.WalkDir(pages, "phone", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".svg") {
			return err
		}
		text, err := fs.ReadFile(pages, path)
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s holds %s", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagePostsAreGuarded(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	body := jsonOf(m{"person": b.zoe, "act": "write", "text": "hi"})
	for _, c := range []struct {
		name    string
		headers []string
		body    string
		status  int
	}{
		{"from our page", nil, body, 200},
		{"from another site", []string{"Sec-Fetch-Site", "cross-site"}, body, 403},
		{"from a sister site", []string{"Sec-Fetch-Site", "same-site"}, body, 403},
		{"from an old browser on our page", []string{"Sec-Fetch-Site", "", "Origin", "http://example.com"}, body, 200},
		{"from an old browser elsewhere", []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, body, 403},
		{"from a sandboxed frame", []string{"Sec-Fetch-Site", "", "Origin", "null"}, body, 403},
		{"from a program", []string{"Sec-Fetch-Site", ""}, body, 200},
		{"as a form", []string{"Content-Type", "text/plain"}, body, 415},
		{"no JSON", nil, "{", 400},
		{"far too much", nil, `{"text":"` + strings.Repeat("x", maxAct) + `"}`, 400},
		{"what cannot be done", nil, jsonOf(m{"person": b.zoe, "act": "accept"}), 422},
		{"an unknown act", nil, jsonOf(m{"person": b.zoe, "act": "dance"}), 422},
		{"nobody", nil, jsonOf(m{"person": "1", "act": "write", "text": "hi"}), 422},
	} {
		w := b.visit(http.MethodPost, "/phone/act", c.body, c.headers...)
		if w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || (c.status != 200) != (e.Error.Message != "") {
			t.Errorf("%s: answered %s", c.name, w.Body)
		}
	}
	if w := b.visit(http.MethodPost, "/phone/elsewhere", "{}"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown address: %d", w.Code)
	}
}

// look reads the state of the page.
func (b *bench) pageState(psid string) view {
	b.t.Helper()
	w := b.visit(http.MethodGet, "/phone/state?person="+psid, "")
	var v view
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		b.t.Fatal(err)
	}
	return v
}

// TestPageActs plays the flagship through the page alone.
func TestPageActs(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) {
		c.Greeting = "Bienvenue"
		c.Menu = []Item{{Label: "Mes notifications", Payload: "P:menu"}}
		c.IceBreakers = []Item{{Label: "Ma pointure", Payload: "P:ice"}}
	})
	do := func(act string, fields m) {
		t.Helper()
		fields["person"], fields["act"] = b.zoe, act
		b.tapPage(fields)
	}
	v := b.pageState(b.zoe)
	if v.Person == nil || len(v.Person.Thread) != 0 || v.Person.Start != "Démarrer" || v.Page.Greeting != "Bienvenue" || v.Clock {
		t.Errorf("at first: %+v", v)
	}
	do("item", m{"label": "Ma pointure"})
	ask := b.must(to(b.zoe, m{"text": "Pointure ?", "quick_replies": quickly("42")}))
	if v = b.pageState(b.zoe); v.Person.Unread != 1 || v.People[0].Last != "Pointure ?" || !v.Person.Open {
		t.Errorf("unread: %+v", v.Person)
	}
	do("look", m{})
	do("tap", m{"mid": ask.MessageID, "button": "q0"})
	request := b.must(to(b.zoe, optIn("News")))
	do("accept", m{"mid": request.MessageID})
	do("react", m{"mid": request.MessageID, "text": "❤"})
	do("stop", m{"title": "News"})
	do("resume", m{"title": "News"})
	cards := b.must(to(b.zoe, template(m{"template_type": "generic", "elements": []m{{"title": "A", "default_action": m{"type": "web_url", "url": "https://foulee.example/a"}}}})))
	do("card", m{"mid": cards.MessageID, "button": "c0"})
	do("image", m{"text": "https://foulee.example/me.jpg"})
	do("location", m{"lat": 1.5, "lon": -2.0})
	do("refer", m{"text": "summer"})
	do("comment", m{"text": "Du 42 ?"})
	do("item", m{"label": "Mes notifications"})
	b.send(to(b.zoe, m{"text": ""}))
	do("block", m{})
	v = b.pageState(b.zoe)
	var kinds []string
	for _, s := range v.Person.Thread {
		kinds = append(kinds, s.From+":"+s.Kind)
	}
	want := "person:text page:text person:text page:opt_in platform:accepted platform:stopped platform:resumed page:cards platform:opened " +
		"person:image person:location platform:referred person:comment person:text platform:blocked"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("thread\n%s\nwant\n%s", got, want)
	}
	if !v.Person.Blocked || len(v.Person.Topics) != 1 || len(v.Refusals) != 1 || v.Refusals[0].Code != 100 || v.Person.Thread[3].Reaction != "❤" {
		t.Errorf("at last: %+v, refusals %+v", v.Person, v.Refusals)
	}
	do("clear", m{})
	if v = b.pageState(""); len(v.Refusals) != 0 || v.Person != nil || len(v.People) != 1 {
		t.Errorf("nobody's page: %+v", v)
	}
}

func TestPageJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for body, status := range map[string]int{
		`{"first_name":"Kenji","locale":"en_US","timezone":"Asia/Tokyo"}`: 200,
		`{"first_name":"  "}`:                                  422,
		`{"first_name":"Ana","timezone":"Mars/Olympus"}`:       422,
		`{"first_name":"` + long(81) + `"}`:                    422,
		`{"first_name":"Ana","locale":"` + long(81) + `"}`:     422,
		`{"first_name":"Ana","timezone":"../../../etc/hosts"}`: 422,
	} {
		if w := b.visit(http.MethodPost, "/phone/join", body); w.Code != status {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if people := b.People(); len(people) != 2 || people[1].Timezone != "Asia/Tokyo" {
		t.Errorf("people %+v", people)
	}
}

func TestPageClock(t *testing.T) {
	t.Parallel()
	fixed := newBench(t, nil)
	if w := fixed.visit(http.MethodPost, "/phone/clock", `{"advance":"1h"}`); w.Code != 422 {
		t.Errorf("a clock that cannot be moved: %d", w.Code)
	}
	var asked []string
	var b *bench
	b = newBench(t, func(c *Config) {
		c.Advance = func(_ context.Context, to string) error {
			asked = append(asked, to)
			if to == "next" {
				return errors.New("nothing is due")
			}
			b.pass(time.Hour)
			return nil
		}
	})
	if !b.pageState("").Clock {
		t.Error("the page does not know")
	}
	for body, status := range map[string]int{`{"advance":"1h"}`: 200, `{"advance":"next"}`: 422, `{"advance":"-1h"}`: 422, `{"advance":"soon"}`: 422, `{}`: 422} {
		if w := b.visit(http.MethodPost, "/phone/clock", body); w.Code != status {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if len(asked) != 2 || !b.pageState("").Now.Equal(friday.Add(time.Hour)) {
		t.Errorf("asked for %v, now %s", asked, b.pageState("").Now)
	}
}

// TestStream reads the event stream over a real connection: one event at once, one
// for each change, and an end with the platform.
func TestStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	server := httptest.NewServer(b.Phone())
	defer server.Close()
	response, err := http.Get(server.URL + "/phone/events")
	b.ok(err)
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("content type %s", kind)
	}
	lines := bufio.NewScanner(response.Body)
	event := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "end"
	}
	first := event()
	b.write("hi")
	if second := event(); second == first || second == "end" {
		t.Errorf("after %s came %s", first, second)
	}
	b.ok(b.Close())
	for range 5 {
		if event() == "end" {
			return
		}
	}
	t.Error("the stream outlives the platform")
}

// bare is a ResponseWriter that cannot flush.
type bare struct{ http.ResponseWriter }

func TestStreamWithoutFlush(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	w := httptest.NewRecorder()
	b.Phone().ServeHTTP(bare{w}, httptest.NewRequest(http.MethodGet, "/phone/events", nil))
	if !strings.HasPrefix(w.Body.String(), "retry: 1000\ndata: ") {
		t.Errorf("answered %q", w.Body)
	}
}
