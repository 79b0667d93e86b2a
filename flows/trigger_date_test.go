package flows

import (
	"testing"
	"time"
)

func TestComesRound(t *testing.T) {
	t.Parallel()
	yearly, once := Trigger{Yearly: true}, Trigger{}
	before := func(t Trigger, days int) *Trigger { t.Offset = -days; return &t }
	tests := []struct {
		name    string
		trigger *Trigger
		date    string
		on, not []string
	}{
		{"once is on the date itself", &once, "2026-05-03", []string{"2026-05-03"},
			[]string{"2026-05-02", "2026-05-04", "2025-05-03", "2027-05-03"}},
		{"yearly is on every anniversary", &yearly, "1990-05-03", []string{"1990-05-03", "2026-05-03", "2027-05-03"},
			[]string{"2026-05-02", "2026-05-04", "2026-06-03", "1989-05-03"}},
		{"yearly does not begin before the date", &yearly, "2027-05-03", []string{"2027-05-03", "2028-05-03"}, []string{"2026-05-03"}},
		{"29 February in leap years", &yearly, "2000-02-29", []string{"2024-02-29", "2028-02-29", "2400-02-29"},
			[]string{"2024-02-28", "2024-03-01", "2028-02-28"}},
		{"29 February is the 28th in other years", &yearly, "2000-02-29", []string{"2026-02-28", "2027-02-28", "2100-02-28"},
			[]string{"2026-03-01", "2026-02-27", "2100-03-01"}},
		{"28 February stays the 28th", &yearly, "2001-02-28", []string{"2024-02-28", "2026-02-28"}, []string{"2024-02-29", "2026-03-01"}},
		{"three days before", before(once, 3), "2026-05-03", []string{"2026-04-30"}, []string{"2026-05-03", "2026-05-06"}},
		{"three days after", before(once, -3), "2026-05-03", []string{"2026-05-06"}, []string{"2026-05-03", "2026-04-30"}},
		{"before, over the turn of the year", before(yearly, 3), "1990-01-02", []string{"2025-12-30", "2026-12-30"}, []string{"2026-01-02", "2026-12-31"}},
		{"after, over the turn of the year", before(yearly, -2), "1990-12-31", []string{"2026-01-02", "2027-01-02"}, []string{"2026-12-31", "2026-01-01"}},
		{"before 1 March, in a leap year and not", before(yearly, 1), "1990-03-01", []string{"2024-02-29", "2026-02-28"}, []string{"2024-02-28", "2026-03-01"}},
		{"before 29 February", before(yearly, 1), "2000-02-29", []string{"2024-02-28", "2026-02-27"}, []string{"2026-02-28", "2024-02-27"}},
		{"after 29 February", before(yearly, -1), "2000-02-29", []string{"2024-03-01", "2026-03-01"}, []string{"2024-02-29", "2026-02-28"}},
		{"the end of a month", before(once, -1), "2026-01-31", []string{"2026-02-01"}, []string{"2026-01-31"}},
		{"a whole year before", before(once, 365), "2026-05-03", []string{"2025-05-03"}, []string{"2026-05-03"}},
		{"a week before, never before the date's own year", before(yearly, 7), "2026-01-03", []string{"2025-12-27", "2026-12-27"}, []string{"2024-12-27"}},
		{"no date never comes round", &yearly, "", nil, []string{"2026-05-03", ""}},
		{"nor does nonsense", &yearly, "3 May", nil, []string{"2026-05-03", "3 May"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, day := range tt.on {
				if !tt.trigger.ComesRound(tt.date, day) {
					t.Errorf("%s does not come round on %s", tt.date, day)
				}
			}
			for _, day := range tt.not {
				if tt.trigger.ComesRound(tt.date, day) {
					t.Errorf("%s comes round on %q", tt.date, day)
				}
			}
		})
	}
}

// Whatever the date and the offset, it comes round exactly once a year.
func TestEveryDateComesRoundOnceAYear(t *testing.T) {
	t.Parallel()
	for _, offset := range []int{0, -3, 40, -366} {
		trigger := Trigger{Yearly: true, Offset: offset}
		born := mustDay(t, "2000-01-01")
		for range 366 {
			times := 0
			for day := mustDay(t, "2027-01-01").AddDate(0, 0, offset); day.Before(mustDay(t, "2028-01-01").AddDate(0, 0, offset)); day = day.AddDate(0, 0, 1) {
				if trigger.ComesRound(born.Format("2006-01-02"), day.Format("2006-01-02")) {
					times++
				}
			}
			if times != 1 {
				t.Fatalf("%s with offset %d comes round %d times", born.Format("2006-01-02"), offset, times)
			}
			born = born.AddDate(0, 0, 1)
		}
	}
}

func mustDay(t *testing.T, text string) time.Time {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}
