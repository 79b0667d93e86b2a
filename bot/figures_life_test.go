package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// lived writes a life in lines: "TIME sent NAME", then with it "delivered TIME" or "read
// TIME"; "TIME click NAME"; "TIME buy AMOUNT CURRENCY [of NAME]". A NAME is an occurrence.
func lived(t *testing.T, zone *time.Location, lines ...string) storage.Life {
	t.Helper()
	at := func(text string) time.Time {
		out, err := time.ParseInLocation("01-02T15:04:05", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return out.AddDate(2026, 0, 0)
	}
	var l storage.Life
	for i, line := range lines {
		f := strings.Fields(line)
		switch f[1] {
		case "sent":
			d := storage.Decision{Kind: DecisionSent, Trigger: "t", Occurrence: f[2], Flow: "f", Topic: "news", At: at(f[0]), Send: "s" + f[2]}
			for j := 3; j < len(f); j += 2 {
				switch f[j] {
				case "delivered":
					d.Delivered = at(f[j+1])
				case "read":
					d.Read = at(f[j+1])
				case "with":
					d.Send = "s" + f[j+1]
				}
			}
			l.Decisions = append(l.Decisions, d)
		case "click":
			l.Outcomes = append(l.Outcomes, storage.Outcome{Kind: OutcomeClicked, Trigger: "t", Occurrence: f[2], At: at(f[0]), Input: "send:s" + f[2]})
		case "buy":
			o := storage.Outcome{Kind: OutcomePurchased, At: at(f[0]), Currency: f[3], Input: fmt.Sprint("event:", i)}
			if _, err := fmt.Sscan(f[2], &o.Amount); err != nil {
				t.Fatal(err)
			}
			if len(f) > 5 {
				o.Trigger, o.Occurrence = "t", f[5]
			}
			l.Outcomes = append(l.Outcomes, o)
		default:
			t.Fatalf("what is %q?", line)
		}
	}
	return l
}

func TestWhatAPurchaseIsCountedTo(t *testing.T) {
	t.Parallel()
	const paris, lord = "Europe/Paris", "Australia/Lord_Howe"
	for name, tc := range map[string]struct {
		zone  string
		lines []string
		want  string // of each purchase: what it is counted to, ! if on the same day
	}{
		"nothing was sent":                     {paris, []string{"03-10T12:00:00 buy 100 EUR"}, "-"},
		"the last that arrived":                {paris, []string{"03-09T09:00:00 sent a delivered 03-09T09:00:01", "03-10T09:00:00 sent b delivered 03-10T09:00:01", "03-10T12:00:00 buy 100 EUR"}, "b!"},
		"not one that was only sent":           {paris, []string{"03-09T09:00:00 sent a delivered 03-09T09:00:01", "03-10T09:00:00 sent b", "03-10T12:00:00 buy 100 EUR"}, "a"},
		"one that was read, without a receipt": {paris, []string{"03-10T09:00:00 sent a read 03-10T09:30:00", "03-10T12:00:00 buy 100 EUR"}, "a!"},
		"one that was clicked":                 {paris, []string{"03-10T09:00:00 sent a", "03-10T10:00:00 click a", "03-10T12:00:00 buy 100 EUR"}, "a!"},
		"at the very instant":                  {paris, []string{"03-10T09:00:00 sent a delivered 03-10T09:00:05", "03-10T09:00:05 buy 100 EUR"}, "a!"},
		"a second before it arrived":           {paris, []string{"03-10T09:00:00 sent a delivered 03-10T09:00:05", "03-10T09:00:04 buy 100 EUR"}, "-"},
		"the window to its end":                {paris, []string{"03-02T09:00:00 sent a delivered 03-02T09:00:00", "03-09T09:00:00 buy 100 EUR"}, "a"},
		"a second after the window":            {paris, []string{"03-02T09:00:00 sent a delivered 03-02T09:00:00", "03-09T09:00:01 buy 100 EUR"}, "-"},
		"a late arrival counts from then":      {paris, []string{"03-02T09:00:00 sent a delivered 03-05T09:00:00", "03-11T09:00:00 buy 100 EUR"}, "a"},
		"the later arrival of the earlier one": {paris, []string{"03-02T09:00:00 sent a delivered 03-03T09:00:00", "03-02T10:00:00 sent b delivered 03-02T10:00:01", "03-04T09:00:00 buy 100 EUR"}, "a"},

		"over the spring night the window has 168 hours": {paris, []string{"03-25T09:00:00 sent a delivered 03-25T09:00:00", "04-01T10:00:00 buy 100 EUR", "04-01T10:00:01 buy 100 EUR"}, "a -"},
		"over the autumn night too":                      {paris, []string{"10-22T09:00:00 sent a delivered 10-22T09:00:00", "10-29T08:00:00 buy 100 EUR", "10-29T08:00:01 buy 100 EUR"}, "a -"},
		"a day of 23 hours is one day":                   {paris, []string{"03-29T00:30:00 sent a delivered 03-29T00:30:00", "03-29T23:59:59 buy 100 EUR", "03-30T00:00:00 buy 100 EUR"}, "a! a"},
		"a day of 25 hours too":                          {paris, []string{"10-25T00:00:00 sent a delivered 10-25T00:00:00", "10-25T23:59:59 buy 100 EUR", "10-26T00:00:00 buy 100 EUR"}, "a! a"},
		"where clocks change by half an hour":            {lord, []string{"04-05T00:00:00 sent a delivered 04-05T00:00:00", "04-05T23:59:59 buy 100 EUR", "04-06T00:00:00 buy 100 EUR"}, "a! a"},

		"the link's, not the last":            {paris, []string{"03-09T09:00:00 sent a delivered 03-09T09:00:01", "03-10T09:00:00 sent b delivered 03-10T09:00:01", "03-10T12:00:00 buy 100 EUR of a"}, "a"},
		"the link proves that it arrived":     {paris, []string{"03-10T09:00:00 sent a", "03-10T12:00:00 buy 100 EUR of a"}, "a!"},
		"the link is older than the window":   {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-10T12:00:00 buy 100 EUR of a"}, "-"},
		"the link of what is no longer known": {paris, []string{"03-10T09:00:00 sent b delivered 03-10T09:00:01", "03-10T12:00:00 buy 100 EUR of a"}, "b!"},

		"money back goes where it came from":     {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR", "03-20T09:00:00 sent b delivered 03-20T09:00:01", "03-20T12:00:00 buy -100 EUR"}, "a! a"},
		"the purchase that was as large":         {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 500 EUR", "03-05T09:00:00 sent b delivered 03-05T09:00:01", "03-05T12:00:00 buy 100 EUR", "03-06T12:00:00 buy -300 EUR"}, "a! b! a"},
		"one that was given back already is not": {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR", "03-05T09:00:00 sent b delivered 03-05T09:00:01", "03-05T12:00:00 buy 100 EUR", "03-06T12:00:00 buy -100 EUR", "03-07T12:00:00 buy -100 EUR"}, "a! b! b a"},
		"more than was ever paid":                {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR", "03-02T12:00:00 buy -900 EUR"}, "a! a"},
		"in another currency":                    {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR", "03-02T12:00:00 buy -100 USD"}, "a! -"},
		"before anything was bought":             {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy -100 EUR"}, "-"},
		"by its link, not the newest":            {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR of a", "03-05T09:00:00 sent b delivered 03-05T09:00:01", "03-05T12:00:00 buy 100 EUR of b", "03-06T12:00:00 buy -100 EUR of a", "03-07T12:00:00 buy -100 EUR"}, "a! b! a b"},
		"what a link gave back is given back":    {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-01T12:00:00 buy 100 EUR of a", "03-05T09:00:00 sent b delivered 03-05T09:00:01", "03-05T12:00:00 buy 100 EUR of b", "03-06T12:00:00 buy -100 EUR of b", "03-07T12:00:00 buy -100 EUR"}, "a! b! b a"},
		"by a link, of what came after a window": {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-20T12:00:00 buy 100 EUR of a", "03-21T12:00:00 buy -100 EUR of a"}, "- -"},
		"by a link that nothing was bought by":   {paris, []string{"03-01T09:00:00 sent a delivered 03-01T09:00:01", "03-20T12:00:00 buy 100 EUR", "03-21T12:00:00 buy -100 EUR of a"}, "- a"},
		"of what was counted to nothing":         {paris, []string{"03-01T09:00:00 buy 100 EUR", "03-02T09:00:00 sent a delivered 03-02T09:00:01", "03-03T12:00:00 buy -100 EUR"}, "- -"},

		"several in one message are one":        {paris, []string{"03-10T09:00:00 sent a delivered 03-10T09:00:01", "03-10T09:00:00 sent b with a delivered 03-10T09:00:01", "03-10T12:00:00 buy 100 EUR of b", "03-10T13:00:00 buy 100 EUR"}, "a! a!"},
		"nothing given is a purchase of nought": {paris, []string{"03-10T09:00:00 sent a delivered 03-10T09:00:01", "03-10T12:00:00 buy 0 EUR"}, "a!"},
	} {
		zone, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		p := remember(lived(t, zone, tc.lines...), zone, AttributionWindow)
		var got []string
		for _, b := range p.buys {
			text := "-"
			if b.of != nil {
				text = b.of.keys[0].occurrence
			}
			if b.sameDay {
				text += "!"
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v, want %s", name, got, tc.want)
		}
	}
}
