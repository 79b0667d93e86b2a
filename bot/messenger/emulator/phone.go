package emulator

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed phone
var pages embed.FS

// policy is the phone page's Content-Security-Policy: everything from this server,
// pictures from wherever a bot says.
const policy = "default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// Phone serves the phone page and its endpoints. Mount it at /phone and below,
// with or without stripping that prefix; every address in it is relative. Whoever
// can reach it can act for everyone here: serve it on loopback.
//
//	GET  /phone/              the page
//	GET  /phone/state?person= what that person's phone shows, JSON
//	GET  /phone/events        a stream of events: something has changed
//	GET  /phone/chat?person=&after=&wait=
//	                          what came after that number in a chat; wait=5s: as soon as there is something
//	GET  /phone/calls?after=  the Graph calls after that number, and what became of them
//	POST /phone/act           {"person":PSID,"act":"write","text":"hi"} and others
//	POST /phone/join          {"psid":…,"first_name":…,"last_name":…,"locale":…,"timezone":…}
//	POST /phone/clock         {"advance":"1h"}, "24h", "next"
//	POST /phone/fault         {"fault":"refuse","code":613,"times":2} and others
//
// README.md lists acts and faults, for programs that are written in other languages.
//
// POST answers 403 to requests from other sites, 415 to anything but JSON, 422 with
// {"error":{"code","message"}} to acts that are not possible.
func (p *Platform) Phone() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		switch name := path.Base("/" + r.URL.Path); r.Method {
		case http.MethodGet, http.MethodHead:
			p.phoneGet(w, r, name)
		case http.MethodPost:
			p.phonePost(w, r, name)
		default:
			h.Set("Allow", "GET, HEAD, POST")
			fail(w, http.StatusMethodNotAllowed, "method", "this address is read with GET and changed with POST")
		}
	})
}

func (p *Platform) phoneGet(w http.ResponseWriter, r *http.Request, name string) {
	switch name {
	case "state":
		w.Header().Set("Cache-Control", "no-store")
		reply(w, http.StatusOK, p.view(r.URL.Query().Get("person")))
	case "events":
		p.stream(w, r)
	case "chat":
		p.phoneChat(w, r)
	case "calls":
		p.phoneCalls(w, r)
	case "/", "phone":
		// Without a slash at its end, relative addresses would miss the page's folder.
		if seen := visible(r); !strings.HasSuffix(seen, "/") {
			w.Header().Set("Location", "./"+url.PathEscape(path.Base(seen))+"/")
			w.WriteHeader(http.StatusPermanentRedirect)
			return
		}
		asset(w, r, "index.html")
	default:
		asset(w, r, name)
	}
}

// visible is the path as the browser knows it, even if a prefix was stripped since.
func visible(r *http.Request) string {
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil && u.Path != "" {
		return u.Path
	}
	return r.URL.Path
}

// asset serves one of the embedded files.
func asset(w http.ResponseWriter, r *http.Request, name string) {
	content, err := fs.ReadFile(pages, "phone/"+name)
	if err != nil {
		fail(w, http.StatusNotFound, "not-found", "there is no such page")
		return
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // nobody to tell if the browser has left
	}
}

// contentType does not ask the machine, whose tables differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// maxAct is the largest body of a POST, in bytes.
const maxAct = 256 << 10

func (p *Platform) phonePost(w http.ResponseWriter, r *http.Request, name string) {
	if !sameSite(r) {
		fail(w, http.StatusForbidden, "cross-site", "the request comes from another site")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "content-type", "the body must be application/json")
		return
	}
	var in phoneAct
	var fault phoneFault
	var body any = &in
	if name == "fault" {
		body = &fault
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAct)).Decode(body); err != nil {
		fail(w, http.StatusBadRequest, "json", "the body is not the JSON expected here")
		return
	}
	out := map[string]any{}
	var err error
	switch name {
	case "act":
		out["after"] = p.newest(in.Person) // what comes of it has greater numbers
		err = p.phoneAct(in)
	case "join":
		out["psid"], err = p.phoneJoin(in)
	case "clock":
		err = p.phoneClock(r.Context(), in.Advance)
	case "fault":
		err = p.phoneFault(fault)
	default:
		fail(w, http.StatusNotFound, "not-found", "there is no such page")
		return
	}
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, "act", err.Error())
		return
	}
	reply(w, http.StatusOK, out)
}

// sameSite reports whether a request comes from our own page, or from no page at
// all. Browsers say so; old ones say at least where the page is from.
func sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == r.Host
}

func reply(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody to tell if the browser has left
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
