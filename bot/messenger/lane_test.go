package messenger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// TestTheResolverFindsTheLane goes through regions, years, permits, last messages and
// orders of preference: which lane carries a message, or why none does and what would
// help. The window is closed unless a row opens it.
func TestTheResolverFindsTheLane(t *testing.T) {
	t.Parallel()
	const (
		topic = "T r restock"           // a token of recurring notifications for this topic
		other = "T r other"             // for another topic
		page  = "S m -"                 // a subscription to the Page
		once  = "O o restock"           // good for one message
		twice = "O o restock spare=O2"  // and another of the kind
		used  = "O o restock sent=-30d" // that was used
		both  = topic + " | " + page
	)
	for _, tt := range []struct {
		name    string
		at      string // in UTC
		page    string // region
		person  string // region; the Page's if empty
		lanes   string
		permits string
		want    string // LANE, or the lanes with their reasons and what time would help
		more    string // window, template, without=LANE, shut=LANE
	}{
		{name: "before anything began", at: "2022-05-18 12:00", page: "EU", lanes: "recurring marketing utility", permits: topic, want: "recurring: not yet, marketing: not yet, utility: not yet"},
		{name: "2022, Europe, a weekly token", at: "2022-10-03 07:00", page: "EU", lanes: "recurring", permits: topic + " weekly sent=-7d", want: "recurring"},
		{name: "2022, Europe, the same week", at: "2022-10-05 07:00", page: "EU", lanes: "recurring", permits: topic + " weekly sent=-2d", want: "recurring: rest; 2022-10-10 00:00"},
		{name: "2023, the United States", at: "2023-09-04 13:00", page: "US", lanes: "recurring marketing", permits: topic + " sent=-24h", want: "recurring"},
		{name: "2023, the United States, too soon", at: "2023-09-04 13:00", page: "US", lanes: "recurring marketing", permits: topic + " sent=-1h", want: "recurring: rest, marketing: not yet; 2023-09-05 12:00"},
		{name: "September 2025, Europe, two days", at: "2025-09-08 07:00", page: "EU", lanes: "recurring marketing", permits: topic + " sent=-24h", want: "recurring: rest, marketing: region; 2025-09-09 07:00"},
		{name: "September 2025, Europe, two days over", at: "2025-09-08 07:00", page: "EU", lanes: "recurring", permits: topic + " sent=-48h", want: "recurring"},
		{name: "September 2025, the United States, both", at: "2025-09-08 07:00", page: "US", lanes: "recurring marketing", permits: topic, want: "recurring"},
		{name: "September 2025, the United States, the paid one first", at: "2025-09-08 07:00", page: "US", lanes: "marketing recurring", permits: topic, want: "marketing 0.014 USD"},
		{name: "the free one rests and the paid one does not", at: "2025-09-08 07:00", page: "US", lanes: "recurring marketing", permits: topic + " sent=-24h", want: "marketing 0.014 USD"},
		{name: "March 2026, the United States, paid", at: "2026-03-02 14:00", page: "US", lanes: "recurring marketing", permits: topic, want: "marketing 0.014 USD"},
		{name: "March 2026, the United States, a subscription", at: "2026-03-02 14:00", page: "US", lanes: "recurring marketing", permits: page, want: "marketing 0.014 USD"},
		{name: "March 2026, the United States, twelve hours", at: "2026-03-02 14:00", page: "US", lanes: "marketing", permits: page + " sent=-11h", want: "marketing: rest; 2026-03-02 15:00"},
		{name: "March 2026, the United States, twelve hours over", at: "2026-03-02 14:00", page: "US", lanes: "marketing", permits: page + " sent=-12h", want: "marketing 0.014 USD"},
		{name: "March 2026, the United States, no permit", at: "2026-03-02 14:00", page: "US", lanes: "recurring marketing", want: "recurring: region, marketing: no permit"},
		{name: "March 2026, the United States, somebody in Europe", at: "2026-03-02 14:00", page: "US", person: "EU", lanes: "recurring marketing", permits: both, want: "recurring: region, marketing: person_region; barred"},
		{name: "March 2026, Europe", at: "2026-03-02 14:00", page: "EU", lanes: "recurring marketing", permits: topic, want: "recurring"},
		{name: "March 2026, Europe, somebody in the United States", at: "2026-03-02 14:00", page: "EU", person: "US", lanes: "marketing recurring", permits: topic, want: "recurring"},
		{name: "March 2026, Europe, the paid one alone", at: "2026-03-02 14:00", page: "EU", lanes: "marketing", permits: page, want: "marketing: region; barred"},
		{name: "March 2026, Australia, to people elsewhere", at: "2026-03-02 14:00", page: "AU", person: "NZ", lanes: "marketing recurring", permits: topic, want: "marketing 0.014 USD"},
		{name: "March 2026, Australia, at home", at: "2026-03-02 14:00", page: "AU", lanes: "marketing recurring", permits: topic, want: "recurring"},
		{name: "March 2026, Canada has neither", at: "2026-03-02 14:00", page: "CA", lanes: "recurring marketing", permits: both, want: "recurring: region, marketing: region; barred"},

		{name: "a token for another topic", at: "2026-03-02 14:00", page: "EU", lanes: "recurring", permits: other, want: "recurring: no permit"},
		{name: "a subscription is for any topic", at: "2026-03-02 14:00", page: "US", lanes: "marketing", permits: other + " | " + page, want: "marketing 0.014 USD"},
		{name: "a token that ran out in 2022", at: "2022-12-01 00:00", page: "EU", lanes: "recurring", permits: topic + " expires=-1h", want: "recurring: expired"},

		{name: "a one-time yes", at: "2026-03-02 14:00", page: "CA", lanes: "recurring one_time", permits: once, want: "one_time"},
		{name: "a one-time yes that was used", at: "2026-03-02 14:00", page: "CA", lanes: "one_time", permits: used, want: "one_time: used"},
		{name: "the next of two one-time yeses", at: "2026-03-02 14:00", page: "CA", lanes: "one_time", permits: twice + " sent=-30d", want: "one_time"},
		{name: "the next of two one-time yeses, of which the first ran out", at: "2026-03-02 14:00", page: "CA", lanes: "one_time", permits: twice + " expires=0h", want: "one_time"},
		{name: "a one-time yes after a year", at: "2026-03-02 14:00", page: "CA", lanes: "one_time", permits: once + " expires=0h", want: "one_time: expired"},
		{name: "recurring goes on without the one-time yes", at: "2026-03-02 14:00", page: "EU", lanes: "recurring one_time", permits: topic + " | " + once, want: "recurring"},
		{name: "while it rests the one-time yes helps", at: "2026-03-02 14:00", page: "EU", lanes: "recurring one_time", permits: topic + " sent=-1h | " + once, want: "one_time"},

		{name: "an approved template", at: "2026-03-02 14:00", page: "CA", lanes: "recurring utility", want: "utility", more: "template"},
		{name: "no template goes to a token", at: "2026-03-02 14:00", page: "EU", lanes: "recurring one_time", permits: topic + " | " + once, want: "recurring: content, one_time: content", more: "template"},
		{name: "nothing but templates goes as utility", at: "2026-03-02 14:00", page: "CA", lanes: "utility", want: "utility: content"},

		{name: "the window comes first", at: "2026-03-02 14:00", page: "CA", lanes: "recurring", want: "window", more: "window"},
		{name: "a lane the platform refused", at: "2026-03-02 14:00", page: "US", lanes: "marketing one_time", permits: page + " | " + once, want: "one_time", more: "without=marketing"},
		{name: "a lane that is shut for an hour", at: "2026-03-02 14:00", page: "US", lanes: "marketing", permits: page, want: "marketing: shut; 2026-03-02 15:00", more: "shut=marketing"},
		{name: "no flow writes as a person", at: "2026-03-02 14:00", page: "EU", lanes: "recurring", permits: topic + " sent=-1h", want: "recurring: rest, human_agent: by hand; 2026-03-04 13:00", more: "people"},
		{name: "a Page without lanes", at: "2026-03-02 14:00", page: "EU", permits: topic, want: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse("2006-01-02 15:04", tt.at)
			if err != nil {
				t.Fatal(err)
			}
			c := newTestChannel(t, Config{Lanes: strings.Fields(tt.lanes), AdAccount: "act_7", Campaign: "8", Price: 0.014, Currency: "USD"})
			if tt.person == "" {
				tt.person = tt.page
			}
			q := bot.Question{
				LaneFacts: bot.LaneFacts{Now: now, Region: tt.page, PersonRegion: tt.person, Zone: time.UTC, Template: tt.more == "template"},
				Topic:     "restock", Lanes: c.Lanes(), Permits: permitsOf(t, tt.permits, now),
			}
			what, lane, _ := strings.Cut(tt.more, "=")
			switch what {
			case "people":
				q.Lanes = append(q.Lanes, HumanAgent())
			case "window":
				q.WindowUntil = now.Add(time.Second)
			case "without":
				q.Without = []string{lane}
			case "shut":
				q.Shut = map[string]bot.LaneAnswer{lane: {Why: "shut", Next: now.Add(time.Hour)}}
			}
			if got := choiceText(bot.Resolve(q)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// permitsOf reads "TOKEN KIND TOPIC [FREQUENCY] [sent=-7d] [expires=-1h] [spare=TOKEN]",
// with | between several; the topic - is the whole Page.
func permitsOf(t *testing.T, text string, now time.Time) (out []bot.Permit) {
	t.Helper()
	ago := func(s string) time.Time {
		if days, ok := strings.CutSuffix(s, "d"); ok {
			s = days + "h"
			d, err := time.ParseDuration(s)
			if err != nil {
				t.Fatal(err)
			}
			return now.Add(24 * d)
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return now.Add(d)
	}
	for one := range strings.SplitSeq(text, "|") {
		words := strings.Fields(one)
		if len(words) < 3 {
			continue
		}
		p := bot.Permit{Token: words[0], Lane: map[string]string{"r": laneRecurring, "m": laneMarketing, "o": laneOneTime}[words[1]]}
		if words[2] != "-" {
			p.Topic = words[2]
		}
		for _, word := range words[3:] {
			switch key, value, _ := strings.Cut(word, "="); key {
			case "sent":
				p.LastSent = ago(value)
			case "expires":
				p.ExpiresAt = ago(value)
			case "spare":
				p.Spare = []bot.SpareToken{{Token: value}}
			default:
				p.Frequency = key
			}
		}
		out = append(out, p)
	}
	return out
}

func choiceText(c bot.Choice) string {
	if c.Lane != "" && c.Price > 0 {
		return fmt.Sprintf("%s %v %s", c.Lane, c.Price, c.Currency)
	}
	if c.Lane != "" {
		return c.Lane
	}
	var closed []string
	for _, l := range c.Passed {
		closed = append(closed, l.Name+": "+l.Why)
	}
	text := strings.Join(closed, ", ")
	if c.Barred {
		text += "; barred"
	}
	if !c.Next.IsZero() {
		text += "; " + c.Next.Format("2006-01-02 15:04")
	}
	return text
}
