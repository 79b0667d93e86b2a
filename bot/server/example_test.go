package server_test

import (
	"fmt"
	"io"
	"net/http/httptest"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/server"
)

// A developer's own program serves its bot so. Listen does it on a port, until its
// context ends; Test answers one request without.
func ExampleNew() {
	var b struct{ *bot.Bot } // of bot.New
	s, err := server.New(server.Config{Bot: b, APIKey: "from the environment"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/healthz", "/v1/decisions"} {
		res, err := s.Test(httptest.NewRequest("GET", path, nil))
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d %s", res.StatusCode, body)
	}
	// Output:
	// 200 {"status":"alive"}
	// 401 {"error":{"code":"unauthorized","message":"send the API key as Authorization: Bearer KEY"}}
}
