package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/relance-bot/relance/bot"
)

// stopping is GET /console/people/stop?id=&topic=: it asks once more. The topic may be all.
func (c *console) stopping(ctx context.Context, r *http.Request) (answer, error) {
	view, err := c.namedPerson(ctx, r)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		V           bot.ContactView
		Name, Topic string
		All         bool
	}{V: view, Name: nameOf(view), Topic: r.URL.Query().Get("topic")}
	data.All = data.Topic == bot.AllTopics
	if !data.All && !slices.ContainsFunc(view.Consents, func(v bot.ConsentView) bool { return v.Topic == data.Topic }) {
		return answer{}, errNoPage
	}
	return answer{page: "stop", title: "Stop writing to " + data.Name + "?", part: peoplePart, data: data}, nil
}

// stop is POST /console/people/stop with id, topic and source.
func (c *console) stop(ctx context.Context, r *http.Request) (answer, error) {
	if err := form(r); err != nil {
		return answer{}, err
	}
	id, ok := id(r.PostForm.Get("id"))
	if !ok {
		return answer{}, bot.ErrUnknownContact
	}
	_, err := c.Bot.Withdraw(ctx, id, bot.Withdrawal{
		Topic: r.PostForm.Get("topic"), Source: strings.TrimSpace(r.PostForm.Get("source")), By: bot.SourceConsole,
	})
	if errors.Is(err, bot.ErrWithdrawal) {
		return answer{}, &problem{http.StatusUnprocessableEntity, "This cannot be done so", err.Error()}
	}
	return answer{to: address(id)}, err
}
