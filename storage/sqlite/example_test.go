package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// A turn takes the first input of a contact, says something and forgets the
// input, all in one transaction.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	now := time.Date(2026, time.March, 30, 7, 0, 0, 0, time.UTC)

	store, err := sqlite.Open(ctx, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	err = store.Write(ctx, func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Input{Contact: "messenger:1:2", Kind: "message", Body: []byte(`{"text":"stock"}`), At: now})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	err = store.Write(ctx, func(tx storage.Tx) error {
		inputs, err := tx.Pending(now, 1)
		if err != nil || len(inputs) == 0 {
			return err
		}
		fmt.Printf("%s wrote %s\n", inputs[0].Contact, inputs[0].Body)
		if err := tx.PutSend(storage.Send{
			ID: "s1", Contact: inputs[0].Contact, Page: "messenger:1", State: storage.SendPending,
			Body: []byte(`{"text":"Quelle pointure cherches-tu ?"}`), Ready: now, At: now,
		}); err != nil {
			return err
		}
		return tx.DeleteInput(inputs[0].Contact, inputs[0].Seq)
	})
	if err != nil {
		log.Fatal(err)
	}
	err = store.Read(ctx, func(r storage.Reader) error {
		sends, err := r.Sends("messenger:1:2")
		for _, send := range sends {
			fmt.Printf("%s: %s\n", send.State, send.Body)
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// messenger:1:2 wrote {"text":"stock"}
	// pending: {"text":"Quelle pointure cherches-tu ?"}
}
