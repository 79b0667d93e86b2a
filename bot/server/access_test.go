package server

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
)

// doors is a server in each of the four states, with all pages there can be.
func doors(t *testing.T, key string, emulator bool) listening {
	t.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) })
	return listen(t, Config{
		APIKey: key, Emulator: emulator, Phone: page, Console: page, Advance: func(context.Context, string) error { return nil },
	})
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	const key = "secret-api-key"
	bearer := "Authorization: Bearer " + key
	servers := map[string]listening{
		"key":           doors(t, key, false),
		"key, emulator": doors(t, key, true),
		"emulator":      doors(t, "", true),
		"nothing":       doors(t, "", false),
	}
	const host = "Host: localhost:8080"
	for _, tc := range []struct {
		server         string
		headers        string // joined by newlines
		v1, phone, dev int
	}{
		{"key", host, 401, 404, 404},
		{"key", host + "\n" + bearer, 200, 404, 404},
		{"key", "Host: bot.foulee.example\nX-Forwarded-For: 203.0.113.9\n" + bearer, 200, 404, 404},
		{"key", host + "\nAuthorization: bearer  " + key, 200, 404, 404},
		{"key", host + "\nAuthorization: Bearer " + key + "x", 401, 404, 404},
		{"key", host + "\nAuthorization: Bearer " + key[:5], 401, 404, 404},
		{"key", host + "\nAuthorization: Bearer", 401, 404, 404},
		{"key", host + "\nAuthorization: Bearer ", 401, 404, 404},
		{"key", host + "\nAuthorization: Basic " + key, 401, 404, 404},
		{"key", host + "\nAuthorization: " + key, 401, 404, 404},
		{"key, emulator", host, 401, 200, 200},
		{"key, emulator", host + "\n" + bearer, 200, 200, 200},
		{"key, emulator", "Host: bot.foulee.example\n" + bearer, 200, 403, 403},
		{"nothing", host, 401, 404, 404},
		{"nothing", host + "\nAuthorization: Bearer ", 401, 404, 404},
		{"nothing", host + "\n" + bearer, 401, 404, 404},

		{"emulator", host, 200, 200, 200},
		{"emulator", "Host: LOCALHOST", 200, 200, 200},
		{"emulator", "Host: 127.0.0.1:1", 200, 200, 200},
		{"emulator", "Host: 127.8.8.8", 200, 200, 200},
		{"emulator", "Host: [::1]:8080", 200, 200, 200},
		{"emulator", "Host: [::1]", 200, 200, 200},
		{"emulator", "Host: foulee.example", 401, 403, 403},
		{"emulator", "Host: localhost.foulee.example", 401, 403, 403},
		{"emulator", "Host: 127.0.0.1.foulee.example:8080", 401, 403, 403},
		{"emulator", "Host: 10.0.0.7:8080", 401, 403, 403},
		{"emulator", "Host: 0.0.0.0", 401, 403, 403},
		{"emulator", host + "\nX-Forwarded-For: 127.0.0.1", 401, 403, 403},
		{"emulator", host + "\nx-forwarded-host: localhost", 401, 403, 403},
		{"emulator", host + "\nX-Forwarded-Proto: http", 401, 403, 403},
		{"emulator", host + "\nForwarded: for=127.0.0.1", 401, 403, 403},
		{"emulator", host + "\nVia: 1.1 tunnel", 401, 403, 403},
		{"emulator", host + "\nX-Real-Ip: 127.0.0.1", 401, 403, 403},
		{"emulator", host + "\nCF-Connecting-IP: 127.0.0.1", 401, 403, 403},
		{"emulator", host + "\nX-Original-Host: localhost", 401, 403, 403},
		{"emulator", host + "\nOrigin: http://localhost:8080", 200, 200, 200},
		{"emulator", host + "\nOrigin: http://localhost:3000", 401, 403, 403},
		{"emulator", host + "\nOrigin: https://foulee.example", 401, 403, 403},
		{"emulator", host + "\nOrigin: null", 401, 403, 403},
		{"emulator", host + "\nSec-Fetch-Site: same-origin", 200, 200, 200},
		{"emulator", host + "\nSec-Fetch-Site: none", 200, 200, 200},
		{"emulator", host + "\nSec-Fetch-Site: cross-site", 401, 403, 403},
		{"emulator", host + "\nSec-Fetch-Site: same-site", 401, 403, 403},
		// A link to the phone on another site may be followed; a form there may not be sent.
		{"emulator", host + "\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate", 200, 200, 403},
	} {
		name := tc.server + " " + strings.ReplaceAll(tc.headers, "\n", " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headers := strings.ReplaceAll(tc.headers, "\n", "\r\n") + "\r\n\r\n"
			addr := servers[tc.server].addr
			body := `{"advance":"1h"}`
			for request, want := range map[string]int{
				"GET /v1/decisions HTTP/1.1\r\n":                                                      tc.v1,
				"GET /console HTTP/1.1\r\n":                                                           tc.v1,
				"GET /phone HTTP/1.1\r\n":                                                             tc.phone,
				"GET /phone/page.js HTTP/1.1\r\n":                                                     tc.phone,
				"POST /dev/clock HTTP/1.1\r\nContent-Length: 16\r\n":                                  tc.dev,
				"GET /healthz HTTP/1.1\r\n":                                                           200,
				"POST /webhooks/messenger HTTP/1.1\r\nContent-Length: 0\r\n":                          200,
				"GET /webhooks/messenger?hub.verify_token=secret-verify&hub.challenge=1 HTTP/1.1\r\n": 200,
			} {
				full := request + headers
				if strings.HasPrefix(request, "POST /dev") {
					full += body
				}
				got := raw(t, addr, full)
				if got.status != want {
					t.Errorf("%s: %d %s, want %d", strings.Fields(request)[1], got.status, got.body, want)
				}
				if want == 401 && (got.code() != "unauthorized" || got.header.Get("WWW-Authenticate") == "") {
					t.Errorf("%s: %v %s", strings.Fields(request)[1], got.header, got.body)
				}
				if strings.Contains(got.body, key) {
					t.Error("the answer holds the key")
				}
			}
		})
	}
}

