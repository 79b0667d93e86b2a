package cmd

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/chat"
)

// paidStage is testdata/language/paid with somebody who agreed to its news.
func paidStage(t *testing.T) *years {
	t.Helper()
	folder, err := (&app{stderr: new(bytes.Buffer)}).load("testdata/language/paid")
	if err != nil {
		t.Fatal(err)
	}
	st, err := newStageAt(t.Context(), folder, time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), nil, nil, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	y := &years{t: t, ctx: t.Context(), st: st}
	y.live("America/New_York")
	y.act(chat.Act{Kind: chat.Write, Text: "news"})
	y.act(chat.Act{Kind: chat.Accept})
	return y
}

// TestAPaidMessageThatDidNotArriveFails: it was accepted, and the report that names a
// token alone undoes what it counted for.
func TestAPaidMessageThatDidNotArriveFails(t *testing.T) {
	t.Parallel()
	y := paidStage(t)
	y.st.platform.FailDelivery("DAILY_MM_LOAD_CAP_REACHED")
	y.week("2026-03-04", "held back")
	y.week("2026-03-04", "a rest of a day")
	y.week("2026-03-06", "and on")
	text := y.out.String()
	for i, want := range []string{
		"Failed: the platform held it back from them, who had many such messages beside the conversations they began (DAILY_MM_LOAD_CAP_REACHED).",
		"Held: their last message is more than 24 hours ago, and no other way was open: marketing (the platform wants a rest after the last one), recurring (not offered to Pages in US). Next chance: Thursday 5 March 09:00.",
		"Sent on Friday 6 March 09:00, on the marketing lane, for about 0.014 USD.",
	} {
		if got := strings.Split(text, "\n")[2*i+1]; !strings.HasPrefix(strings.TrimSpace(got), want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestTheLastStopEndsTheSubscription: the platform wants to be told, once, and hears of it
// behind what the person is told.
func TestTheLastStopEndsTheSubscription(t *testing.T) {
	t.Parallel()
	y := paidStage(t)
	calls := func() (out []string) {
		for _, c := range y.st.platform.Log() {
			if c.Method == "POST" && strings.Contains(c.Path, "unsubscribe") {
				out = append(out, c.Body)
			}
		}
		return out
	}
	y.act(chat.Act{Kind: chat.Write, Text: "sales"})
	y.act(chat.Act{Kind: chat.Accept})
	y.week("2026-03-04", "sent")
	y.act(chat.Act{Kind: chat.Tap, Text: "Stop"})
	if got := calls(); len(got) != 0 {
		t.Errorf("another topic goes on, and the platform was told %q", got)
	}
	y.act(chat.Act{Kind: chat.Write, Text: "stop"})
	if got := calls(); len(got) != 1 || !strings.Contains(got[0], y.zoe) {
		t.Errorf("the platform was told %q", got)
	}
	log := y.st.platform.Log()
	if last := log[len(log)-1]; !strings.Contains(last.Path, "unsubscribe") || last.Code != 0 {
		t.Errorf("the last call is %s %s, code %d", last.Method, last.Path, last.Code)
	}
}
