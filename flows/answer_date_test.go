package flows

import (
	"strings"
	"testing"
	"time"
)

// Days, said on Friday 20 March 2026.
func TestTypedDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	checkTyped(t, []typed{
		{"2026-03-12", "fr", "2026-03-12"}, {"2026/3/12", "en-US", "2026-03-12"}, {"12/3/2026", "fr", "2026-03-12"}, {"12/3/2026", "en-GB", "2026-03-12"},
		{"3/12/2026", "en-US", "2026-03-12"}, {"12.3.85", "de", "1985-03-12"}, {"12.3.", "de", "2027-03-12"}, {"24/12", "fr", "2026-12-24"},
		{"03/04", "fr", "2026-04-03"}, {"03/04", "en-US", "2027-03-04"}, {"03/04", "pt-BR", "2026-04-03"},
		{"03/04/2026", "en-CA", nil}, {"03/04/2026", "fr-CA", nil}, {"04/04/2026", "en-CA", "2026-04-04"},
		{"25/12/2026", "en-US", "2026-12-25"}, // there is no 25th month
		{"12/25/2026", "fr", "2026-12-25"},
		{"31/2/2026", "fr", nil}, {"13/13/2026", "fr", nil}, {"2026-03", "fr", nil}, {"12/3/1", "fr", nil}, {"3.5", "en", nil}, {"12", "fr", nil}, {"1500-01-01", "fr", nil},

		{"12 mars 2026", "fr", "2026-03-12"}, {"le 1er août", "fr", "2026-08-01"}, {"le 3 mai", "fr", "2026-05-03"}, {"12 sept", "fr", "2026-09-12"}, {"premier mai", "fr", "2026-05-01"},
		{"March 12th, 2026", "en-US", "2026-03-12"}, {"the 3rd of May", "en", "2026-05-03"}, {"may 3", "en", "2026-05-03"}, {"3 May '27", "en", "2027-05-03"},
		{"3 de mayo", "es", "2026-05-03"}, {"el 3 de mayo de 2027", "es", "2027-05-03"}, {"primero de mayo", "es", "2026-05-01"},
		{"3. Mai", "de", "2026-05-03"}, {"am 3. März 2027", "de", "2027-03-03"}, {"3 maggio", "it", "2026-05-03"}, {"1º maggio", "it", "2026-05-01"},
		{"3 de maio", "pt", "2026-05-03"}, {"1º de maio", "pt-BR", "2026-05-01"}, {"lundi 23 mars", "fr", "2026-03-23"}, {"Mon 23 March", "en", "2026-03-23"},
		{"mardi 23 mars", "fr", nil}, // that is a Monday
		{"12 ju", "fr", nil}, {"12 jui", "fr", nil}, {"3 chats mai", "fr", nil}, {"31 avril", "fr", nil}, {"mai", "fr", nil}, {"le 3", "fr", nil}, {"3 mai 4", "fr", nil},

		{"aujourd'hui", "fr", "2026-03-20"}, {"Demain !", "fr", "2026-03-21"}, {"après-demain", "fr", "2026-03-22"}, {"hier", "fr", "2026-03-19"},
		{"today", "en", "2026-03-20"}, {"tomorrow", "en", "2026-03-21"}, {"the day after tomorrow", "en", "2026-03-22"}, {"tomorrow", "fr", "2026-03-21"},
		{"hoy", "es", "2026-03-20"}, {"mañana", "es", "2026-03-21"}, {"pasado mañana", "es", "2026-03-22"},
		{"heute", "de", "2026-03-20"}, {"morgen", "de", "2026-03-21"}, {"übermorgen", "de", "2026-03-22"},
		{"hoje", "pt", "2026-03-20"}, {"amanhã", "pt", "2026-03-21"}, {"depois de amanhã", "pt", "2026-03-22"},
		{"oggi", "it", "2026-03-20"}, {"domani", "it", "2026-03-21"}, {"dopodomani", "it", "2026-03-22"}, {"l'altro ieri", "it", "2026-03-18"},

		{"dans 3 jours", "fr", "2026-03-23"}, {"dans une semaine", "fr", "2026-03-27"}, {"in two weeks", "en", "2026-04-03"}, {"in a month", "en", "2026-04-20"},
		{"en 3 días", "es", "2026-03-23"}, {"dentro de dos semanas", "es", "2026-04-03"}, {"in einer Woche", "de", "2026-03-27"}, {"in 10 Tagen", "de", "2026-03-30"},
		{"tra 3 giorni", "it", "2026-03-23"}, {"daqui a 3 dias", "pt", "2026-03-23"}, {"dans 9999 mois", "fr", nil}, {"dans longtemps", "fr", nil},

		{"lundi", "fr", "2026-03-23"}, {"lundi prochain", "fr", "2026-03-23"}, {"le lundi", "fr", "2026-03-23"}, {"dimanche", "fr", "2026-03-22"}, {"ce dimanche", "fr", "2026-03-22"},
		{"dimanche prochain", "fr", nil}, // in two days, or in nine
		{"vendredi", "fr", nil},          // today, or in a week
		{"ce vendredi", "fr", "2026-03-20"}, {"vendredi prochain", "fr", "2026-03-27"}, {"ce jeudi", "fr", nil},
		{"Monday", "en", "2026-03-23"}, {"next Monday", "en", "2026-03-23"}, {"this Saturday", "en", "2026-03-21"}, {"on Tuesday", "en", "2026-03-24"}, {"next Saturday", "en", nil},
		{"el lunes", "es", "2026-03-23"}, {"el lunes que viene", "es", "2026-03-23"}, {"próximo lunes", "es", "2026-03-23"},
		{"nächsten Montag", "de", "2026-03-23"}, {"Mo", "de", "2026-03-23"}, {"am Dienstag", "de", "2026-03-24"},
		{"lunedì prossimo", "it", "2026-03-23"}, {"martedì", "it", "2026-03-24"}, {"segunda-feira", "pt", "2026-03-23"}, {"segunda", "pt", "2026-03-23"}, {"próxima terça", "pt", "2026-03-24"},
		{"mar", "fr", "2026-03-24"},
		{"lundi ou mardi", "fr", nil}, {"un lundi", "fr", nil}, {"soon", "en", nil}, {"", "fr", nil}, {"🎂", "fr", nil},
		{strings.Repeat("mai ", 1000), "fr", nil}, {strings.Repeat("3", 4000), "fr", nil},
	}, func(text, tag string) (any, bool) { return typedDate(text, now, tag, "en") })
}

// A turn of the clock leaves no day out.
func TestTomorrowInTheNightTheClocksChange(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"2026-03-28 23:30", "2026-10-24 23:59", "2026-03-29 00:10"} {
		now, err := time.ParseInLocation("2006-01-02 15:04", at, paris)
		if err != nil {
			t.Fatal(err)
		}
		want := now.AddDate(0, 0, 1).Format(time.DateOnly)
		if got, ok := typedDate("demain", now, "fr"); !ok || got != want {
			t.Errorf("at %s: %v, %v, want %s", at, got, ok, want)
		}
	}
}
