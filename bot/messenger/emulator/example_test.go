package emulator_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// A bot that answers whatever it is told, tried on the emulated platform.
func Example() {
	now := time.Date(2026, time.March, 27, 17, 0, 0, 0, time.UTC)
	proof := hmac.New(sha256.New, []byte("app-secret"))
	proof.Write([]byte("page-token"))
	address := "https://graph.facebook.com/v25.0/me/messages?" + url.Values{
		"access_token": {"page-token"}, "appsecret_proof": {hex.EncodeToString(proof.Sum(nil))},
	}.Encode()

	var platform *emulator.Platform
	answer := func(psid string) {
		client := http.Client{Transport: platform.RoundTripper()} // no socket needed
		body := `{"recipient":{"id":"` + psid + `"},"messaging_type":"RESPONSE","message":{"text":"Which size?",
			"quick_replies":[{"content_type":"text","title":"42","payload":"SIZE_42"}]}}`
		response, err := client.Post(address, "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = response.Body.Close()
		fmt.Println("sent:", response.Status)
	}
	platform, err := emulator.New(emulator.Config{
		PageID: "100200300", AccessToken: "page-token", AppSecret: "app-secret",
		Now: func() time.Time { return now },
		Deliver: func(_ context.Context, header http.Header, body []byte) (int, error) {
			if strings.Contains(string(body), `"text":"stock"`) { // a real bot checks the signature and parses
				answer("7100000000000001")
			}
			return http.StatusOK, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	zoe := platform.Join("", "Zoé", "", "fr_FR", "Europe/Paris")
	if err := platform.Write(zoe, "stock"); err != nil {
		fmt.Println(err)
	}
	for _, shown := range platform.Chat(zoe) {
		fmt.Println(shown.From+":", shown.Text)
	}

	now = now.Add(25 * time.Hour) // the window is closed
	answer(zoe)
	for _, refusal := range platform.Refusals() {
		fmt.Println(refusal.Code, refusal.Subcode, refusal.Why)
	}

	// Output:
	// sent: 200 OK
	// person: stock
	// page: Which size?
	// sent: 400 Bad Request
	// 10 2018278 The Page may write for 24 hours after Zoé acts; the last act was Fri 27 Mar 2026 18:00. Accepting notifications and opening links do not count.
}
