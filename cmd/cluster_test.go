package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// newCluster is a trial of three processes on one PostgreSQL database.
func newCluster(t *testing.T, config trialConfig) *trial {
	t.Helper()
	config.seed = trialSeed(t)
	if config.look == "" {
		config.look = pgtest.URL(t)
	}
	if config.databases == nil {
		config.databases = []string{config.look, config.look, config.look}
	}
	c := newTrial(t, config)
	// The same wall time comes next wherever somebody lives.
	rewrite(t, filepath.Join(c.dir, "flows", "monday.yaml"), "cron: 0 9 * * MON",
		fmt.Sprintf("cron: 0 9 15 %d *", time.Now().AddDate(0, 6, 0).Month()))
	return c
}

// TestThreeProcessesDoTheWorkOfOne runs three processes without any fault: chats, a
// schedule in several zones, and a campaign at the Page's pace.
func TestThreeProcessesDoTheWorkOfOne(t *testing.T) {
	t.Parallel()
	c := newCluster(t, trialConfig{people: 24, quorum: 50, wait: 8 * time.Second, readers: true, rate: 15})
	begun := time.Now()
	c.begin()
	c.until("a crowd waits", func() bool { return c.crowded(false, 80) && c.crowded(true, 8) })
	c.join(false)
	waited := time.Since(begun)
	c.fire()
	c.until("the campaign is over", func() bool { return c.settled(1) })
	over := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("no fault; a crowd after %.1f s, told after %.1f s, at rest after %.1f s", waited.Seconds(), over.Seconds(), time.Since(begun).Seconds()))
	for i, s := range c.bots {
		if s.answered == 0 || s.calls == 0 {
			t.Errorf("process %d took %d webhooks and made %d calls", i, s.answered, s.calls)
		}
	}
}

// TestOneOfThreeIsKilledAgainAndAgain kills one process at a time and starts it again.
func TestOneOfThreeIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	kills := trialKills(t, 24, 6)
	c := newCluster(t, trialConfig{people: 12, quorum: 8, wait: time.Second, readers: true})
	begun := time.Now()
	c.begin()
	c.kill(kills/2, 300*time.Millisecond, moments)
	c.fire()
	c.kill(kills, 300*time.Millisecond, moments)
	disturbed := time.Since(begun)
	c.calm()
	e := c.verdict(fmt.Sprintf("%d kills in %.1f s, at rest %.1f s later", c.kills, disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
	t.Logf("killed:\n%s", c.killer)
	e.fewStuck(t)
}

// lease is how long a process that stands still keeps what it has claimed.
const lease = 10 * time.Second

// TestProcessesSleepBeyondTheirLease stops processes at many points for a moment, and
// then two of the three for longer than their lease, one in the middle of a
// transaction and one with a call on its way, and lets them go on.
func TestProcessesSleepBeyondTheirLease(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Config{})
	look := server.URL(t)
	k := newCutter(t, server.Socket())
	c := newCluster(t, trialConfig{
		look: look, databases: []string{k.through(t, look), look, look}, people: 12, quorum: 8, wait: time.Second, readers: true, faulty: true,
	})
	begun := time.Now()
	c.begin()
	naps := trialKills(t, 10, 3)
	for range naps {
		c.sleeps(c.random.IntN(len(c.bots)), time.Duration(c.random.IntN(300))*time.Millisecond)
		time.Sleep(time.Duration(c.random.IntN(300)) * time.Millisecond)
	}
	var asleep sync.WaitGroup
	asleep.Go(func() { c.sleepsCalling(1) })
	before, committing := c.progress(), make(chan bool)
	k.hold(func() { // its COMMIT is on its way, and it sleeps
		c.sleeps(0, lease+2*time.Second)
		close(committing)
	})
	<-committing
	asleep.Wait()
	taken := c.progress() - before
	time.Sleep(2 * time.Second)
	c.fire()
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("%d short pauses and two of %s, in a transaction and in a call (%d webhooks answered meanwhile), in %.1f s, at rest %.1f s later",
		naps, lease+2*time.Second, taken, disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
	if n := k.lost.Load(); n != 1 {
		t.Errorf("the server ended %d transactions of the process that slept, want 1", n)
	}
	if taken < 200 {
		t.Errorf("while two processes slept, the other took %d webhooks", taken)
	}
}

// sleepsCalling stops a process for longer than its lease when a reply of its was
// taken by the platform, whose answer waits for it. The echo comes so late that
// whoever thinks the outcome unknown has sent the reply again.
func (c *trial) sleepsCalling(seat int) {
	taken := make(chan string, 1)
	c.killer.see(func(i int, body []byte) {
		var call struct{ Recipient struct{ ID string } }
		if err := json.Unmarshal(body, &call); err != nil || i != seat || call.Recipient.ID == "" || strings.Contains(string(body), toldText) {
			return
		}
		select {
		case taken <- call.Recipient.ID:
			c.killer.see(nil)
			c.mu.Lock()
			c.unheard = call.Recipient.ID
			c.mu.Unlock()
			if err := c.bots[seat].bot.process.Signal(syscall.SIGSTOP); err != nil {
				c.t.Error(err)
			}
		default:
		}
	})
	<-taken
	time.AfterFunc(resendAfter+10*time.Second, func() {
		c.mu.Lock()
		c.unheard = ""
		c.mu.Unlock()
		c.platform.Retry()
	})
	c.sleeps(seat, lease+2*time.Second)
}

// sleeps stops a process for a while.
func (c *trial) sleeps(seat int, d time.Duration) {
	begun := time.Now()
	process := c.bots[seat].bot.process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Error(err)
	}
	time.Sleep(d)
	if err := process.Signal(syscall.SIGCONT); err != nil {
		c.t.Error(err)
	}
	// What it had sent is not lost: its answer is read late. Only beyond the lease
	// others may have taken what it had not sent.
	if d > lease {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults = append(c.faults, fault{seat: seat, from: begun, to: time.Now(), asleep: true})
	}
}

