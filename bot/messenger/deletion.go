package messenger

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

const (
	maxSigned = 16 << 10 // bytes of a signed_request
	codeBytes = 16       // of a confirmation code, which has twice as many digits
)

// Deletion reads the signed_request of the data deletion callback: signature and
// payload in base64url with a dot between, HMAC-SHA256 by the app secret over the
// encoded payload (developers.facebook.com, "Data Deletion Request Callback"). The
// same request has the same code. bot.ErrSignature if it is not the platform's,
// bot.ErrBody if it names nobody.
func (c *Channel) Deletion(signed string, now time.Time) (bot.Deletion, error) {
	if len(signed) > maxSigned {
		return bot.Deletion{}, fmt.Errorf("%w: the signed_request is too long", bot.ErrBody)
	}
	first, second, ok := strings.Cut(signed, ".")
	got, err := unpadded(first)
	if !ok || err != nil || !hmac.Equal(got, c.keys.sum(second)) {
		return bot.Deletion{}, bot.ErrSignature
	}
	raw, err := unpadded(second)
	var payload struct {
		Algorithm string          `json:"algorithm"`
		User      json.RawMessage `json:"user_id"`
		Issued    float64         `json:"issued_at"`
		Expires   float64         `json:"expires"`
	}
	if err != nil || json.Unmarshal(raw, &payload) != nil {
		return bot.Deletion{}, fmt.Errorf("%w: the payload is not JSON", bot.ErrBody)
	}
	if !strings.EqualFold(payload.Algorithm, "HMAC-SHA256") {
		return bot.Deletion{}, fmt.Errorf("%w: another algorithm", bot.ErrSignature)
	}
	if payload.Expires > 0 && payload.Expires < float64(now.Unix()) {
		return bot.Deletion{}, fmt.Errorf("%w: the request has expired", bot.ErrSignature)
	}
	person := strings.Trim(string(payload.User), `"`)
	if !digits(person) {
		return bot.Deletion{}, fmt.Errorf("%w: no user_id", bot.ErrBody)
	}
	return bot.Deletion{Person: person, Code: hex.EncodeToString(c.keys.sum("deletion " + second)[:codeBytes])}, nil
}

// unpadded decodes base64url with or without its padding.
func unpadded(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}

// digits says whether a text is an id of the platform.
func digits(text string) bool {
	for _, d := range []byte(text) {
		if d < '0' || d > '9' {
			return false
		}
	}
	return text != "" && len(text) <= 40
}
