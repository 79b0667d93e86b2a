package flows

import (
	"strconv"
	"strings"
	"time"
)

// maxDuration bounds every duration of the language.
const maxDuration = 5 * 366 * 24 * time.Hour

// parseDuration reads a number and a unit, or several: 30s, 1h30m, 3d, 2w. A day is
// 24 hours. Negative durations have a sign in front.
func parseDuration(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if s == "" {
		return 0, false
	}
	var total time.Duration
	for s != "" {
		digits := 0
		for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits > 9 || digits == len(s) {
			return 0, false
		}
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return 0, false
		}
		unit, ok := unitOf(s[digits])
		if !ok {
			return 0, false
		}
		s = s[digits+1:]
		total += time.Duration(n) * unit
		if total > maxDuration {
			return 0, false
		}
	}
	if negative {
		total = -total
	}
	return total, true
}

// spelledUnits are units as people write them out, folded.
var spelledUnits = map[string][]string{
	"s": {"s", "sec", "secs", "second", "seconds", "seconde", "secondes", "sekunde", "sekunden", "segundo", "segundos", "secondo", "secondi"},
	"m": {"m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "minuti"},
	"h": {"h", "hr", "hrs", "hour", "hours", "heure", "heures", "stunde", "stunden", "std", "hora", "horas", "ora", "ore"},
	"d": {"d", "day", "days", "jour", "jours", "tag", "tage", "tagen", "dia", "dias", "giorno", "giorni"},
	"w": {"w", "wk", "week", "weeks", "semaine", "semaines", "woche", "wochen", "semana", "semanas", "settimana", "settimane"},
}

// spelledOut is what "2 days" was meant as: 2d; empty if it is none of the kind.
func spelledOut(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	word := fold(s[digits:])
	if digits == 0 {
		number, rest, _ := strings.Cut(s, " ")
		switch number {
		case "a", "an", "one", "un", "une", "ein", "eine", "una", "uno", "um", "uma":
			return spelledOut("1 " + rest)
		}
		if rest != "" || len(word) < 3 {
			return ""
		}
		return spelledOut("1 " + word) // per: day
	}
	for unit, words := range spelledUnits {
		for _, w := range words {
			if w == word {
				if short := s[:digits] + unit; short != s {
					if _, ok := parseDuration(short); ok {
						return short
					}
				}
			}
		}
	}
	return ""
}

func unitOf(c byte) (time.Duration, bool) {
	switch c {
	case 's':
		return time.Second, true
	case 'm':
		return time.Minute, true
	case 'h':
		return time.Hour, true
	case 'd':
		return 24 * time.Hour, true
	case 'w':
		return 7 * 24 * time.Hour, true
	}
	return 0, false
}

// parseNumber reads a plain decimal number, as JSON spells it but without
// exponents. 0123, 1_000 and +33 are no numbers: they are codes and telephones.
func parseNumber(s string) (float64, bool) {
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 1 && whole[0] == '0' || dotted && fraction == "" || len(digits) > 17 {
		return 0, false
	}
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
