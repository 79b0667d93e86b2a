package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// clock is an hour, and minutes behind a sign or a word.
var clock = regexp.MustCompile(`^(\d{1,2})(?:\s*([a-z]+)\s*(\d{2})?)?\s*(.*)$`)

// typedTime reads a time of day as people write it in some languages: 9:30, 17h30, 21
// Uhr, 9 pm, midi, las 8 de la tarde. 5 alone could be morning or evening, as 5:30 could
// where days have twice twelve hours: then it is none.
func typedTime(text string, tags ...string) (any, bool) {
	if len(text) > maxPhrase {
		return nil, false
	}
	// A colon or point between digits says where the minutes begin.
	folded := strings.TrimSpace(fold(colon.ReplaceAllString(text, "${1}h$2")))
	signed := colon.MatchString(text)
	tongues := tonguesOf(tags)
	for _, v := range tongues {
		for _, at := range append([]string{""}, v.at...) {
			rest := folded
			if at != "" {
				var ok bool
				if rest, ok = strings.CutPrefix(folded, at+" "); !ok {
					continue
				}
			}
			if minute, ok := v.named(rest); ok {
				return timeOf(minute/60, minute%60)
			}
			for _, other := range tongues {
				if hour, minute, ok := other.clock(rest, signed, tags[0]); ok {
					return timeOf(hour, minute)
				}
			}
		}
	}
	return nil, false
}

// colon is the sign between hours and minutes.
var colon = regexp.MustCompile(`(\d)\s*[:.]\s*(\d\d)`)

func timeOf(hour, minute int) (any, bool) {
	if hour > 23 || minute > 59 {
		return nil, false
	}
	return fmt.Sprintf("%02d:%02d", hour, minute), true
}

// named reads noon and midnight, and half past them, in minutes after midnight.
func (v *tongue) named(text string) (int, bool) {
	past := 0
	for phrase, minutes := range v.halves {
		if rest, ok := strings.CutSuffix(text, " "+phrase); ok {
			text, past = rest, minutes
			break
		}
	}
	switch {
	case slices.Contains(v.noon, text):
		return 12*60 + past, true
	case slices.Contains(v.midnight, text):
		return past, true
	}
	return 0, false
}

// clock reads an hour with what stands behind it. signed says that a colon or point
// stood there.
func (v *tongue) clock(text string, signed bool, tag string) (hour, minute int, ok bool) {
	g := clock.FindStringSubmatch(text)
	if g == nil {
		return 0, 0, false
	}
	word, minutes, behind := g[2], g[3], g[4]
	if word != "" && word != "h" && !slices.Contains(v.hours, word) {
		if minutes != "" {
			return 0, 0, false
		}
		word, behind = "", strings.TrimSpace(word+" "+behind)
	}
	hour, _ = strconv.Atoi(g[1])
	minute, _ = strconv.Atoi(minutes)
	if past, half := v.halves[behind]; half && minutes == "" {
		minute, behind, minutes = past, "", "30"
	}
	for _, unit := range append([]string{"min", "minutes"}, v.hours...) {
		if rest, cut := strings.CutPrefix(behind, unit); cut && (rest == "" || rest[0] == ' ') {
			behind, word = strings.TrimSpace(rest), unit
			break
		}
	}
	part, known := v.parts[behind]
	switch {
	case behind != "" && !known, hour > 23:
		return 0, 0, false
	case part == morning:
		return hour % 12, minute, hour <= 12
	case part == afternoon && hour == 0, part == night && (hour == 0 || hour == 5):
		return 0, minute, part == night && hour == 0
	case part == afternoon && hour < 12, part == night && hour > 5 && hour < 12:
		return hour + 12, minute, true
	case part == night && hour == 12:
		return 0, minute, true
	case part != 0, hour > 12:
		return hour, minute, true
	case word == "" && minutes == "": // a bare number
		return 0, 0, false
	case len(g[1]) == 2 && g[1] < "10", hour == 12 || hour == 0:
		return hour, minute, true
	}
	// An h or Uhr counts to 24, whatever the country.
	return hour, minute, !twelve(tag) || !signed && word != "oclock"
}

// twelve says whether people of a country count twice twelve hours a day.
func twelve(tag string) bool {
	_, region, _ := strings.Cut(tag, "-")
	if base(tag) == "es" {
		return slices.Contains(strings.Fields("MX CO VE PE EC GT HN SV NI CR PA DO PR US"), strings.ToUpper(region))
	}
	return customOf(tag).twelve && !british(tag)
}
