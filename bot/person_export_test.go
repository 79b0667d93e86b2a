package bot_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

func TestAnExportIsWholeBeyondAThousand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	const n = 1200
	w.write(func(tx storage.Tx) error {
		var all error
		for i := range n {
			name := fmt.Sprint(i)
			at := w.clock.Now().Add(time.Duration(i) * time.Second)
			_, err := tx.AddOutcome(storage.Outcome{Contact: w.id("zoe"), Kind: "goal", Name: "bought", Flow: "shop", Input: name, At: at})
			all = errors.Join(all, err, tx.PutDecision(storage.Decision{
				Contact: w.id("zoe"), Trigger: w.trigger("back_in_stock"), Occurrence: name, Flow: "back_in_stock", Topic: "restock", Kind: "sent", Lane: "window", At: at,
			}))
		}
		return all
	})
	if got := w.export("zoe"); len(got.Decisions) != n || len(got.Outcomes) != n || got.Cut {
		t.Errorf("%d decisions and %d outcomes, want %d of each; cut: %v", len(got.Decisions), len(got.Outcomes), n, got.Cut)
	}
}
