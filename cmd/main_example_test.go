package cmd_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/cmd"
)

type query struct {
	Size float64 `json:"size"`
}

type stock struct {
	Left int `json:"left"`
}

// setup is what a program of somebody's own gives to Main:
//
//	func main() { cmd.Main(setup) }
func setup(b *bot.Bot) error {
	bot.Handle(b, "stock.find", func(_ context.Context, _ *bot.Conversation, q query) (stock, error) {
		return stock{Left: int(q.Size) % 5}, nil
	})
	return nil
}

// The verbs know the functions of the program: check holds the flows to their types.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for file, text := range map[string]string{
		"bot.yaml": "name: Fern & Fig\nlocale: en\n",
		"flows/stock.yaml": `triggers:
  - keywords: [stock]
steps:
  - call: stock.find
    with: {size: 42}
    save: found
  - say: "{{ found.lfet }} left."
`,
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	code := cmd.Run(context.Background(), []string{"check", dir}, os.Stdin, os.Stdout, os.Stderr, setup)
	fmt.Println("exit code:", code)
	// Output:
	// flows/stock.yaml:7:20: error: what stock.find returns has no "lfet" [name-unknown]
	//     7 |   - say: "{{ found.lfet }} left."
	//       |                    ^~~~
	//    hint: did you mean "left"?
	// 1 error, 0 warnings.
	// exit code: 1
}
