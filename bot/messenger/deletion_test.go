package messenger

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestDeletionReadsOnlyWhatThePlatformSigned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	coded := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	by := func(secret, payload string) string {
		body := coded([]byte(payload))
		return coded(newKeys(secret, "").sum(body)) + "." + body
	}
	good := by(testSecret, `{"algorithm":"HMAC-SHA256","user_id":"218471","issued_at":1795338000}`)
	sig, body, _ := strings.Cut(good, ".")
	c := newTestChannel(t, Config{})
	for name, tc := range map[string]struct {
		signed string
		want   error
	}{
		"as it comes":               {good, nil},
		"with padding":              {sig + "=." + body, nil},
		"an id that is a number":    {by(testSecret, `{"algorithm":"hmac-sha256","user_id":218471}`), nil},
		"not expired":               {by(testSecret, `{"algorithm":"HMAC-SHA256","user_id":"218471","expires":1895338000}`), nil},
		"expired":                   {by(testSecret, `{"algorithm":"HMAC-SHA256","user_id":"218471","expires":1595338000}`), bot.ErrSignature},
		"by another secret":         {by("another", `{"algorithm":"HMAC-SHA256","user_id":"218471"}`), bot.ErrSignature},
		"another algorithm":         {by(testSecret, `{"algorithm":"none","user_id":"218471"}`), bot.ErrSignature},
		"another payload":           {sig + "." + coded([]byte(`{"algorithm":"HMAC-SHA256","user_id":"9"}`)), bot.ErrSignature},
		"no signature":              {"." + body, bot.ErrSignature},
		"no dot":                    {sig + body, bot.ErrSignature},
		"nothing":                   {"", bot.ErrSignature},
		"a signature that is none":  {"???." + body, bot.ErrSignature},
		"two dots":                  {good + "." + body, bot.ErrSignature},
		"no user":                   {by(testSecret, `{"algorithm":"HMAC-SHA256"}`), bot.ErrBody},
		"a user of words":           {by(testSecret, `{"algorithm":"HMAC-SHA256","user_id":"1:2"}`), bot.ErrBody},
		"a user that is an object":  {by(testSecret, `{"algorithm":"HMAC-SHA256","user_id":{"id":1}}`), bot.ErrBody},
		"a payload that is no JSON": {by(testSecret, `{`), bot.ErrBody},
		"a long one":                {strings.Repeat("a", maxSigned+1), bot.ErrBody},
	} {
		got, err := c.Deletion(tc.signed, now)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if err == nil && (got.Person != "218471" || len(got.Code) != 2*codeBytes || strings.Contains(got.Code, got.Person)) {
			t.Errorf("%s: %+v", name, got)
		}
		if err != nil && strings.Contains(err.Error(), "218471") {
			t.Errorf("%s: the error names the person", name)
		}
	}
}
