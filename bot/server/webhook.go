package server

import (
	"bytes"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/relance-bot/relance/bot"
)

// Webhook is one platform's address, /webhooks/CHANNEL.
type Webhook struct {
	Channel string // "messenger"; the first argument of Receive
	// Handshake answers the platform's GET: the challenge goes back as it is; any
	// error is a 403.
	Handshake func(query url.Values) (challenge string, err error)
	// Headers are those that the channel verifies a request by, in canonical form: of
	// others it never hears. nil: it gets all, and copies of them, which cost more than
	// many a body.
	Headers []string
}

func (s *Server) handshake(hook Webhook) fiber.Handler {
	return func(c *fiber.Ctx) error {
		query, err := url.ParseQuery(string(c.Context().URI().QueryString()))
		if err != nil {
			return refuse(http.StatusBadRequest, "bad_request", "the query cannot be read")
		}
		challenge, err := hook.Handshake(query)
		if err != nil {
			return refuse(http.StatusForbidden, "handshake", "the verify token is another")
		}
		c.Type("txt", "utf-8")
		return c.SendString(challenge)
	}
}

// hook is a webhook that takes requests.
type hook struct {
	Webhook
	server *Server
	path   string
	spare  sync.Pool // of http.Header, if it needs but some
}

func (s *Server) newHook(w Webhook) *hook {
	h := &hook{Webhook: w, server: s, path: "/webhooks/" + w.Channel}
	h.spare.New = func() any { return make(http.Header, len(w.Headers)) }
	return h
}

// codeSignature is that of a request which nobody's app secret has signed.
const codeSignature = "signature"

// take gives a request to the bot.
func (h *hook) take(c *fasthttp.RequestCtx) error {
	body, err := rawBody(c)
	if err != nil {
		return err
	}
	header := h.header(c)
	err = h.server.bot.Receive(h.server.terms.Begin(storeTimeout), h.Channel, header, body)
	if h.Headers != nil {
		h.spare.Put(header)
	}
	switch {
	case err == nil:
		c.Response.SetBodyString("OK") // with 200, as every answer begins
		return nil
	case errors.Is(err, bot.ErrSignature):
		return refuse(http.StatusForbidden, codeSignature, "X-Hub-Signature-256 is missing or wrong")
	case errors.Is(err, bot.ErrBody):
		return refuse(http.StatusBadRequest, "bad_body", "the body is not JSON of a webhook")
	default:
		return unavailable(err)
	}
}

// header is what the bot gets of a request's headers.
func (h *hook) header(c *fasthttp.RequestCtx) http.Header {
	if h.Headers == nil {
		return headers(c)
	}
	out := h.spare.Get().(http.Header)
	for _, name := range h.Headers {
		values := out[name][:0]
		for _, value := range c.Request.Header.PeekAll(name) {
			values = append(values, string(value))
		}
		out[name] = values
	}
	return out
}

// rawBody gives a copy of the body as it came. A compressed one is refused: what a
// signature covers, and how large it is, must be known before anything is undone.
func rawBody(c *fasthttp.RequestCtx) ([]byte, error) {
	if len(c.Request.Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return nil, refuse(http.StatusUnsupportedMediaType, "encoded", "the body must come without a Content-Encoding")
	}
	return bytes.Clone(c.Request.Body()), nil // of fiber Body would undo a compression without limit
}

// headers copies the headers of a request, all texts of them into one: the library
// uses its own again.
func headers(c *fasthttp.RequestCtx) http.Header {
	h, values := make(http.Header, usualHeaders), make([]string, 0, usualHeaders)
	var text strings.Builder
	text.Grow(max(len(c.Request.Header.RawHeaders()), usualHeaders*usualHeader))
	take := func(part []byte) string {
		begin := text.Len()
		text.Write(part)
		return text.String()[begin:]
	}
	for name, value := range c.Request.Header.All() {
		key := textproto.CanonicalMIMEHeaderKey(take(name))
		values = append(values, take(value))
		if before := h[key]; before != nil {
			h[key] = append(before, values[len(values)-1])
			continue
		}
		h[key] = values[len(values)-1 : len(values) : len(values)]
	}
	return h
}

// What most requests have: so many headers, of so many bytes.
const (
	usualHeaders = 8
	usualHeader  = 48
)

// expect answers a client that asks before it sends its body.
func (s *Server) expect(c *fasthttp.RequestCtx) int {
	if c.Request.Header.ContentLength() > bodyLimit {
		s.refusal(c, standing(http.StatusRequestEntityTooLarge))
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusContinue
}

// rejected counts a webhook request that never reached the bot.
func (s *Server) rejected(c *fasthttp.RequestCtx, result string) {
	if s.metrics != nil && bytes.HasPrefix(c.Path(), []byte("/webhooks/")) {
		s.metrics.Webhook(result)
	}
}
