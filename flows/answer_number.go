package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// numberWord is a number as people write it, with blanks, points, commas or
// apostrophes in it.
var numberWord = regexp.MustCompile(`[-+−]?\d[\d.,'’ \x{a0}\x{202f}\x{2009}]*`)

// typedNumber reads "42", "42,5", "1 200,50", "1,200.50", and one number among a
// few words: "du 42 svp". It reads a sign as the person's country does, and nothing
// that could mean two things there.
func typedNumber(text, tag string) (any, bool) {
	if len(text) > maxPhrase {
		return nil, false
	}
	found := numberWord.FindAllStringIndex(text, 2)
	if len(found) != 1 {
		return nil, false
	}
	from, to := found[0][0], found[0][1]
	before, after := text[:from], text[to:]
	if endsInWord(before) || startsWithWord(after) && !strings.HasSuffix(strings.TrimRight(text[:to], "\u00a0\u202f"), " ") && !unit(after) {
		return nil, false // part of a word or code: A42, 42b
	}
	if thousands(after) || len(strings.Fields(before))+len(strings.Fields(after)) > maxAround {
		return nil, false // five thousand; a sentence in which a number occurs
	}
	return plainDigits(strings.TrimSpace(text[from:to]), tag)
}

func endsInWord(s string) bool {
	r := []rune(s)
	return len(r) > 0 && (unicode.IsLetter(r[len(r)-1]) || r[len(r)-1] == '_')
}

func startsWithWord(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r) || r == '_'
	}
	return false
}

// units are what people glue to a number: 80g, 42kg, 42EU.
var units = strings.Fields("g kg mg t l cl ml dl m cm mm km h s j d x eu uk us e er st nd rd th")

// unit says whether a text begins with a unit.
func unit(s string) bool {
	word := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(word) > 0 && slices.Contains(units, strings.ToLower(word[0]))
}

// thousands says whether the word behind a number multiplies it: 5k, 3 mille.
func thousands(after string) bool {
	words := strings.Fields(fold(after))
	return len(words) > 0 && slices.Contains([]string{
		"k", "mille", "mil", "mila", "tausend", "tsd", "thousand", "million", "millions", "mio", "milliard", "milliards", "billion", "dozen", "douzaine",
	}, words[0])
}

// marks are the decimal sign of a country and the one that groups thousands there; 0
// if that is a blank or an apostrophe.
func marks(tag string) (decimal, group byte) {
	_, region, _ := strings.Cut(tag, "-")
	switch region = strings.ToUpper(region); {
	case region == "CH" || region == "LI":
		return '.', 0
	case base(tag) == "es" && slices.Contains(strings.Fields("MX US GT HN NI PA PE PR DO SV"), region):
		return '.', ','
	}
	c := customOf(tag)
	if len(c.group) == 1 {
		group = c.group[0]
	}
	return c.decimal[0], group
}

// plainDigits tells the decimal sign from those that group thousands.
//
//	1.200,50    the last of two signs is the decimal one
//	1.234.567   a sign that stands twice groups
//	1.200       one sign in front of three digits is what it is in the country: 1200
//	            in German, 1.2 in English, and in French nobody knows
//	42.5, 0,125 any other is the decimal one
func plainDigits(s, tag string) (any, bool) {
	sign := ""
	s = strings.TrimRight(s, ".,'’ \u00a0\u202f\u2009")
	if first, rest, ok := cutSign(s); ok {
		sign, s = first, rest
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '’' {
			return '\''
		}
		return r
	}, s)
	comma, point := strings.Count(s, ","), strings.Count(s, ".")
	whole, fraction := s, ""
	group := byte('\'')
	switch {
	case comma > 0 && point > 0:
		at := max(strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.'))
		group = ".,"[strings.IndexByte(",.", s[at])]
		whole, fraction = s[:at], s[at+1:]
		if fraction == "" || strings.Count(s, s[at:at+1]) > 1 {
			return nil, false
		}
	case comma > 1 || point > 1:
		group = s[strings.IndexAny(s, ",.")]
	case comma+point == 1:
		at := strings.IndexAny(s, ",.")
		decimal, groups := marks(tag)
		whole, fraction = s[:at], s[at+1:]
		switch {
		case len(fraction) != 3 || strings.Trim(whole, "0") == "" || s[at] == decimal:
		case s[at] == groups && len(whole) <= 3:
			whole, fraction = whole+fraction, ""
		default:
			return nil, false
		}
	}
	if !grouped(whole, group) || strings.Trim(fraction, "0123456789") != "" {
		return nil, false
	}
	s = strings.ReplaceAll(strings.ReplaceAll(whole, string(group), ""), "'", "")
	if len(s)+len(fraction) > 20 {
		return nil, false
	}
	n, err := strconv.ParseFloat(sign+s+"."+fraction+"0", 64)
	return n, err == nil
}

func cutSign(s string) (sign, rest string, ok bool) {
	for _, minus := range []string{"-", "−"} {
		if rest, ok := strings.CutPrefix(s, minus); ok {
			return "-", rest, true
		}
	}
	rest, ok = strings.CutPrefix(s, "+")
	return "", rest, ok
}

// grouped says whether a sign stands in front of every three digits, or nowhere.
func grouped(whole string, sign byte) bool {
	parts := strings.Split(whole, string(sign))
	for i, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" || len(parts) > 1 && (i == 0 && len(part) > 3 || i > 0 && len(part) != 3) {
			return false
		}
	}
	return true
}
