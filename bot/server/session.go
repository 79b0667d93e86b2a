package server

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// A session lets a browser into the console. It is a cookie that says when it ends and
// that somebody made it who knows the API key; nothing is stored, so it is valid at every
// process of the bot, and a new key ends all of them.
const (
	sessionCookie  = "relance_console"
	sessionLasts   = 12 * time.Hour
	sessionPurpose = "relance console session" // what its key is derived for
)

// Sizes of a session, in bytes: its end, what makes it differ from others, its proof.
const (
	sessionEnd = 8
	sessionID  = 16
)

// sessions makes sessions and knows them again.
type sessions struct {
	key [sha256.Size]byte
	now func() time.Time
}

func newSessions(apiKey string, now func() time.Time) (*sessions, error) {
	derived, err := hkdf.Key(sha256.New, []byte(apiKey), nil, sessionPurpose, sha256.Size)
	if err != nil {
		return nil, err
	}
	return &sessions{[sha256.Size]byte(derived), now}, nil
}

// begin makes a session, as its cookie has it.
func (s *sessions) begin() string {
	claim := binary.BigEndian.AppendUint64(nil, uint64(s.now().Add(sessionLasts).Unix()))
	claim = append(claim, make([]byte, sessionID)...)
	rand.Read(claim[sessionEnd:])
	return base64.RawURLEncoding.EncodeToString(append(claim, s.proof(claim)...))
}

// holds says whether a cookie is a session that has not ended.
func (s *sessions) holds(cookie string) bool {
	const claimed = sessionEnd + sessionID
	if base64.RawURLEncoding.DecodedLen(len(cookie)) != claimed+sha256.Size {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || !hmac.Equal(raw[claimed:], s.proof(raw[:claimed])) {
		return false
	}
	end := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)
	return s.now().Before(end)
}

func (s *sessions) proof(claim []byte) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(claim)
	return mac.Sum(nil)
}

// guesses bounds how many wrong keys the form takes in a minute, whoever sends them:
// behind a proxy all come from one address.
type guesses struct {
	mu    sync.Mutex
	begun time.Time
	taken int
}

// take says whether another key is looked at, which counts as wrong until right is called.
func (g *guesses) take(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if since := now.Sub(g.begun); since < 0 || since >= time.Minute {
		g.begun, g.taken = now, 0
	}
	if g.taken >= maxGuesses {
		return false
	}
	g.taken++
	return true
}

func (g *guesses) right() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken = max(0, g.taken-1)
}

// wanted is where somebody wanted to go, if that is a page of the console; its first
// page otherwise.
func wanted(to string) string {
	const home = "/console"
	u, err := url.ParseRequestURI(to)
	switch {
	case err != nil, len(to) > maxQueryID*2, u.IsAbs(), u.Host != "", strings.ContainsAny(to, "\\\r\n"):
		return home
	case u.Path != path.Clean(u.Path), u.Path != home && !strings.HasPrefix(u.Path, home+"/"):
		return home
	case u.Path == loginPath, u.Path == logoutPath:
		return home
	}
	return u.RequestURI()
}
