package emulator

import (
	"testing"
	"time"
)

func TestRest(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	in := func(zone *time.Location, text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		name      string
		frequency string
		zone      *time.Location
		last      string // in the zone
		now       string // UTC
		want      string // in the zone
	}{
		{"daily is 24 hours", daily, time.UTC, "2022-06-01 10:00", "2022-06-01 11:00", "2022-06-02 10:00"},
		{"weekly ends on Sunday", weekly, time.UTC, "2022-06-01 10:00", "2022-06-02 11:00", "2022-06-06 00:00"},
		{"weekly on a Monday", weekly, time.UTC, "2022-06-06 00:00", "2022-06-06 11:00", "2022-06-13 00:00"},
		{"weekly on a Sunday", weekly, time.UTC, "2022-06-05 23:59", "2022-06-06 00:00", "2022-06-06 00:00"},
		{"weekly where the clock changes", weekly, paris, "2022-03-26 10:00", "2022-03-26 11:00", "2022-03-28 00:00"},
		{"monthly ends with the month", monthly, paris, "2022-12-31 10:00", "2022-12-31 11:00", "2023-01-01 00:00"},
		{"no frequency is 24 hours", "", time.UTC, "2023-06-01 10:00", "2023-06-01 11:00", "2023-06-02 10:00"},
		{"24 hours in August 2025", "", time.UTC, "2025-08-31 10:00", "2025-08-31 23:59", "2025-09-01 10:00"},
		{"48 hours since September 2025", "", time.UTC, "2025-08-31 10:00", "2025-09-01 00:00", "2025-09-02 10:00"},
		{"an old daily token too", daily, time.UTC, "2026-03-01 10:00", "2026-03-01 11:00", "2026-03-03 10:00"},
		{"an old weekly token keeps its week", weekly, time.UTC, "2026-03-03 10:00", "2026-03-04 10:00", "2026-03-09 00:00"},
		{"and rests two days over its end", weekly, time.UTC, "2026-03-08 10:00", "2026-03-09 10:00", "2026-03-10 10:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := restUntil(c.frequency, c.zone, in(c.zone, c.last), in(time.UTC, c.now))
			if want := in(c.zone, c.want); !got.Equal(want) {
				t.Errorf("%s, want %s", got.In(c.zone), want)
			}
		})
	}
	if !restUntil(daily, time.UTC, time.Time{}, friday).IsZero() {
		t.Error("a token that carried nothing must rest")
	}
}

// TestTokenByEra accepts the same weekly request in every era.
func TestTokenByEra(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		at        time.Time
		frequency any // in the event; nil: absent
		expires   time.Time
	}{
		{"2022", day(2022, 6, 1), "WEEKLY", day(2023, 3, 1)},
		{"the last day with a frequency", day(2023, 2, 1), "WEEKLY", day(2023, 11, 1)},
		{"the first without", day(2023, 2, 2), nil, day(2023, 8, 2)},
		{"the last day with an end", day(2023, 8, 9), nil, day(2024, 2, 9)},
		{"the first without one", day(2023, 8, 10), nil, time.Time{}},
		{"2026", day(2026, 3, 27), nil, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.set(c.at)
			b.write("hi")
			b.must(to(b.zoe, optIn("News", m{"notification_messages_frequency": "WEEKLY", "notification_messages_timezone": "Europe/Paris"})))
			b.ok(b.Flush(t.Context()))
			b.told()
			b.ok(b.Accept(b.zoe))
			e := item(t, b.told()[0])["optin"].(map[string]any)
			if e["notification_messages_frequency"] != c.frequency || e["notification_messages_timezone"] != "Europe/Paris" {
				t.Errorf("told %v", e)
			}
			var expires any
			if !c.expires.IsZero() {
				expires = float64(c.expires.UnixMilli())
			}
			if e["token_expiry_timestamp"] != expires || !b.Topics(b.zoe)[0].Expires.Equal(c.expires) {
				t.Errorf("expires %v, want %v", e["token_expiry_timestamp"], expires)
			}
		})
	}
}

// TestTokenEnds: a token of 2022 dies on its day; one that would have ended after
// 10 August 2023 never does; accepting a dead one anew gives another.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.set(day(2022, 6, 1))
	b.write("hi")
	b.must(to(b.zoe, optIn("News")))
	b.ok(b.Accept(b.zoe))
	old := b.Topics(b.zoe)[0].Token
	b.set(day(2022, 11, 30))
	b.must(byToken(old, m{"text": "hello"}))
	b.set(day(2022, 12, 1))
	if got := b.send(byToken(old, m{"text": "hello"})); got.code() != "100" {
		t.Errorf("a token past its end: %q", got.code())
	}
	b.set(day(2023, 5, 1))
	b.write("hi")
	b.must(to(b.zoe, optIn("News")))
	b.ok(b.Accept(b.zoe))
	list := b.Topics(b.zoe)
	if len(list) != 1 || list[0].Token == old {
		t.Fatalf("topics %+v", list)
	}
	b.set(day(2026, 1, 1))
	b.must(byToken(list[0].Token, m{"text": "hello"}))
	if got := b.send(byToken(old, m{"text": "hello"})); got.code() != "100" {
		t.Errorf("the old token: %q", got.code())
	}
}
