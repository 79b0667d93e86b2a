package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	secretSize = 32 // bytes of a key: AES-256
	idSize     = 4  // bytes of a key's id
	maxKeys    = 8  // that may be given at once
)

// Key is one secret of 32 bytes, with what is derived of it. Its id names it in front
// of each value, and tells nothing about it.
type Key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// NewKey makes a key of 32 secret bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != secretSize {
		return Key{}, fmt.Errorf("a key has %d bytes, want %d", len(secret), secretSize)
	}
	name, err := hkdf.Key(sha256.New, secret, nil, "relance key id", idSize)
	if err != nil {
		return Key{}, err
	}
	inner, err := hkdf.Key(sha256.New, secret, nil, "relance values", secretSize)
	if err != nil {
		return Key{}, err
	}
	block, err := aes.NewCipher(inner)
	if err != nil {
		return Key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, err
	}
	return Key{id: [idSize]byte(name), aead: aead}, nil
}

// ID names the key: eight hexadecimal digits.
func (k Key) ID() string { return hex.EncodeToString(k.id[:]) }

// ParseKeys reads keys as RELANCE_SECRET_KEY gives them: each 32 bytes in base64, with
// commas between. The first is the one to write with. "" is none.
func ParseKeys(text string) ([]Key, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > maxKeys {
		return nil, fmt.Errorf("%d keys, at most %d", len(parts), maxKeys)
	}
	keys := make([]Key, 0, len(parts))
	for i, part := range parts {
		part = strings.TrimRight(strings.TrimSpace(part), "=")
		part = strings.NewReplacer("-", "+", "_", "/").Replace(part)
		secret, err := base64.RawStdEncoding.DecodeString(part)
		if err != nil {
			return nil, fmt.Errorf("key %d is not base64", i+1) // the error would quote it
		}
		key, err := NewKey(secret)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		for _, other := range keys {
			if other.id == key.id {
				return nil, fmt.Errorf("key %d stands twice", i+1)
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// mark stands in front of a sealed value, then the key's id. What is kept in clear is
// JSON or a text, which begin with no such bytes.
const (
	mark     = "\x00s1"
	textMark = "sealed:" // in front of a sealed text
	head     = len(mark) + idSize
)

// isSealed says whether a value begins as sealed ones do.
func isSealed(value []byte) bool { return len(value) >= head && string(value[:len(mark)]) == mark }

// errSealed says that a value cannot be read: another wrote it, or it was altered.
var errSealed = errors.New("a sealed value cannot be opened: it was altered, or belongs elsewhere")

// seal seals a value for a place. nil stays nil.
func (k Key) seal(place string, value []byte) []byte {
	if value == nil {
		return nil
	}
	out := make([]byte, 0, head+len(value)+k.aead.Overhead())
	out = append(append(out, mark...), k.id[:]...)
	return k.aead.Seal(out, nil, value, []byte(place))
}

// ring is the keys there are; the first seals.
type ring []Key

func (r ring) find(id []byte) (Key, bool) {
	for _, k := range r {
		if bytes.Equal(k.id[:], id) {
			return k, true
		}
	}
	return Key{}, false
}

func (r ring) seal(place string, value []byte) []byte { return r[0].seal(place, value) }

// open opens what was sealed for a place. What is not sealed comes back as it is: it
// is of the time before there was a key.
func (r ring) open(place string, value []byte) ([]byte, error) {
	if !isSealed(value) {
		return value, nil
	}
	key, ok := r.find(value[len(mark):head])
	if !ok {
		return nil, fmt.Errorf("%w: value under key %x", ErrKey, value[len(mark):head])
	}
	out, err := key.aead.Open([]byte{}, nil, value[head:], []byte(place))
	if err != nil {
		return nil, errSealed
	}
	return out, nil
}

func (r ring) sealText(place, text string) string {
	if text == "" {
		return ""
	}
	return textMark + base64.RawURLEncoding.EncodeToString(r.seal(place, []byte(text)))
}

func (r ring) openText(place, text string) (string, error) {
	coded, ok := strings.CutPrefix(text, textMark)
	if !ok {
		return text, nil
	}
	value, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil || !isSealed(value) {
		return text, nil // somebody's own words
	}
	out, err := r.open(place, value)
	return string(out), err
}

// blind is what stands for a value that must be found by being equal.
func blind(index []byte, field, value string) string {
	sum := hmac.New(sha256.New, index)
	sum.Write([]byte(field))
	sum.Write([]byte{0})
	sum.Write([]byte(value))
	return textMark + hex.EncodeToString(sum.Sum(nil))
}
