package flows

import (
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// custom is how a language writes numbers, money and dates. The languages here are
// those the framework's own texts are shipped in; any other is written as English.
type custom struct {
	decimal, group string
	groupFrom      int  // digits from which thousands are grouped
	symbolFirst    bool // of money: €12.50, not 12,50 €
	symbolSpace    bool // a space between a symbol that stands first and the number
	months         [12]string
	monthsShort    [12]string // nil text: dates are short in digits
	weekdays       [7]string  // from Sunday
	short, long    string     // d day, D day of two digits, m month of two digits, M month, S short month, y year
	first          string     // the first day of a month, if it is not 1
	twelve         bool       // 6:00 PM
}

const (
	space  = "\u00a0" // between a number and its symbol
	narrow = "\u202f" // between thousands in French
)

var customs = map[string]*custom{
	"en": {
		decimal: ".", group: ",", groupFrom: 4, symbolFirst: true, twelve: true,
		months:      [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		monthsShort: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		weekdays:    [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		short:       "S d, y", long: "M d, y",
	},
	"fr": {
		decimal: ",", group: narrow, groupFrom: 4, first: "1er",
		months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		short:    "D/m/y", long: "d M y",
	},
	"es": {
		decimal: ",", group: ".", groupFrom: 5,
		months:   [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		weekdays: [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		short:    "D/m/y", long: "d \x00de M \x00de y",
	},
	"de": {
		decimal: ",", group: ".", groupFrom: 4,
		months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		short:    "D.m.y", long: "d. M y",
	},
	"pt": {
		decimal: ",", group: ".", groupFrom: 4, symbolFirst: true, symbolSpace: true,
		months:   [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
		weekdays: [7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
		short:    "D/m/y", long: "d \x00de M \x00de y",
	},
	"it": {
		decimal: ",", group: ".", groupFrom: 4,
		months:   [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		weekdays: [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		short:    "D/m/y", long: "d M y",
	},
}

// symbols of currencies; any other is written by its code.
var symbols = map[string]string{
	"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "KRW": "₩", "INR": "₹", "BRL": "R$", "CAD": "CA$", "AUD": "A$", "MXN": "MX$",
	"PLN": "zł", "VND": "₫", "ILS": "₪", "TRY": "₺",
}

// decimals are the places behind the decimal sign, where they are not two (ISO 4217).
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// pluralForms are the names plural takes.
var pluralForms = []string{"zero", "one", "two", "few", "many", "other"}

// base is the language without its country.
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

func customOf(tag string) *custom {
	if c, ok := customs[base(tag)]; ok {
		return c
	}
	return customs["en"]
}

// formatNumber is a number as the language writes it, without trailing zeros.
// Thousands are grouped on demand only: 2026 may be a year.
func formatNumber(n float64, tag string, grouped bool) string {
	c := customOf(tag)
	return c.digits(plainNumber(n), grouped)
}

// digits writes a plain number as the language does.
func (c *custom) digits(s string, grouped bool) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, dotted := strings.Cut(s, ".")
	if grouped && len(whole) >= c.groupFrom {
		var b strings.Builder
		for i, r := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteString(c.group)
			}
			b.WriteRune(r)
		}
		whole = b.String()
	}
	if dotted {
		return sign + whole + c.decimal + fraction
	}
	return sign + whole
}

// formatMoney is an amount with its currency: 12,50 €, €12.50.
func formatMoney(amount float64, currency, tag string) string {
	if !isFinite(amount) {
		return ""
	}
	c, currency := customOf(tag), strings.ToUpper(currency)
	number := c.digits(strconv.FormatFloat(math.Abs(amount), 'f', Decimals(currency), 64), true)
	sign := ""
	if amount < 0 && strings.ContainsAny(number, "123456789") {
		sign = "-"
	}
	symbol, known := symbols[currency]
	if !known {
		symbol = currency
	}
	first := c.symbolFirst && tag != "pt-PT"
	switch {
	case first && (c.symbolSpace || !known):
		return sign + symbol + space + number
	case first:
		return sign + symbol + number
	}
	return sign + number + space + symbol
}

// formatDate is a date ("2026-03-27"), a time ("18:00") or an instant (RFC 3339) in
// a layout: short, long, weekday, time. ok is false if the text is none, or has
// nothing of the kind the layout shows.
func formatDate(text, layout, tag string, zone *time.Location) (s string, ok bool) {
	c := customOf(tag)
	t, dated, timed := readDate(text, zone)
	switch layout {
	case "short", "long":
		if !dated {
			if timed {
				return c.time(t, tag), true
			}
			return "", false
		}
		if layout == "short" {
			return c.date(t, c.short, tag), true
		}
		return c.date(t, c.long, tag), true
	case "weekday":
		if !dated {
			return "", false
		}
		return c.weekdays[t.Weekday()], true
	case "time":
		if !timed {
			return "", false
		}
		return c.time(t, tag), true
	}
	return "", false
}

// readDate reads the texts that dates and times are kept as.
func readDate(text string, zone *time.Location) (t time.Time, dated, timed bool) {
	switch {
	case len(text) == len("2006-01-02"):
		t, err := time.Parse(time.DateOnly, text)
		return t, err == nil, false
	case len(text) == len("15:04"):
		t, err := time.Parse("15:04", text)
		return t, false, err == nil
	case len(text) > len("2006-01-02T"):
		t, err := time.Parse(time.RFC3339, text)
		return t.In(zone), err == nil, err == nil
	}
	return time.Time{}, false, false
}

// date fills a pattern.
func (c *custom) date(t time.Time, pattern, tag string) string {
	if base(tag) == "en" && british(tag) {
		pattern = map[string]string{"S d, y": "d S y", "M d, y": "d M y"}[pattern]
	}
	var b strings.Builder
	literal := false
	for _, r := range pattern {
		switch {
		case r == 0: // a word follows
			literal = true
			continue
		case literal && r != ' ':
			b.WriteRune(r)
			continue
		case r == 'd' && t.Day() == 1 && c.first != "":
			b.WriteString(c.first)
		case r == 'd':
			b.WriteString(strconv.Itoa(t.Day()))
		case r == 'D':
			b.WriteString(t.Format("02"))
		case r == 'm':
			b.WriteString(t.Format("01"))
		case r == 'M':
			b.WriteString(c.months[t.Month()-1])
		case r == 'S':
			b.WriteString(c.monthsShort[t.Month()-1])
		case r == 'y':
			b.WriteString(strconv.Itoa(t.Year()))
		default:
			b.WriteRune(r)
		}
		literal = false
	}
	return b.String()
}

func (c *custom) time(t time.Time, tag string) string {
	if c.twelve && !british(tag) {
		return t.Format("3:04 PM")
	}
	return t.Format("15:04")
}

// british says whether English is written as outside the United States.
func british(tag string) bool {
	_, region, ok := strings.Cut(tag, "-")
	return ok && base(tag) == "en" && region != "US" && region != "CA" && region != "PH"
}

// pluralForm is which of pluralForms a language uses with a number.
func pluralForm(n float64, tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		parsed = language.English
	}
	whole, fraction, _ := strings.Cut(plainNumber(math.Abs(n)), ".")
	if len(whole) > 9 {
		whole = "1" + whole[len(whole)-8:] // the rules look at the last digits
	}
	if len(fraction) > 9 {
		fraction = fraction[:9]
	}
	i, _ := strconv.Atoi(whole)
	f, _ := strconv.Atoi("0" + fraction)
	switch plural.Cardinal.MatchPlural(parsed, i, len(fraction), len(fraction), f, f) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}
