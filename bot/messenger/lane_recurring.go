package messenger

import (
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

// recurring is the lane of recurring notifications, later called marketing
// messages and now legacy: free messages to people who accepted a topic, one per
// token and rest.
type recurring struct {
	region string // of the Page, where the facts name none
}

// A rhythm is how long a token rests after a message, from a day on.
type rhythm struct {
	from time.Time
	next func(last time.Time, p *bot.Permit) time.Time
}

// rhythms, newest first. Of the two statements about old weekly and monthly tokens
// after February 2023, that they kept their rhythm and that one message a day
// holds for every token, the second is taken: the cadence a person agreed to is
// kept by the bot itself.
var rhythms = []rhythm{
	{day(2025, time.September, 1), after(48 * time.Hour)},
	{day(2023, time.February, 2), after(24 * time.Hour)},
	{time.Time{}, byFrequency},
}

// expiryEnds is when tokens stopped expiring; one that ran out before stays dead.
var expiryEnds = day(2023, time.August, 10)

func (recurring) Name() string { return laneRecurring }

// Traits implements bot.TraitLane: one permit for each topic.
func (recurring) Traits() bot.LaneTraits { return bot.LaneTraits{} }

// Asks says whether requests are shown to people.
func (r recurring) Asks(f bot.LaneFacts) bool { return legal(laneRecurring, r.region, &f) == "" }

// Open follows the platform's rules as they were at f.Now.
func (r recurring) Open(f bot.LaneFacts) bot.LaneAnswer {
	p, why := f.Permit, legal(laneRecurring, r.region, &f)
	switch {
	case why != "":
		return bot.LaneAnswer{Why: why}
	case f.Template:
		return bot.LaneAnswer{Why: whyContent}
	case p == nil || p.Token == "" || p.Lane != laneRecurring:
		return bot.LaneAnswer{Why: whyPermit}
	case expired(p, f.Now):
		return bot.LaneAnswer{Why: whyExpired}
	}
	return resting(restEnd(p, f.Now), f.Now)
}

// recurringTo addresses a message to a token of recurring notifications.
func recurringTo(b []byte, d *bot.Delivery) ([]byte, error) {
	return encodeToken(b, d, "notification_messages_token")
}

// encodeRecurring appends the platform's request for recurring notifications. In the
// years of tokens with an end it also says how often, that the platform may ask again
// before the end, and whose weeks and months count. Since February 2023 the frequency
// is ignored, and is told all the same: the person chose it.
func encodeRecurring(b []byte, d *bot.Delivery) []byte {
	m := &d.Message
	b = appendField(template(b, "notification_messages"), "title", m.Text)
	b = appendField(b, "image_url", m.OptIn.Image)
	b = appendField(b, "payload", m.OptIn.Request)
	b = appendField(b, "notification_messages_frequency", strings.ToUpper(m.OptIn.Cadence))
	if !d.At.IsZero() && d.At.Before(expiryEnds) {
		b = appendField(b, "notification_messages_reoptin", "ENABLED")
		b = appendField(b, "notification_messages_timezone", d.Zone)
	}
	return append(b, "}}"...)
}

func expired(p *bot.Permit, now time.Time) bool {
	return !p.ExpiresAt.IsZero() && p.ExpiresAt.Before(expiryEnds) && !now.Before(p.ExpiresAt)
}

// restEnd is the later of what the platform said about this token and what its
// rules say.
func restEnd(p *bot.Permit, now time.Time) time.Time {
	end := p.NextEligible
	if p.LastSent.IsZero() {
		return end
	}
	for _, r := range rhythms {
		if now.Before(r.from) {
			continue
		}
		if next := r.next(p.LastSent, p); next.After(end) {
			end = next
		}
		break
	}
	return end
}

func after(d time.Duration) func(time.Time, *bot.Permit) time.Time {
	return func(last time.Time, _ *bot.Permit) time.Time { return last.Add(d) }
}

// byFrequency is the rhythm of 2022: a day is 24 hours, weeks and months are those
// of the calendar in the token's zone.
func byFrequency(last time.Time, p *bot.Permit) time.Time {
	local := last.In(tokenZone(p.Zone))
	y, m, d := local.Date()
	switch p.Frequency {
	case "weekly":
		untilMonday := (8 - int(local.Weekday())) % 7 // Sunday is 0
		if untilMonday == 0 {
			untilMonday = 7
		}
		return time.Date(y, m, d+untilMonday, 0, 0, 0, 0, local.Location())
	case "monthly":
		return time.Date(y, m+1, 1, 0, 0, 0, 0, local.Location())
	}
	return last.Add(24 * time.Hour)
}

// tokenExpiry is when a token given at an instant ran out; zero: never.
func tokenExpiry(frequency string, given time.Time) time.Time {
	if !given.Before(expiryEnds) {
		return time.Time{}
	}
	months := 6
	switch frequency {
	case "weekly":
		months = 9
	case "monthly":
		months = 12
	}
	return given.AddDate(0, months, 0)
}

// tokenZone is UTC, the platform's default, for a name that is none. "Local" would
// be this machine's.
func tokenZone(name string) *time.Location {
	if name == "Local" {
		return time.UTC
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}
