package messenger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// The emulator reads the wire by itself: what it understands is not only what this
// package means.
func TestTheEmulatedPlatformTakesBatches(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)
	platform, err := emulator.New(emulator.Config{
		PageID: "10", AccessToken: "token", AppSecret: "secret", VerifyToken: "verify", Region: "EU", Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { platform.Close() })
	for _, base := range []string{"http://graph.example", "http://graph.example/seat/1/v25.0"} {
		c, err := messenger.New(messenger.Config{
			PageID: "10", AccessToken: "token", AppSecret: "secret", VerifyToken: "verify", GraphURL: base, Dial: platform.Dial,
		})
		if err != nil {
			t.Fatal(err)
		}
		var people []string
		var batch []bot.Delivery
		for i := range c.BatchSize() {
			id := platform.Join("", fmt.Sprintf("Person %d", i), "Martin", "fr_FR", "Europe/Paris")
			people = append(people, id)
			if i != 1 { // the second never wrote
				if err := platform.Write(id, "stock"); err != nil {
					t.Fatal(err)
				}
			}
			batch = append(batch, bot.Delivery{ID: fmt.Sprintf("s%d", i), Person: id, Lane: "window", Message: flows.Message{
				Kind: flows.Text, Text: fmt.Sprintf("« %d » & 100 %% + é\n🙂", i), QuickReplies: []flows.QuickReply{{Label: "Oui", Payload: `{"a":"b c"}`}},
			}})
		}
		platform.TimeoutNext() // the last of a batch is made first
		outs := c.SendBatch(t.Context(), batch)
		for i, o := range outs {
			shown := platform.Chat(people[i])
			switch {
			case i == 1:
				want := bot.Outcome{Status: bot.Refused, Class: bot.ClassWindow, Code: "10/2018278"}
				if diff := cmp.Diff(want, o); diff != "" || len(shown) != 0 {
					t.Errorf("outside the window: %s", diff)
				}
				continue
			case i == len(outs)-1:
				if want := (bot.Outcome{Status: bot.Unknown, Code: "null"}); o != want {
					t.Errorf("without an answer: %+v", o)
				}
			case o.Status != bot.Accepted || o.MID != shown[len(shown)-1].MID:
				t.Errorf("message %d: %+v", i, o)
			}
			last := shown[len(shown)-1]
			if last.Text != batch[i].Message.Text || last.Metadata != batch[i].ID || last.QuickReplies[0].Payload != `{"a":"b c"}` {
				t.Errorf("message %d is shown as %+v", i, last)
			}
		}
	}
}
