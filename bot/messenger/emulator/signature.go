package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the platform still sends the old header beside the new one
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"unicode/utf16"
	"unicode/utf8"
)

// encode writes v as the platform writes webhook bodies: every character beyond
// ASCII as \u and four lowercase hex digits, every slash as \/, nothing else
// escaped that JSON does not demand. A bot that parses and re-writes a body before
// it checks the signature will fail on it, as it would on the real platform.
func encode(v any) ([]byte, error) {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	text := bytes.TrimRight(plain.Bytes(), "\n")
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = escape(escape(out, high), low)
		default:
			out = escape(out, r)
		}
		i += size
	}
	return out, nil
}

func escape(out []byte, r rune) []byte {
	const hexDigits = "0123456789abcdef"
	return append(out, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// Header returns the headers of a webhook with this body: signed with the app
// secret over exactly these bytes, with sha256 and, as the platform still does,
// with sha1. Tests may use it to sign bodies of their own.
func (p *Platform) Header(body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "facebookexternalua")
	old := hmac.New(sha1.New, []byte(p.cfg.AppSecret))
	old.Write(body)
	h.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil)))
	h.Set("X-Hub-Signature-256", "sha256="+keyed(p.cfg.AppSecret, string(body)))
	return h
}

// keyed is the lowercase hex HMAC-SHA256 of data.
func keyed(key, data string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(data))
	return hex.EncodeToString(mac.Sum(nil))
}
