package flows

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// didYouMean is a hint for a name nobody knows: the nearest of the known ones, or,
// behind lead, all of them if they are few.
func didYouMean(name string, known []string, lead string) string {
	best := ""
	for _, other := range synonyms[fold(name)] {
		if best == "" && slices.Contains(known, other) {
			best = other
		}
	}
	if best == "" {
		best = nearest(name, known)
	}
	if best != "" {
		return `did you mean "` + best + `"?`
	}
	all := slices.Clone(known)
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 0:
		return ""
	case len(all) > 16:
		all = append(all[:16], "…")
	}
	return lead + strings.Join(all, ", ")
}

// synonyms are words that people try, and what they are called here.
var synonyms = map[string][]string{
	"string": {"text"}, "str": {"text"}, "integer": {"number"}, "int": {"number"}, "float": {"number"}, "decimal": {"number"}, "bool": {"boolean"}, "array": {"list"}, "enum": {"choice", "text"},
	"select": {"choice"}, "telephone": {"phone", "text"}, "tel": {"phone", "text"}, "mail": {"email", "text"}, "datetime": {"date"}, "picture": {"image", "url"}, "photo": {"image", "url"}, "image": {"url"},
	"url": {"open", "post", "text"}, "email": {"text"}, "phone": {"text"}, "choice": {"text"}, "uri": {"open", "url"}, "website": {"open"}, "web url": {"open"}, "call": {"phone"}, "action": {"go"}, "next": {"go"}, "target": {"go"}, "weekly": {"cron"},
	"answers": {"choices"}, "title": {"label"}, "payload": {"go"}, "postback": {"go"}, "heading": {"title"}, "headline": {"title"}, "endpoint": {"post"}, "assign": {"set"}, "audience": {"topic"}, "button": {"buttons"}, "caption": {"title", "label"}, "card": {"cards"}, "carousel": {"show", "cards"},
	"condition": {"if", "where"}, "consent": {"opt_in"}, "default": {"otherwise"}, "delay": {"wait", "typing"}, "error": {"retry"}, "exit": {"end"}, "failure": {"otherwise"},
	"filter": {"where"}, "finish": {"end"}, "flow": {"go"}, "goto": {"go"}, "href": {"open", "url"}, "image url": {"image", "url"}, "invalid": {"retry"}, "jump": {"go"},
	"link": {"open", "url"}, "menu": {"choose"}, "message": {"say"}, "name": {"label", "title"}, "no": {"declined", "else"}, "options": {"choices"}, "choices": {"options"}, "parameters": {"with"},
	"params": {"with"}, "args": {"with"}, "pause": {"wait"}, "prompt": {"ask"}, "question": {"ask", "label"}, "quick replies": {"quick_replies"}, "replies": {"quick_replies"}, "reply": {"say"},
	"return": {"end"}, "retries": {"attempts"}, "tries": {"attempts"}, "max attempts": {"attempts"}, "schedule": {"cron"}, "send": {"say"}, "sleep": {"wait"}, "src": {"url"}, "stop": {"end", "opt_out"},
	"store": {"save"}, "subflow": {"run"}, "subscribe": {"opt_in"}, "text": {"say", "label"}, "trigger": {"triggers"}, "unsubscribe": {"opt_out"}, "validate": {"check"},
	"validation": {"check"}, "var": {"save", "set"}, "variable": {"save", "set"}, "when": {"if", "where"}, "words": {"keywords"}, "yes": {"accepted", "then"},
}

// nearest is the known name that somebody who typed name may have meant, or "".
func nearest(name string, known []string) string { return newLexicon(known).nearest(name) }

// lexicon is known names, ready to be looked up again and again.
type lexicon struct {
	names, folded []string
	size          []int // of the folded ones, in runes
}

func newLexicon(known []string) *lexicon {
	l := &lexicon{names: slices.Sorted(slices.Values(known))} // the same answer whatever the order
	for _, k := range l.names {
		l.folded = append(l.folded, fold(k))
		l.size = append(l.size, runes(l.folded[len(l.folded)-1]))
	}
	return l
}

func (l *lexicon) nearest(name string) string {
	best, distance := "", 3
	folded := fold(name)
	size := runes(folded)
	if size <= 3 {
		distance = 2
	}
	for i, k := range l.names {
		if off := size - l.size[i]; off > distance || off < -distance {
			continue // so many letters are missing, or too much
		}
		d := levenshtein.ComputeDistance(folded, l.folded[i])
		if swapped(folded, l.folded[i]) {
			d = 1
		}
		if d < distance || d == distance && best != "" && k < best {
			best, distance = k, d
		}
	}
	if best != "" {
		return best
	}
	// A name with its words in another order, singular for plural, or cut short.
	for i, k := range l.names {
		if f := l.folded[i]; len(folded) >= 4 && (strings.HasPrefix(f, folded) || strings.HasPrefix(folded, f) && len(f) >= 4) {
			return k
		}
	}
	// A flow of a folder, without the folder.
	for _, k := range l.names {
		if at := strings.LastIndexByte(k, '/'); at >= 0 && swappedOrNear(folded, fold(k[at+1:])) {
			return k
		}
	}
	return ""
}

func swappedOrNear(a, b string) bool {
	return a == b || len(a) > 3 && (swapped(a, b) || levenshtein.ComputeDistance(a, b) == 1)
}

// swapped says whether two neighbours changed places: sya for say.
func swapped(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
