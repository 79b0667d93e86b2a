package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dateDigits is a date in figures.
var dateDigits = regexp.MustCompile(`^(\d{1,4})\s*([-/. ])\s*(\d{1,2})(?:\s*[-/. ]\s*(\d{1,4}))?\.?$`)

// typedDate reads a day as people write it in the first of some languages, or in one
// of the others: 2026-03-12, 12/3/2026 (3/12/2026 in the United States), 12.3., le 12
// mars, tomorrow, next Monday, in three days. Without a year it is the next such day.
// A day that could be two is none.
func typedDate(text string, now time.Time, tags ...string) (any, bool) {
	if text = strings.TrimSpace(text); len(text) > maxPhrase {
		return nil, false
	}
	if g := dateDigits.FindStringSubmatch(text); g != nil {
		return figures(g, now, tags[0])
	}
	words := strings.Fields(fold(text))
	if len(words) == 0 || len(words) > maxAround+2 {
		return nil, false
	}
	for i, v := range tonguesOf(tags) {
		for _, read := range []func([]string, string, time.Time) (any, bool){v.near, v.weekday, v.month} {
			if day, ok := read(words, tags[min(i, len(tags)-1)], now); ok {
				return day, true
			}
		}
	}
	return nil, false
}

// figures reads a date in digits: by its year in front, else day and month in the
// order of the country, unless only the other order makes a date.
func figures(g []string, now time.Time, tag string) (any, bool) {
	a, _ := strconv.Atoi(g[1])
	b, _ := strconv.Atoi(g[3])
	c, _ := strconv.Atoi(g[4])
	switch {
	case len(g[1]) == 4:
		if g[4] == "" {
			return nil, false
		}
		return dateOf(a, b, c, now)
	case len(g[1]) > 2 || len(g[4]) == 1 || len(g[4]) == 3:
		return nil, false
	case base(tag) == "en" && g[2] == "." && g[4] == "":
		return nil, false // a number
	}
	year := fullYear(c, len(g[4]), now)
	dayFirst, first := dateOf(year, b, a, now)
	monthFirst, second := dateOf(year, a, b, now)
	_, region, _ := strings.Cut(tag, "-")
	switch {
	case first != second || dayFirst == monthFirst:
		if first {
			return dayFirst, true
		}
		return monthFirst, second
	case region == "CA":
		return nil, false // written both ways there
	case base(tag) == "en" && !british(tag):
		return monthFirst, true
	}
	return dayFirst, true
}

// near reads tomorrow, and in three days.
func (v *tongue) near(words []string, _ string, now time.Time) (any, bool) {
	phrase := strings.Join(words, " ")
	if days, ok := v.days[phrase]; ok {
		return dayAfter(now, days).Format(time.DateOnly), true
	}
	for _, in := range v.in {
		rest, ok := strings.CutPrefix(phrase, in+" ")
		number, unit, two := strings.Cut(rest, " ")
		if !ok || !two {
			continue
		}
		n := v.count(number)
		if digits, err := strconv.Atoi(number); err == nil && digits > 0 && len(number) <= 4 {
			n = digits
		}
		switch {
		case n == 0:
		case slices.Contains(v.units[0], unit):
			return boundedDay(dayAfter(now, n))
		case slices.Contains(v.units[1], unit):
			return boundedDay(dayAfter(now, 7*n))
		case slices.Contains(v.units[2], unit):
			// The 31st has no day in a shorter month: then it is that month's last.
			y, m, d := now.Date()
			last := time.Date(y, m+time.Month(n)+1, 0, 12, 0, 0, 0, now.Location())
			return boundedDay(time.Date(last.Year(), last.Month(), min(d, last.Day()), 12, 0, 0, 0, now.Location()))
		}
	}
	return nil, false
}

func boundedDay(t time.Time) (any, bool) {
	return t.Format(time.DateOnly), t.Year() <= 2200
}

