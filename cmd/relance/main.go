// Command relance runs, tries and tests Messenger bots whose conversations are
// YAML flows.
package main

import "github.com/relance-bot/relance/cmd"

func main() {
	cmd.Main(nil)
}
