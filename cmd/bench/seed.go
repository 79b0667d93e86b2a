package bench

import (
	"context"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// seedChunk is how many people are put in one transaction.
const seedChunk = 5000

func contactID(n int) string { return bot.ContactID("messenger", pageID, personID(n)) }

// inChunks runs f for 0 to n-1, a chunk to a transaction.
func inChunks(ctx context.Context, s storage.Store, n int, f func(tx storage.Tx, i int) error) error {
	for from := 0; from < n; from += seedChunk {
		err := s.Write(ctx, func(tx storage.Tx) error {
			for i := from; i < min(n, from+seedChunk); i++ {
				if err := f(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seedPeople puts n people whom the bot knows: no profile is looked up for them.
func seedPeople(ctx context.Context, s storage.Store, n int, now time.Time) error {
	return inChunks(ctx, s, n, func(tx storage.Tx, i int) error { return putPerson(tx, i, now) })
}

// putPerson puts somebody who last wrote three days ago, so that only a token
// reaches them.
func putPerson(tx storage.Tx, i int, now time.Time) error {
	return tx.PutContact(storage.Contact{
		ID: contactID(i), FirstName: firstName(i), Locale: "en_GB", Timezone: "Europe/Paris",
		Fields: []byte(`{"size":42}`), CreatedAt: now.AddDate(0, -1, 0), LastAct: now.AddDate(0, 0, -3),
	})
}

// seedSubscribers puts n people who agreed to a topic a month ago, with the token
// that carries it. lastSent, if set, is when each had their last notification.
func seedSubscribers(ctx context.Context, s storage.Store, n int, topic, cadence string, now, lastSent time.Time) error {
	agreed := now.AddDate(0, -1, 0)
	return inChunks(ctx, s, n, func(tx storage.Tx, i int) error {
		if err := putPerson(tx, i, now); err != nil {
			return err
		}
		c := bot.Consent{
			Contact: contactID(i), Topic: topic, Status: bot.StatusActive, Cadence: cadence,
			ActiveSince: agreed, ChangedAt: agreed, LastSent: lastSent,
		}
		record, err := c.Record()
		if err != nil {
			return err
		}
		if err := tx.PutConsent(record); err != nil {
			return err
		}
		return tx.PutPermit(storage.Permit{
			Contact: contactID(i), Lane: "recurring", Topic: topic, Token: token(i),
			Body: []byte(`{"title":"Your size is back"}`), UpdatedAt: agreed,
		})
	})
}

// seedTimers gives n people something that waits for a day next year, spread over
// its minutes.
func seedTimers(ctx context.Context, s storage.Store, n int, now time.Time) error {
	from := now.AddDate(1, 0, 0).Truncate(time.Minute)
	return inChunks(ctx, s, n, func(tx storage.Tx, i int) error {
		return tx.PutTimer(storage.Timer{
			Contact: contactID(i), Kind: "held", Key: "back#1", At: from.Add(time.Duration(i*7919%(24*60)) * time.Minute),
		})
	})
}
