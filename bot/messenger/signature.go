package messenger

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
	"sync"

	"github.com/relance-bot/relance/bot"
)

// SignatureHeader is the one header that Verify looks at.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// keys are what proves that a request comes from the platform. They are functions
// because nothing can print what a function holds.
type keys struct {
	signed func(digits string, body []byte) bool // whether they are the signature's
	invite func(token string) bool               // whether it is the verify token
	sum    func(text string) []byte              // HMAC-SHA256 of a text, by the app secret
}

// seal is what one signature is checked with. It is used again: to begin with the
// key anew costs as much as a small body.
type seal struct {
	mac    hash.Hash
	digits [2 * sha256.Size]byte
	got    [sha256.Size]byte
	want   [sha256.Size]byte
}

func newKeys(appSecret, verifyToken string) keys {
	key, invitation := []byte(appSecret), sha256.Sum256([]byte(verifyToken))
	seals := &sync.Pool{New: func() any { return &seal{mac: hmac.New(sha256.New, key)} }}
	return keys{
		signed: func(digits string, body []byte) bool {
			s := seals.Get().(*seal)
			defer seals.Put(s)
			if copy(s.digits[:], digits) != len(digits) || len(digits) != len(s.digits) {
				return false
			}
			if _, err := hex.Decode(s.got[:], s.digits[:]); err != nil {
				return false
			}
			s.mac.Reset()
			s.mac.Write(body)
			return hmac.Equal(s.got[:], s.mac.Sum(s.want[:0]))
		},
		sum: func(text string) []byte {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(text))
			return mac.Sum(nil)
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
	values := header.Values(SignatureHeader)
	if len(values) != 1 {
		return bot.ErrSignature
	}
	if digits, ok := strings.CutPrefix(values[0], signaturePrefix); !ok || !c.keys.signed(digits, body) {
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
