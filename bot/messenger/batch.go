package messenger

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/relance-bot/relance/bot"
)

// maxBatch is how many calls the platform takes in one request. From 51 on it
// refuses them all ("Too many requests in batch message").
const maxBatch = 50

// BatchSize is 50, the platform's bound.
func (c *Channel) BatchSize() int { return maxBatch }

// SendBatch delivers up to fifty messages by one request, the Graph API's batch call
// (developers.facebook.com/docs/graph-api/batch-requests). Each is judged as by
// Send, but no typing dots are shown. A message that cannot be put into the
// platform's form is refused by itself and the others go; so is one beyond the
// fiftieth, as bot.ClassTransient. An entry of the answer that is null, as the platform
// writes it for a call that timed out, leaves its message unknown; entries that are not
// as many as the calls leave all of them so.
//
// What the platform's pages leave open is taken so: the access token goes as a field
// of the form, where they put it for all calls, and in the header as always; its
// proof stands once in the address, as Meta's own SDK for Python has it; the calls
// run in parallel, in no order; and an error of the whole request with a status from
// 500 on may have come after some of them.
func (c *Channel) SendBatch(ctx context.Context, batch []bot.Delivery) []bot.Outcome {
	outs := make([]bot.Outcome, len(batch))
	page, ads := batchPart{graph: c.graph}, batchPart{}
	if c.paid != nil {
		ads.graph = c.paid.graph
	}
	for i := range batch {
		d := &batch[i]
		part := &page
		if d.Lane == laneMarketing && c.paid != nil {
			part = &ads
		}
		switch {
		case ctx.Err() != nil:
			outs[i] = refused(bot.ClassTransient, "cancelled")
			continue
		case i >= maxBatch:
			outs[i] = refused(bot.ClassTransient, "batch_size")
			continue
		case needsToken(d.Lane) && d.Token == "":
			outs[i] = refused(bot.ClassPermit, "no_token")
			continue
		case d.Lane == laneMarketing && !c.paid.ready():
			outs[i] = refused(bot.ClassLane, "no_campaign")
			continue
		}
		if len(part.calls) == 0 {
			part.begin(min(len(batch), maxBatch))
		}
		if err := c.addCall(part, d); err != nil {
			outs[i] = unfit(err)
			continue
		}
		part.calls = append(part.calls, batchCall{at: i, lane: d.Lane})
	}
	page.send(ctx, outs)
	ads.send(ctx, outs)
	for _, call := range ads.calls {
		outs[call.at] = c.paid.judged(outs[call.at])
	}
	c.sendByAddress(ctx, batch, outs)
	return outs
}

// sendByAddress sends those messages once more whose file the platform does not know by
// its id any more.
func (c *Channel) sendByAddress(ctx context.Context, batch []bot.Delivery, outs []bot.Outcome) {
	var again []bot.Delivery
	var at []int
	for i := range batch {
		if fileGone(&batch[i], outs[i]) {
			d := batch[i]
			d.FileID = ""
			again, at = append(again, d), append(at, i)
		}
	}
	if len(again) == 0 {
		return
	}
	for i, o := range c.SendBatch(ctx, again) {
		o.FileGone = true
		outs[at[i]] = o
	}
}

// addCall appends the call that sends a message.
func (c *Channel) addCall(part *batchPart, d *bot.Delivery) error {
	if d.Lane == laneMarketing {
		return part.form.addPaid(d, c.paid, len(part.calls) == 0)
	}
	return part.form.add(d, c.batchHead, len(part.calls) == 0)
}

// batchPart is one request: the calls of a batch that go with one access token.
type batchPart struct {
	graph *graph
	form  *batchForm
	calls []batchCall
}

func (p *batchPart) begin(room int) {
	p.calls = make([]batchCall, 0, room)
	p.form = p.graph.form()
	p.form.out = append(p.form.out[:0], p.graph.access.Load().form...)
	p.form.out = append(p.form.out, "&include_headers=false&batch=%5B"...) // [
}

func (p *batchPart) send(ctx context.Context, outs []bot.Outcome) {
	if len(p.calls) == 0 {
		return
	}
	p.form.out = append(p.form.out, "%5D"...) // ]
	answer := p.graph.call(ctx, request{method: http.MethodPost, path: p.graph.root, kind: kindForm, body: p.form.out})
	p.graph.keepForm(p.form)
	settleBatch(answer, p.calls, outs)
}

// form is one to write a batch in.
func (g *graph) form() *batchForm {
	select {
	case f := <-g.forms:
		return f
	default:
		return &batchForm{}
	}
}

// keepForm puts a form aside for another batch, unless it has grown large or there are
// enough of them.
func (g *graph) keepForm(f *batchForm) {
	if cap(f.out) > maxBatch*maxCall {
		return
	}
	select {
	case g.forms <- f:
	default:
	}
}

