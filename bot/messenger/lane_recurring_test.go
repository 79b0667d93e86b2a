package messenger

import (
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestTheRecurringLaneFollowsTheRulesOfItsDay(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		t.Helper()
		if s == "" {
			return time.Time{}
		}
		v, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	token := func(p bot.Permit) *bot.Permit {
		p.Lane, p.Token = "recurring", "T"
		return &p
	}
	sent := func(s string) *bot.Permit { return token(bot.Permit{LastSent: at(s)}) }
	for _, tt := range []struct {
		name   string
		now    string
		region string
		permit *bot.Permit
		why    string // empty: open
		next   string
	}{
		{"no permit", "2026-11-02 09:00:00", "EU", nil, "no permit", ""},
		{"a permit without token", "2026-11-02 09:00:00", "EU", &bot.Permit{Lane: "recurring"}, "no permit", ""},
		{"a permit for another lane", "2026-11-02 09:00:00", "EU", &bot.Permit{Lane: "one_time", Token: "T"}, "no permit", ""},
		{"a fresh permit", "2026-11-02 09:00:00", "EU", token(bot.Permit{}), "", ""},

		{"in the United Kingdom", "2026-11-02 09:00:00", "UK", token(bot.Permit{}), "", ""},
		{"in the United Kingdom by its code", "2026-11-02 09:00:00", "gb", token(bot.Permit{}), "", ""},
		{"in Japan", "2026-11-02 09:00:00", "JP", token(bot.Permit{}), "", ""},
		{"in Korea", "2026-11-02 09:00:00", "KR", token(bot.Permit{}), "", ""},
		{"in Australia", "2026-11-02 09:00:00", "AU", token(bot.Permit{}), "", ""},
		{"in the United States", "2026-11-02 09:00:00", "US", token(bot.Permit{}), "region", ""},
		{"in the United States, without permit", "2026-11-02 09:00:00", "US", nil, "region", ""},
		{"in the United States, the last second", "2026-02-09 23:59:59", "US", token(bot.Permit{}), "", ""},
		{"in the United States, the end", "2026-02-10 00:00:00", "US", token(bot.Permit{}), "region", ""},

		{"48 hours, a second short", "2026-11-03 08:59:59", "EU", sent("2026-11-01 09:00:00"), "rest", "2026-11-03 09:00:00"},
		{"48 hours over", "2026-11-03 09:00:00", "EU", sent("2026-11-01 09:00:00"), "", ""},
		{"48 hours since September 2025", "2025-09-01 00:00:00", "EU", sent("2025-08-30 12:00:00"), "rest", "2025-09-01 12:00:00"},
		{"24 hours until then", "2025-08-31 12:00:00", "EU", sent("2025-08-30 12:00:00"), "", ""},
		{"24 hours, a second short", "2025-08-31 11:59:59", "EU", sent("2025-08-30 12:00:00"), "rest", "2025-08-31 12:00:00"},
		{"24 hours for old weekly tokens too", "2024-05-02 12:00:00", "US", token(bot.Permit{Frequency: "weekly", LastSent: at("2024-05-01 12:00:00")}), "", ""},
		{"the platform said later", "2026-11-03 09:00:00", "EU", token(bot.Permit{LastSent: at("2026-11-01 09:00:00"), NextEligible: at("2026-11-05 00:00:00")}), "rest", "2026-11-05 00:00:00"},
		{"the platform said earlier, its rule holds", "2026-11-02 09:00:00", "EU", token(bot.Permit{LastSent: at("2026-11-01 09:00:00"), NextEligible: at("2026-11-02 08:00:00")}), "rest", "2026-11-03 09:00:00"},
		{"the platform said later, nothing was sent", "2026-11-02 09:00:00", "EU", token(bot.Permit{NextEligible: at("2026-11-02 10:00:00")}), "rest", "2026-11-02 10:00:00"},

		{"2022, daily", "2022-10-02 08:59:59", "US", token(bot.Permit{Frequency: "daily", LastSent: at("2022-10-01 09:00:00")}), "rest", "2022-10-02 09:00:00"},
		{"2022, daily is the default", "2022-10-02 09:00:00", "US", sent("2022-10-01 09:00:00"), "", ""},
		// Sunday 2 October 2022, 23:30 in Paris is 21:30 in Greenwich.
		{"2022, weekly, the same week", "2022-10-02 21:30:00", "US", token(bot.Permit{Frequency: "weekly", Zone: "Europe/Paris", LastSent: at("2022-09-26 10:00:00")}), "rest", "2022-10-02 22:00:00"},
		{"2022, weekly, Monday in its zone", "2022-10-02 22:00:00", "US", token(bot.Permit{Frequency: "weekly", Zone: "Europe/Paris", LastSent: at("2022-09-26 10:00:00")}), "", ""},
		{"2022, weekly, sent on Sunday", "2022-10-02 23:00:00", "US", token(bot.Permit{Frequency: "weekly", LastSent: at("2022-10-02 22:59:00")}), "rest", "2022-10-03 00:00:00"},
		{"2022, weekly, sent on Monday", "2022-10-09 23:59:59", "US", token(bot.Permit{Frequency: "weekly", LastSent: at("2022-10-03 00:00:00")}), "rest", "2022-10-10 00:00:00"},
		{"2022, monthly, the same month", "2022-10-31 12:00:00", "US", token(bot.Permit{Frequency: "monthly", Zone: "UTC", LastSent: at("2022-10-01 00:00:00")}), "rest", "2022-11-01 00:00:00"},
		{"2022, monthly, the next month", "2022-11-01 00:00:00", "US", token(bot.Permit{Frequency: "monthly", Zone: "UTC", LastSent: at("2022-10-31 23:59:00")}), "", ""},
		{"2022, monthly, over the year's end", "2022-12-31 23:59:59", "US", token(bot.Permit{Frequency: "monthly", LastSent: at("2022-12-02 00:00:00")}), "rest", "2023-01-01 00:00:00"},
		{"2022, a zone that is none", "2022-10-31 12:00:00", "US", token(bot.Permit{Frequency: "monthly", Zone: "Local", LastSent: at("2022-10-01 00:00:00")}), "rest", "2022-11-01 00:00:00"},
		{"February 2023 ends the calendar", "2023-02-02 00:00:00", "US", token(bot.Permit{Frequency: "monthly", LastSent: at("2023-02-01 00:00:00")}), "", ""},

		{"expired in 2022", "2022-12-01 00:00:00", "US", token(bot.Permit{ExpiresAt: at("2022-12-01 00:00:00")}), "expired", ""},
		{"not yet expired", "2022-11-30 23:59:59", "US", token(bot.Permit{ExpiresAt: at("2022-12-01 00:00:00")}), "", ""},
		{"what expired then stays so", "2026-11-02 09:00:00", "EU", token(bot.Permit{ExpiresAt: at("2023-08-09 23:59:59")}), "expired", ""},
		{"what lived in August 2023 lives for ever", "2026-11-02 09:00:00", "EU", token(bot.Permit{ExpiresAt: at("2023-08-10 00:00:00")}), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := recurring{}.Open(bot.LaneFacts{Now: at(tt.now), Region: tt.region, Permit: tt.permit})
			if got.Open != (tt.why == "") || got.Why != tt.why || !got.Next.Equal(at(tt.next)) {
				t.Errorf("got %+v, want why %q and next %s", got, tt.why, tt.next)
			}
		})
	}
}

