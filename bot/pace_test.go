package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// person is the name of the i-th of a crowd.
func person(i int) string { return fmt.Sprintf("p%06d", i) }

// crowd lets many people have agreed to a topic already, in one go.
func (w *world) crowd(n int, topic string) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		for i := range n {
			id := w.id(person(i))
			c := bot.Consent{Contact: id, Topic: topic, Status: bot.StatusActive, Cadence: "weekly", ActiveSince: w.clock.Now(), ChangedAt: w.clock.Now()}
			if topic == "restock" {
				c.Interests = []map[string]any{{"model": "Gazelle", "size": 42.0}}
			}
			record, err := c.Record()
			if err != nil {
				return err
			}
			body, err := json.Marshal(map[string]any{"title": topic})
			err = errors.Join(err,
				tx.PutContact(storage.Contact{ID: id, CreatedAt: w.clock.Now(), Fields: []byte("{}")}),
				tx.PutConsent(record),
				tx.PutPermit(storage.Permit{Contact: id, Lane: "recurring", Topic: topic, Token: "t", Body: body}))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// busiest is the most posts within any span of that length.
func busiest(posts []post, span time.Duration) int {
	most := 0
	for i := range posts {
		n := 0
		for _, other := range posts[i:] {
			if other.at.Sub(posts[i].at) < span {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func rated(rate string) map[string]string {
	return with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "40/s", rate, 1))
}

func TestACampaignGoesAtThePagesPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(150, "restock")
	w.sells(back("1"))
	if next, ok := w.due(); !ok || next.Sub(w.clock.Now()) > 100*time.Millisecond {
		t.Errorf("due next at %s, want the next slot within a twentieth of a second", next)
	}
	w.passes(4 * time.Second)
	if n := len(w.home.all()); n < 60 || n > 110 {
		t.Errorf("%d messages after 4 s at 20/s", n)
	}
	w.passes(6 * time.Second)
	if n := len(w.home.all()); n != 150 {
		t.Errorf("%d messages, want all 150", n)
	}
	if most := busiest(w.home.all(), time.Second); most > 30 {
		t.Errorf("%d messages within one second at 20/s", most)
	}
}

func TestASlowPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("30/m"))
	w.crowd(5, "restock")
	w.sells(back("1"))
	for i := range 5 {
		if n := len(w.home.all()); n != i+1 {
			t.Fatalf("%d messages after %d s at 30/m", n, 2*i)
		}
		w.passes(2 * time.Second)
	}
}

func TestWhatWasHeldForManyGoesAtThePagesPace(t *testing.T) {
	t.Parallel()
	files := rated("20/s")
	files["bot.yaml"] += "quiet_hours: 17:00-19:00\n"
	w := newWorld(t, files)
	w.crowd(150, "restock")
	w.sells(back("1"))
	w.until(paris(t, "2026-03-27 19:00"))
	w.passes(20 * time.Second)
	if n := len(w.home.all()); n != 150 {
		t.Errorf("%d messages, want all 150", n)
	}
	if most := busiest(w.home.all(), time.Second); most > 30 {
		t.Errorf("%d messages within one second at 20/s", most)
	}
	w.decided("p000149", "sent lane=recurring")
}

func TestWhatWasHeldForManyWaitsOutsideOfTheOutboxForAPageThatIsUnwell(t *testing.T) {
	t.Parallel()
	files := rated("20/s")
	files["bot.yaml"] += "quiet_hours: 17:00-19:00\n"
	w := newWorld(t, files)
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.home.refuses(always, bot.ClassToken)
	w.until(paris(t, "2026-03-27 19:01"))
	w.read(func(r storage.Reader) error {
		sends, err := r.SendsIn(storage.SendPending, 1000)
		if len(sends) > 12 {
			t.Errorf("%d messages wait in the outbox", len(sends))
		}
		return err
	})
	w.home.heals()
	w.passes(time.Minute)
	w.decided("p000099", "sent lane=recurring")
}

