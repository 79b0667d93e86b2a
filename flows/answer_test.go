package flows

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// typed is what somebody typed, where they are from, and what it means; nil: it is
// asked again.
type typed struct {
	text, tag string
	want      any
}

func checkTyped(t *testing.T, all []typed, read func(text, tag string) (any, bool)) {
	t.Helper()
	for _, tt := range all {
		t.Run(fmt.Sprintf("%.40s %s", tt.text, tt.tag), func(t *testing.T) {
			t.Parallel()
			got, ok := read(tt.text, tt.tag)
			if ok != (tt.want != nil) || ok && fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, %v, want %v", got, ok, tt.want)
			}
		})
	}
}

func TestTypedNumbersAreReadAsThePersonWritesThem(t *testing.T) {
	t.Parallel()
	checkTyped(t, []typed{
		{"42", "fr", 42},
		{" 42 ", "en", 42},
		{"42,5", "fr", 42.5},
		{"42.5", "fr", 42.5},
		{"42,5", "en", 42.5},
		{"1 234", "fr", 1234},
		{"1\u202f234", "fr", 1234},
		{"1 200,50", "fr", 1200.5},
		{"1.200", "de", 1200},
		{"1.200", "de-AT", 1200},
		{"1.200", "it-IT", 1200},
		{"1.200", "pt-BR", 1200},
		{"1.200", "es-ES", 1200},
		{"1.200", "es-MX", 1.2},
		{"1.200", "en", 1.2},
		{"1.200", "fr", nil}, // neither sign is that of the country
		{"1.200", "de-CH", 1.2},
		{"1'200.50", "de-CH", 1200.5},
		{"1’200", "fr-CH", 1200},
		{"1,200", "en", 1200},
		{"1,200", "es-MX", 1200},
		{"1,200", "fr", 1.2},
		{"1,200", "de-CH", nil},
		{"0,125", "en", 0.125},
		{"1.234.567", "en", 1234567.0},
		{"1,234.50", "en", 1234.5},
		{"1.234,50", "de", 1234.5},
		{"1,234.50", "de", 1234.5},
		{"-3", "en", -3},
		{"−3", "en", -3},
		{"+3", "en", 3},
		{"du 42 svp", "fr", 42},
		{"42.", "fr", 42},
		{"80kg", "en", 80},
		{"42EU", "en", 42},
		{"12 €", "fr", 12},
		{"€12.50", "en", 12.5},
		{"42 ?", "fr", 42},
		{"42b", "en", nil},
		{"A42", "en", nil},
		{"41 or 42", "en", nil},
		{"41-42", "en", nil},
		{"42 43", "fr", nil},
		{"06 12 34", "fr", nil},
		{"12.03.26", "de", nil},
		{"1,2,3", "en", nil},
		{"1,2345.6", "en", nil},
		{"3/4", "en", nil},
		{"5k", "en", nil},
		{"3 mille", "fr", nil},
		{"I ordered number 42 and it never came", "en", nil},
		{"quarante-deux", "fr", nil},
		{"1e9", "en", nil},
		{"99999999999999999999999999", "en", nil},
		{strings.Repeat("9", 4000), "en", nil},
		{strings.Repeat("1 ", 2000), "en", nil},
	}, typedNumber)
}

func TestTypedTimes(t *testing.T) {
	t.Parallel()
	checkTyped(t, []typed{
		{"17h30", "fr", "17:30"}, {"17 h 30", "fr", "17:30"}, {"9h", "fr", "09:00"}, {"9:30", "fr", "09:30"}, {"à 17 heures", "fr", "17:00"},
		{"17 heures 15", "fr", "17:15"}, {"midi", "fr", "12:00"}, {"à minuit", "fr", "00:00"}, {"midi et demi", "fr", "12:30"}, {"8h du soir", "fr", "20:00"},
		{"8 heures et demie", "fr", "08:30"}, {"8 heures du matin", "fr", "08:00"}, {"17", "fr", "17:00"}, {"5", "fr", nil}, {"vers 5h", "fr", nil},
		{"5pm", "en", "17:00"}, {"5 p.m.", "en-US", "17:00"}, {"at 9 pm", "en", "21:00"}, {"9:30 am", "en-US", "09:30"}, {"12:05 AM", "en", "00:05"}, {"12 pm", "en", "12:00"},
		{"noon", "en", "12:00"}, {"at midnight", "en", "00:00"}, {"8 in the evening", "en", "20:00"}, {"9:30", "en-GB", "09:30"}, {"9:30", "en-US", nil}, {"09:30", "en-US", "09:30"},
		{"21:30", "en-US", "21:30"}, {"13 pm", "en", "13:00"}, {"5 o'clock", "en-US", nil}, {"11 at night", "en", "23:00"}, {"2 at night", "en", "02:00"},
		{"21 Uhr", "de", "21:00"}, {"17 Uhr 30", "de", "17:30"}, {"um 9 Uhr", "de", "09:00"}, {"9.15 Uhr", "de", "09:15"}, {"Mittag", "de", "12:00"}, {"8 Uhr abends", "de", "20:00"},
		{"Mitternacht", "de", "00:00"}, {"9 Uhr", "en-US", nil}, // nobody there writes Uhr
		{"a las 17:30", "es", "17:30"}, {"las 8 de la tarde", "es", "20:00"}, {"mediodía", "es", "12:00"}, {"medianoche", "es", "00:00"}, {"8 de la mañana", "es", "08:00"}, {"5:30", "es-MX", nil},
		{"alle 17", "it", "17:00"}, {"alle ore 9:15", "it", "09:15"}, {"mezzogiorno", "it", "12:00"}, {"8 di sera", "it", "20:00"}, {"mezzogiorno e mezza", "it", "12:30"},
		{"às 17h", "pt", "17:00"}, {"meio-dia", "pt", "12:00"}, {"ao meio-dia", "pt", "12:00"}, {"8 da noite", "pt", "20:00"}, {"meia-noite", "pt", "00:00"},
		{"25:00", "fr", nil}, {"12:75", "fr", nil}, {"24:00", "fr", nil}, {"later", "en", nil}, {"17h30 ou 18h", "fr", nil}, {"", "fr", nil},
		{strings.Repeat("1", 4000), "fr", nil},
	}, func(text, tag string) (any, bool) { return typedTime(text, tag, "en") })
	if got, ok := typedTime("17h", "en-US", "fr"); !ok || got != "17:00" {
		t.Errorf("French from somebody whose telephone is American: %v, %v", got, ok)
	}
}

