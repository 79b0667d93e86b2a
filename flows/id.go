package flows

import (
	"strings"
	"unicode"
)

// stepID is what an id looks like: it stands in addresses and behind a #. A flow's id is
// its path under flows/ without extension. Both are read by hand: compiled, an expression
// that names the letters of all alphabets takes 50 KiB for as long as the bot runs.
const stepID = `^[\p{L}_][\p{L}\p{N}_-]*$`

// isStepID says whether a text looks like stepID.
func isStepID(id string) bool {
	for i, r := range id {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || r != '-' && !unicode.IsNumber(r)) {
			return false
		}
	}
	return id != ""
}

// isFlowID says whether a path consists of names of letters, digits and _, that may go on
// with . and -.
func isFlowID(id string) bool {
	for name := range strings.SplitSeq(id, "/") {
		for i, r := range name {
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || r != '.' && r != '-') {
				return false
			}
		}
		if name == "" {
			return false
		}
	}
	return true
}
