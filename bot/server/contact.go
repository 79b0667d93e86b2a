package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// about is GET /v1/bot.
func (s *Server) about(c *fiber.Ctx) error { return answer(c, http.StatusOK, s.bot.About()) }

// contacts is GET /v1/contacts?after=&limit=.
func (s *Server) contacts(c *fiber.Ctx) error {
	query, limit, err := listing(c, "after")
	if err != nil {
		return err
	}
	return s.ask(c, func(ctx context.Context) error {
		list, err := s.bot.Contacts(ctx, query.Get("after"), limit)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, slices.Concat([]bot.ContactView{}, list)) // nobody is a list too
	})
}

// contact is GET /v1/contacts/{id}.
func (s *Server) contact(c *fiber.Ctx) error {
	return s.person(c, func(ctx context.Context, id string) error {
		view, err := s.bot.Contact(ctx, id)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, view)
	})
}

// export is GET /v1/contacts/{id}/export.
func (s *Server) export(c *fiber.Ctx) error {
	return s.person(c, func(ctx context.Context, id string) error {
		all, err := s.bot.Export(ctx, id)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, all)
	})
}

// why is GET /v1/contacts/{id}/why?flow=.
func (s *Server) why(c *fiber.Ctx) error {
	query, _, err := listing(c, "flow")
	if err != nil {
		return err
	}
	return s.person(c, func(ctx context.Context, id string) error {
		views, err := s.bot.Why(ctx, id, query.Get("flow"))
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, views)
	})
}

// receipt is GET /v1/contacts/{id}/receipt.
func (s *Server) receipt(c *fiber.Ctx) error {
	return s.person(c, func(ctx context.Context, id string) error {
		r, err := s.bot.Receipt(ctx, id)
		if err != nil {
			return err
		}
		return answer(c, http.StatusOK, r)
	})
}

// forget is DELETE /v1/contacts/{id}.
func (s *Server) forget(c *fiber.Ctx) error {
	return s.person(c, func(ctx context.Context, id string) error {
		if err := s.bot.Forget(ctx, id); err != nil {
			return err
		}
		return c.SendStatus(http.StatusNoContent)
	})
}

// withdraw is POST /v1/contacts/{id}/withdraw.
func (s *Server) withdraw(c *fiber.Ctx) error {
	var what bot.Withdrawal
	if err := smallBody(c, &what); err != nil {
		return err
	}
	return s.person(c, func(ctx context.Context, id string) error {
		consents, err := s.bot.Withdraw(ctx, id, what)
		switch {
		case errors.Is(err, bot.ErrWithdrawal):
			return refuse(http.StatusUnprocessableEntity, "bad_withdrawal", err.Error())
		case err != nil:
			return err
		}
		return answer(c, http.StatusOK, consents)
	})
}

// person does something that concerns one person, named in the path.
func (s *Server) person(c *fiber.Ctx, do func(ctx context.Context, id string) error) error {
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
