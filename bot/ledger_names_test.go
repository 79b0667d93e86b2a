package bot_test

import (
	"context"
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// TestAConsentMovedToAnotherPersonIsFound writes an entry that was made for one
// person and names another: the chain alone would not show it.
func TestAConsentMovedToAnotherPersonIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.write(func(tx storage.Tx) error {
		entry, err := bot.LedgerBody{Action: bot.Granted, At: w.clock.Now(), Source: bot.SourceButton}.
			Entry("messenger:"+w.home.page, w.id("ana"), "restock", []byte("the salt of ana"))
		if err != nil {
			return err
		}
		entry.Contact = w.id("bob")
		if _, err := tx.Append(entry); err != nil {
			return err
		}
		return tx.PutSalt(w.id("bob"), []byte("the salt of bob"))
	})
	w.settle()
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(chains) != 1 || len(chains[0].Findings) != 1 || chains[0].Findings[0].Kind != "altered" {
		t.Errorf("found %+v, want the one entry that names somebody else", chains)
	}
}
