package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Sentence says in words a shop owner understands what became of a notification,
// why, and what comes next. title is the topic's; times are given in zone, the
// person's. It says nothing personal beyond these.
func Sentence(d storage.Decision, title string, zone *time.Location) string {
	s := sentenceOf(d, title, zone)
	switch d.Kind {
	case DecisionSent:
		return s.sent()
	case DecisionHeld:
		return fmt.Sprintf("Held: %s. %s", s.reason(), s.next())
	case DecisionFailed:
		return fmt.Sprintf("Failed: %s.", s.failure())
	case DecisionUnknown:
		return fmt.Sprintf("Unknown: it was handed over on %s, and the platform never said whether it arrived. "+
			"It is not repeated, and counts as sent.", s.at(d.At))
	}
	return fmt.Sprintf("Not sent: %s.%s", s.reason(), s.tooLate())
}

func sentenceOf(d storage.Decision, title string, zone *time.Location) sentence {
	s := sentence{d: d, title: title, zone: zone}
	if len(d.Values) > 0 {
		// Values that cannot be read leave a shorter sentence.
		_ = json.Unmarshal(d.Values, &s.values)
	}
	return s
}

// sentence is one decision while it is put into words.
type sentence struct {
	d      storage.Decision
	title  string
	zone   *time.Location
	values map[string]any
}

func (s sentence) sent() string {
	way := fmt.Sprintf("on the %s lane", s.d.Lane)
	if s.d.Lane == LaneWindow {
		way = "within the 24 hours after their last message"
	}
	if price, _ := s.values["price"].(float64); price > 0 {
		way += fmt.Sprintf(", for about %v %s", price, s.word("currency"))
	}
	text := fmt.Sprintf("Sent on %s, %s.", s.at(s.d.At), way)
	if ways := s.refused(); ways != "" {
		text += fmt.Sprintf(" Tried first, and not open: %s.", ways)
	}
	if s.d.At.Sub(s.d.FirstDue) > time.Hour && !s.d.FirstDue.IsZero() {
		text += fmt.Sprintf(" It was first due on %s.", s.at(s.d.FirstDue))
	}
	switch {
	case !s.d.Read.IsZero():
		text += fmt.Sprintf(" They read it on %s.", s.at(s.d.Read))
	case !s.d.Delivered.IsZero():
		text += fmt.Sprintf(" It was delivered on %s.", s.at(s.d.Delivered))
	}
	return text
}

// next says when a held one is decided again.
func (s sentence) next() string {
	switch {
	case !s.d.Next.IsZero():
		return fmt.Sprintf("Next chance: %s.", s.at(s.d.Next))
	case s.d.Expires.IsZero():
		return "It goes as soon as that changes."
	}
	return fmt.Sprintf("It goes as soon as that changes, until %s at the latest.", s.at(s.d.Expires))
}

// tooLate adds why a rule that only asks for time ended a notification.
func (s sentence) tooLate() string {
	next := s.time("next")
	waited := s.d.Rule == RuleLane || s.d.Rule == RuleReachable || s.d.Rule == RulePaused || s.d.Rule == RuleThread ||
		s.d.Rule == RuleConsent && s.values["status"] == StatusSnoozed
	switch {
	case next.IsZero() && waited && !s.d.Expires.IsZero() && s.d.At.After(s.d.Expires):
		return fmt.Sprintf(" It was to go until %s at the latest.", s.at(s.d.Expires))
	case next.IsZero():
		return ""
	}
	return fmt.Sprintf(" The next chance would have been %s, and it was to go until %s at the latest.", s.at(next), s.at(s.time("expires")))
}

// reason is what the rule that said no saw, as a part of a sentence.
func (s sentence) reason() string {
	switch s.d.Rule {
	case RuleConsent:
		return s.consent()
	case RuleWhere:
		if s.word("field") != "" {
			return s.date()
		}
		return fmt.Sprintf("nothing they asked for about %s matches it, or its condition does not hold for them", s.topic())
	case RuleHoldout:
		return "they belong to the share of people who are left out, for comparison"
	case RuleReachable:
		return s.unreachable()
	case RulePaused:
		switch s.word("why") {
		case pausedCampaign:
			return "the campaign is paused"
		case pausedCancelled:
			return "the campaign was cancelled"
		}
		return fmt.Sprintf("sending was paused%s", s.because("why"))
	case RuleCadence:
		return s.cadence()
	case RuleBudget:
		if first := s.time("greater"); !first.IsZero() {
			return fmt.Sprintf("something that comes first for them is due on %s, and the bot allows itself %s within %s", s.at(first), s.count("max", "message"), s.span("per"))
		}
		return fmt.Sprintf("they had %s within %s, which is the most the bot allows itself", s.count("sent", "message"), s.span("per"))
	case RuleQuietHours:
		return fmt.Sprintf("it fell into their quiet hours, %s to %s", s.word("from"), s.word("to"))
	case RuleBusy:
		return "they were in the middle of a conversation"
	case RuleThread:
		return "somebody of the shop is talking with them"
	case RuleLane:
		return s.lane()
	case RuleExpired:
		return fmt.Sprintf("it was due on %s and could go until %s, which was over", s.at(s.d.FirstDue), s.at(s.d.Expires))
	case RuleSilent:
		return "its flow ended without saying anything"
	case RuleRemoved:
		return "what started it is no longer part of the bot"
	case RuleRender:
		return "its message could not be made"
	}
	return fmt.Sprintf("the rule %q said no", s.d.Rule)
}

