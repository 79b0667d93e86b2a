package bot

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/relance-bot/relance/storage"
)

// LedgerBody is what one entry of the consent ledger proves.
//
// Its personal part (what a consent is about, the texts shown, which may hold a
// name, and the input that proves it) is kept encrypted under the person's salt.
// When the salt is erased nobody can read it any more, and since the chain is
// made over what was encrypted it still verifies.
type LedgerBody struct {
	Action Action    `json:"-"` // stands in the entry's columns, like At
	At     time.Time `json:"-"`

	// None says why the change was only recorded: "late" and a few other fixed
	// words; empty if it counted.
	None    string    `json:"none,omitempty"`
	Source  string    `json:"source,omitempty"`
	Request string    `json:"request,omitempty"`
	Cadence string    `json:"cadence,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Image   string    `json:"image,omitempty"`
	Locale  string    `json:"locale,omitempty"`
	Flow    string    `json:"flow,omitempty"`
	Step    string    `json:"step,omitempty"`
	Program string    `json:"program,omitempty"`

	Personal `json:"-"`
}

// Personal is the part of an entry that goes when the person is erased.
type Personal struct {
	About   map[string]any `json:"about,omitempty"`
	Wording string         `json:"wording,omitempty"`
	Button  string         `json:"button,omitempty"`
	Input   string         `json:"input,omitempty"`
}

// Late reports whether something newer had been decided before this arrived.
func (b LedgerBody) Late() bool { return b.None == noneLate }

// errNoSalt means that something personal would have to be written in clear.
var errNoSalt = errors.New("ledger: no salt for a person's entry")

func ledgerBody(ch Change, none string) LedgerBody {
	return LedgerBody{
		Action: ch.Action, At: ch.At, None: none,
		Source: ch.Source, Request: ch.Request, Cadence: ch.Cadence, Until: ch.Until.UTC(),
		Image: ch.Image, Locale: ch.Locale, Flow: ch.Flow, Step: ch.Step, Program: ch.Program,
		Personal: Personal{About: ch.About, Wording: ch.Wording, Button: ch.Button, Input: ch.Input},
	}
}

// storedBody is a LedgerBody as it is written.
type storedBody struct {
	LedgerBody
	Sealed []byte `json:"sealed,omitempty"` // nonce and ciphertext of Personal
}

// Entry is the body as an entry that can be appended. salt is the contact's; it
// may be empty only for an entry that says nothing personal and names no contact,
// as one about an erasure.
func (b LedgerBody) Entry(page, contact, topic string, salt []byte) (storage.Entry, error) {
	e := storage.Entry{Page: page, Contact: contact, Topic: topic, Action: string(b.Action), At: b.At}
	stored := storedBody{LedgerBody: b}
	plain, err := json.Marshal(b.Personal)
	if err != nil {
		return storage.Entry{}, fmt.Errorf("ledger: %w", err)
	}
	if len(salt) > 0 {
		if stored.Sealed, err = sealPersonal(salt, plain, bound(e)); err != nil {
			return storage.Entry{}, err
		}
	} else if string(plain) != "{}" || contact != "" {
		return storage.Entry{}, errNoSalt
	}
	if e.Body, err = json.Marshal(stored); err != nil {
		return storage.Entry{}, fmt.Errorf("ledger: %w", err)
	}
	if len(salt) > 0 {
		e.Commit = Commitment(salt, contact, e.Body)
	}
	return e, nil
}

// OpenEntry reads an entry. Without the salt its personal part stays empty.
func OpenEntry(e storage.Entry, salt []byte) (LedgerBody, error) {
	var stored storedBody
	if err := json.Unmarshal(e.Body, &stored); err != nil {
		return LedgerBody{}, fmt.Errorf("ledger entry %d: %w", e.Seq, err)
	}
	b := stored.LedgerBody
	b.Action, b.At = Action(e.Action), e.At
	if len(salt) == 0 || len(stored.Sealed) == 0 {
		return b, nil
	}
	plain, err := openPersonal(salt, stored.Sealed, bound(e))
	if err != nil {
		return LedgerBody{}, fmt.Errorf("ledger entry %d: %w", e.Seq, err)
	}
	if err := json.Unmarshal(plain, &b.Personal); err != nil {
		return LedgerBody{}, fmt.Errorf("ledger entry %d: %w", e.Seq, err)
	}
	return b, nil
}

// Commitment binds an entry's body to its contact without naming them. Only who
// has the salt can make it again, or tell that two entries are about one person.
func Commitment(salt []byte, contact string, body []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	writePart(mac, []byte("relance commitment 1"))
	writePart(mac, []byte(contact))
	writePart(mac, body)
	return mac.Sum(nil)
}

// CommitHolds reports whether an entry is about the contact it names, given that
// contact's salt.
func CommitHolds(e storage.Entry, salt []byte) bool {
	return hmac.Equal(e.Commit, Commitment(salt, e.Contact, e.Body))
}

// bound is what a sealed part belongs to and cannot be moved away from.
func bound(e storage.Entry) []byte {
	return []byte(e.Page + "\x00" + e.Topic + "\x00" + e.Action)
}

// sealPersonal encrypts with AES-GCM. The nonce is made from the content, so that
// a turn that is repeated writes the same entry; it needs no random source, and
// two contents share a nonce only if they are equal.
func sealPersonal(salt, plain, bound []byte) ([]byte, error) {
	aead, nonceKey, err := personalKeys(salt)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, nonceKey)
	writePart(mac, bound)
	writePart(mac, plain)
	nonce := mac.Sum(nil)[:aead.NonceSize()]
	return aead.Seal(nonce, nonce, plain, bound), nil
}

func openPersonal(salt, sealed, bound []byte) ([]byte, error) {
	aead, _, err := personalKeys(salt)
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("its personal part is cut short")
	}
	plain, err := aead.Open(nil, sealed[:n], sealed[n:], bound)
	if err != nil {
		return nil, errors.New("its personal part does not open with this salt")
	}
	return plain, nil
}

// personalKeys derives the keys for one person from their salt.
func personalKeys(salt []byte) (aead cipher.AEAD, nonceKey []byte, err error) {
	keys, err := hkdf.Key(sha256.New, salt, nil, "relance ledger, personal part 1", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("ledger: %w", err)
	}
	block, err := aes.NewCipher(keys[:32])
	if err != nil {
		return nil, nil, fmt.Errorf("ledger: %w", err)
	}
	aead, err = cipher.NewGCM(block)
	if err != nil {
		return nil, nil, fmt.Errorf("ledger: %w", err)
	}
	return aead, keys[32:], nil
}

// writePart writes a part with its length, so that no two lists of parts are
// written alike.
func writePart(h hash.Hash, part []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	h.Write(length[:]) // which never fails
	h.Write(part)
}
