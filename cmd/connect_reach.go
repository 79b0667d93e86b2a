package cmd

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// reachTimeout is how long the platform waits for an answer to a webhook.
const reachTimeout = 5 * time.Second

// reach asks the webhook's address what the platform asks it: for the challenge, and to
// take a signed body. Nothing is in that body, so nothing comes of it.
func (l *connection) reach(ctx context.Context, address string) bool {
	if address == "" {
		return false
	}
	shown := plainAddress(address)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && strings.HasPrefix(l.graphURL(), "https:") {
		l.found.fail(l.about("webhook"), "webhook-https", "put a reverse proxy with a certificate in front, and set PUBLIC_URL to its https address", "%s is not https, and the platform brings webhooks nowhere else", shown)
		return false
	}
	challenge := strconv.FormatInt(l.now.UnixNano(), 10)
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {strings.TrimSpace(l.account.VerifyToken)}, "hub.challenge": {challenge}}
	u.RawQuery = query.Encode()
	got, err := l.ask(ctx, http.MethodGet, u.String(), nil)
	switch {
	case err != nil:
		l.unreached(shown, err)
		return false
	case got.status == http.StatusForbidden:
		l.found.fail(l.variable("VERIFY_TOKEN"), "verify-token", "start the server with the same "+l.variable("VERIFY_TOKEN")+" that is set here", "the server at %s has another verify token", shown)
		return false
	case got.status >= 300 && got.status < 400:
		l.found.fail(l.about("webhook"), "webhook-redirect", "set PUBLIC_URL to the address that it leads to", "%s leads elsewhere (status %d), and the platform does not follow", shown, got.status)
		return false
	case got.status != http.StatusOK || string(got.body) != challenge:
		l.found.fail(l.about("webhook"), "webhook-stranger", "look whether the proxy leads "+l.hookPath()+" to the bot, and whether the bot runs", "what answers at %s is not the bot: status %d", shown, got.status)
		return false
	}
	got, err = l.ask(ctx, http.MethodPost, address, []byte(`{"object":"`+l.channel.Object()+`","entry":[]}`))
	switch {
	case err != nil:
		l.unreached(shown, err)
		return false
	case got.status == http.StatusForbidden:
		l.found.fail(l.variable("APP_SECRET"), "webhook-signature", "start the server with the same "+l.variable("APP_SECRET")+" that is set here; a proxy may not change bodies or headers", "the server at %s does not take what is signed with the app secret", shown)
		return false
	case got.status != http.StatusOK:
		l.found.fail(l.about("webhook"), "webhook-status", "look at the server's log", "the server at %s answers a webhook with status %d, and the platform wants 200", shown, got.status)
		return false
	}
	l.found.ok(l.about("webhook"), "the bot answers at %s", shown)
	return true
}

// graphURL is where calls to the platform go.
func (l *connection) graphURL() string {
	if l.account.GraphURL == "" {
		return "https:"
	}
	return l.account.GraphURL
}

// ask makes one request as the platform makes it.
func (l *connection) ask(ctx context.Context, method, address string, body []byte) (answer, error) {
	header := http.Header{}
	if body != nil {
		header.Set("Content-Type", "application/json")
		header.Set(l.channel.Sign(body))
	}
	return probe(ctx, reachTimeout, method, address, header, body)
}

// unreached says why nobody answered.
func (l *connection) unreached(shown string, err error) {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var ended x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &ended):
		l.found.fail(l.about("webhook"), "webhook-certificate", "get a certificate for that name from a public authority", "the certificate at %s is not one that the platform trusts", shown)
	case errors.Is(err, context.DeadlineExceeded):
		l.found.fail(l.about("webhook"), "webhook-slow", "look at the server's log and the proxy", "%s does not answer within %s, as long as the platform waits", shown, reachTimeout)
	default:
		l.found.fail(l.about("webhook"), "webhook-unreachable", "start the bot with 'relance run', and look at PUBLIC_URL, the proxy and the firewall", "nobody answers at %s", shown)
	}
}
