package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/relance-bot/relance/flows"
)

// Bounds of one imported row.
const (
	maxImportText      = 2000 // characters of the wording
	maxImportName      = 200  // characters of source, button, names and ids
	maxImportToken     = 4096 // bytes of a permit's token
	maxImportInterests = 20   // of one row
)

// shortened is what a spreadsheet makes of a long id: some of its digits, and how many
// there were. It would be taken for the id of somebody who is never reached.
var shortened = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+\d+$`)

const whyShortened = "was shortened to 7.0E+15 or the like: let the spreadsheet keep the column as text"

// ImportRow is a subscription that a person gave elsewhere: to a tool the shop had
// before, or on a form. It is the item of POST /v1/subscriptions and, as JSON, a line of
// the file that `relance import` reads.
type ImportRow struct {
	// Contact is a contact id, or the platform's id of the person (a PSID) if the bot
	// has one Page, or Page says which.
	Contact string `json:"contact"`
	Page    string `json:"page,omitempty"`
	Topic   string `json:"topic"`
	Cadence string `json:"cadence"`
	// Interests are what the consent is about, each of the topic's interest: fields.
	Interests []map[string]any `json:"interests,omitempty"`

	ConsentedAt time.Time `json:"consented_at"`
	Wording     string    `json:"wording"` // what they read when they agreed
	Button      string    `json:"button,omitempty"`
	Image       string    `json:"image,omitempty"`
	Source      string    `json:"source"` // where they agreed, in the shop's words

	Permit *ImportPermit `json:"permit,omitempty"`

	// What is kept of the person where nothing is known yet.
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Locale    string `json:"locale,omitempty"` // also the language they agreed in
	Timezone  string `json:"timezone,omitempty"`
}

// ImportPermit is what the platform gave for the subscription.
type ImportPermit struct {
	Lane      string    `json:"lane,omitempty"` // "recurring" if empty
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	Frequency string    `json:"frequency,omitempty"` // daily, weekly, monthly, as the platform keeps it
	Title     string    `json:"title,omitempty"`     // of the request, as the platform keeps it
	Timezone  string    `json:"timezone,omitempty"`
}

// checkImport brings a row to the shape it is stored in, or says what is wrong with it or
// lacks. An error never holds what the row says of a person.
func (b *Bot) checkImport(program *flows.Program, r ImportRow, now time.Time) (ImportRow, error) {
	var err error
	if r.Contact, err = b.importContact(r.Contact, r.Page); err == nil {
		r, err = b.checkConsent(program, r, now)
	}
	if err != nil {
		return r, err
	}
	topic, _ := program.Topic(r.Topic)
	switch {
	case !slices.Contains(offered(topic), r.Cadence):
		return r, errCadence(topic)
	case len(r.Interests) == 0 && len(topic.Interest) > 0:
		var names []string
		for _, f := range topic.Interest {
			names = append(names, f.Name)
		}
		return r, fmt.Errorf("interests are missing: the topic is about %s", strings.Join(names, ", "))
	case r.Permit != nil && r.Permit.ExpiresAt.IsZero():
		return r, errors.New("permit: expires_at is missing")
	case r.Permit == nil && needsPermit(b.channelOf(r.Contact).Lanes(), now):
		return r, errors.New("permit is missing: no lane of this Page carries the topic without one")
	}
	return r, nil
}

// checkConsent is what every consent has to keep that was given elsewhere, by whatever
// way it comes.
func (b *Bot) checkConsent(program *flows.Program, r ImportRow, now time.Time) (ImportRow, error) {
	if err := b.checkContact(r.Contact); err != nil {
		return r, err
	}
	topic, ok := program.Topic(r.Topic)
	switch {
	case r.Topic == "":
		return r, errors.New("topic is missing")
	case !ok:
		return r, fmt.Errorf("bot.yaml has no topic %q", clipped(r.Topic))
	case r.Cadence == "":
		return r, fmt.Errorf("cadence is missing: %s", strings.Join(offered(topic), ", "))
	case !slices.Contains([]string{Daily, Weekly, Monthly}, r.Cadence):
		return r, errCadence(topic)
	case r.ConsentedAt.IsZero():
		return r, errors.New("consented_at is missing: when they agreed")
	case r.ConsentedAt.After(now.Add(clockSlack)):
		return r, errors.New("consented_at lies in the future")
	case strings.TrimSpace(r.Wording) == "":
		return r, errors.New("wording is missing: what they read when they agreed")
	case strings.TrimSpace(r.Source) == "":
		return r, errors.New("source is missing: where they agreed")
	}
	err := checkTexts([]boundedText{
		{"wording", r.Wording, maxImportText}, {"source", r.Source, maxImportName}, {"button", r.Button, maxImportName},
		{"image", r.Image, maxImportText},
	})
	if err == nil {
		err = checkPerson(r.FirstName, r.LastName, r.Locale, r.Timezone)
	}
	if err == nil {
		r.Interests, err = importInterests(program, topic, r.Interests)
	}
	if err != nil {
		return r, err
	}
	r.ConsentedAt = r.ConsentedAt.Truncate(time.Millisecond) // as it is stored
	return r, b.checkPermit(r, now)
}

// boundedText is a text with the most characters that it may have.
type boundedText struct {
	name, value string
	most        int
}

func checkTexts(texts []boundedText) error {
	for _, text := range texts {
		if !utf8.ValidString(text.value) || utf8.RuneCountInString(text.value) > text.most {
			return fmt.Errorf("%s must have at most %d characters", text.name, text.most)
		}
	}
	return nil
}

// checkPerson says what is wrong with what is told of a person, by whatever way.
func checkPerson(first, last, locale, zone string) error {
	err := checkTexts([]boundedText{{"first_name", first, maxImportName}, {"last_name", last, maxImportName}, {"locale", locale, 20}})
	if err != nil || zone == "" {
		return err
	}
	if _, err := Location(zone); err != nil {
		return errors.New("timezone must be the name of a zone, as Europe/Paris")
	}
	return nil
}

func errCadence(topic *flows.Topic) error {
	return fmt.Errorf("cadence must be one that the topic offers: %s", strings.Join(offered(topic), ", "))
}

// offered are the cadences a person may choose of a topic.
func offered(topic *flows.Topic) []string {
	if len(topic.Cadence) > 0 {
		return topic.Cadence
	}
	return []string{Daily, Weekly, Monthly}
}

// importContact is the contact id of a row.
func (b *Bot) importContact(contact, page string) (string, error) {
	if contact == "" {
		return "", errors.New("contact is missing")
	}
	if !strings.Contains(contact, ":") {
		key := ""
		for own := range b.channels {
			if _, id, _ := strings.Cut(own, ":"); len(b.channels) == 1 && page == "" || page == own || page == id {
				key = own
			}
		}
		if key == "" {
			return "", errors.New("page must name one of the bot's Pages")
		}
		contact = key + ":" + contact
	}
	return contact, nil
}

// checkContact says what is wrong with a contact id that somebody gives.
func (b *Bot) checkContact(contact string) error {
	if strings.ContainsFunc(contact, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError || r == '=' }) || len(contact) > 2*maxPersonID {
		return errors.New("contact must be a contact id or the platform's id of the person")
	}
	own, person, ok := splitID(contact)
	if shortened.MatchString(person) {
		return fmt.Errorf("contact %s", whyShortened)
	}
	if !ok || len(person) > maxPersonID {
		return errors.New("contact must be CHANNEL:PAGE:PERSON or the platform's id of the person")
	}
	if _, ok := b.channels[own]; !ok {
		return errors.New("contact is on no Page of this bot")
	}
	return nil
}

// importInterests brings the interests of a row to the types of their topic.
func importInterests(program *flows.Program, topic *flows.Topic, interests []map[string]any) ([]map[string]any, error) {
	var out []map[string]any
	for _, about := range interests {
		if len(about) == 0 {
			continue
		}
		one, err := program.ConvertInterest(topic.Name, about)
		if err != nil {
			return nil, err
		}
		if !hasInterest(out, one) {
			out = append(out, one)
		}
	}
	if len(out) > maxImportInterests {
		return nil, fmt.Errorf("interests are %d; a row may have %d", len(out), maxImportInterests)
	}
	return out, nil
}

// checkPermit says what is wrong with a row's permit, if it has one.
func (b *Bot) checkPermit(r ImportRow, now time.Time) error {
	p, lanes := r.Permit, b.channelOf(r.Contact).Lanes()
	if p == nil {
		return nil
	}
	switch name := permitLane(p); {
	case !slices.ContainsFunc(lanes, func(l Lane) bool { return slices.Contains(TraitsOf(l).Permits, name) }):
		return fmt.Errorf("permit: this Page has no lane %q", clipped(name))
	case p.Token == "":
		return errors.New("permit: token is missing")
	case shortened.MatchString(p.Token):
		return fmt.Errorf("permit: token %s", whyShortened)
	case len(p.Token) > maxImportToken || strings.ContainsFunc(p.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("permit: token is not one")
	case !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(now):
		return errors.New("permit: it has expired")
	case p.Frequency != "" && p.Frequency != Daily && p.Frequency != Weekly && p.Frequency != Monthly:
		return errors.New("permit: frequency must be daily, weekly or monthly")
	case utf8.RuneCountInString(p.Title) > maxImportName:
		return fmt.Errorf("permit: title must have at most %d characters", maxImportName)
	}
	if p.Timezone != "" {
		if _, err := Location(p.Timezone); err != nil {
			return errors.New("permit: timezone must be the name of a zone, as Europe/Paris")
		}
	}
	return nil
}

// permitLane is the lane a permit is for.
func permitLane(p *ImportPermit) string {
	if p.Lane == "" {
		return "recurring"
	}
	return p.Lane
}

// needsPermit says whether a Page has lanes, and each of them asks for a permit.
func needsPermit(lanes []Lane, now time.Time) bool {
	for _, lane := range lanes {
		if lane.Open(LaneFacts{Now: now, Zone: time.UTC}).Why != "no permit" {
			return false
		}
	}
	return len(lanes) > 0
}

// clipped shortens what an error quotes.
func clipped(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