// weekday reads Friday, this Friday, next Friday. A day of today's name could be
// today or in a week; the next one could be the coming one or that of the next week:
// where these differ, it is none.
func (v *tongue) weekday(words []string, tag string, now time.Time) (any, bool) {
	day, rest := -1, make([]string, 0, len(words))
	for _, w := range words {
		switch d := v.dayNamed(w); {
		case d >= 0 && day >= 0:
			return nil, false
		case d >= 0:
			day = d
		case !slices.Contains(v.fillers, w):
			rest = append(rest, w)
		}
	}
	if day < 0 {
		return nil, false
	}
	coming := (day - int(now.Weekday()) + 7) % 7 // 0: today
	sunday := base(tag) == "en" && !british(tag) // weeks begin on Sunday
	left := 6 - (int(now.Weekday())+6)%7         // days until the week ends
	if sunday {
		left = 6 - int(now.Weekday())
	}
	how := strings.Join(rest, " ")
	switch {
	case how == "" && coming > 0:
	case slices.Contains(v.this, how) && coming <= left:
	case slices.Contains(v.next, how) && (coming == 0 || coming > left):
		if coming == 0 {
			coming = 7
		}
	default:
		return nil, false
	}
	return dayAfter(now, coming).Format(time.DateOnly), true
}

// dayNamed is the day of the week a folded word begins the name of, from Sunday; -1
// if none or several do.
func (v *tongue) dayNamed(word string) int {
	if i := slices.Index(v.short[:], word); i >= 0 && word != "" {
		return i
	}
	if len(word) < 3 {
		return -1
	}
	found := -1
	for i, name := range customOf(v.tag).weekdays {
		name, _, _ = strings.Cut(fold(name), " ") // segunda, of segunda-feira
		switch {
		case name == word:
			return i
		case strings.HasPrefix(name, word) && len(word) <= 4 && found < 0:
			found = i
		case strings.HasPrefix(name, word):
			return -1
		}
	}
	return found
}

// ordinals are what stands behind the number of a day: 3rd, 1er, 1º.
var ordinals = strings.Fields("st nd rd th er re e eme o a ro do to")

// month reads a date with a month's name: le 12 mars 2026, March 12th, Monday 3 May.
func (v *tongue) month(words []string, _ string, now time.Time) (any, bool) {
	day, month, year, weekday := 0, 0, 0, -1
	for _, w := range words {
		digits := strings.TrimRight(w, "abcdefghijklmnopqrstuvwxyz")
		n, err := strconv.Atoi(digits)
		if err == nil && digits != w && !slices.Contains(ordinals, w[len(digits):]) {
			return nil, false
		}
		if slices.Contains(v.first, w) {
			n, err = 1, nil
		}
		switch named := v.monthNamed(w); {
		case err == nil && (n > 31 || day != 0) && year == 0:
			if len(digits) == 1 || len(digits) == 3 || len(digits) > 4 {
				return nil, false
			}
			year = fullYear(n, len(digits), now)
		case err == nil && day == 0:
			day = n
		case err == nil:
			return nil, false
		case named > 0 && month == 0 && (weekday >= 0 || v.dayNamed(w) < 0 || len(w) > 4):
			month = named
		case weekday < 0 && v.dayNamed(w) >= 0:
			weekday = v.dayNamed(w)
		case named > 0 && month == 0:
			month = named
		case !slices.Contains(v.fillers, w):
			return nil, false
		}
	}
	if month == 0 || day == 0 {
		return nil, false
	}
	date, ok := dateOf(year, month, day, now)
	if ok && weekday >= 0 {
		t, _ := time.Parse(time.DateOnly, date.(string))
		ok = int(t.Weekday()) == weekday
	}
	return date, ok
}

// monthNamed is the month that a folded word begins the name of; 0 if none or
// several do.
func (v *tongue) monthNamed(word string) int {
	if len(word) < 3 {
		return 0
	}
	found := 0
	for i, name := range customOf(v.tag).months {
		name = fold(name)
		switch {
		case name == word:
			return i + 1
		case strings.HasPrefix(name, word) && found == 0:
			found = i + 1
		case strings.HasPrefix(name, word):
			return 0
		}
	}
	return found
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
		t = time.Date(year+1, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	}
	if int(t.Month()) != month || t.Day() != day || t.Year() < 1800 || t.Year() > 2200 {
		return nil, false
	}
	return t.Format(time.DateOnly), true
}
