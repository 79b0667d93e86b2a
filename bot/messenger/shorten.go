package messenger

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// shorten cuts a text to at most max characters, the last of them an ellipsis. Flows
// have done so already; this is for what comes from elsewhere. What people see as one
// character stays whole.
func shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	end, used, state := 0, 0, -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += utf8.RuneCountInString(cluster); used >= max {
			break
		}
		end += len(cluster)
	}
	return strings.TrimRight(s[:end], " ") + "…"
}
