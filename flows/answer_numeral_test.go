package flows

import (
	"strings"
	"testing"
)

func TestTypedNumeral(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tag, text string
		want      any
	}{
		{"en", "forty two", 42.0}, {"en", "Forty-two", 42.0}, {"en", "zero", 0.0}, {"en", "a hundred", 100.0}, {"en", "nineteen", 19.0}, {"en", "the twelve", 12.0},
		{"fr", "quarante-deux", 42.0}, {"fr", "vingt et un", 21.0}, {"fr", "soixante et onze", 71.0}, {"fr", "soixante-dix-sept", 77.0}, {"fr", "quatre-vingts", 80.0},
		{"fr", "quatre vingt sept", 87.0}, {"fr", "quatre-vingt-onze", 91.0}, {"fr", "quatre-vingt-dix-neuf", 99.0}, {"fr", "Septante-deux", 72.0}, {"fr-BE", "nonante et un", 91.0}, {"fr", "du trente-neuf", 39.0},
		{"es", "cuarenta y dos", 42.0}, {"es", "veintidós", 22.0}, {"es", "dieciséis", 16.0}, {"es", "cien", 100.0},
		{"de", "zweiundvierzig", 42.0}, {"de", "ein und zwanzig", 21.0}, {"de", "fünfunddreißig", 35.0}, {"de", "fuenf", 5.0}, {"de", "hundert", 100.0},
		{"pt", "quarenta e dois", 42.0}, {"pt", "dezesseis", 16.0}, {"pt", "vinte e três", 23.0},
		{"it", "quarantadue", 42.0}, {"it", "ventuno", 21.0}, {"it", "trentotto", 38.0}, {"it", "ventitré", 23.0},

		{"en", "forty two pairs", nil}, {"en", "no one", nil}, {"en", "two three", nil}, {"en", "forty twelve", nil}, {"en", "two hundred", nil}, {"en", "", nil}, {"en", "!", nil},
		{"fr", "un ou deux", nil}, {"fr", "mille", nil}, {"fr", "cent deux", nil}, {"fr", "forty", nil}, {"de", "vierzigzwei", nil},
	} {
		got, ok := typedNumeral(test.text, test.tag)
		if ok != (test.want != nil) || ok && got != test.want {
			t.Errorf("%s %q: %v, want %v", test.tag, test.text, got, test.want)
		}
	}
}

// Every spelling of every number to a hundred is read as that number.
func TestEveryNumeralIsItself(t *testing.T) {
	t.Parallel()
	for tag, v := range tongues {
		is := func(word string, want int) {
			if got := v.numerals.read(word); got != want {
				t.Errorf("%s: %s is %d, not %d", tag, word, want, got)
			}
		}
		if len(v.numerals.low) != 20 || len(v.numerals.tens) != 9 {
			t.Fatalf("%s: %d low numbers, %d tens", tag, len(v.numerals.low), len(v.numerals.tens))
		}
		spelt := func(list []string, n int) []string { return strings.Split(list[n], "|") }
		for n := range 20 {
			for _, word := range spelt(v.numerals.low, n) {
				is(word, n)
			}
		}
		for i := range 9 {
			for _, tens := range spelt(v.numerals.tens, i) {
				is(tens, 10*(i+2))
				for u := 1; u < 10 && i < 8; u++ {
					for _, unit := range spelt(v.numerals.low, u) {
						if word := tens + v.numerals.and + unit; v.numerals.first {
							is(unit+v.numerals.and+tens, 10*(i+2)+u)
						} else {
							is(word, 10*(i+2)+u)
						}
					}
				}
			}
		}
	}
}
