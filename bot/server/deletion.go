package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Deletions does what a platform's data deletion callback asks.
type Deletions interface {
	// Delete erases whom a signed request names, and returns the code that names the
	// request: bot.ErrSignature, bot.ErrBody, or any other error if it is not stored.
	Delete(ctx context.Context, channel, signed string) (code string, err error)
	// Deletion is when that was done; bot.ErrUnknownDeletion if there is none.
	Deletion(ctx context.Context, code string) (time.Time, error)
	// Deauthorised hears that somebody removed the app: bot.ErrSignature, bot.ErrBody.
	Deauthorised(ctx context.Context, channel, signed string) error
}

const maxCode = 64 // characters

// deletion answers as the callback wants it: an address where people see what became of
// their request, and its code.
func (s *Server) deletion(config Config, channel string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		signed, err := signedRequest(c)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
		defer cancel()
		code, err := config.Deletions.Delete(ctx, channel, signed)
		if err != nil {
			return refusedRequest(err)
		}
		base := strings.TrimRight(config.PublicURL, "/")
		if base == "" {
			base = "https://" + string(c.Context().Host())
		}
		return c.JSON(struct {
			URL  string `json:"url"`
			Code string `json:"confirmation_code"`
		}{base + "/deletion/" + code, code})
	}
}

// deauthorised answers the callback for people who remove the app: with 200, which is all
// that it wants.
func (s *Server) deauthorised(deletions Deletions, channel string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		signed, err := signedRequest(c)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
		defer cancel()
		if err := deletions.Deauthorised(ctx, channel, signed); err != nil {
			return refusedRequest(err)
		}
		return c.SendStatus(http.StatusOK)
	}
}

// signedRequest is the one field of the form that such callbacks post.
func signedRequest(c *fiber.Ctx) (string, error) {
	body, err := rawBody(c.Context())
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["signed_request"]) != 1 {
		return "", refuse(http.StatusBadRequest, "bad_body", "the form needs one signed_request")
	}
	return form.Get("signed_request"), nil
}

// refusedRequest is the answer to a signed request that was not carried out.
func refusedRequest(err error) error {
	switch {
	case errors.Is(err, bot.ErrSignature):
		return refuse(http.StatusForbidden, codeSignature, "the signed_request is not the platform's, or has expired")
	case errors.Is(err, bot.ErrBody):
		return refuse(http.StatusBadRequest, "bad_body", "the signed_request names nobody")
	}
	return unavailable(err)
}

// deleted is the page that says what became of a request. It holds nothing personal:
// whoever has the code may see it.
func (s *Server) deleted(deletions Deletions) fiber.Handler {
	return func(c *fiber.Ctx) error {
		unknown := refuse(http.StatusNotFound, "not_found", "there is no deletion of that code")
		code := c.Params("code")
		if len(code) > maxCode || strings.Trim(code, "0123456789abcdef") != "" {
			return unknown
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
		defer cancel()
		at, err := deletions.Deletion(ctx, code)
		if errors.Is(err, bot.ErrUnknownDeletion) {
			return unknown
		}
		if err != nil {
			return unavailable(err)
		}
		c.Type("html", "utf-8")
		return c.SendString(fmt.Sprintf(deletedPage, code, at.UTC().Format("2 January 2006, 15:04 MST")))
	}
}

// The platform names people to this callback by an id of its own for the app, which is
// mostly not the one that it names them by in messages: a page that says "you are
// deleted" would say more than is known.
const deletedPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex"><title>Deletion request</title>
<h1>Your request was carried out</h1>
<p>Request <code>%s</code> was carried out on %s. Whatever this bot had kept under the id that the request names was
deleted.</p>
<p>Messenger and Instagram often know you by another id in this bot's chat than in such a request. To be sure, tell the bot
itself: open what it knows about you in its preferences, and have it deleted there. That deletes everything at once.</p>
</html>
`
