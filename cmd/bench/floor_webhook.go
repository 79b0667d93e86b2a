package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"
)

// webhookBody is what a floor reads of a webhook.
type webhookBody struct {
	Entry []struct {
		Messaging []struct {
			Sender    struct{ ID string }
			Timestamp int64
			Message   struct {
				MID, Text  string
				QuickReply struct{ Payload string } `json:"quick_reply"`
			}
		}
	}
}

// floorWebhook is the durable floor: it verifies the signature, parses, commits one
// row, answers 200, makes one HTTP call and marks the row. Without reply it ends
// with the answer.
func floorWebhook(ctx context.Context, store floorStore, graph string, reply bool, out io.Writer) error {
	f := &floorServer{reply: reply, changes: make(chan change, 4096), calls: make(chan received, 1<<16)}
	client, uri := floorClient(graph)
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return committer(ctx, store, f.changes) })
	for range floorWorkers {
		parts.Go(func() error { return f.answer(ctx, client, uri) })
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Post("/webhooks/messenger", f.webhook)
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusOK) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	parts.Go(func() error { return app.Listener(l) })
	parts.Go(func() error {
		<-ctx.Done()
		return app.ShutdownWithTimeout(time.Second)
	})
	return parts.Wait()
}

type floorServer struct {
	reply   bool
	ids     atomic.Int64
	changes chan change
	calls   chan received
}

// webhook is answered once its message is durable.
func (f *floorServer) webhook(c *fiber.Ctx) error {
	body := c.Body()
	if !genuine(c.Get("X-Hub-Signature-256"), body) {
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	var hook webhookBody
	if err := json.Unmarshal(body, &hook); err != nil || len(hook.Entry) != 1 || len(hook.Entry[0].Messaging) != 1 {
		return c.SendStatus(fiber.StatusBadRequest)
	}
	m := &hook.Entry[0].Messaging[0]
	// The body is fiber's until the answer, and the row is durable before that.
	one := received{id: f.ids.Add(1), sender: m.Sender.ID, mid: m.Message.MID, body: body, at: m.Timestamp}
	kept := make(chan error, 1)
	f.changes <- change{in: &one, kept: kept}
	if err := <-kept; err != nil {
		return c.SendStatus(fiber.StatusServiceUnavailable)
	}
	if f.reply {
		f.calls <- received{id: one.id, sender: one.sender}
	}
	return c.SendStatus(fiber.StatusOK)
}

// answer makes the calls of one worker.
func (f *floorServer) answer(ctx context.Context, client *fasthttp.HostClient, uri string) error {
	caller := newFloorCaller(client, uri)
	for {
		select {
		case one := <-f.calls:
			mid, err := caller.call(fmt.Appendf(caller.body[:0], floorReply, one.sender))
			if err != nil {
				return err
			}
			f.changes <- change{mark: &mark{one.id, mid}}
		case <-ctx.Done():
			return nil
		}
	}
}

// floorReply is one text with three quick replies, to a person.
const floorReply = `{"recipient":{"id":"%s"},"messaging_type":"RESPONSE","message":{"text":"Hello Zoe, what are you looking for?","quick_replies":[` +
	`{"content_type":"text","title":"Sizes","payload":"sizes"},{"content_type":"text","title":"New in","payload":"new"},` +
	`{"content_type":"text","title":"Help","payload":"help"}]}}`

// genuine checks X-Hub-Signature-256.
func genuine(header string, body []byte) bool {
	if len(header) != len("sha256=")+2*sha256.Size {
		return false
	}
	got, err := hex.DecodeString(header[len("sha256="):])
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}

// floorClient keeps its connections alive.
func floorClient(graph string) (client *fasthttp.HostClient, uri string) {
	u := fasthttp.AcquireURI()
	defer fasthttp.ReleaseURI(u)
	if err := u.Parse(nil, []byte(graph)); err != nil {
		panic(err) // it is an address that the parent has made
	}
	client = &fasthttp.HostClient{
		Addr: string(u.Host()), MaxConns: floorWorkers, MaxIdleConnDuration: time.Minute, NoDefaultUserAgentHeader: true,
		ReadTimeout: answerTimeout, WriteTimeout: answerTimeout,
	}
	return client, graph + "/" + pageID + "/messages?access_token=" + accessToken
}

// floorCaller makes calls of the Send API, one after the other.
type floorCaller struct {
	client   *fasthttp.HostClient
	request  *fasthttp.Request
	response *fasthttp.Response
	body     []byte
}

func newFloorCaller(client *fasthttp.HostClient, uri string) *floorCaller {
	c := &floorCaller{client: client, request: fasthttp.AcquireRequest(), response: fasthttp.AcquireResponse()}
	c.request.SetRequestURI(uri)
	c.request.Header.SetMethod(fasthttp.MethodPost)
	c.request.Header.SetContentType("application/json")
	return c
}

// call sends one message and returns the platform's id for it.
func (c *floorCaller) call(body []byte) (mid string, err error) {
	c.body = body
	c.request.SetBodyRaw(body)
	if err := c.client.Do(c.request, c.response); err != nil {
		return "", err
	}
	var answer struct {
		MessageID string `json:"message_id"`
	}
	if err := json.Unmarshal(c.response.Body(), &answer); err != nil {
		return "", err
	}
	if answer.MessageID == "" {
		return "", errors.New("a message was not accepted")
	}
	return answer.MessageID, nil
}