func TestTypedYesAndNo(t *testing.T) {
	t.Parallel()
	p, _ := compileTalk(t, "-- flows/a.yaml --\ntriggers: [{start: true}]\nsteps: [{say: Hello}]\n")
	read := func(text, _ string) (any, bool) {
		m := machine{p: p, own: p, language: "en"}
		return m.typedYes(text)
	}
	checkTyped(t, []typed{
		{"Oui !", "", true}, {"oui merci", "", true}, {"d'accord", "", true}, {"non merci", "", false}, {"Yes, please", "", true}, {"nope", "", false},
		{"Ja", "", true}, {"nein, danke", "", false}, {"sì", "", true}, {"Sí", "", true}, {"claro que sí", "", true}, {"no grazie", "", false},
		{"sim", "", true}, {"NÃO", "", false}, {"👍🏽", "", true}, {"👎", "", false}, {"👍👎", "", nil}, {"true", "", true},
		{"peut-être", "", nil}, {"oui et non", "", nil}, {"🙂", "", nil}, {"1", "", nil}, {strings.Repeat("oui ", 1000), "", nil},
	}, read)
}

func TestTypedMails(t *testing.T) {
	t.Parallel()
	checkTyped(t, []typed{
		{"zoe@foulee.example", "", "zoe@foulee.example"},
		{"<mailto:zoe@foulee.example>", "", "zoe@foulee.example"},
		{"Mon mail : zoe+news@foulee.example.", "", "zoe+news@foulee.example"},
		{"zoe@foulee", "", nil},
		{"zoe at foulee.example", "", nil},
		{"zoe@@foulee.example", "", nil},
		{"a@foulee.example or b@foulee.example", "", nil},
		{strings.Repeat("a", 300) + "@foulee.example", "", nil},
	}, func(text, _ string) (any, bool) { return typedEmail(text) })
}

func TestTypedPhones(t *testing.T) {
	t.Parallel()
	checkTyped(t, []typed{
		{"+33 1 23 45 67 89", "", "+33123456789"},
		{"0033 (1) 23-45-67-89", "", "+33123456789"},
		{"+49 (0) 30 1234567", "FR", "+49301234567"},
		{"06 12 34 56 78", "FR", "+33612345678"},
		{"06.12.34.56.78", "FR", "+33612345678"},
		{"mon numéro : 0612345678", "FR", "+33612345678"},
		{"06 12 34 56 78", "US FR", "+33612345678"}, // no number in the other
		{"612 34 56 78", "ES", "+34612345678"},
		{"0170 1234567", "DE", "+491701234567"},
		{"02 1234 5678", "IT", "+390212345678"}, // the zero stays there
		{"07911 123456", "GB", "+447911123456"},
		{"(212) 555-0123", "US", "+12125550123"},
		{"(11) 91234-5678", "BR", "+5511912345678"},
		{"01 23 45 67 89", "", "0123456789"}, // nobody knows where
		{"33612345678", "FR", "+33612345678"},
		{"0612", "FR", nil},
		{"123456", "FR", nil},
		{"+33", "FR", nil},
		{"+999 12345678", "FR", nil},
		{"call me", "FR", nil},
		{"0800 FLOWERS", "US", nil},
		{"06 12 34 56 78 or 06 12 34 56 79", "FR", nil},
		{strings.Repeat("06 ", 2000), "FR", nil},
	}, func(text, countries string) (any, bool) { return typedPhone(text, strings.Fields(countries)...) })
}

func TestTypedLists(t *testing.T) {
	t.Parallel()
	checkTyped(t, []typed{
		{"red, blue;  green\n", "en", "[red blue green]"},
		{"rouge, bleu et vert", "fr", "[rouge bleu vert]"},
		{"red, blue, and green", "en", "[red blue green]"},
		{"Marks and Spencer", "en", "[Marks and Spencer]"},
		{" ,;\n", "en", nil},
	}, func(text, tag string) (any, bool) { return typedList(text, tag) })
}

func TestTheCountriesOfAPerson(t *testing.T) {
	t.Parallel()
	p, _ := compileTalk(t, "-- bot.yaml --\nname: T\nlocale: fr\ntimezone: Europe/Brussels\n-- flows/a.yaml --\ntriggers: [{start: true}]\nsteps: [{say: Hello}]\n")
	for _, tt := range []struct{ locale, zone, want string }{
		{"fr_FR", "Europe/Paris", "[FR]"},
		{"en_US", "Europe/Paris", "[US FR]"},
		{"de", "", "[BE]"},
		{"de", "Asia/Ulaanbaatar", "[]"},
	} {
		m := machine{p: p, own: p, w: World{Now: time.Unix(0, 0), Contact: Contact{Locale: tt.locale, Timezone: tt.zone}}}
		if got := fmt.Sprint(m.countries()); got != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.locale, tt.zone, got, tt.want)
		}
	}
}
