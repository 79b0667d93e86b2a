package messenger

import (
	"context"
	"net"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// benchServer answers every request on loopback with the same body, as cheaply as
// it can be done: what is left is the cost of a call.
func benchServer(b *testing.B, answer string) (base string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
		c.SetContentType("application/json")
		c.SetBodyString(answer)
	}}
	go server.Serve(l) //nolint:errcheck // it ends with the listener
	b.Cleanup(func() { l.Close() })
	return "http://" + l.Addr().String() + "/v25.0"
}

var benchReply = bot.Delivery{ID: "01JD0Z7V9K3M5N7P9R1T3V5X7Z", Person: "24012345678901234", Lane: "window", Message: flows.Message{
	Kind: flows.Text, Text: "Quelle pointure cherchez-vous ?",
	QuickReplies: []flows.QuickReply{{Label: "42", Payload: "P42"}, {Label: "43", Payload: "P43"}, {Label: "44", Payload: "P44"}},
}}

// BenchmarkSend is one message over a kept connection, the other end included.
func BenchmarkSend(b *testing.B) {
	c := newTestChannel(b, Config{GraphURL: benchServer(b, `{"recipient_id":"24012345678901234","message_id":"m_1"}`)})
	b.ReportAllocs()
	for b.Loop() {
		if o := c.Send(context.Background(), benchReply); o.Status != bot.Accepted {
			b.Fatal(o)
		}
	}
}