func (c *trial) progress() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered
}

// TestAClockIsOffByAMinute runs one process with a clock that is a minute ahead and
// one a minute behind.
func TestAClockIsOffByAMinute(t *testing.T) {
	t.Parallel()
	c := newCluster(t, trialConfig{people: 12, quorum: 20, wait: 3 * time.Second, readers: true, rate: 15, env: func(i int) map[string]string {
		return map[string]string{clockVariable: []string{"0s", "1m", "-1m"}[i]}
	}})
	begun := time.Now()
	c.begin()
	c.until("some are told", func() bool { return c.settled(2) && c.crowded(true, 6) })
	c.fire()
	c.until("more are told", func() bool { return c.settled(4) })
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("clocks of 0, +60 and -60 s for %.1f s, at rest %.1f s later", disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
	if calm := time.Since(begun) - disturbed; calm > 50*time.Second { // the clocks differ by more
		t.Errorf("at rest after %s only: somebody waits for a clock", calm)
	}
}

// TestTenThousandWebhooksComeAgain sends webhooks again in any order to any process,
// while receipts come late.
func TestTenThousandWebhooksComeAgain(t *testing.T) {
	t.Parallel()
	times := 10_000
	if testing.Short() {
		times = 1_000
	}
	c := newCluster(t, trialConfig{people: 12, most: 150, quorum: 8, wait: time.Second, readers: true, overtake: true})
	begun := time.Now()
	c.begin()
	c.until("there is something to repeat", func() bool { return len(c.bodies) > 100 })
	for range 10 {
		c.repeat(times / 10)
	}
	c.fire()
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("%d duplicates out of order in %.1f s, the slowest answered in %s", c.repeated, disturbed.Seconds(), c.slowest))
}

// settled reports whether so many events of the shop are decided for everybody. c.mu
// is held.
func (c *trial) settled(n int) bool {
	return len(slices.DeleteFunc(slices.Clone(c.events), func(e posted) bool { return e.news || e.settled.IsZero() })) >= n
}

// fire lets the fires of the schedules come that are next, now. Each zone has one.
func (c *trial) fire() {
	c.t.Helper()
	c.open(toChange, func(ctx context.Context, _ *bot.Bot, store storage.Store) error {
		fire := posted{news: true, at: time.Now()}
		zones := 0
		err := store.Write(ctx, func(tx storage.Tx) error {
			fire.id, zones = "", 0
			timers, err := tx.Timers("")
			if err != nil {
				return err
			}
			for _, timer := range timers {
				var body struct{ Trigger, Zone, Local string }
				if err := json.Unmarshal(timer.Body, &body); err != nil || body.Local == "" {
					continue
				}
				fire.id, zones = body.Local, zones+1
				timer.At = fire.at
				if err := tx.PutTimer(timer); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || zones == 0 {
			return fmt.Errorf("%d schedules: %w", zones, err)
		}
		c.mu.Lock()
		n := len(c.events)
		c.events = append(c.events, fire)
		c.mu.Unlock()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			done := 0
			err := store.Read(ctx, func(r storage.Reader) error {
				some, err := r.RecentOccurrences(1000)
				for _, o := range some {
					if strings.HasPrefix(o.ID, fire.id+" ") && o.State == "done" {
						done++
					}
				}
				return err
			})
			if err == nil && done == zones {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%d of %d zones are done a minute after the fire: %w", done, zones, err)
			}
		}
		c.mu.Lock()
		c.events[n].settled = time.Now()
		c.mu.Unlock()
		return nil
	})
}

// clockVariable makes the clock of a child wrong by so much.
const clockVariable = "RELANCE_TEST_CLOCK"

// wrongClock is the machine's clock, or one that is off by what the environment says.
func wrongClock() bot.Clock {
	off, err := time.ParseDuration(os.Getenv(clockVariable))
	if err != nil {
		return bot.SystemClock{}
	}
	return &offsetClock{bot.SystemClock{}, func() time.Duration { return off }}
}
