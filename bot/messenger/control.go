package messenger

import (
	"context"
	"net/http"

	"github.com/relance-bot/relance/bot"
)

// maxThreadNote bounds what goes with a conversation, in bytes.
const maxThreadNote = 999

// control changes who has a conversation, by the calls of "Conversation routing"
// (pass_thread_control, take_thread_control). Either may be done twice.
func (c *Channel) control(ctx context.Context, d *bot.Delivery) bot.Outcome {
	if d.Control == bot.ControlUnsubscribe {
		return c.unsubscribe(ctx, d)
	}
	if d.Person == "" || len(d.Person) > maxID {
		return unfit(contentError("person"))
	}
	call := "take_thread_control"
	body := appendText([]byte(`{"recipient":{"id":`), d.Person)
	body = append(body, '}')
	if d.Control == bot.ControlPass {
		call = "pass_thread_control"
		body = append(body, `,"target_app_id":`+c.dialect.Inbox...)
	}
	if d.Note != "" {
		body = appendField(body, "metadata", clean(d.Note, maxThreadNote))
	}
	r := c.sending(append(body, '}'))
	r.path = c.edge(call)
	answer := c.graph.call(ctx, r)
	if a := readVerdict(answer.body); answer.fate == answered && answer.status == http.StatusOK && !a.failed {
		return bot.Outcome{Status: bot.Accepted, RetryAfter: answer.rest}
	}
	return settle(answer, laneWindow)
}
