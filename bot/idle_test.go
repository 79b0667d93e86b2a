package bot_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

const still = "Are you still there?"

func TestIdleComesOncePerSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.ignore("zoe")
	w.passes(19 * time.Hour)
	w.expect("zoe")
	w.does(w.writes("zoe", "two")) // the silence begins anew
	w.ignore("zoe")
	w.passes(20*time.Hour - time.Second)
	w.expect("zoe")
	w.passes(time.Second)
	w.expect("zoe", still)
	w.passes(30 * day)
	w.expect("zoe")
	w.does(w.writes("zoe", "three"))
	w.ignore("zoe")
	w.passes(day)
	w.expect("zoe", still)
}

// TestASilenceIsNotForgottenWhereTheTimerComesEarly is handled by a process whose clock is a
// little behind that of the one that fired the timer.
func TestASilenceIsNotForgottenWhereTheTimerComesEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.ignore("zoe")
	w.write(func(tx storage.Tx) error {
		timers, err := tx.Timers(w.id("zoe"))
		for _, timer := range timers {
			_, err1 := tx.Enqueue(storage.Input{
				Contact: timer.Contact, Kind: "idle", Body: fmt.Appendf(nil, `{"trigger":%q,"due":%q}`, timer.Key, timer.At.Format(time.RFC3339Nano)), At: timer.At,
			})
			err = errors.Join(err, err1, tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key))
			w.clock.Set(timer.At.Add(-5 * time.Millisecond))
		}
		return err
	})
	w.settle()
	w.expect("zoe")
	w.passes(time.Second)
	w.expect("zoe", still)
}

func TestAReactionPutsASilenceOffAndBeginsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.ignore("zoe")
	w.passes(10 * time.Hour)
	w.does(w.event(bot.EventReaction, "zoe"))
	w.passes(19 * time.Hour)
	w.expect("zoe")
	w.passes(time.Hour)
	w.expect("zoe", still)
	w.does(w.event(bot.EventReaction, "zoe")) // to that very message
	w.passes(2 * day)
	w.expect("zoe")
}

func TestIdleLeavesInPeaceWhoStoppedEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.passes(time.Hour)
	w.does(w.writes("zoe", "stop"))
	w.ignore("zoe")
	w.passes(2 * day)
	w.expect("zoe")
	w.does(w.writes("zoe", "hello again"))
	w.ignore("zoe")
	w.passes(day)
	w.expect("zoe", still)
}

func TestIdleSaysNothingOnceTheWindowIsClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		down time.Duration
		want []string
	}{
		{"down for a little while", 22 * time.Hour, []string{still}},
		{"down for too long", 25 * time.Hour, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, silences)
			w.does(w.writes("zoe", "one"))
			w.ignore("zoe")
			w.down()
			w.jump(c.down)
			w.open()
			w.settle()
			w.passes(2 * day)
			w.expect("zoe", c.want...)
		})
	}
}

func TestIdleAsksWhereAndTheQuestionBelowAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(silences, "flows/idle.yaml",
		"triggers:\n  - idle: 2h\n    where: contact.birthday == nil\nsteps:\n  - say: Are you still there?\n"))
	w.does(w.writes("zoe", "born"))
	w.ignore("zoe")
	w.passes(2 * time.Hour)
	w.expect("zoe", still, "When were you born?")
	w.meets("zoe", flows.Contact{Fields: map[string]any{"birthday": "1990-05-03"}})
	w.does(w.event(bot.EventReaction, "zoe"))
	w.does(w.writes("zoe", "3 May 1990 or so"))
	w.ignore("zoe")
	w.passes(2 * time.Hour)
	w.expect("zoe")
}

func TestATriggerThatIsGoneStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.ignore("zoe")
	w.passes(time.Hour)
	w.deploys(birthdays)
	w.passes(day)
	w.expect("zoe")
}

func TestIdleLeavesInPeaceWhoEditsAStopIntoAMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, silences)
	w.does(w.writes("zoe", "one"))
	w.passes(time.Hour)
	stop := w.event(bot.EventEdited, "zoe")
	stop.MID, stop.Text, stop.Edits = "m_1", "stop", 1
	w.does(stop)
	w.ignore("zoe")
	w.passes(2 * day)
	w.expect("zoe")
}

// TestIdleWaitsForTheEndOfQuietHours is of somebody who writes at 18:00: twenty hours later it is 14:00.
func TestIdleWaitsForTheEndOfQuietHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quiet string
		after time.Duration // from 14:00
		want  []string
	}{
		{"13:00-15:00", time.Hour, []string{still}},
		{"13:00-19:00", 5 * time.Hour, nil}, // the window is closed by then
		{"14:01-15:00", 0, []string{still}},
	} {
		t.Run(c.quiet, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, with(silences, "bot.yaml", silences["bot.yaml"]+"quiet_hours: "+c.quiet+"\n"))
			w.does(w.writes("zoe", "one"))
			w.ignore("zoe")
			w.passes(20*time.Hour + c.after - time.Second)
			w.expect("zoe")
			w.crash()
			w.passes(time.Second)
			w.expect("zoe", c.want...)
			w.passes(2 * day)
			w.expect("zoe")
		})
	}
}

func TestIdleBeginsAnewWhereSomebodyWritesInTheirQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(silences, "bot.yaml", silences["bot.yaml"]+"quiet_hours: 13:00-15:00\n"))
	w.does(w.writes("zoe", "one"))
	w.passes(20*time.Hour + time.Minute)
	w.does(w.writes("zoe", "two"))
	w.ignore("zoe")
	w.passes(19 * time.Hour)
	w.expect("zoe")
	w.passes(time.Hour)
	w.expect("zoe", still)
}
