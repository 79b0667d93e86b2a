package console

import (
	"context"
	"net/http"

	"github.com/relance-bot/relance/bot"
)

const schedulePart = "/console/schedule"

// schedule is GET /console/schedule: as relance next.
func (c *console) schedule(ctx context.Context, _ *http.Request) (answer, error) {
	zones, err := c.Bot.Zones(ctx)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		Fires []bot.Fire
		Cut   bool
	}{}
	if data.Fires, err = c.Bot.Forecast(ctx, known(zones), c.Bot.Now(), 5); err != nil {
		return answer{}, err
	}
	if data.Cut = len(data.Fires) > maxFires; data.Cut {
		data.Fires = data.Fires[:maxFires]
	}
	return answer{page: "schedule", title: "Schedule", part: schedulePart, data: data}, nil
}
