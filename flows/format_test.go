package flows

import (
	"strings"
	"testing"
	"time"
)

// visible shows blanks that look like others: _ a no-break space, ~ a narrow one.
var visible = strings.NewReplacer("\u00a0", "_", "\u202f", "~")

func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n              float64
		language       string
		plain, grouped string
	}{
		{42, "fr", "42", "42"},
		{42.5, "fr", "42,5", "42,5"},
		{42.50, "en", "42.5", "42.5"},
		{1234.5, "fr", "1234,5", "1~234,5"},
		{1234567, "en", "1234567", "1,234,567"},
		{1234, "es", "1234", "1234"},
		{12345, "es", "12345", "12.345"},
		{1234.5, "de", "1234,5", "1.234,5"},
		{1234.5, "pt-BR", "1234,5", "1.234,5"},
		{1234.5, "it", "1234,5", "1.234,5"},
		{-1234.5, "en", "-1234.5", "-1,234.5"},
		{0, "fr", "0", "0"},
		{0.1 + 0.2, "fr", "0,3", "0,3"},
		{1234.5, "nl", "1234.5", "1,234.5"},
	} {
		if got := visible.Replace(formatNumber(tt.n, tt.language, false)); got != tt.plain {
			t.Errorf("%v in %s: got %s, want %s", tt.n, tt.language, got, tt.plain)
		}
		if got := visible.Replace(formatNumber(tt.n, tt.language, true)); got != tt.grouped {
			t.Errorf("%v in %s, grouped: got %s, want %s", tt.n, tt.language, got, tt.grouped)
		}
	}
}

func TestMoneyIsWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount                   float64
		currency, language, want string
	}{
		{12.5, "EUR", "fr", "12,50_€"},
		{1299, "EUR", "fr", "1~299,00_€"},
		{12.5, "EUR", "en", "€12.50"},
		{12.5, "USD", "en", "$12.50"},
		{12.5, "CHF", "en", "CHF_12.50"},
		{12.5, "CHF", "fr", "12,50_CHF"},
		{12.5, "EUR", "de", "12,50_€"},
		{12.5, "EUR", "es", "12,50_€"},
		{12.5, "EUR", "it", "12,50_€"},
		{12.5, "BRL", "pt", "R$_12,50"},
		{12.5, "EUR", "pt-PT", "12,50_€"},
		{1250, "JPY", "en", "¥1,250"},
		{1.2345, "TND", "fr", "1,234_TND"},
		{1.2345, "LYD", "en", "LYD_1.234"},
		{12500, "GNF", "fr", "12~500_GNF"},
		{12.5, "eur", "fr", "12,50_€"},
		{-12.5, "EUR", "fr", "-12,50_€"},
		{-12.5, "USD", "en", "-$12.50"},
		{-0.001, "EUR", "fr", "0,00_€"},
	} {
		if got := visible.Replace(formatMoney(tt.amount, tt.currency, tt.language)); got != tt.want {
			t.Errorf("%v %s in %s: got %s, want %s", tt.amount, tt.currency, tt.language, got, tt.want)
		}
	}
}

func TestDatesAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, layout, language, want string }{
		{"2026-03-27", "long", "fr", "27 mars 2026"},
		{"2026-03-01", "long", "fr", "1er mars 2026"},
		{"2026-03-27", "short", "fr", "27/03/2026"},
		{"2026-03-30", "weekday", "fr", "lundi"},
		{"2026-03-27", "long", "en", "March 27, 2026"},
		{"2026-03-27", "short", "en", "Mar 27, 2026"},
		{"2026-03-27", "long", "en-GB", "27 March 2026"},
		{"2026-03-27", "short", "en-GB", "27 Mar 2026"},
		{"2026-03-27", "long", "es", "27 de marzo de 2026"},
		{"2026-03-27", "long", "de", "27. März 2026"},
		{"2026-03-27", "short", "de", "27.03.2026"},
		{"2026-03-27", "long", "pt", "27 de março de 2026"},
		{"2026-03-27", "long", "it", "27 marzo 2026"},
		{"2026-03-29", "weekday", "pt", "domingo"},
		{"18:05", "time", "fr", "18:05"},
		{"18:05", "time", "en", "6:05 PM"},
		{"18:05", "time", "en-GB", "18:05"},
		{"18:05", "long", "fr", "18:05"},
		{"2026-03-27T17:05:00Z", "time", "fr", "18:05"},
		{"2026-03-29T17:05:00Z", "time", "fr", "19:05"}, // summer time began
		{"2026-03-27T23:30:00Z", "long", "fr", "28 mars 2026"},
		{"2026-03-27", "time", "fr", ""},
		{"18:05", "weekday", "fr", ""},
		{"tomorrow", "long", "fr", ""},
		{"2026-02-30", "long", "fr", ""},
	} {
		got, ok := formatDate(tt.text, tt.layout, tt.language, paris)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s in %s: got %q, want %q", tt.text, tt.layout, tt.language, got, tt.want)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n              float64
		language, want string
	}{
		{0, "fr", "one"}, {1, "fr", "one"}, {1.5, "fr", "one"}, {2, "fr", "other"},
		{0, "en", "other"}, {1, "en", "one"}, {1.5, "en", "other"}, {-1, "en", "one"},
		{1, "de", "one"}, {1, "es", "one"}, {0, "pt", "one"}, {1, "it", "one"}, {2, "it", "other"},
		{2, "pl", "few"}, {5, "pl", "many"}, {2, "ar", "two"}, {1e15, "fr", "other"}, {1, "xx!", "one"},
	} {
		if got := pluralForm(tt.n, tt.language); got != tt.want {
			t.Errorf("%v in %s: got %s, want %s", tt.n, tt.language, got, tt.want)
		}
	}
}
