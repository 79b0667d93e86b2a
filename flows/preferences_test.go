package flows

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuietHoursAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Hours{
		"22-8":                    {22 * 60, 8 * 60},
		"22 - 8":                  {22 * 60, 8 * 60},
		"22h-8h":                  {22 * 60, 8 * 60},
		"22 h – 8 h":              {22 * 60, 8 * 60},
		"22:30-07:15":             {22*60 + 30, 7*60 + 15},
		"22h30 à 7h":              {22*60 + 30, 7 * 60},
		"de 22h à 8h":             {22 * 60, 8 * 60},
		"entre 21 heures et 9":    {21 * 60, 9 * 60},
		"from 10pm to 8am":        {22 * 60, 8 * 60},
		"10 PM - 8 AM":            {22 * 60, 8 * 60},
		"10:30 p.m. until 7 a.m.": {22*60 + 30, 7 * 60},
		"12am-12pm":               {0, 12 * 60},
		"von 22 bis 8 Uhr":        {22 * 60, 8 * 60},
		"22 Uhr - 7.30 Uhr":       {22 * 60, 7*60 + 30},
		"de las 22 a las 8":       {22 * 60, 8 * 60},
		"das 22h às 8h":           {22 * 60, 8 * 60},
		"dalle 22 alle 8":         {22 * 60, 8 * 60},
		"  23:00   to\n  6:00 ":   {23 * 60, 6 * 60},
		"22-24":                   {22 * 60, 0},
		"0-6":                     {0, 6 * 60},
		"13h-14h":                 {13 * 60, 14 * 60},
		"1 AM and 2 AM":           {60, 120},
	} {
		if got, ok := typedHours(text); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "22", "never", "8-8", "25-8", "22-8-9", "22:60-8", "24:30-8", "13pm-8am", "not before 8 and not after 22", "pas avant 8h ni après 22h",
		"2200-0800", "I am 22, he is 8", "-22--8x", strings.Repeat("2", 100), "22-8 " + strings.Repeat(" ", 100) + "x",
	} {
		if got, ok := typedHours(text); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestPlacesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Paris":                  "Europe/Paris",
		"paris ":                 "Europe/Paris",
		"à Paris":                "Europe/Paris",
		"Paris, France":          "Europe/Paris",
		"Lyon":                   "Europe/Paris",
		"Saint-Étienne":          "Europe/Paris",
		"New York":               "America/New_York",
		"new-york":               "America/New_York",
		"Nova York":              "America/New_York",
		"los angeles":            "America/Los_Angeles",
		"Londres":                "Europe/London",
		"München":                "Europe/Berlin",
		"in Berlin":              "Europe/Berlin",
		"Milano":                 "Europe/Rome",
		"São Paulo":              "America/Sao_Paulo",
		"Rio de Janeiro, Brasil": "America/Sao_Paulo",
		"Montréal":               "America/Toronto",
		"Bogotá":                 "America/Bogota",
		"Buenos Aires":           "America/Argentina/Buenos_Aires",
		"Port of Spain":          "America/Port_of_Spain",
		"Dar es Salaam":          "Africa/Dar_es_Salaam",
		"Port-au-Prince":         "America/Port-au-Prince",
		"Ho Chi Minh":            "Asia/Ho_Chi_Minh",
		"Tokyo":                  "Asia/Tokyo",
		"España":                 "Europe/Madrid",
		"Europe/Paris":           "Europe/Paris",
		"America/New_York":       "America/New_York",
		"Tahiti":                 "Pacific/Tahiti",
	} {
		if got, ok := typedZone(text); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "UTC+2", "GMT-5", "+02:00", "CET", "Europe", "America", "Europe/Nowhere", "Europe/../Paris", "../../etc/passwd", "Etc/GMT+5", "Local",
		"somewhere", "🏠", "je ne sais pas trop où", strings.Repeat("paris ", 50), ",", "|", "paris|lyon",
	} {
		if got, ok := typedZone(text); ok {
			t.Errorf("%q was taken for %q", text, got)
		}
	}
}