func (s sentence) consent() string {
	since := s.time("since")
	status, known := s.values["status"]
	switch {
	case !known:
		return fmt.Sprintf("they had stopped %s by then", s.topic())
	case status == StatusNone:
		return fmt.Sprintf("they never said yes to %s", s.topic())
	case status == StatusAsked:
		return fmt.Sprintf("they were asked about %s and have not said yes", s.topic())
	case status == StatusSnoozed && s.word("until") == "":
		return fmt.Sprintf("they asked for a rest from %s until they say so", s.topic())
	case status == StatusSnoozed:
		return fmt.Sprintf("they asked for a rest from %s until %s", s.topic(), s.at(s.time("until")))
	case status == StatusActive:
		return fmt.Sprintf("they said yes to %s on %s, after it was due on %s", s.topic(), s.at(since), s.at(s.time("due")))
	case s.word("by") == ByPlatform:
		return fmt.Sprintf("they stopped %s with the platform's own switch on %s", s.topic(), s.at(since))
	}
	return fmt.Sprintf("they stopped %s on %s", s.topic(), s.at(since))
}

// date says whose day it was.
func (s sentence) date() string {
	spell := func(name, layout string) string {
		day, err := time.Parse(time.DateOnly, s.word(name))
		if err != nil {
			return "a day nobody knows"
		}
		return day.Format(layout)
	}
	field := "contact." + s.word("field")
	if s.word("date") == "" {
		return fmt.Sprintf("it goes by their %s, which is not known", field)
	}
	about := spell("about", "2 January 2006")
	if yearly, _ := s.values["yearly"].(bool); yearly {
		about = spell("about", "2 January") + " of any year"
	}
	return fmt.Sprintf("it was for those whose %s is %s, and theirs is %s", field, about, spell("date", "2 January 2006"))
}

func (s sentence) unreachable() string {
	switch s.word("why") {
	case "blocked":
		return "they have blocked the Page"
	case "gone":
		return "their account is gone"
	}
	return "they cannot be reached until they write again"
}

func (s sentence) cadence() string {
	often := map[string]string{Daily: "day", Weekly: "week", Monthly: "month"}[s.word("cadence")]
	if often == "" {
		return fmt.Sprintf("they have had what they agreed to about %s for now", s.topic())
	}
	return fmt.Sprintf("they agreed to one message a %s about %s, and got one on %s", often, s.topic(), s.day(s.time("last")))
}

// failure says why a message that was decided to go never went.
func (s sentence) failure() string {
	switch s.d.Rule {
	case RuleRender:
		if code := s.because("code"); code != "" {
			return fmt.Sprintf("the platform does not take such a message%s", code)
		}
		return "its message could not be made, because something in its flow went wrong for this person"
	case RuleFault:
		return "it could not be decided, because something went wrong in the bot or what is stored of them cannot be read"
	case RuleReachable:
		return fmt.Sprintf("the platform refused it, because %s", s.unreachable())
	case RuleConsent:
		return fmt.Sprintf("the platform refused it, because they stopped %s there", s.topic())
	case RuleLane:
		if code := s.word("code"); strings.Contains(code, "_LOAD_CAP_") || strings.Contains(code, "ORGANIC_THREAD") {
			return fmt.Sprintf("the platform held it back from them, who had many such messages beside the conversations they began (%s)", code)
		}
	}
	return fmt.Sprintf("the platform refused it for good%s", s.because("code"))
}

func (s sentence) topic() string { return fmt.Sprintf("“%s”", s.title) }

// at spells an instant, day its day: in English, with the year if it is not that of
// the decision.
func (s sentence) at(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return s.day(t) + t.In(s.zone).Format(" 15:04")
}

func (s sentence) day(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	t = t.In(s.zone)
	if t.Year() != s.d.At.In(s.zone).Year() {
		return t.Format("Monday 2 January 2006")
	}
	return t.Format("Monday 2 January")
}

func (s sentence) word(name string) string {
	text, _ := s.values[name].(string)
	return text
}

// because is a value in brackets, if there is one.
func (s sentence) because(name string) string {
	if text := s.word(name); text != "" {
		return fmt.Sprintf(" (%s)", text)
	}
	return ""
}

func (s sentence) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339, s.word(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

func (s sentence) count(name, noun string) string {
	n, _ := s.values[name].(float64)
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%v %ss", n, noun)
}

// span spells a duration: "24 hours", "7 days".
func (s sentence) span(name string) string {
	d, err := time.ParseDuration(s.word(name))
	if err != nil {
		return "some time"
	}
	for _, unit := range []struct {
		name string
		long time.Duration
		from time.Duration
	}{{"day", 24 * time.Hour, 48 * time.Hour}, {"hour", time.Hour, time.Hour}, {"minute", time.Minute, time.Minute}} {
		if d >= unit.from && d%unit.long == 0 {
			n := d / unit.long
			if n == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}
