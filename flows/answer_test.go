package flows

import (
	"testing"
	"time"
)

func TestTypedNumbersAreReadAsThePersonWritesThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, language string
		want           any // nil: no number
	}{
		{"42", "fr", 42.0},
		{" 42 ", "en", 42.0},
		{"42,5", "fr", 42.5},
		{"42.5", "fr", 42.5},
		{"42,5", "en", 42.5},
		{"1 200,50", "fr", 1200.5},
		{"1.200", "de", 1200.0},
		{"1.200", "en", 1.2},
		{"1,200", "en", 1200.0},
		{"1,200", "fr", 1.2},
		{"0,125", "en", 0.125},
		{"1.234.567", "en", 1234567.0},
		{"1,234.50", "en", 1234.5},
		{"1.234,50", "de", 1234.5},
		{"-3", "en", -3.0},
		{"du 42 svp", "fr", 42.0},
		{"42.", "fr", 42.0},
		{"80kg", "en", 80.0},
		{"42 ?", "fr", 42.0},
		{"42b", "en", nil},
		{"A42", "en", nil},
		{"41 or 42", "en", nil},
		{"I ordered number 42 and it never came", "en", nil},
		{"quarante-deux", "fr", nil},
		{"1e9", "en", nil},
		{"99999999999999999999999999", "en", nil},
	} {
		t.Run(tt.text+" "+tt.language, func(t *testing.T) {
			t.Parallel()
			got, ok := typedNumber(tt.text, tt.language)
			if ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("got %v, %v, want %v", got, ok, tt.want)
			}
		})
	}
}

func TestTypedDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		text, tag string
		want      any
	}{
		{"2026-03-12", "fr", "2026-03-12"},
		{"12/3/2026", "fr", "2026-03-12"},
		{"12/3/2026", "en-GB", "2026-03-12"},
		{"3/12/2026", "en-US", "2026-03-12"},
		{"12.3.85", "de", "1985-03-12"},
		{"12.3.", "de", "2027-03-12"},
		{"24/12", "fr", "2026-12-24"},
		{"12 mars 2026", "fr", "2026-03-12"},
		{"le 1er août", "fr", "2026-08-01"},
		{"March 12th, 2026", "en-US", "2026-03-12"},
		{"12 sept", "fr", "2026-09-12"},
		{"31/2/2026", "fr", nil},
		{"12/13/2026", "fr", nil},
		{"tomorrow", "en", nil},
		{"12 ju", "fr", nil},
		{"12 jui", "fr", nil},
	} {
		t.Run(tt.text+" "+tt.tag, func(t *testing.T) {
			t.Parallel()
			got, ok := typedDate(tt.text, tt.tag, now)
			if ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("got %v, %v, want %v", got, ok, tt.want)
			}
		})
	}
}

func TestTypedTimesMailsPhonesAndLists(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		read func(string) (any, bool)
		text string
		want any
	}{
		{"time", typedTime, "9:30", "09:30"},
		{"time", typedTime, "9h30", "09:30"},
		{"time", typedTime, "9h", "09:00"},
		{"time", typedTime, "21.15", "21:15"},
		{"time", typedTime, "9 pm", "21:00"},
		{"time", typedTime, "12:05 AM", "00:05"},
		{"time", typedTime, "25:00", nil},
		{"time", typedTime, "later", nil},
		{"email", typedEmail, "zoe@foulee.example", "zoe@foulee.example"},
		{"email", typedEmail, "<mailto:zoe@foulee.example>", "zoe@foulee.example"},
		{"email", typedEmail, "zoe@foulee", nil},
		{"email", typedEmail, "zoe at foulee.example", nil},
		{"phone", typedPhone, "+33 1 23 45 67 89", "+33123456789"},
		{"phone", typedPhone, "0033 (1) 23-45-67-89", "+33123456789"},
		{"phone", typedPhone, "01 23 45 67 89", "0123456789"},
		{"phone", typedPhone, "12", nil},
		{"phone", typedPhone, "call me", nil},
	} {
		t.Run(tt.name+" "+tt.text, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.read(tt.text)
			if ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("got %v, %v, want %v", got, ok, tt.want)
			}
		})
	}
	got, ok := typedList("red, blue;  green\n")
	if list, _ := got.([]any); !ok || len(list) != 3 || list[1] != "blue" {
		t.Errorf("a list came out as %v", got)
	}
}
