package server

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const consoleKey = "secret-api-key"

// consoleAt is a server with a key and a console that says who reached it, at a clock.
func consoleAt(t *testing.T, now func() time.Time, public string) *Server {
	t.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("reached " + r.URL.Path)) })
	return build(t, Config{APIKey: consoleKey, Console: page, Clock: now, PublicURL: public})
}

func login(t *testing.T, s *Server, key, to string, headers ...string) response {
	t.Helper()
	form := url.Values{"key": {key}, "to": {to}}.Encode()
	return test(t, s, newRequest("POST", "/console/login", form, append(headers, "Content-Type: application/x-www-form-urlencoded")...))
}

// sessionOf is the session that an answer gives, as a Cookie header has it.
func sessionOf(t *testing.T, got response) string {
	t.Helper()
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, sessionCookie+"=") {
		t.Fatalf("%d without a session: %v", got.status, got.header)
	}
	return cookie
}

func TestWhoMayEnterTheConsole(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	at := func(now time.Time) func() time.Time { return func() time.Time { return now } }
	s := consoleAt(t, at(now), "")
	session := sessionOf(t, login(t, s, consoleKey, "/console"))
	forged := []byte(session)
	forged[len(sessionCookie)+12] ^= 1
	other, err := newSessions("another key", at(now))
	if err != nil {
		t.Fatal(err)
	}
	old, err := newSessions(consoleKey, at(now.Add(-sessionLasts)))
	if err != nil {
		t.Fatal(err)
	}
	young, err := newSessions(consoleKey, at(now.Add(time.Second-sessionLasts)))
	if err != nil {
		t.Fatal(err)
	}
	const html = "Accept: text/html,application/xhtml+xml"
	for name, tc := range map[string]struct {
		request string
		headers []string
		status  int
	}{
		"nobody, a page":                {"GET /console/people", []string{html}, 303},
		"nobody, not a page":            {"GET /console/people", nil, 401},
		"nobody, a change":              {"POST /console/people/forget", []string{html}, 401},
		"nobody, the style":             {"GET /console/style.css", nil, 200},
		"nobody, near the style":        {"GET /console/style.css/x", nil, 401},
		"the key":                       {"GET /console", []string{"Authorization: Bearer " + consoleKey}, 200},
		"a wrong key":                   {"GET /console", []string{"Authorization: Bearer x"}, 401},
		"a session":                     {"GET /console/people", []string{"Cookie: " + session}, 200},
		"a session that changes":        {"POST /console/people/forget", []string{"Cookie: " + session}, 200},
		"a session, at /v1":             {"GET /v1/decisions", []string{"Cookie: " + session}, 401},
		"a session of another key":      {"GET /console", []string{html, "Cookie: " + sessionCookie + "=" + other.begin()}, 303},
		"a session that has ended":      {"GET /console", []string{html, "Cookie: " + sessionCookie + "=" + old.begin()}, 303},
		"a session that ends in 1 s":    {"GET /console", []string{html, "Cookie: " + sessionCookie + "=" + young.begin()}, 200},
		"a session that was changed":    {"GET /console", []string{html, "Cookie: " + string(forged)}, 303},
		"no session at all":             {"GET /console", []string{html, "Cookie: " + sessionCookie + "="}, 303},
		"half a session":                {"GET /console", []string{html, "Cookie: " + session[:len(session)-9]}, 303},
		"a change from another site":    {"POST /console/people/forget", []string{"Cookie: " + session, "Sec-Fetch-Site: cross-site"}, 403},
		"… by an older browser":         {"POST /console/people/forget", []string{"Cookie: " + session, "Origin: https://elsewhere.example"}, 403},
		"a sign-in from another site":   {"POST /console/login", []string{"Sec-Fetch-Site: cross-site"}, 403},
		"a change by the console":       {"POST /console/people/forget", []string{"Cookie: " + session, "Sec-Fetch-Site: same-origin", "Origin: https://example.com"}, 200},
		"a link from another site":      {"GET /console", []string{"Cookie: " + session, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 200},
		"the form":                      {"GET /console/login", []string{html}, 200},
		"the form, but with a session":  {"GET /console/login?to=%2Fconsole%2Fpeople", []string{"Cookie: " + session}, 303},
		"to sign out by following this": {"GET /console/logout", []string{"Cookie: " + session}, 200}, // the console's: it has no such page
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, target, _ := strings.Cut(tc.request, " ")
			got := test(t, s, newRequest(method, target, "", tc.headers...))
			if got.status != tc.status {
				t.Errorf("%d %s, want %d", got.status, got.body, tc.status)
			}
			if to := got.header.Get("Location"); name == "nobody, a page" && to != "/console/login?to=%2Fconsole%2Fpeople" {
				t.Errorf("sent to %q", to)
			}
			if got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", got.header.Get("Cache-Control"))
			}
		})
	}
}

