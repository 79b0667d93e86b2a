package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
)

// Field implements chat.Records.
func (s *stage) Field(ctx context.Context, id, name string) (string, error) {
	view, err := s.person(ctx, id)
	if err != nil {
		return "", err
	}
	switch name {
	case "first_name":
		return view.FirstName, nil
	case "last_name":
		return view.LastName, nil
	case "locale":
		return view.Locale, nil
	case "timezone":
		return view.Timezone, nil
	}
	for _, f := range s.folder.program.Bot.Fields {
		if f.Name == name {
			return inWords(view.Fields[name]), nil
		}
	}
	return "", chat.Unknown("field", name, append(s.fieldNames(), "first_name", "last_name", "locale", "timezone"))
}

// person is what is known about somebody; nothing about who was forgotten.
func (s *stage) person(ctx context.Context, id string) (bot.ContactView, error) {
	view, err := s.bot.Contact(ctx, s.contact(id))
	if errors.Is(err, bot.ErrUnknownContact) {
		return bot.ContactView{}, nil
	}
	return view, err
}

// inWords spells a field's value as a transcript does.
func inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		out := ""
		for i, item := range v {
			if i > 0 {
				out += ", "
			}
			out += inWords(item)
		}
		return out
	}
	return fmt.Sprint(v)
}

// Consent implements chat.Records.
func (s *stage) Consent(ctx context.Context, id, topic string) (chat.Consent, error) {
	if err := s.topic(topic); err != nil {
		return chat.Consent{}, err
	}
	view, err := s.person(ctx, id)
	if err != nil {
		return chat.Consent{}, err
	}
	for _, c := range view.Consents {
		if c.Topic == topic {
			return chat.Consent{Status: c.Status, Cadence: c.Cadence}, nil
		}
	}
	return chat.Consent{}, nil
}

// Decision implements chat.Records.
func (s *stage) Decision(ctx context.Context, id string) (chat.Decision, error) {
	decisions, err := s.bot.Decisions(ctx, s.contact(id), "", 1)
	if err != nil || len(decisions) == 0 {
		return chat.Decision{}, err
	}
	d := decisions[0]
	return chat.Decision{Kind: d.Kind, Rule: d.Rule, Lane: d.Lane}, nil
}

// Notices implements chat.Noticer.
func (s *stage) Notices() []string {
	if s.heard == nil {
		return nil
	}
	return s.heard.lines()
}

var (
	_ chat.Explainer = (*stage)(nil)
	_ chat.Noticer   = (*stage)(nil)
	_ chat.Caller    = (*stage)(nil)
)

// Why implements chat.Explainer.
func (s *stage) Why(ctx context.Context, id string, since time.Time) (string, error) {
	explanations, err := s.bot.Why(ctx, s.contact(id), "")
	if err != nil {
		return "", err
	}
	for _, e := range explanations { // the newest is the first
		if !e.At.Before(since) {
			return e.Flow + ": " + e.Text, nil
		}
	}
	return "", nil
}

// Step implements chat.Records.
func (s *stage) Step(ctx context.Context, id string) (string, error) {
	view, err := s.person(ctx, id)
	return view.Step, err
}

// Goal implements chat.Records.
func (s *stage) Goal(ctx context.Context, id, name string) (bool, error) {
	if goals := s.folder.program.Goals(); !slices.Contains(goals, name) {
		return false, chat.Unknown("goal that a flow tracks called", name, goals)
	}
	reached, err := s.bot.Outcomes(ctx, s.contact(id), bot.OutcomeGoal, name)
	return len(reached) > 0, err
}
