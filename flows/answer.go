package flows

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// parseAnswer reads what a person typed as a value of a field's type, with its
// bounds; ok is false if it is none.
func (m *machine) parseAnswer(of *Field, text string) (v any, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, false
	}
	switch of.Type {
	case "number":
		v, ok = typedNumber(text, m.language)
	case "boolean":
		v, ok = m.typedYes(text)
	case "date":
		v, ok = typedDate(text, m.tag(), m.w.Now.In(m.zone()))
	case "time":
		v, ok = typedTime(text)
	case "email":
		v, ok = typedEmail(text)
	case "phone":
		v, ok = typedPhone(text)
	case "list":
		v, ok = typedList(text)
	default:
		v, ok = text, true
	}
	if !ok {
		return nil, false
	}
	return of.accept(v)
}

// tag is how the person writes: their own locale, which knows the country, else the
// language they are spoken to in.
func (m *machine) tag() string {
	if m.w.Contact.Locale != "" {
		return strings.ReplaceAll(m.w.Contact.Locale, "_", "-")
	}
	return m.language
}

// numberWord is a number as people write it, with blanks, points or commas in it.
var numberWord = regexp.MustCompile(`[-+]?\d[\d.,' \x{a0}\x{202f}\x{2009}]*`)

// typedNumber reads "42", "42,5", "1 200,50", "1,200.50", and one number among a
// few words: "du 42 svp".
func typedNumber(text, language string) (any, bool) {
	if len(text) > 80 {
		return nil, false
	}
	found := numberWord.FindAllStringIndex(text, 2)
	if len(found) != 1 {
		return nil, false
	}
	from, to := found[0][0], found[0][1]
	before, after := text[:from], text[to:]
	if endsInWord(before) || startsWithWord(after) && !strings.HasSuffix(text[:to], " ") && !unit(after) {
		return nil, false // part of a word or code: A42, 42b
	}
	if len(strings.Fields(before))+len(strings.Fields(after)) > 5 {
		return nil, false // a sentence in which a number occurs
	}
	return plainDigits(text[from:to], language)
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

// unit says whether what is glued to a number is a unit of one or two letters: 80g,
// 42kg.
func unit(s string) bool {
	word := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	return len(word) > 0 && len([]rune(word[0])) <= 2 && word[0] != "b" && word[0] != "B"
}

// plainDigits tells the decimal sign from those that group thousands. A sign that
// stands once, in front of three digits, groups if it does so in the language:
// 1.200 is large in German, and small in English.
func plainDigits(s, language string) (any, bool) {
	s = strings.TrimRight(strings.Map(func(r rune) rune {
		if r == '\'' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s), ".,")
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma >= 0 && point >= 0: // the last of the two is the decimal sign
		group, decimal := ",", "."
		if comma > point {
			group, decimal = ".", ","
		}
		if strings.Count(s, decimal) > 1 {
			return nil, false
		}
		s = strings.Replace(strings.ReplaceAll(s, group, ""), decimal, ".", 1)
	case strings.Count(s, ",") > 1:
		s = strings.ReplaceAll(s, ",", "")
	case strings.Count(s, ".") > 1:
		s = strings.ReplaceAll(s, ".", "")
	case max(comma, point) >= 0:
		at, decimal := max(comma, point), "."
		if s[at:at+1] == customOf(language).group && len(s)-at == 4 && strings.Trim(s[:at], "+-0") != "" {
			decimal = ""
		}
		s = s[:at] + decimal + s[at+1:]
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || len(s) > 20 {
		return nil, false
	}
	return n, true
}

// typedYes reads yes and no in the person's language, and signs everybody knows.
func (m *machine) typedYes(text string) (any, bool) {
	switch folded := fold(text); folded {
	case "":
		switch {
		case strings.Contains(text, "👍"):
			return true, true
		case strings.Contains(text, "👎"):
			return false, true
		}
	case fold(m.text("relance.yes", nil)), "yes", "y", "ok", "okay", "true":
		return true, true
	case fold(m.text("relance.no", nil)), "no", "n", "false":
		return false, true
	}
	return nil, false
}

// emailShape is what nearly every address looks like; the rest bounces.
var emailShape = regexp.MustCompile(`^[^\s@<>(),;:"\[\]]+@[^\s@<>(),;:"\[\]]+\.[^\s@<>(),;:"\[\].]{2,}$`)

func typedEmail(text string) (any, bool) {
	text = strings.TrimPrefix(strings.Trim(text, "<>. "), "mailto:")
	return text, len(text) <= 254 && emailShape.MatchString(text)
}

// typedPhone keeps the digits, and the + in front of a country.
func typedPhone(text string) (any, bool) {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" .-/()\u00a0\u202f", r):
		default:
			return nil, false
		}
	}
	out := b.String()
	if rest, ok := strings.CutPrefix(out, "00"); ok {
		out = "+" + rest
	}
	n := len(strings.TrimPrefix(out, "+"))
	return out, n >= 6 && n <= 15
}