func TestTheSessionsCookie(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		public  string
		headers []string
		secure  bool
	}{
		"by http":                      {"", nil, false},
		"a bot that is known as http":  {"http://localhost:8080", nil, false},
		"a bot that is known as https": {"https://bot.foulee.example", nil, true},
		"through a proxy":              {"", []string{"X-Forwarded-Proto: https"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := login(t, consoleAt(t, time.Now, tc.public), " "+consoleKey+"\n", "/console/people", tc.headers...)
			if got.status != 303 || got.header.Get("Location") != "/console/people" {
				t.Errorf("%d to %q", got.status, got.header.Get("Location"))
			}
			cookie := strings.ToLower(got.header.Get("Set-Cookie"))
			for _, want := range []string{"; httponly", "; samesite=strict", "; path=/console", "; max-age=43200"} {
				if !strings.Contains(cookie, want) {
					t.Errorf("no %q in %q", want, cookie)
				}
			}
			if strings.Contains(cookie, "; secure") != tc.secure {
				t.Errorf("secure: %q, want %v", cookie, tc.secure)
			}
		})
	}
	t.Run("it goes", func(t *testing.T) {
		t.Parallel()
		got := test(t, consoleAt(t, time.Now, ""), newRequest("POST", "/console/logout", ""))
		if cookie := got.header.Get("Set-Cookie"); got.status != 303 || !strings.Contains(cookie, sessionCookie+"=;") || !strings.Contains(cookie, "1970") {
			t.Errorf("%d %q", got.status, cookie)
		}
	})
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"":                                      "/console",
		"/console/campaigns/show?id=a%40b":      "/console/campaigns/show?id=a%40b",
		"https://elsewhere.example/console":     "/console",
		"//elsewhere.example/console":           "/console",
		"/console\\@elsewhere.example":          "/console",
		"/consolecake":                          "/console",
		"/console/../v1/contacts":               "/console",
		"/console/%2e%2e/v1":                    "/console",
		"/console//elsewhere.example":           "/console",
		"/console/login?to=/console/login":      "/console",
		"/console/logout":                       "/console",
		"/console/x\r\nSet-Cookie: a=b":         "/console",
		"javascript:alert(1)":                   "/console",
		"/console?" + strings.Repeat("a", 2000): "/console",
	} {
		if got := wanted(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestWrongKeysAreLimitedAndNotTold(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	begun := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	var log journal
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s := build(t, Config{APIKey: consoleKey, Console: page, Log: log.logger(), Clock: func() time.Time { return begun.Add(time.Duration(later.Load())) }})
	for i := range maxGuesses {
		if got := login(t, s, consoleKey, ""); got.status != 303 { // what is right takes nobody's place
			t.Fatalf("the key: %d", got.status)
		}
		got := login(t, s, "wrong-guess", `"><script>`)
		if got.status != 401 || !strings.Contains(got.body, "This is not the key.") {
			t.Fatalf("%d: %d %s", i, got.status, got.body)
		}
		if strings.Contains(got.body, "wrong-guess") || strings.Contains(got.body, "<script>") || got.header.Get("Set-Cookie") != "" {
			t.Errorf("the form says %s %v", got.body, got.header)
		}
	}
	if got := login(t, s, consoleKey, ""); got.status != 429 || got.header.Get("Retry-After") != "60" {
		t.Errorf("after %d wrong ones: %d", maxGuesses, got.status)
	}
	later.Store(int64(time.Minute))
	if got := login(t, s, consoleKey, ""); got.status != 303 {
		t.Errorf("a minute later: %d", got.status)
	}
	if text := log.String(); strings.Contains(text, "wrong-guess") || !strings.Contains(text, "wrong key") {
		t.Errorf("the log says %s", text)
	}
	if got := login(t, s, strings.Repeat("k", maxLogin), ""); got.status != 413 {
		t.Errorf("a form too long: %d", got.status)
	}
}
