package flows

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneWord is a telephone number as people write it.
var phoneWord = lazily(`[+(]?\d[\d .\-/()\x{a0}\x{202f}\x{2011}]{4,38}\d`)

// typedPhone reads a number with its country (+33 …, 0033 …), or one as it is
// dialled in one of some countries, and keeps it with its country: +33612345678. If no
// country is known, it keeps the digits. What is a number in several of the
// countries, or in none, is none.
func typedPhone(text string, countries ...string) (any, bool) {
	if len(text) > 2*maxPhrase {
		return nil, false
	}
	found := phoneWord().FindAllStringIndex(text, 2)
	if len(found) != 1 {
		return nil, false
	}
	at := found[0]
	before, number, after := text[:at[0]], text[at[0]:at[1]], text[at[1]:]
	if endsInWord(before) || startsWithWord(after) || strings.ContainsAny(before+after, "0123456789+@") ||
		len(strings.Fields(before))+len(strings.Fields(after)) > maxAround {
		return nil, false
	}
	number = strings.Replace(number, "(0)", "", 1)
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	if rest, ok := strings.CutPrefix(digits, "00"); ok {
		digits = "+" + rest
	}
	switch {
	case strings.HasPrefix(digits, "+"):
		countries = []string{phonenumbers.UNKNOWN_REGION}
	case len(countries) == 0:
		return digits, len(digits) >= 6 && len(digits) <= 15
	}
	for _, sure := range []func(*phonenumbers.PhoneNumber) bool{phonenumbers.IsValidNumber, possible} {
		var meant []string
		for _, country := range countries {
			n, err := phonenumbers.Parse(digits, country)
			if err != nil || !sure(n) {
				continue
			}
			if full := phonenumbers.Format(n, phonenumbers.E164); !slices.Contains(meant, full) {
				meant = append(meant, full)
			}
		}
		if len(meant) > 0 {
			return meant[0], len(meant) == 1
		}
	}
	return nil, false
}

// possible says whether a number is as long as those of its country are. There are
// more numbers than the tables know.
func possible(n *phonenumbers.PhoneNumber) bool {
	return phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE
}

// countries are where the person may be dialling: that of their locale, and that of
// their time zone, else the bot's.
func (m *machine) countries() []string {
	var out []string
	if _, region, ok := strings.Cut(m.tag(), "-"); ok && len(region) == 2 {
		out = append(out, strings.ToUpper(region))
	}
	zone := m.w.Contact.Timezone
	if zone == "" {
		zone = m.p.Bot.Timezone
	}
	for country, zones := range zonesOf {
		if slices.Contains(strings.Fields(zones), zone) && !slices.Contains(out, country) {
			out = append(out, country)
		}
	}
	return out
}

// zonesOf are the time zones of countries, where our languages are spoken or that
// are near by.
var zonesOf = map[string]string{
	"AR": "America/Argentina/Buenos_Aires America/Buenos_Aires", "AT": "Europe/Vienna",
	"AU": "Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Perth Australia/Adelaide Australia/Hobart Australia/Darwin",
	"BE": "Europe/Brussels", "BR": "America/Sao_Paulo America/Bahia America/Fortaleza America/Recife America/Manaus America/Belem America/Cuiaba",
	"CA": "America/Toronto America/Montreal America/Vancouver America/Edmonton America/Winnipeg America/Halifax America/St_Johns America/Regina",
	"CH": "Europe/Zurich", "CI": "Africa/Abidjan", "CL": "America/Santiago", "CM": "Africa/Douala", "CO": "America/Bogota", "CZ": "Europe/Prague",
	"DE": "Europe/Berlin Europe/Busingen", "DK": "Europe/Copenhagen", "DZ": "Africa/Algiers", "EC": "America/Guayaquil",
	"ES": "Europe/Madrid Atlantic/Canary Africa/Ceuta", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London Europe/Belfast",
	"GP": "America/Guadeloupe", "GR": "Europe/Athens", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IN": "Asia/Kolkata Asia/Calcutta",
	"IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "LU": "Europe/Luxembourg", "MA": "Africa/Casablanca", "MC": "Europe/Monaco",
	"MQ": "America/Martinique", "MX": "America/Mexico_City America/Monterrey America/Tijuana America/Cancun", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo",
	"NZ": "Pacific/Auckland", "PE": "America/Lima", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon Atlantic/Madeira Atlantic/Azores", "RE": "Indian/Reunion",
	"RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SN": "Africa/Dakar", "TN": "Africa/Tunis",
	"US": "America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix America/Detroit America/Anchorage Pacific/Honolulu America/Boise",
	"UY": "America/Montevideo", "VE": "America/Caracas", "ZA": "Africa/Johannesburg",
}