// batchCall is one call of a batch.
type batchCall struct {
	at   int // which of the deliveries
	lane string
}

// maxForms are kept. A pool would be emptied by each collection of what a campaign
// leaves behind.
const maxForms = 8

// maxCall is how large a call of a batch may be for its form to be kept for the next
// batch, in bytes: most need a third.
const maxCall = 4 << 10

// batchForm is the form of a batch while it is written. Its field batch is a list in
// JSON, in which each call has a form as its body, whose values are JSON again: so
// those are escaped twice, at once.
type batchForm struct {
	out     []byte
	scratch []byte
}

// batchHead is what stands before the body of each call, escaped for the form.
func batchHead(relative string) string {
	return url.QueryEscape(`{"method":"POST","relative_url":` + string(appendText(nil, relative)) + `,"body":"`)
}

// add appends a call that begins with head, or nothing if the message is unfit.
func (f *batchForm) add(d *bot.Delivery, head string, first bool) error {
	s, err := encodeRecipient(f.scratch[:0], d)
	if err != nil {
		return err
	}
	middle := len(s)
	if s, err = encodeMessage(s, d); err != nil {
		return err
	}
	f.scratch = s
	if !first {
		f.out = append(f.out, "%2C"...) // ,
	}
	f.out = append(append(f.out, head...), "recipient%3D"...) // =
	f.out = appendTwice(f.out, s[:middle])
	if kind := messagingType(d); kind != "" {
		f.out = append(append(f.out, "%26messaging_type%3D"...), kind...) // &
	}
	if id := personaID(d); id != "" {
		f.out = appendTwice(append(f.out, "%26persona_id%3D"...), []byte(id))
	}
	f.out = append(f.out, "%26message%3D"...)
	f.out = append(appendTwice(f.out, s[middle:]), "%22%7D"...) // "}
	return nil
}

// appendTwice appends a value of a form that stands in a form.
func appendTwice(b, value []byte) []byte {
	for _, c := range value {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b = append(b, c)
		case c == ' ':
			b = append(b, "%2B"...) // +
		default:
			b = append(b, '%', '2', '5', hexUpper[c>>4], hexUpper[c&15])
		}
	}
	return b
}

const hexUpper = "0123456789ABCDEF"

// settleBatch reads what became of the calls, and writes it into outs. Only its place says
// which call an entry answers, so of more or fewer entries than calls none is believed.
func settleBatch(r reply, calls []batchCall, outs []bot.Outcome) {
	var entries value
	if r.fate == answered && r.status/100 == 2 && valid(r.body) {
		entries = whole(r.body)
	}
	if !entries.isList() {
		o := settleWhole(r, calls[0].lane)
		for _, call := range calls {
			outs[call.at] = o
		}
		return
	}
	n := 0
	var body []byte // of one entry after the other
	for entry := range entries.items {
		if n < len(calls) {
			outs[calls[n].at], body = settleEntry(entry, calls[n].lane, body[:0])
		}
		n++
	}
	for _, call := range calls {
		if n != len(calls) {
			outs[call.at] = bot.Outcome{Status: bot.Unknown, Code: "entries"}
		}
		heedRest(&outs[call.at], r.rest)
	}
}

// settleEntry reads the answer to one call: a status, and a body that is JSON in a
// text. That is written into room, which comes back for the next.
func settleEntry(entry value, lane string, room []byte) (bot.Outcome, []byte) {
	if entry.absent() {
		return bot.Outcome{Status: bot.Unknown, Code: "null"}, room
	}
	status := 0
	for name, field := range entry.fields {
		switch string(name) {
		case "code":
			status = field.code()
		case "body":
			if len(field) > 1 && field[0] == '"' {
				room = field[1 : len(field)-1].unescape(room[:0])
			}
		}
	}
	return settleAnswer(status, room, lane), room
}

// settleWhole is what becomes of each call when the answer is no list of answers. A
// refusal of the request says nothing about any message or person in it. lane is that of the
// first call: those of paid messages go by themselves.
func settleWhole(r reply, lane string) bot.Outcome {
	if lane != laneMarketing {
		lane = laneWindow
	}
	o := settle(r, lane)
	switch {
	case r.fate != answered:
		return o
	case r.status >= 500 || o.Status == bot.Accepted:
		if o.Status == bot.Accepted {
			o.Code = "http_" + strconv.Itoa(r.status)
		}
		return bot.Outcome{Status: bot.Unknown, Code: o.Code, RetryAfter: o.RetryAfter}
	case o.Status != bot.Refused:
		return o
	}
	switch o.Class {
	case bot.ClassTransient, bot.ClassBackoff, bot.ClassPage, bot.ClassToken, bot.ClassOperator, bot.ClassLane:
	default:
		o.Class = bot.ClassTransient
	}
	return o
}
