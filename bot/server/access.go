package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// admit lets through who knows the API key. Where none is set, the emulator lets
// this machine in.
func (s *Server) admit(c *fiber.Ctx) error {
	if s.keyed && s.knowsKey(c) || !s.keyed && s.local(c) {
		return c.Next()
	}
	if s.keyed {
		return refuse(http.StatusUnauthorized, "unauthorized", "send the API key as Authorization: Bearer KEY")
	}
	return refuse(http.StatusUnauthorized, "unauthorized", "no API key is set: only the emulator answers here, and only this machine")
}

// here lets this machine through, in emulator mode.
func (s *Server) here(c *fiber.Ctx) error {
	if s.local(c) {
		return c.Next()
	}
	return refuse(http.StatusForbidden, "local_only", "the emulator answers this machine only, at localhost and without a proxy")
}

// knowsKey reports whether a request brings the API key.
func (s *Server) knowsKey(c *fiber.Ctx) bool {
	scheme, key, ok := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	return s.isKey(strings.TrimSpace(key))
}

// isKey compares in a time that tells nothing of the key, its length included.
func (s *Server) isKey(key string) bool {
	got := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(got[:], s.key[:]) == 1
}

// local reports whether a request was certainly made on this machine and for it:
// from a loopback address, by the name of localhost (a name that somebody else's
// DNS may point here is not enough), through no proxy, and not by a page of
// another site.
func (s *Server) local(c *fiber.Ctx) bool {
	if !s.emulator || !loopbackPeer(c.Context().RemoteAddr()) || !localName(string(c.Context().Host())) {
		return false
	}
	// An absolute address in the request line takes the place of the header.
	if !localName(string(c.Request().Header.Host())) {
		return false
	}
	for name := range c.Request().Header.All() {
		if forwards(string(name)) {
			return false
		}
	}
	return !crossSite(c)
}

func loopbackPeer(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// localName reports whether a Host names this machine, with or without a port.
func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// forwards reports whether a header is one that proxies and tunnels add.
func forwards(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "forwarded", "via", "x-real-ip", "x-client-ip", "client-ip", "true-client-ip", "x-cluster-client-ip",
		"fastly-client-ip", "fly-client-ip", "x-appengine-user-ip", "x-envoy-external-address", "cdn-loop", "proxy-connection":
		return true
	}
	return strings.HasPrefix(name, "x-forwarded") || strings.HasPrefix(name, "x-original-") || strings.HasPrefix(name, "cf-")
}

// crossSite reports whether a browser says that another site's page asks. Following
// a link from there is fine as long as it changes nothing.
func crossSite(c *fiber.Ctx) bool {
	switch c.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return c.Get("Sec-Fetch-Mode") != "navigate" || c.Method() != fiber.MethodGet
	}
	origin := c.Get(fiber.HeaderOrigin)
	return origin != "" && !strings.EqualFold(origin, "http://"+string(c.Request().Header.Host()))
}
