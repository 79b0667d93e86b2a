package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// events is POST /v1/events.
func (s *Server) events(c *fiber.Ctx) error {
	body, err := rawBody(c.Context())
	if err != nil {
		return err
	}
	list, err := readEvents(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), storeTimeout)
	defer cancel()
	accepted, duplicates, err := s.bot.Events(ctx, list)
	var at *bot.EventError
	switch {
	case errors.As(err, &at):
		id := ""
		if at.Index >= 0 && at.Index < len(list) {
			id = list[at.Index].ID
		}
		return badEvent(at.Index, id, at.Err.Error())
	case err != nil:
		return unavailable(err)
	}
	return answer(c, http.StatusAccepted, eventsTaken{accepted, duplicates})
}

type eventsTaken struct {
	Accepted   int `json:"accepted"`
	Duplicates int `json:"duplicates"`
}

// badEvent names the event at fault, by its place from 1 and its id.
func badEvent(index int, id, why string) *problem {
	name := fmt.Sprintf("event %d", index+1)
	if id != "" {
		name += fmt.Sprintf(" (%q)", clip(id))
	}
	return refuse(http.StatusUnprocessableEntity, "bad_event", name+": "+why)
}
