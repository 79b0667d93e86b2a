package messenger_test

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
)

// A server gives a channel the requests of its webhook address, and gets events.
func Example() {
	page, err := messenger.New(messenger.Config{
		PageID: "1020304050", AccessToken: "EAAG-page-token", AppSecret: "app-secret", VerifyToken: "foulee",
		Lanes: []string{"recurring"}, Region: "EU",
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// GET: the platform's handshake.
	challenge, err := page.Handshake(url.Values{
		"hub.mode": {"subscribe"}, "hub.verify_token": {"foulee"}, "hub.challenge": {"1158201444"},
	})
	fmt.Println(challenge, err)

	// POST: events, signed over the bytes as they came.
	body := []byte(`{"object":"page","entry":[{"id":"1020304050","time":1790000000000,"messaging":[
		{"sender":{"id":"24680"},"recipient":{"id":"1020304050"},"timestamp":1790000000000,"message":{"mid":"m_1","text":"stock"}},
		{"sender":{"id":"24680"},"recipient":{"id":"1020304050"},"timestamp":1790000000000,"message_edit":{"mid":"m_1","text":"Stock","num_edit":1}}]}]}`)
	if err := page.Verify(http.Header{"X-Hub-Signature": {"sha1=…"}}, body); err != nil {
		fmt.Println("answer 403:", err)
	}
	events, err := page.Parse(body, time.Now())
	if err != nil {
		fmt.Println("answer 400:", err)
	}
	for _, e := range events {
		if e.Kind == bot.EventUnknown {
			fmt.Println(e.Kind, e.Person, e.Reason)
			continue
		}
		fmt.Printf("%s %s %q\n", e.Kind, e.Person, e.Text)
	}
	// Output:
	// 1158201444 <nil>
	// answer 403: signature missing or wrong
	// message 24680 "stock"
	// edited 24680 "Stock"
}
