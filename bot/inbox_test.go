package bot_test

import (
	"errors"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func TestAWebhookIsHandledAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.bot.Eager()
	hello := w.writes("zoe", "hello")
	w.comes(hello, w.writes("zoe", "one"), w.writes("zoe", "two"))
	w.comes(hello)
	w.read(func(r storage.Reader) error {
		waiting, err := r.Inputs(w.id("zoe"), 10)
		if len(waiting) > 0 {
			t.Errorf("%d inputs wait for their turn", len(waiting))
		}
		return err
	})
	w.settle()
	w.expect("zoe", "Say something.", "one!", "Say something.", "two!", "Say something.")
}

func TestAWebhookWaitsBehindWhatIsInTheInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.does(w.writes("zoe", "hello"))
	w.ignore("zoe")
	w.comes(w.writes("zoe", "one"))
	w.bot.Eager()
	w.comes(w.writes("zoe", "two"))
	w.settle()
	w.comes(w.writes("zoe", "three"))
	w.settle()
	w.expect("zoe", "one!", "Say something.", "two!", "Say something.", "three!", "Say something.")
}

func TestAWebhookWhoseTurnFailsIsStoredAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	w.ignore("zoe")
	w.write(func(tx storage.Tx) error {
		c, err := tx.Contact(w.id("zoe"))
		c.Fields = []byte("{")
		return errors.Join(err, tx.PutContact(c))
	})
	w.bot.Eager()
	w.does(w.writes("zoe", "encore"), w.writes("max", "bonjour"))
	w.expect("max", "Bonjour !")
	w.write(func(tx storage.Tx) error { // somebody mends it in time
		c, err := tx.Contact(w.id("zoe"))
		c.Fields = []byte("{}")
		return errors.Join(err, tx.PutContact(c))
	})
	w.passes(time.Minute)
	w.expect("zoe", "Bonjour !")
}

func TestManyEventsInOneWebhookAreHandledInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.bot.Eager()
	var events []bot.Event
	want := []string{"Say something."}
	for i := range 40 { // more than get their turn at once
		text := string(rune('a' + i%26))
		events = append(events, w.writes("zoe", text))
		if i > 0 {
			want = append(want, text+"!", "Say something.")
		}
	}
	w.comes(events...)
	w.settle()
	w.expect("zoe", want...)
}