func TestWhatAPauseKeptGoesAtThePagesPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(150, "restock")
	w.home.refuses(always, bot.ClassToken)
	w.sells(back("1"))
	w.passes(time.Minute)
	tried := len(w.home.all())
	w.read(func(r storage.Reader) error {
		sends, err := r.SendsIn(storage.SendPending, 1000)
		if len(sends) > 40 {
			t.Errorf("%d messages wait in the outbox for a page that rests", len(sends))
		}
		timers, err2 := r.DueTimers(w.clock.Now().Add(day), 1000)
		if len(timers) > 20 {
			t.Errorf("%d people wait for their slot although the page rests", len(timers))
		}
		return errors.Join(err, err2)
	})
	w.home.heals()
	w.passes(40 * time.Second)
	posts := w.home.all()[tried:]
	if len(posts) != 150 {
		t.Errorf("%d messages, want all 150", len(posts))
	}
	if most := busiest(posts, time.Second); most > 30 {
		t.Errorf("%d messages within one second at 20/s", most)
	}
}

func TestACampaignDoesNotStarveAConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.crowd(1000, "nouveautes")
	w.write(func(tx storage.Tx) error {
		return tx.PutOccurrence(storage.Occurrence{
			Trigger: w.trigger("monday"), ID: "2026-03-27T18:00", Flow: "monday", Topic: "nouveautes", At: w.clock.Now(),
			Expires: w.clock.Now().Add(-time.Second), State: "running",
		})
	})
	done := true
	w.home.onSend = func(d bot.Delivery) {
		w.read(func(r storage.Reader) error {
			o, err := r.Occurrence(w.trigger("monday"), "2026-03-27T18:00")
			done = o.State != "running"
			return err
		})
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	if done {
		t.Error("the whole campaign was decided before the reply went out")
	}
}

func TestAnOccurrenceGoesOnWhereACrashLeftIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.passes(2 * time.Second)
	w.crash()
	w.passes(10 * time.Second)
	seen := map[string]int{}
	for _, made := range w.home.all() {
		seen[made.Person]++
	}
	if len(seen) != 100 || len(w.home.all()) != 100 {
		t.Errorf("%d messages to %d people, want one for each of 100", len(w.home.all()), len(seen))
	}
}

func TestAContactWithInputsPendingGetsTheOccurrenceAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	w.write(func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Input{Contact: w.id("zoe"), Kind: "wake", At: w.clock.Now(), Ready: w.clock.Now().Add(time.Minute)})
		return err
	})
	w.crash() // what it did not write itself a bot sees when it starts
	w.settle()
	w.expect("zoe")
	w.passes(time.Minute)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

// Whoever waits for their slot was in the audience already.
func TestWhoIsLostToATopicBeforeTheirSlotComesIsAccountedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		does func(w *world)
		want []string
	}{
		{"nothing happens", func(*world) {}, []string{"sent lane=recurring"}},
		{"they stop", func(w *world) { w.does(w.writes("zoe", "stop")) }, []string{"skipped rule=consent"}},
		{"they watch something else", func(w *world) { w.watches("zoe", 43) }, []string{"skipped rule=where"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rated("30/m"))
			w.subscribes("ana", "restock", "daily")
			w.subscribes("zoe", "restock", "daily")
			ana, zoe := back("0"), back("1")
			ana.Contact, zoe.Contact = w.id("ana"), w.id("zoe")
			w.sells(ana, zoe)
			w.decided("ana", "sent lane=recurring")
			w.decided("zoe")
			test.does(w)
			w.passes(time.Minute)
			w.decided("zoe", test.want...)
		})
	}
}

// watches lets a person watch another size than before.
func (w *world) watches(person string, size float64) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		consents, err := tx.Consents(w.id(person))
		for _, stored := range consents {
			c, err := bot.FromRecord(stored)
			if err != nil {
				return err
			}
			c.Interests = []map[string]any{{"model": "Gazelle", "size": size}}
			record, err := c.Record()
			if err = errors.Join(err, tx.PutConsent(record)); err != nil {
				return err
			}
		}
		return err
	})
}

// trigger is the id of a flow's first trigger.
func (w *world) trigger(flow string) string {
	for _, trigger := range w.program.Triggers {
		if trigger.Flow == flow {
			return trigger.ID
		}
	}
	w.t.Fatalf("flow %s has no trigger", flow)
	return ""
}
