package bot_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// A developer's program may end Run and begin it again. It is not run beside other tests:
// it looks at all that is running.
func TestNoSenderIsLeftWhenRunHasEnded(t *testing.T) {
	w := newWorld(t, warehouse)
	w.setup = func(b *bot.Bot) {
		bot.Handle(b, "find", func(context.Context, *bot.Conversation, find) (stockLeft, error) { return stockLeft{Left: 2}, nil })
	}
	a := newAliveOn(w)
	for i, who := range []string{"zoe", "ada", "eve"} {
		a.comes(a.writes(who, "stock"))
		a.sees(who, "I look.", "2 left.")
		a.stops()
		var stacks strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 1); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(stacks.String(), "(*Bot).sender") {
			t.Fatal("a sender waits still, and another Run would write what it looks at")
		}
		if i < 2 {
			var ctx context.Context
			ctx, a.end = context.WithCancel(context.Background())
			<-a.ended
			go func() { a.ended <- a.bot.Run(ctx) }()
		}
	}
}