func TestThePagesRegionCountsWhereTheFactsNameNone(t *testing.T) {
	t.Parallel()
	permit := &bot.Permit{Lane: "recurring", Token: "T"}
	c := newTestChannel(t, Config{Region: "JP", Lanes: []string{"recurring"}})
	lane := c.Lanes()[0]
	if got := lane.Open(bot.LaneFacts{Now: arrival, Permit: permit}); !got.Open {
		t.Errorf("got %+v", got)
	}
	if got := lane.Open(bot.LaneFacts{Now: arrival, Permit: permit, Region: "US"}); got.Open {
		t.Errorf("got %+v", got)
	}
	if got := (recurring{}).Open(bot.LaneFacts{Now: arrival, Permit: permit}); got.Open || got.Why != "region" {
		t.Errorf("no region at all: got %+v", got)
	}
}

func TestTokensLivedAsLongAsTheirFrequencySaid(t *testing.T) {
	t.Parallel()
	given := time.Date(2022, time.June, 1, 10, 0, 0, 0, time.UTC)
	for frequency, months := range map[string]int{"daily": 6, "": 6, "weekly": 9, "monthly": 12} {
		if got, want := tokenExpiry(frequency, given), given.AddDate(0, months, 0); !got.Equal(want) {
			t.Errorf("%q: until %s, want %s", frequency, got, want)
		}
	}
	if got := tokenExpiry("daily", expiryEnds); !got.IsZero() {
		t.Errorf("since August 2023: until %s", got)
	}
}
