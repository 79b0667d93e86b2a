package cmd

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestKilledAnywhereKeepsItsPromises runs the flagship for many people at once on
// a bot that is killed again and again, and restarted on what it had stored. Its
// platform lives here, outside of the process that dies. At the end the bot may
// come to rest, and both ends are held against each other.
//
// RELANCE_CRASH_SEED draws the same people and moments again, RELANCE_CRASH_KILLS
// another number of them.
func TestKilledAnywhereKeepsItsPromises(t *testing.T) {
	t.Parallel()
	kills := trialKills(t, 240, 20)
	c := newTrial(t, trialConfig{seed: trialSeed(t), people: 8, quorum: 1})
	begun := time.Now()
	c.begin()
	c.kill(kills*2/3, 0, moments)
	if !testing.Short() { // replies of unknown outcome come again after 30 s: that is disturbed as well
		c.join(false)
		time.Sleep(29*time.Second - time.Since(begun))
	}
	c.join(true)
	c.kill(kills, 100*time.Millisecond, moments)
	disturbed := time.Since(begun)
	c.calm()

	e := c.verdict(fmt.Sprintf("%d kills in %.1f s, at rest %.1f s later", c.kills, disturbed.Seconds(), time.Since(begun).Seconds()-disturbed.Seconds()))
	t.Logf("killed:\n%s", c.killer)
	e.fewStuck(t)
	if c.kills < kills {
		t.Errorf("%d kills, want %d", c.kills, kills)
	}
}

// fewStuck lets some people lose a reply: two kills, one for each try, may do that.
func (e *evidence) fewStuck(t *testing.T) {
	t.Helper()
	stuck := len(slices.DeleteFunc(slices.Clone(e.people), func(p *witnessed) bool { return !p.stuck() }))
	if allowed := 1 + len(e.people)/10; stuck > allowed {
		t.Errorf("%d people lost a reply: two kills, one for each try, may do that, but not so often", stuck)
	}
}

// kill kills one of the bots and restarts it, until that was done so many times.
// Each time all may live undisturbed first for up to calm.
func (c *trial) kill(kills int, calm time.Duration, from []moment) {
	for c.kills < kills {
		time.Sleep(time.Duration(c.random.Int64N(int64(calm + 1))))
		i := c.random.IntN(len(c.bots))
		s := c.bots[i]
		c.killer.draw(c.random, s.bot, i, from)
		select {
		case <-s.bot.ended:
		case <-time.After(time.Duration(50+c.random.IntN(400)) * time.Millisecond):
			c.killer.now(anyTime)
		}
		c.buried(i, s.bot)
		for c.random.IntN(10) == 0 && c.kills < kills {
			early := c.launch(s)
			time.Sleep(time.Duration(c.random.Int64N(int64(s.startTime))))
			_ = early.process.Kill()
			early.wait(c.t)
			if !portTaken(early) {
				c.killer.note(whileStarting)
				c.buried(i, early)
			}
		}
		c.start(s)
		if c.random.IntN(20) == 0 { // some echoes are late, others too late
			c.echo()
		}
	}
}
