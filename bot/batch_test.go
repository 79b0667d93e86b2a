package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// newBatching is a world whose page takes so many notifications in one request.
func newBatching(t *testing.T, files map[string]string, together int) *world {
	t.Helper()
	page := newPlatform("1", tokenLane{name: "recurring"})
	page.together = together
	return newWorld(t, files, page)
}

// sizes are how many messages each batch had.
func (p *platform) sizes() (out []int) {
	for _, people := range p.batches {
		out = append(out, len(people))
	}
	return out
}

func TestNotificationsOfAPageGoTogether(t *testing.T) {
	t.Parallel()
	w := newBatching(t, rated("9999/s"), 50)
	w.crowd(121, "restock")
	if err := w.receive(w.writes("zoe", "bonjour")); err != nil {
		t.Fatal(err)
	}
	w.sells(back("1"))
	sizes := w.home.sizes() // a slow machine makes more of them
	if len(sizes) < 3 || slices.Max(sizes) > 50 || slices.Max(sizes) < 10 {
		t.Errorf("batches of %d, want many together, and at most fifty", sizes)
	}
	posts := w.home.all()
	if len(posts) != 122 || posts[0].Person != "zoe" {
		t.Errorf("%d messages, first to %s; want 122, and the reply before all notifications", len(posts), posts[0].Person)
	}
	for i := range 121 {
		w.decided(person(i), "sent lane=recurring")
	}
}

func TestOneNotificationGoesByItself(t *testing.T) {
	t.Parallel()
	w := newBatching(t, flagship, 50)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	if n := len(w.home.batches); n > 0 {
		t.Errorf("%d batches for one message", n)
	}
	w.decided("zoe", "sent lane=recurring")
}

