package cmd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// webhookAddress is where webhooks go, "" if nowhere.
func webhookAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", fmt.Errorf("--webhook wants an address like http://127.0.0.1:3000/webhook, not %.60q", text)
	}
	return u.String(), nil
}

// listenHere listens on an address of this machine. Whoever can reach the emulator can
// act for everybody on it, so it is offered to nobody else.
func listenHere(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--listen wants an address of this machine alone, like 127.0.0.1:8090, not %.60q", address)
	}
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, failed(err)
	}
	return listener, nil
}

// frontDoor leads to the phone and to the Graph API.
func frontDoor(platform *emulator.Platform) http.Handler {
	phone, graph := platform.Phone(), platform.Graph()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/phone" || strings.HasPrefix(r.URL.Path, "/phone/"):
			phone.ServeHTTP(w, r)
		case r.URL.Path == "/" && r.Method == http.MethodGet:
			http.Redirect(w, r, "/phone/", http.StatusFound)
		default:
			graph.ServeHTTP(w, r)
		}
	})
}

// onThisMachine refuses requests that name another host: a page from elsewhere whose name
// was made to lead here.
func onThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this address answers this machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
