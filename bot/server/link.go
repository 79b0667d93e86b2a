package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Links leads on whoever opens a tracked link.
type Links interface {
	// Link is where a code leads; bot.ErrUnknownLink if it is none of the bot's.
	Link(ctx context.Context, code string) (target string, err error)
	// Click is Link for a person, and counts. If only that failed there is a target
	// beside the error.
	Click(ctx context.Context, code string) (target string, err error)
}

// crawlers are parts of the names of those who look at links without being a person:
// the platform itself for previews, other messengers, search engines.
var crawlers = []string{
	"facebookexternalhit", "facebookcatalog", "facebot", "meta-externalagent", "meta-externalfetcher", "meta-webindexer", "cortex/",
	"bot", "crawl", "spider", "slurp", "preview", "whatsapp/", "embedly", "vkshare", "headlesschrome", "lighthouse",
}

// link is GET /l/CODE. A person is led on and counted; whoever only looks is led on.
func (s *Server) link(links Links) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
		defer cancel()
		follow := links.Click
		if onlyLooks(c) {
			follow = links.Link
		}
		target, err := follow(ctx, c.Params("code"))
		switch {
		case errors.Is(err, bot.ErrUnknownLink):
			return refuse(http.StatusNotFound, "not_found", "there is no such link")
		case err != nil && target == "":
			return unavailable(err)
		case err != nil:
			s.log.Warn("a click was not counted", "request", requestID(c.Context()), "error", err)
		}
		c.Set("X-Robots-Tag", "noindex")
		c.Set(fiber.HeaderLocation, target)
		return c.SendStatus(http.StatusFound)
	}
}

// onlyLooks says that a request is not a person's: it wants no content, is made ahead
// of anybody's wish, or by a program that says what it is.
func onlyLooks(c *fiber.Ctx) bool {
	if c.Method() != fiber.MethodGet {
		return true
	}
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(c.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender") {
			return true
		}
	}
	agent := strings.ToLower(c.Get(fiber.HeaderUserAgent))
	for _, name := range crawlers {
		if strings.Contains(agent, name) && !strings.Contains(agent, "cubot") { // a make of telephones
			return true
		}
	}
	return false
}
