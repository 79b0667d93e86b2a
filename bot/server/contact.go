package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// contact is GET /v1/contacts/{id}.
func (s *Server) contact(c *fiber.Ctx) error {
	return s.about(c, func(ctx context.Context, id string) error {
		view, err := s.bot.Contact(ctx, id)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, view)
	})
}

// export is GET /v1/contacts/{id}/export.
func (s *Server) export(c *fiber.Ctx) error {
	return s.about(c, func(ctx context.Context, id string) error {
		all, err := s.bot.Export(ctx, id)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, all)
	})
}

// forget is DELETE /v1/contacts/{id}.
func (s *Server) forget(c *fiber.Ctx) error {
	return s.about(c, func(ctx context.Context, id string) error {
		if err := s.bot.Forget(ctx, id); err != nil {
			return err
		}
		return c.SendStatus(http.StatusNoContent)
	})
}

// about does something that concerns one person, named in the path.
func (s *Server) about(c *fiber.Ctx, do func(ctx context.Context, id string) error) error {
	id, err := url.PathUnescape(c.Params("id"))
	if err != nil || !plausibleID(id) {
		return refuse(http.StatusNotFound, "unknown_contact", bot.ErrUnknownContact.Error())
	}
	return s.ask(c, func(ctx context.Context) error { return do(ctx, id) })
}

// ask asks the bot something, for a limited time.
func (s *Server) ask(c *fiber.Ctx, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
	defer cancel()
	err := do(ctx)
	switch {
	case errors.Is(err, bot.ErrUnknownContact):
		return refuse(http.StatusNotFound, "unknown_contact", bot.ErrUnknownContact.Error())
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, bot.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return unavailable(err)
	}
	return err
}

// plausibleID keeps out of the bot what can be nobody's id.
func plausibleID(id string) bool {
	return id != "" && len(id) <= maxQueryID && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl)
}
