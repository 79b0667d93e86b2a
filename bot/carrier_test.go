package bot_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// permits are what is kept of a person's permits.
func (w *world) permits(person string) (list []storage.Permit) {
	w.t.Helper()
	w.read(func(r storage.Reader) (err error) {
		list, err = r.Permits(w.id(person))
		return err
	})
	return list
}

func TestATokenRestsThoughItsTopicWentByAnotherLaneSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	if list := w.permits("zoe"); len(list) != 1 || bytes.Contains(list[0].Body, []byte("last_sent")) {
		t.Errorf("permits %v, want one that is as it was given: the consent tells when it was used", list)
	}
	w.passes(20 * time.Hour)
	w.does(w.writes("zoe", "41"))
	w.passes(5 * time.Hour)
	w.sells(back("2"))
	w.passes(21 * time.Hour) // her window is over
	w.sells(back("3"))
	w.decided("zoe", "sent lane=recurring", "sent lane=window", "held rule=lane next=2026-03-29 19:00")
	w.crash()
	w.passes(3 * time.Hour)
	w.decided("zoe", "sent lane=recurring", "sent lane=window", "sent lane=recurring")
}

func TestATokenOfTwoTopicsRestsAfterEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 64 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("zoe", "nouveautes", "weekly")
	w.write(func(tx storage.Tx) error {
		list, err := tx.Permits(w.id("zoe"))
		if err != nil {
			return err
		}
		for _, p := range list {
			p.Token = "token-both"
			if err := tx.PutPermit(p); err != nil {
				return err
			}
		}
		return nil
	})
	w.sells(back("1"))
	w.until(paris(t, "2026-03-30 09:01"))
	w.decided("zoe", "sent lane=recurring", "held rule=lane next=2026-03-30 11:00")
	w.until(paris(t, "2026-03-30 11:01"))
	w.decided("zoe", "sent lane=recurring", "sent lane=recurring")
}
