package bench

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed bot
var botFiles embed.FS

// benchFlows is how many flows the measured bot has.
const benchFlows = 20

// writeBot writes the bot's folder.
func writeBot(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "flows"), 0o755); err != nil {
		return err
	}
	flows, err := botFiles.ReadDir("bot/flows")
	if err != nil {
		return err
	}
	names := []string{"bot.yaml"}
	for _, f := range flows {
		names = append(names, "flows/"+f.Name())
	}
	for _, name := range names {
		text, err := botFiles.ReadFile("bot/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
		if name != "flows/topic_00.yaml" {
			continue
		}
		for n := len(flows); n < benchFlows; n++ {
			number := fmt.Sprintf("%02d", n)
			other := filepath.Join(dir, "flows", "topic_"+number+".yaml")
			if err := os.WriteFile(other, []byte(strings.ReplaceAll(string(text), "topic 00", "topic "+number)), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
