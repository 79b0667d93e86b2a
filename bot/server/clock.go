package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
)

// ErrAdvance is wrapped by errors of Config.Advance that are the caller's: a
// duration that cannot be read, nothing that comes next.
var ErrAdvance = errors.New("the clock cannot be moved so")

// moveClock is POST /dev/clock {"advance":"24h"}.
func (s *Server) moveClock(c *fiber.Ctx) error {
	body, err := rawBody(c.Context())
	if err != nil {
		return err
	}
	if !json.Valid(body) {
		return refuse(http.StatusBadRequest, "bad_json", "the body is not JSON")
	}
	var in struct {
		Advance *string `json:"advance"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Advance == nil {
		return refuse(http.StatusUnprocessableEntity, "bad_advance", `send {"advance":"24h"} or {"advance":"next"}`)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), clockTimeout)
	defer cancel()
	err = s.advance(ctx, *in.Advance)
	switch {
	case errors.Is(err, ErrAdvance):
		return refuse(http.StatusUnprocessableEntity, "bad_advance", err.Error())
	case err != nil:
		return unavailable(err)
	}
	return answer(c, http.StatusOK, clockMoved{s.bot.Now().UTC()})
}

type clockMoved struct {
	Now time.Time `json:"now"`
}