// Every place leads to a zone that exists, and to one only.
func TestPlacesAreUnambiguous(t *testing.T) {
	t.Parallel()
	seen := make(map[string]string)
	for _, z := range zonePlaces {
		if _, err := loadZone(z.zone); err != nil {
			t.Errorf("%s: %v", z.zone, err)
		}
		for _, place := range strings.Split(z.places, "|") {
			if fold(place) != place || place == "" {
				t.Errorf("%q is not folded", place)
			}
			if other, twice := seen[place]; twice {
				t.Errorf("%q is in %s and in %s", place, other, z.zone)
			}
			seen[place] = z.zone
		}
	}
}

// preferenceLabels are the texts that stand on quick replies.
var preferenceLabels = strings.Fields(`back done topics more on off pause resume snooze.day snooze.week snooze.month snooze.open
	quiet quiet.none zone language know forget forget.yes`)

var braces = regexp.MustCompile(`{{ (\w+) }}`)

// A text says the same in every language: it has the same values in it. A label fits
// under a message, is no stop word (to type it must not end everything), and is told
// from the others.
func TestFrameworkTextsSayTheSameInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, language := range shippedLanguages {
		texts, stop := ownTexts(language, newDialect(), &reporter{sources: make(map[string]*source)})
		for _, k := range textKeys {
			if texts[k.key] == nil {
				t.Errorf("%s lacks %s", language, k.key)
				continue
			}
			var names []string
			for _, m := range braces.FindAllStringSubmatch(texts[k.key].source, -1) {
				names = append(names, m[1])
			}
			slices.Sort(names)
			want := slices.Sorted(slices.Values(k.names))
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", k.key, language, diff)
			}
		}
		said := make(map[string]string)
		for _, key := range preferenceLabels {
			label := texts["relance.preferences."+key].source
			if runes(label) > maxLabel {
				t.Errorf("%s in %s has %d characters: %s", key, language, runes(label), label)
			}
			if slices.ContainsFunc(stop, func(w string) bool { return fold(w) == fold(label) }) {
				t.Errorf("%s in %s is a stop word: %s", key, language, label)
			}
			if other := said[fold(label)]; other != "" {
				t.Errorf("%s and %s in %s are both %s", key, other, language, label)
			}
			said[fold(label)] = key
		}
	}
}

func TestTitlesAreCutBetweenWords(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Les nouveautés":                       "Les nouveautés",
		"Exactly twenty chars":                 "Exactly twenty chars",
		"Ta pointure est de retour":            "Ta pointure est de…",
		"Les nouveautés de la semaine":         "Les nouveautés de…",
		"Donaudampfschifffahrtsgesellschaft":   "Donaudampfschifffah…",
		"A Donaudampfschifffahrtsgesellschaft": "A Donaudampfschifff…",
		"👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦": "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…",
	} {
		if got := shortened(title, maxLabel); got != want || runes(got) > maxLabel {
			t.Errorf("%q became %q, want %q", title, got, want)
		}
	}
}

func TestWhatIsTooLongIsSeveralTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		most int
		want []string
	}{
		{"a", 10, []string{"a"}},
		{"aaaa\nbbbb\ncccc", 10, []string{"aaaa\nbbbb", "cccc"}},
		{"aaaa\nbbbbb", 10, []string{"aaaa\nbbbbb"}},
		{"aaaa\nbbbbbb", 10, []string{"aaaa", "bbbbbb"}},
		{"aaaaaaaaaaaaaa\nb", 10, []string{"aaaaaaaaa…", "b"}},
	} {
		if diff := cmp.Diff(tt.want, pages(tt.text, tt.most)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
	if got := pages(strings.Repeat("word\n", 100), 5); len(got) != maxPages {
		t.Errorf("%d texts, want %d", len(got), maxPages)
	}
}
