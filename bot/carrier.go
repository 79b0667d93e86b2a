package bot

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// When a permit was used last stands in the consent that its message was for, which is
// written for each message in any case: Carrier there marks the token. It is written into
// the permits themselves only when the consent goes on to tell of another.

// carrierOf is what marks a token: never 0, and always as wide. Of one person's few tokens
// it tells one from the other; 0 for none.
func carrierOf(token string) int64 {
	if token == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(token))
	return int64(binary.BigEndian.Uint32(sum[:])>>1 | 1<<30)
}

// rested lets the permits know what the consents say of their last use.
func (t *turn) rested() {
	for _, c := range t.topics {
		if c.Carrier == 0 {
			continue
		}
		for i := range t.permits {
			if p := &t.permits[i]; c.LastSent.After(p.LastSent) && carrierOf(p.Token) == c.Carrier {
				p.LastSent = c.LastSent
			}
		}
	}
}

// carried notes in a consent when its last message went, and what marks the token that
// it went by. What the consent said of another token, or of a later use, goes into the
// permits that have it.
func (t *turn) carried(c *agreed, at time.Time, carrier int64) error {
	if c.Carrier != 0 && (carrier != c.Carrier || at.Before(c.LastSent)) {
		for _, p := range slices.Clone(t.permits) {
			if carrierOf(p.Token) != c.Carrier || !c.LastSent.After(p.kept) {
				continue
			}
			if err := t.putPermit(p); err != nil {
				return err
			}
		}
	}
	c.LastSent, c.Carrier = at, carrier
	c.sent = true
	return nil
}

// restSince is what the permits of a token say of their last use, for this turn.
func (t *turn) restSince(token string, at time.Time) {
	for i := range t.permits {
		if t.permits[i].Token == token {
			t.permits[i].LastSent = at
		}
	}
}
