package cmd

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
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
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && strings.HasPrefix(l.graphURL(), "https:") {
		l.found.fail(l.about("webhook"), "webhook-https", "put a reverse proxy with a certificate in front, and set PUBLIC_URL to its https address", "%s is not https, and the platform brings webhooks nowhere else", printableWord(address))
		return false
	}
	challenge := strconv.FormatInt(l.now.UnixNano(), 10)
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {strings.TrimSpace(l.account.VerifyToken)}, "hub.challenge": {challenge}}
	status, body, err := l.ask(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	switch {
	case err != nil:
		l.unreached(address, err)
		return false
	case status == http.StatusForbidden:
		l.found.fail(l.variable("VERIFY_TOKEN"), "verify-token", "start the server with the same "+l.variable("VERIFY_TOKEN")+" that is set here", "the server at %s has another verify token", address)
		return false
	case status >= 300 && status < 400:
		l.found.fail(l.about("webhook"), "webhook-redirect", "set PUBLIC_URL to the address that it leads to", "%s leads elsewhere (status %d), and the platform does not follow", address, status)
		return false
	case status != http.StatusOK || body != challenge:
		l.found.fail(l.about("webhook"), "webhook-stranger", "look whether the proxy leads "+l.hookPath()+" to the bot, and whether the bot runs", "what answers at %s is not the bot: status %d", address, status)
		return false
	}
	status, _, err = l.ask(ctx, http.MethodPost, address, []byte(`{"object":"`+l.channel.Object()+`","entry":[]}`))
	switch {
	case err != nil:
		l.unreached(address, err)
		return false
	case status == http.StatusForbidden:
		l.found.fail(l.variable("APP_SECRET"), "webhook-signature", "start the server with the same "+l.variable("APP_SECRET")+" that is set here; a proxy may not change bodies or headers", "the server at %s does not take what is signed with the app secret", address)
		return false
	case status != http.StatusOK:
		l.found.fail(l.about("webhook"), "webhook-status", "look at the server's log", "the server at %s answers a webhook with status %d, and the platform wants 200", address, status)
		return false
	}
	l.found.ok(l.about("webhook"), "the bot answers at %s", address)
	return true
}

// graphURL is where calls to the platform go.
func (l *connection) graphURL() string {
	if l.account.GraphURL == "" {
		return "https:"
	}
	return l.account.GraphURL
}

// ask makes one request as the platform makes it: it follows no redirect, and waits five
// seconds. The error names neither address nor token.
func (l *connection) ask(ctx context.Context, method, address string, body []byte) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, "", errors.New("it is no address")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(l.channel.Sign(body))
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		var wrong *url.Error
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return 0, "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	return res.StatusCode, string(raw), err
}

// unreached says why nobody answered.
func (l *connection) unreached(address string, err error) {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var ended x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &ended):
		l.found.fail(l.about("webhook"), "webhook-certificate", "get a certificate for that name from a public authority", "the certificate at %s is not one that the platform trusts", address)
	case errors.Is(err, context.DeadlineExceeded):
		l.found.fail(l.about("webhook"), "webhook-slow", "look at the server's log and the proxy", "%s does not answer within %s, as long as the platform waits", address, reachTimeout)
	default:
		l.found.fail(l.about("webhook"), "webhook-unreachable", "start the bot with 'relance run', and look at PUBLIC_URL, the proxy and the firewall", "nobody answers at %s", address)
	}
}
