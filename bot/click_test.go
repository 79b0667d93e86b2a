package bot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// TestALinkOfATrialIsNoFigure: whoever tries a campaign looks at its link as well.
func TestALinkOfATrialIsNoFigure(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, linked)
	w.subscribes("zoe", "restock", "daily")
	out, err := w.bot.TryCampaign(context.Background(), bot.TrialQuery{Flow: "back_in_stock", Event: back("1").Data, Contact: w.id("zoe")})
	if err != nil || !out.Sent {
		t.Fatalf("%+v (%v)", out, err)
	}
	w.settle()
	code, ok := strings.CutPrefix(w.last("zoe").Message.Buttons[0].Open, public+"/l/")
	if !ok || !strings.HasSuffix(w.clicks(code), "#top") {
		t.Fatalf("the link is %q", code)
	}
	if got := w.outcomes(bot.OutcomeClicked); len(got) > 0 {
		t.Errorf("clicks %+v, want none", got)
	}
}
