package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/relance-bot/relance/bot"
)

const (
	profileFields = "first_name,last_name,locale,timezone"
	// Locale and time zone need permissions of their own, and one that is missing
	// spoils the whole answer.
	nameFields = "first_name,last_name"
)

// Profile asks the platform about a person. What it does not tell stays empty:
// accounts made with a phone number have no profile, and locale and time zone need
// permissions that few Pages have. The error names a code and nothing personal.
func (c *Channel) Profile(ctx context.Context, person string) (bot.Profile, error) {
	if person == "" || person == "." || person == ".." || len(person) > maxID {
		return bot.Profile{}, errors.New("messenger: profile: not a person's id")
	}
	p, refusal, err := c.profile(ctx, person, profileFields)
	if err != nil && (refusal == bot.ClassContent || refusal == bot.ClassOperator) {
		p, _, err = c.profile(ctx, person, nameFields)
	}
	return p, err
}

func (c *Channel) profile(ctx context.Context, person, fields string) (bot.Profile, bot.Class, error) {
	r := c.graph.call(ctx, request{method: http.MethodGet, path: url.PathEscape(person), query: url.Values{"fields": {fields}}})
	if r.fate != answered {
		return bot.Profile{}, bot.ClassTransient, fmt.Errorf("messenger: profile: %s", r.fault)
	}
	if e, ok := readError(r.body); ok {
		return bot.Profile{}, judge(e, r.status, laneWindow).Class, fmt.Errorf("messenger: profile: error %s", e.name())
	}
	if r.status != http.StatusOK {
		return bot.Profile{}, bot.ClassTransient, fmt.Errorf("messenger: profile: status %d", r.status)
	}
	var answer struct {
		FirstName string   `json:"first_name"`
		LastName  string   `json:"last_name"`
		Locale    string   `json:"locale"`
		Timezone  *float64 `json:"timezone"`
	}
	if err := json.Unmarshal(r.body, &answer); err != nil && !isTypeError(err) {
		return bot.Profile{}, bot.ClassTransient, errors.New("messenger: profile: answer is no JSON")
	}
	if tz := answer.Timezone; tz != nil && (*tz < -12 || *tz > 14) {
		answer.Timezone = nil
	}
	return bot.Profile{
		FirstName: clean(answer.FirstName, maxPersonInAnswer), LastName: clean(answer.LastName, maxPersonInAnswer),
		Locale: clean(answer.Locale, maxPersonInAnswer), TimezoneOffset: answer.Timezone,
	}, bot.ClassNone, nil
}