func TestABatchIsJudgedMessageByMessage(t *testing.T) {
	t.Parallel()
	w := newBatching(t, flagship, 50)
	for _, who := range []string{"ann", "bob", "cyd"} {
		w.subscribes(who, "restock", "daily")
	}
	to := func(who string) func(bot.Delivery) bool { return func(d bot.Delivery) bool { return d.Person == who } }
	w.home.answers(1, to("ann"), bot.Outcome{Status: bot.Unknown, Code: "null"}, false)
	w.home.answers(1, to("bob"), bot.Outcome{Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551"}, false)
	w.sells(back("1"))
	w.decided("ann", "unknown lane=recurring")
	w.decided("bob", "failed rule=reachable lane=recurring")
	w.decided("cyd", "sent lane=recurring")
	w.passes(time.Hour)
	if n := len(w.home.all()); n != 3 {
		t.Errorf("%d messages, want three tries", n)
	}
}

func TestWhatABatchSaysNothingOfIsUnknown(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func([]bot.Delivery) []bot.Outcome{
		"nothing":  func([]bot.Delivery) []bot.Outcome { return nil },
		"too much": func([]bot.Delivery) []bot.Outcome { return make([]bot.Outcome, 9) },
		"a panic":  func([]bot.Delivery) []bot.Outcome { panic("oh no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBatching(t, flagship, 50)
			w.subscribes("ann", "restock", "daily")
			w.subscribes("bob", "restock", "daily")
			w.home.onBatch = answer
			w.sells(back("1"))
			want := "unknown lane=recurring"
			if name == "too much" {
				want = "sent lane=recurring"
			}
			w.decided("ann", want)
			w.decided("bob", want)
		})
	}
}

func TestAPageThatIsUnwellIsTriedWithOneMessage(t *testing.T) {
	t.Parallel()
	w := newBatching(t, rated("20/s"), 50)
	w.crowd(30, "restock")
	w.home.refuses(always, bot.ClassToken)
	w.sells(back("1"))
	tried, together := len(w.home.all()), len(w.home.batches)
	w.passes(5 * time.Minute)
	if n := len(w.home.batches) - together; n > 0 {
		t.Errorf("%d batches to a page whose token is dead", n)
	}
	if n := len(w.home.all()) - tried; n < 25 || n > 31 {
		t.Errorf("%d tries in five minutes, want one in ten seconds", n)
	}
	w.home.heals()
	w.passes(time.Minute)
	w.decided(person(29), "sent lane=recurring")
}

func TestABatchThatCannotBeStoredTogetherIsStoredOneByOne(t *testing.T) {
	t.Parallel()
	w := newBatching(t, flagship, 50)
	for _, who := range []string{"ann", "bob", "cyd"} {
		w.subscribes(who, "restock", "daily")
	}
	w.home.answers(1, func(d bot.Delivery) bool { return d.Person == "bob" }, bot.Outcome{Status: bot.Refused, Class: bot.ClassWindow, Code: "10"}, false)
	w.home.onSend = func(d bot.Delivery) {
		if d.Person != "bob" {
			return
		}
		w.home.onSend = nil
		w.write(func(tx storage.Tx) error { // nobody can say what becomes of him
			c, err := tx.Contact(w.id("bob"))
			c.Fields = []byte("{")
			return errors.Join(err, tx.PutContact(c))
		})
	}
	w.sells(back("1"))
	w.decided("ann", "sent lane=recurring")
	w.decided("cyd", "sent lane=recurring")
	w.read(func(r storage.Reader) error {
		claimed, err := r.SendsIn(storage.SendClaimed, 10)
		if len(claimed) > 0 {
			t.Errorf("%d messages are still on their way", len(claimed))
		}
		return err
	})
}

func TestAnAcceptedNotificationIsKeptByItsDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	made := w.home.all()[0]
	w.read(func(r storage.Reader) error {
		if _, err := r.Send(made.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("its row in the outbox: %v, want none", err)
		}
		carried, err := r.DecisionsByMID(bot.ContactID("messenger", "1", "zoe"), made.mid)
		if len(carried) != 1 {
			t.Errorf("%d decisions name the platform's id, want 1", len(carried))
		}
		return err
	})
	receipt := w.event(bot.EventDelivery, "zoe")
	receipt.MIDs = []string{made.mid}
	w.does(w.echo(made), w.echo(made), receipt)
	if strays := w.strays(); len(strays) > 0 {
		t.Errorf("strays %q", strays)
	}
	w.decided("zoe", "sent lane=recurring")
}

// A campaign of few people, that a batch carries, with a death at every write.
func TestNobodyIsToldTwiceWhereverACampaignDies(t *testing.T) {
	t.Parallel()
	people := []string{person(0), person(1), person(2), person(3), person(4)}
	story := func(t *testing.T, dies int, after bool) (w *mortalWorld, writes int) {
		w = &mortalWorld{world: newBatching(t, rated("9999/s"), 3)}
		w.crowd(len(people), "restock")
		w.down()
		w.wrap = func(s storage.Store) storage.Store {
			if w.life == nil {
				w.life = &mortal{Store: s, dies: dies, after: after}
			} else {
				w.life = &mortal{Store: s, writes: w.life.writes}
			}
			return w.life
		}
		w.survive(w.tryOpen())
		w.home.answers(1, func(d bot.Delivery) bool { return d.Person == people[1] }, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
		w.reported(back("1"))
		w.waits(time.Hour)
		_, writes = w.life.killed()
		return w, writes
	}
	_, writes := story(t, 0, false)
	for dies := 1; dies <= writes; dies++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(dies, after), func(t *testing.T) {
				t.Parallel()
				w, _ := story(t, dies, after)
				for _, who := range people {
					got := w.decisions(who)
					tried := slices.DeleteFunc(w.home.all(), func(p post) bool { return p.Person != who || p.outcome.Status == bot.Refused })
					if len(tried) > 1 {
						t.Errorf("%s is told %d times", who, len(tried))
					}
					if diff := cmp.Diff([]string{"sent lane=recurring"}, got); diff != "" && !slices.Equal(got, []string{"unknown lane=recurring"}) {
						t.Errorf("%s: %q, want it sent or unknown", who, got)
					}
					if len(tried) == 0 && slices.Equal(got, []string{"sent lane=recurring"}) {
						t.Errorf("%s is said to have got what never went out", who)
					}
				}
			})
		}
	}
}
