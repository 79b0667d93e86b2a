package flows_test

import (
	"encoding/json"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/relance-bot/relance/flows"
)

// A bot folder is compiled once. Each thing a person does is then one turn: session
// in, session and effects out. The caller stores the one and does the others.
func ExampleProgram_Advance() {
	folder := fstest.MapFS{
		"bot.yaml": {Data: []byte("name: Foulée\nlocale: en\n")},
		"flows/size.yaml": {Data: []byte(`
triggers:
  - keywords: [size]
steps:
  - ask: Which size?
    save: size
    type: number
    choices: [41, 42]
  - say: Size {{ size }} it is.
`)},
	}
	program, data, findings := flows.Load(folder)
	if findings.HasErrors() {
		fmt.Println(findings)
		return
	}
	now := time.Date(2026, 3, 27, 18, 0, 0, 0, time.UTC)
	world := flows.World{Now: now, WindowUntil: now.Add(24 * time.Hour), Data: data}
	var stored []byte
	for i, text := range []string{"Size!", "42"} {
		session, err := flows.ParseSession(stored)
		if err != nil {
			fmt.Println(err)
			return
		}
		turn := program.Advance(session, flows.Input{Kind: flows.InMessage, ID: fmt.Sprint(i), At: now, Text: text}, world)
		for _, e := range turn.Effects {
			if say, ok := e.(flows.Say); ok {
				fmt.Println(say.Message.Text, len(say.Message.QuickReplies))
			}
		}
		if stored, err = json.Marshal(turn.Session); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", stored)
	}
	// Output:
	// Which size? 2
	// {"s":[{"f":[{"f":"size","s":"1"}],"w":{"k":"answer"}}]}
	// Size 42 it is. 0
	// {}
}