func TestAnAbsoluteAddressIsNoWayAroundTheHost(t *testing.T) {
	t.Parallel()
	s := doors(t, "", true)
	for request, want := range map[string]int{
		"GET http://localhost/v1/decisions HTTP/1.1\r\nHost: localhost\r\n\r\n":      200,
		"GET http://localhost/v1/decisions HTTP/1.1\r\nHost: foulee.example\r\n\r\n": 401,
		"GET http://foulee.example/v1/decisions HTTP/1.1\r\nHost: localhost\r\n\r\n": 401,
		"GET /v1/decisions HTTP/1.0\r\n\r\n":                                         401,
	} {
		if got := raw(t, s.addr, request); got.status != want {
			t.Errorf("%q: %d %s", request, got.status, got.body)
		}
	}
}

func TestOnlyLoopbackIsThisMachine(t *testing.T) {
	t.Parallel()
	for peer, want := range map[string]bool{
		"127.0.0.1": true, "127.1.2.3": true, "::1": true, "::ffff:127.0.0.1": true,
		"10.0.0.1": false, "192.168.1.4": false, "::": false, "0.0.0.0": false, "fe80::1": false, "203.0.113.7": false,
	} {
		if got := loopbackPeer(&net.TCPAddr{IP: net.ParseIP(peer)}); got != want {
			t.Errorf("%s: %v", peer, got)
		}
	}
	if loopbackPeer(&net.UnixAddr{Name: "x"}) || loopbackPeer(nil) {
		t.Error("what has no address is taken for this machine")
	}
	// Without a listener the peer is 0.0.0.0.
	got := test(t, build(t, Config{Emulator: true}), newRequest("GET", "/v1/decisions", "", "Host: localhost"))
	if got.status != 401 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
