package bot

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// A button that opens an address opens PUBLIC_URL/l/CODE instead, which leads there.
// The code holds the message it stands in and the address, under a signature:
//
//	base64url( signature, 16 bytes │ length of the id │ id of the message │ address )
//
// So nothing is stored for a link, it works for ever and in every process, leads
// nowhere that the bot did not write, and names nobody. Whom the message went to is
// known from its decision, or for eight days from the outbox; when that is gone, the
// link only leads on.

const (
	metaLinkKey   = "link key" // 32 random bytes; they stay when RELANCE_SECRET_KEY changes
	linkKeySize   = 32
	linkSignature = 16
	linkPath      = "/l/"
	linkParameter = "rl"
	maxLink       = 2083 // bytes that a button's address may have on the platform
	maxLinkCode   = 4096 // what is looked at
)

// ErrUnknownLink says that a code is none of ours.
var ErrUnknownLink = errors.New("no link of this bot")

// links makes and reads codes.
type links struct {
	base atomic.Pointer[string] // PUBLIC_URL without a slash at its end; empty: links stay as they are
	key  atomic.Pointer[[]byte]
}

// reachable says whether links can be made of an address: the platform refuses messages
// with others.
func reachable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.RawQuery == "" && u.Fragment == ""
}

// SetPublicURL is Config.PublicURL for whoever learns it later.
func (b *Bot) SetPublicURL(address string) {
	address = strings.TrimRight(address, "/")
	b.links.base.Store(&address)
}

// linkKey is the key that codes are signed with, made when it is first needed.
func (b *Bot) linkKey(tx *txn) ([]byte, error) {
	if key := b.links.key.Load(); key != nil {
		return *key, nil
	}
	key, err := tx.Meta(metaLinkKey)
	if errors.Is(err, storage.ErrNotFound) {
		key = make([]byte, linkKeySize)
		rand.Read(key)
		err = tx.SetMeta(metaLinkKey, key)
	}
	if err == nil && len(key) != linkKeySize {
		err = errCorrupt
	}
	if err != nil {
		return nil, fmt.Errorf("the key of links: %w", err)
	}
	tx.whenKept(func() { b.links.key.Store(&key) })
	return key, nil
}

// signLink is what proves that we made a link.
func signLink(key, content []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("relance link 1\x00"))
	mac.Write(content)
	return mac.Sum(nil)[:linkSignature]
}

// linkCode is the code of an address in a message.
func linkCode(key []byte, send, target string) string {
	content := make([]byte, 0, 1+len(send)+len(target))
	content = append(content, byte(len(send)))
	content = append(append(content, send...), target...)
	return base64.RawURLEncoding.EncodeToString(slices.Concat(signLink(key, content), content))
}

// readLink is what linkCode wrote. ErrUnknownLink if it did not.
func readLink(key []byte, code string) (send, target string, err error) {
	if len(code) > maxLinkCode {
		return "", "", ErrUnknownLink
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if err != nil || len(raw) < linkSignature+1 {
		return "", "", ErrUnknownLink
	}
	content := raw[linkSignature:]
	n := int(content[0])
	if len(key) != linkKeySize || !hmac.Equal(raw[:linkSignature], signLink(key, content)) || len(content) < 1+n {
		return "", "", ErrUnknownLink
	}
	return string(content[1 : 1+n]), string(content[1+n:]), nil
}

// linkedSend is the message of a code; "" if it is none of ours.
func (b *Bot) linkedSend(tx *txn, code string) (string, error) {
	key, err := b.linkKey(tx)
	if err != nil {
		return "", err
	}
	send, _, err := readLink(key, code)
	if errors.Is(err, ErrUnknownLink) {
		return "", nil
	}
	return send, err
}

// Tracks says whether links are tracked: whether there is a public address for them.
func (b *Bot) Tracks() bool { return *b.links.base.Load() != "" }

// trackLinks makes the links of a message tracked ones. What it changes it copies: a
// message may be shared with the flow that made it.
func (t *turn) trackLinks(l *letter) error {
	m := &l.body.Message
	opens := func(list []flows.Button) bool {
		return slices.ContainsFunc(list, func(b flows.Button) bool { return b.Open != "" })
	}
	if !t.b.Tracks() || len(l.ID) > 255 {
		return nil
	}
	if !opens(m.Buttons) && !slices.ContainsFunc(m.Cards, func(c flows.Card) bool { return c.Open != "" || opens(c.Buttons) }) {
		return nil
	}
	key, err := t.b.linkKey(t.tx)
	if err != nil {
		return err
	}
	wrap := func(target string) string { return t.b.links.wrap(key, l.ID, target) }
	buttons := func(list []flows.Button) []flows.Button {
		list = slices.Clone(list)
		for i := range list {
			list[i].Open = wrap(list[i].Open)
		}
		return list
	}
	m.Buttons = buttons(m.Buttons)
	m.Cards = slices.Clone(m.Cards)
	for i := range m.Cards {
		m.Cards[i].Open, m.Cards[i].Buttons = wrap(m.Cards[i].Open), buttons(m.Cards[i].Buttons)
	}
	return nil
}

// inApp are hosts whose addresses the platform's app opens itself: a detour would lead
// out of it.
var inApp = []string{"m.me", "messenger.com", "www.messenger.com", "fb.me", "ig.me"}

// wrap is the tracked form of an address; the address itself where there can be none.
func (l *links) wrap(key []byte, send, target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || slices.Contains(inApp, strings.ToLower(u.Hostname())) {
		return target
	}
	base := *l.base.Load() + linkPath
	if strings.HasPrefix(target, base) {
		return target // it is one
	}
	code := linkCode(key, send, target)
	link := base + code
	if len(link) > maxLink || len(withLink(target, code)) > maxLinkCode {
		return target
	}
	return link
}

// withLink is an address with the code in its query; what was there stays as it was
// written, the fragment too.
func withLink(target, code string) string {
	address, fragment, fragmented := strings.Cut(target, "#")
	switch {
	case !strings.Contains(address, "?"):
		address += "?"
	case !strings.HasSuffix(address, "?") && !strings.HasSuffix(address, "&"):
		address += "&"
	}
	address += linkParameter + "=" + code
	if fragmented {
		address += "#" + fragment
	}
	return address
}

// clickBody is what an outbox row tells of a message that was clicked.
func clickBody(s storage.Send) (body sendBody) {
	if json.Unmarshal(s.Body, &body) != nil {
		return sendBody{}
	}
	return body
}
