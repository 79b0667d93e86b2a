package messenger

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// codeFileGone is the refusal of a file's id that is wrong, too old, or another Page's.
const codeFileGone = "100/2018074"

// sendRoom is how many bytes most requests to the Send API need.
const sendRoom = 768

// Send delivers one message by one request. It is refused without a request if the
// platform would certainly refuse it, or if ctx has ended already. A message the
// platform refuses for its content, which had a persona, is tried once without: the
// persona may have been deleted.
func (c *Channel) Send(ctx context.Context, d bot.Delivery) bot.Outcome {
	o := c.send(ctx, &d)
	if fileGone(&d, o) {
		d.FileID, d.Message.Typing = "", 0
		o = c.send(ctx, &d)
		o.FileGone = true
	}
	if o.Status == bot.Refused && o.Class == bot.ClassContent && o.Code != "" && personaID(&d) != "" {
		d.PersonaID, d.Message.Typing = "", 0
		if again := c.send(ctx, &d); again.Status != bot.Refused {
			again.PersonaGone, again.FileGone = again.Status == bot.Accepted, o.FileGone
			return again
		}
	}
	return o
}

// fileGone says whether the platform refused a message because it does not know the id of
// its file. The id is left out then, and the message sent once more by the address.
func fileGone(d *bot.Delivery, o bot.Outcome) bool {
	return d.FileID != "" && o.Status == bot.Refused && o.Code == codeFileGone
}

func (c *Channel) send(ctx context.Context, d *bot.Delivery) bot.Outcome {
	if ctx.Err() != nil {
		return refused(bot.ClassTransient, "cancelled")
	}
	if d.Control != "" {
		return c.control(ctx, d)
	}
	if needsToken(d.Lane) && d.Token == "" {
		return refused(bot.ClassPermit, "no_token")
	}
	if refuse := c.dialect.Refuse; refuse != nil {
		again := *d // a copy of its own, so that other dialects' need not live on the heap
		if word := refuse(&again); word != "" {
			return refused(bot.ClassContent, word)
		}
	}
	if d.Lane == laneMarketing {
		return c.sendPaid(ctx, d)
	}
	body, err := encode(make([]byte, 0, sendRoom), d)
	if err != nil {
		return unfit(err)
	}
	if d.Asks == laneMarketing && d.Message.Kind == flows.OptInRequest {
		body = append(appendField(body[:len(body)-1], "page", c.page), '}')
	}
	if d.Message.Typing > 0 && d.Lane == laneWindow && d.Comment == "" {
		c.typing(ctx, d)
	}
	answer := c.graph.call(ctx, c.sending(body))
	o := settle(answer, d.Lane)
	if d.Comment != "" && o.Status == bot.Accepted {
		o.Person, _ = readVerdict(answer.body).person.ident()
	}
	return o
}

// sending is a request to the Send API.
func (c *Channel) sending(body []byte) request {
	return request{method: http.MethodPost, path: c.messages, kind: kindJSON, body: body}
}

// typing shows the dots before a message. That they fail never matters.
func (c *Channel) typing(ctx context.Context, d *bot.Delivery) {
	r := c.sending(encodeTyping(nil, d.Person))
	r.limit = typingTimeout
	shown := c.graph.call(ctx, r)
	if c.pause != nil && shown.fate == answered && shown.status == http.StatusOK {
		c.pause(ctx, min(time.Duration(d.Message.Typing)*time.Millisecond, maxPause))
	}
}

// unfit is the outcome of a message that cannot be put into the platform's form.
func unfit(err error) bot.Outcome {
	word := contentError("content")
	errors.As(err, &word)
	return refused(bot.ClassContent, string(word))
}

// settle reads what became of a message.
func settle(r reply, lane string) bot.Outcome {
	switch r.fate {
	case unsent:
		return refused(bot.ClassTransient, r.fault)
	case lost:
		return bot.Outcome{Status: bot.Unknown, Code: r.fault, RetryAfter: r.rest}
	}
	o := settleAnswer(r.status, r.body, lane)
	heedRest(&o, r.rest)
	return o
}

// settleAnswer reads the platform's answer to one message. Nothing but a message id
// counts as accepted, and an answer that is none leaves it unknown.
func settleAnswer(status int, body []byte, lane string) bot.Outcome {
	a := readVerdict(body)
	switch {
	case a.failed && (a.error.code != 0 || status >= 400):
		return judge(a.error, status, lane)
	case a.mid != "" && status/100 == 2:
		return bot.Outcome{Status: bot.Accepted, MID: a.mid, FileID: a.file}
	}
	o := settleStatus(status)
	o.Code = "http_" + strconv.Itoa(status)
	return o
}

// settleStatus judges an answer that only has a status: a page of a proxy, nothing,
// or half of something. Refusals for want of a better address or a better moment
// are certain; what a server says that broke down is not.
func settleStatus(status int) bot.Outcome {
	switch {
	case status == http.StatusTooManyRequests:
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassBackoff}
	case status == http.StatusUnauthorized:
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassToken}
	case status == http.StatusRequestTimeout, status == http.StatusSeeOther:
		return bot.Outcome{Status: bot.Unknown}
	case status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusMethodNotAllowed,
		status == http.StatusProxyAuthRequired, status/100 == 3:
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassOperator}
	case status == http.StatusRequestEntityTooLarge:
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassContent}
	case status/100 == 4:
		return bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient}
	}
	return bot.Outcome{Status: bot.Unknown}
}

func refused(class bot.Class, code string) bot.Outcome {
	return bot.Outcome{Status: bot.Refused, Class: class, Code: code}
}
