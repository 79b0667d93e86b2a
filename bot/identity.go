package bot

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// pageKey names an account on a platform: CHANNEL:PAGE.
func pageKey(channel, page string) string { return channel + ":" + page }

// page is pageKey of a page that is ours, most often without making it anew.
func (b *Bot) page(channel, page string) string {
	if key, ours := b.keys[[2]string{channel, page}]; ours {
		return key
	}
	return pageKey(channel, page)
}

// ContactID is the id of a person on a channel's page.
func ContactID(channel, page, person string) string {
	return channel + ":" + page + ":" + person
}

// splitID takes a contact id apart: CHANNEL:PAGE and the person.
func splitID(contact string) (page, person string, ok bool) {
	i := strings.LastIndexByte(contact, ':')
	if i <= 0 || strings.IndexByte(contact[:i], ':') <= 0 || i == len(contact)-1 {
		return "", "", false
	}
	return contact[:i], contact[i+1:], true
}

// channelOf is the channel a contact is on; nil if this bot has it no more.
func (b *Bot) channelOf(contact string) Channel {
	page, _, ok := splitID(contact)
	if !ok {
		return nil
	}
	return b.channels[page]
}

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// randomID is 26 characters that nobody guesses and that never come twice. They begin
// with the time, so that what is kept by them grows at one end.
func randomID(now time.Time) string {
	var b [16]byte
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	rand.Read(b[6:])
	return idEncoding.EncodeToString(b[:])
}

// randomSalt is what a person's ledger entries are committed to and encrypted under.
func randomSalt() []byte {
	salt := make([]byte, 32)
	rand.Read(salt)
	return salt
}
