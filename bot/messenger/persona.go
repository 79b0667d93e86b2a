package messenger

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

var _ bot.PersonaChannel = (*Channel)(nil)

// CreatePersona makes a persona of the Page (POST PAGE/personas). The platform wants a
// name and a picture, and never tells two of the same name apart. The error names a
// code and nothing else.
func (c *Channel) CreatePersona(ctx context.Context, p flows.Persona) (string, error) {
	if p.Picture == "" {
		return "", errors.New("persona: it has no picture")
	}
	body := appendText([]byte(`{"name":`), p.Name)
	body = append(appendField(body, "profile_picture_url", p.Picture), '}')
	r := c.graph.call(ctx, request{method: http.MethodPost, path: c.edge("personas"), kind: kindJSON, body: body})
	if r.fate != answered {
		return "", fmt.Errorf("persona: %s", r.fault)
	}
	if a := readVerdict(r.body); a.failed {
		return "", fmt.Errorf("persona: error %s", a.error.name())
	}
	if r.status != http.StatusOK || !valid(r.body) {
		return "", fmt.Errorf("persona: status %d", r.status)
	}
	id, err := whole(r.body).identIn("id")
	if err != nil || id == "" {
		return "", errors.New("persona: the answer has no id")
	}
	return id, nil
}
