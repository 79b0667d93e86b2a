package bot

import (
	"fmt"
	"hash/fnv"
	"time"
)

// spread is a part of most that is another for each thing and number, so that what
// failed together does not come again together. It depends on them and on the bot's
// seed alone.
func (b *Bot) spread(most time.Duration, thing string, n int) time.Duration {
	if most <= 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %d", b.seed, thing, n)
	return time.Duration(h.Sum64() % uint64(most))
}
