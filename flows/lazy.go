package flows

import (
	"regexp"
	"strings"
	"sync"
)

// lazy is a regular expression that is compiled when it is first asked. Those that
// name the letters of every alphabet take a millisecond, and most serve an author who
// slipped: a bot that starts needs none.
type lazy func() *regexp.Regexp

func lazily(source string) lazy {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
}

// find is FindAllStringSubmatchIndex for a text that holds one of the signs, without
// which nothing matches.
func (l lazy) find(text, signs string, limit int) [][]int {
	if !strings.ContainsAny(text, signs) {
		return nil
	}
	return l().FindAllStringSubmatchIndex(text, limit)
}
