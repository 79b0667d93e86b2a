package bot

import (
	"crypto/sha256"
	"encoding/binary"
)

// HeldOut reports whether a contact is in the share (0 to 1) of people that a
// trigger leaves out, for comparison. The answer never changes for the same two
// names, grows only with the share, and tells nothing about other triggers.
func HeldOut(contact, trigger string, share float64) bool {
	sum := sha256.Sum256([]byte(contact + "\x00" + trigger))
	place := float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
	return place < share
}
