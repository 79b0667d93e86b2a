package messenger

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

const (
	testToken  = "EAAG-token-of-the-page"
	testSecret = "0123456789abcdef-app-secret"
	testVerify = "a verify token"
)

// newTestChannel is Page 10. What c leaves open is filled in; no call leaves the
// machine.
func newTestChannel(t testing.TB, c Config) *Channel {
	t.Helper()
	c.PageID, c.AccessToken, c.AppSecret, c.VerifyToken = "10", testToken, testSecret, testVerify
	if c.GraphURL == "" {
		c.GraphURL = "http://127.0.0.1:1"
	}
	channel, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func signed(body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write(body)
	return http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := New(Config{AccessToken: "two words", GraphURL: "ftp://x", Lanes: []string{"recurring", "pigeon"}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, word := range []string{"page id", "access token", "app secret", "verify token", "graph url", `"pigeon"`} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not named in: %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "two words") {
		t.Errorf("the token stands in: %v", err)
	}
	for _, address := range []string{"graph.example", "https://user:pw@graph.example", "https://graph.example?x=1", "https://", ":"} {
		if _, err := New(Config{PageID: "10", AccessToken: "t", AppSecret: "s", VerifyToken: "v", GraphURL: address}); err == nil {
			t.Errorf("graph url %q accepted", address)
		}
	}
	if _, err := New(Config{PageID: "10", AccessToken: "t", AppSecret: "s", VerifyToken: "v", Lanes: []string{"recurring", "recurring"}}); err == nil {
		t.Error("the same lane twice accepted")
	}
}

func TestAChannelKeepsTheOrderOfItsLanes(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{Lanes: []string{"marketing", "recurring"}})
	var names []string
	for _, lane := range c.Lanes() {
		names = append(names, lane.Name())
	}
	if got := strings.Join(names, " "); got != "marketing recurring" {
		t.Errorf("lanes: %s", got)
	}
	if answer := c.Lanes()[0].Open(bot.LaneFacts{Now: arrival, Region: "US", PersonRegion: "US"}); answer.Open || answer.Why != "not set up" {
		t.Errorf("a lane without an ad account says %+v", answer)
	}
	if c.Name() != "messenger" || c.Page() != "10" {
		t.Errorf("%s of %s", c.Page(), c.Name())
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	config := Config{PageID: "10", AccessToken: testToken, AppSecret: testSecret, VerifyToken: testVerify}
	channel := newTestChannel(t, Config{})
	var shown bytes.Buffer
	for _, v := range []any{config, &config, channel, *channel, config.AccessToken, []any{config.AppSecret}, map[Secret]Secret{testToken: testToken}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", v)
		}
	}
	for _, v := range []any{config, config.AccessToken} {
		data, err := json.Marshal(redactable(v))
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(data)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "v", redactable(v))
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "v", redactable(v))
	}
	for _, secret := range []string{testToken, testSecret, testVerify, proof(testToken, testSecret)} {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret))} {
			if strings.Contains(shown.String(), form) {
				t.Errorf("%q shows", form)
			}
		}
	}
	if !strings.Contains(shown.String(), redacted) {
		t.Error("nothing was redacted")
	}
}

// redactable leaves out the function that JSON cannot write.
func redactable(v any) any {
	if c, ok := v.(Config); ok {
		return struct{ A, B, C Secret }{c.AccessToken, c.AppSecret, c.VerifyToken}
	}
	return v
}

func TestVerifyWantsTheSignatureOfTheBytes(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	body := []byte(`{"object":"page","entry":[{"id":"10","messaging":[{"message":{"text":"h\u00e9las\/"}}]}]}`)
	good := signed(body).Get("X-Hub-Signature-256")
	if err := c.Verify(signed(body), body); err != nil {
		t.Fatalf("the platform's own signature: %v", err)
	}
	upper := http.Header{"X-Hub-Signature-256": {"sha256=" + strings.ToUpper(good[7:])}}
	if err := c.Verify(upper, body); err != nil {
		t.Errorf("upper-case digits: %v", err)
	}

	old := hmac.New(sha1.New, []byte(testSecret))
	old.Write(body)
	sha1Header := "sha1=" + hex.EncodeToString(old.Sum(nil))
	for name, header := range map[string]http.Header{
		"none":                 {},
		"empty":                {"X-Hub-Signature-256": {""}},
		"no prefix":            {"X-Hub-Signature-256": {good[7:]}},
		"another algorithm":    {"X-Hub-Signature-256": {"sha512=" + good[7:]}},
		"too short":            {"X-Hub-Signature-256": {good[:len(good)-2]}},
		"too long":             {"X-Hub-Signature-256": {good + "00"}},
		"no hexadecimal":       {"X-Hub-Signature-256": {"sha256=" + strings.Repeat("zz", 32)}},
		"one digit off":        {"X-Hub-Signature-256": {flipLast(good)}},
		"two, one of them bad": {"X-Hub-Signature-256": {flipLast(good), good}},
		"only SHA-1":           {"X-Hub-Signature": {sha1Header}},
		"SHA-1 in its place":   {"X-Hub-Signature-256": {sha1Header}},
		"of another body":      signed([]byte(`{}`)),
	} {
		err := c.Verify(header, body)
		if !errors.Is(err, bot.ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		} else if strings.Contains(err.Error(), good[7:20]) {
			t.Errorf("%s: the error tells the signature", name)
		}
	}
	// The same body written anew is another body: é without its escape.
	if err := c.Verify(signed(body), []byte(strings.Replace(string(body), `\u00e9`, "é", 1))); !errors.Is(err, bot.ErrSignature) {
		t.Errorf("a body written anew: %v", err)
	}
}

func flipLast(s string) string {
	last := byte('0')
	if s[len(s)-1] == '0' {
		last = '1'
	}
	return s[:len(s)-1] + string(last)
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	query := func(mode, token, challenge string) url.Values {
		return url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	}
	if got, err := c.Handshake(query("subscribe", testVerify, "1158201444")); err != nil || got != "1158201444" {
		t.Errorf("got %q, error %v", got, err)
	}
	for name, q := range map[string]url.Values{
		"no mode":          query("", testVerify, "1"),
		"another mode":     query("unsubscribe", testVerify, "1"),
		"another token":    query("subscribe", testVerify+"x", "1"),
		"no token":         query("subscribe", "", "1"),
		"no challenge":     query("subscribe", testVerify, ""),
		"a long challenge": query("subscribe", testVerify, strings.Repeat("1", maxChallenge+1)),
		"nothing":          {},
	} {
		if got, err := c.Handshake(q); !errors.Is(err, ErrHandshake) || got != "" {
			t.Errorf("%s: got %q, error %v", name, got, err)
		}
	}
}

func TestANewTokenServesTheNextCall(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, ok)
	c := fake.channel(t, Config{})
	if err := c.SetAccessToken(" fresh-token\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetAccessToken("  "); err == nil {
		t.Error("an empty token was accepted")
	}
	if o := c.Send(context.Background(), reply42); o.Status != bot.Accepted {
		t.Fatalf("%+v", o)
	}
	r := fake.requests()[0]
	if got := r.header.Get("Authorization"); got != "Bearer fresh-token" {
		t.Errorf("authorization %q", got)
	}
	if got := r.query.Get("appsecret_proof"); got != proof("fresh-token", testSecret) {
		t.Errorf("proof %q", got)
	}
}

func TestPauseEndsWithItsTimeOrItsContext(t *testing.T) {
	t.Parallel()
	Pause(context.Background(), time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	begin := time.Now()
	Pause(ctx, time.Hour)
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("waited %s", took)
	}
}
