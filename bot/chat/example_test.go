package chat_test

import (
	"fmt"
	"os"
	"time"

	"github.com/relance-bot/relance/bot/chat"
)

// A mistake in a transcript is shown as one in a flow is.
func ExampleParse() {
	_, found := chat.Parse("chats/stock.chat", []byte("person Zoé\n> stock\n= decison sent\n> (acept)\n"))
	if err := found.Render(os.Stdout, false); err != nil {
		fmt.Println(err)
	}
	// Output:
	// chats/stock.chat:4:3: error: nobody can do "acept" [chat-act]
	//     4 | > (acept)
	//       |   ^~~~~~~
	//    hint: did you mean "accept"?; to write it as text, put \ before it
}

// A chat that was tried by hand becomes a test.
func ExampleRecorder() {
	r := chat.NewRecorder(os.Stdout, time.Date(2026, 3, 27, 18, 0, 0, 0, time.UTC), time.UTC)
	r.Person("Zoé", map[string]string{"locale": "fr_FR"})
	r.Act(chat.Act{Kind: chat.Write, Text: "stock"})
	r.Said(chat.Said{Kind: "text", Text: "Quelle pointure ?", Labels: []string{"41", "42"}})
	r.Act(chat.Act{Kind: chat.Tap, Text: "42"})
	// Output:
	// at 2026-03-27 18:00 UTC
	// person Zoé (locale=fr_FR)
	// > stock
	// < Quelle pointure ?  [41] [42]
	// > [42]
}
