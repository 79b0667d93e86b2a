package messenger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

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
func (c *Channel) Profile(ctx context.Context, person string) (p bot.Profile, err error) {
	if person == "" || person == "." || person == ".." || len(person) > maxID {
		return bot.Profile{}, errors.New("profile: not a person's id")
	}
	var refusal bot.Class
	for i, fields := range c.dialect.Profile {
		if i > 0 && refusal != bot.ClassContent && refusal != bot.ClassOperator {
			break
		}
		if p, refusal, err = c.profile(ctx, person, fields); err == nil {
			break
		}
	}
	return p, err
}

func (c *Channel) profile(ctx context.Context, person, fields string) (bot.Profile, bot.Class, error) {
	r := c.graph.call(ctx, request{method: http.MethodGet, path: c.graph.base + url.PathEscape(person), query: url.Values{"fields": {fields}}})
	if r.fate != answered {
		return bot.Profile{}, bot.ClassTransient, fmt.Errorf("profile: %s", r.fault)
	}
	if a := readVerdict(r.body); a.failed {
		return bot.Profile{}, judge(a.error, r.status, laneWindow).Class, fmt.Errorf("profile: error %s", a.error.name())
	}
	if r.status != http.StatusOK {
		return bot.Profile{}, bot.ClassTransient, fmt.Errorf("profile: status %d", r.status)
	}
	if !valid(r.body) {
		return bot.Profile{}, bot.ClassTransient, errors.New("profile: answer is no JSON")
	}
	return readProfile(whole(r.body)), bot.ClassNone, nil
}

// readProfile takes what is there; what is of another shape is not.
func readProfile(v value) (p bot.Profile) {
	text := func(field value) string {
		s, _ := field.text()
		return clean(s, maxPersonInAnswer)
	}
	whole := ""
	for name, field := range v.fields {
		switch string(name) {
		case "first_name":
			p.FirstName = text(field)
		case "last_name":
			p.LastName = text(field)
		case "name": // of an account that tells no other
			whole = text(field)
		case "locale":
			p.Locale = text(field)
		case "timezone":
			if hours, err := field.decimal(); err == nil && !field.absent() && hours >= -12 && hours <= 14 {
				p.TimezoneOffset = &hours
			}
		}
	}
	if p.FirstName == "" {
		p.FirstName, p.LastName, _ = strings.Cut(strings.TrimSpace(whole), " ")
	}
	return p
}
