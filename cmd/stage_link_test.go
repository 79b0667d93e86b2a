package cmd

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
)

// TestTranscriptsFollowLinks opens a link as a transcript does, and looks for the click.
func TestTranscriptsFollowLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bot.yaml":         "name: Fern & Fig\n",
		"flows/hello.yaml": "triggers: [{keywords: [hello]}]\nsteps: [{say: Hello., buttons: [{label: Shop, open: 'https://fern.example/?a=b'}]}]\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, "flows"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clicks := -1
	factory := func(ctx context.Context, setup chat.Setup) (chat.Stage, error) {
		made, err := Stage(dir, nil)(ctx, setup)
		return watched{made, func() {
			played := made.(*stage)
			list, err := played.bot.Outcomes(ctx, played.contact(played.people["Zoé"]), bot.OutcomeClicked, "")
			if clicks = len(list); err != nil {
				t.Error(err)
			}
		}}, err
	}
	script, found := chat.Parse("a.chat", []byte("person Zoé\n> hello\n< Hello.  [Shop]\n> (open Shop)\n< nothing\n"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	if failures, _, err := chat.Play(t.Context(), script, chat.Options{Factory: factory}); err != nil || len(failures) > 0 {
		t.Fatal(failures, err)
	}
	if clicks != 1 {
		t.Errorf("%d clicks are known, want 1", clicks)
	}
}

// watched is a stage that is looked at before it is cleared.
type watched struct {
	chat.Stage
	look func()
}

func (w watched) Close() error {
	w.look()
	return w.Stage.Close()
}