// typedList splits at commas, semicolons and lines.
func typedList(text string) (any, bool) {
	var out []any
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out, len(out) > 0
}

// clock is a time of day: 9:30, 9h30, 9h, 21.00, 9 pm.
var clock = regexp.MustCompile(`^(\d{1,2})(?:\s*[:h.]\s*(\d{2})?)?\s*(?:h|uhr)?\s*(am|pm|a\.m\.|p\.m\.)?$`)

func typedTime(text string) (any, bool) {
	g := clock.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if g == nil {
		return nil, false
	}
	hour, _ := strconv.Atoi(g[1])
	minute, _ := strconv.Atoi(g[2])
	if g[3] != "" {
		if hour < 1 || hour > 12 {
			return nil, false
		}
		hour %= 12
		if g[3][0] == 'p' {
			hour += 12
		}
	}
	if hour > 23 || minute > 59 {
		return nil, false
	}
	return time.Date(2000, 1, 1, hour, minute, 0, 0, time.UTC).Format("15:04"), true
}

// dateDigits is a date in figures.
var dateDigits = regexp.MustCompile(`^(\d{1,4})\s*[-/. ]\s*(\d{1,2})(?:\s*[-/. ]\s*(\d{1,4}))?\.?$`)

// typedDate reads 2026-03-12, 12/3/2026 (3/12/2026 in the United States), 12.3. and
// 12 March 2026. Without a year it is the next such day.
func typedDate(text, tag string, now time.Time) (any, bool) {
	text = strings.TrimSpace(text)
	if g := dateDigits.FindStringSubmatch(text); g != nil {
		a, _ := strconv.Atoi(g[1])
		b, _ := strconv.Atoi(g[2])
		c, _ := strconv.Atoi(g[3])
		switch {
		case len(g[1]) == 4:
			return dateOf(a, b, c, now)
		case len(g[1]) > 2:
			return nil, false
		case base(tag) == "en" && !british(tag):
			a, b = b, a
		}
		return dateOf(fullYear(c, len(g[3]), now), b, a, now)
	}
	return typedMonth(text, tag, now)
}

// typedMonth reads a date with a month's name in the person's language.
func typedMonth(text, tag string, now time.Time) (any, bool) {
	words := strings.Fields(fold(text))
	if len(words) < 2 || len(words) > 5 {
		return nil, false
	}
	day, month, year := 0, 0, 0
	for _, w := range words {
		n, err := strconv.Atoi(strings.TrimRightFunc(w, unicode.IsLetter))
		switch {
		case err == nil && n > 31 && year == 0:
			year = fullYear(n, len(w), now)
		case err == nil && day == 0:
			day = n
		case err == nil && year == 0:
			year = fullYear(n, len(w), now)
		case err == nil:
			return nil, false
		case month == 0:
			month = monthNamed(w, tag)
		}
	}
	if month == 0 || day == 0 {
		return nil, false
	}
	return dateOf(year, month, day, now)
}

// monthNamed is the month that a folded word begins the name of, in a language or
// in English; 0 if none or several do.
func monthNamed(word, tag string) int {
	if len(word) < 3 {
		return 0
	}
	for _, c := range [...]*custom{customOf(tag), customOf("en")} {
		found := 0
		for i, name := range c.months {
			name = fold(name)
			switch {
			case name == word:
				return i + 1
			case strings.HasPrefix(name, word) && found == 0:
				found = i + 1
			case strings.HasPrefix(name, word):
				found = -1
			}
		}
		if found > 0 {
			return found
		}
	}
	return 0
}

// fullYear is the year that some digits mean: 85 is the last such year that is at
// most ten years ahead. No digits are no year.
func fullYear(n, digits int, now time.Time) int {
	if digits != 2 {
		return n
	}
	year := now.Year() - now.Year()%100 + n
	if year > now.Year()+10 {
		year -= 100
	}
	return year
}

// dateOf is a day of the calendar; without a year it is the next one.
func dateOf(year, month, day int, now time.Time) (any, bool) {
	given := year != 0
	if !given {
		year = now.Year()
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if !given && t.Before(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)) {
		t = t.AddDate(1, 0, 0)
	}
	if int(t.Month()) != month || t.Day() != day || t.Year() < 1800 || t.Year() > 2200 {
		return nil, false
	}
	return t.Format(time.DateOnly), true
}
