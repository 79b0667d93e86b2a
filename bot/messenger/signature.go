package messenger

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/relance-bot/relance/bot"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// keys are what proves that a request comes from the platform. They are functions
// because nothing can print what a function holds.
type keys struct {
	sign   func(body []byte, sum *[sha256.Size]byte)
	invite func(token string) bool // whether it is the verify token
}

func newKeys(appSecret, verifyToken string) keys {
	key, invitation := []byte(appSecret), sha256.Sum256([]byte(verifyToken))
	return keys{
		sign: func(body []byte, sum *[sha256.Size]byte) {
			mac := hmac.New(sha256.New, key)
			mac.Write(body)
			mac.Sum(sum[:0])
		},
		// Hashed first, so that the comparison does not tell the token's length.
		invite: func(token string) bool {
			got := sha256.Sum256([]byte(token))
			return subtle.ConstantTimeCompare(got[:], invitation[:]) == 1
		},
	}
}

// Verify checks X-Hub-Signature-256 over the bytes as they came. A body signed
// only with the older SHA-1 header is refused: so would a forger's be who hopes
// for the weaker one.
func (c *Channel) Verify(header http.Header, body []byte) error {
	values := header.Values(signatureHeader)
	if len(values) != 1 {
		return bot.ErrSignature
	}
	digits, ok := strings.CutPrefix(values[0], signaturePrefix)
	if !ok || len(digits) != 2*sha256.Size {
		return bot.ErrSignature
	}
	var got, want [sha256.Size]byte
	if _, err := hex.Decode(got[:], []byte(digits)); err != nil {
		return bot.ErrSignature
	}
	c.keys.sign(body, &want)
	if !hmac.Equal(got[:], want[:]) {
		return bot.ErrSignature
	}
	return nil
}

// proof is appsecret_proof: it shows that the caller of the Graph API knows the
// app secret beside the token.
func proof(token, appSecret Secret) string {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}
