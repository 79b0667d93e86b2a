package cmd

import (
	"context"
	"errors"
	"strconv"

	"github.com/relance-bot/relance/bot"
)

// Event implements chat.World.
func (s *stage) Event(ctx context.Context, name string, data map[string]string, id string) error {
	if err := s.event(name, data); err != nil {
		return err
	}
	// An event concerns those who have agreed when it comes: it comes after all that
	// the transcript has above it.
	for _, p := range s.platforms() {
		if latest := p.Latest(); latest.After(s.clock.Now()) {
			s.drift += latest.Sub(s.clock.Now())
			s.clock.Set(latest)
		}
	}
	s.events++
	e := bot.ShopEvent{ID: "transcript-" + strconv.Itoa(s.events), Name: name, Data: map[string]any{}}
	for key, value := range data {
		e.Data[key] = value
	}
	if id != "" {
		e.Contact = s.contact(id)
	}
	if _, _, err := s.bot.Events(ctx, []bot.ShopEvent{e}); err != nil {
		return errors.New(listItem.ReplaceAllString(err.Error(), ""))
	}
	return s.settle(ctx)
}

// Refuse implements chat.World.
func (s *stage) Refuse(_ context.Context, code, subcode, times int) error {
	s.at.FailNext(times, code, subcode)
	return nil
}

// TakeOver implements chat.World.
func (s *stage) TakeOver(ctx context.Context, id string) error {
	if err := s.on(id).TakeOver(id); err != nil {
		return err
	}
	return s.settle(ctx)
}

// HandBack implements chat.World.
func (s *stage) HandBack(ctx context.Context, id string) error {
	if err := s.on(id).HandBack(id); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Timeout implements chat.World.
func (s *stage) Timeout(context.Context) error {
	s.at.TimeoutNext()
	return nil
}

// Echo implements chat.World.
func (s *stage) Echo(ctx context.Context) error {
	if err := s.at.Echo(); err != nil {
		return err
	}
	return s.settle(ctx)
}
