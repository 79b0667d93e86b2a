package cmd

import (
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestTheDatabaseIsKilledUnderLoad stops the database of three processes again and
// again, as if it had crashed, and starts it on what it had written.
func TestTheDatabaseIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	kills := trialKills(t, 6, 2)
	server := pgtest.Start(t, pgtest.Config{})
	c := newCluster(t, trialConfig{look: server.URL(t), people: 12, quorum: 8, wait: time.Second, readers: true, faulty: true})
	begun := time.Now()
	c.begin()
	for i := range kills {
		time.Sleep(time.Duration(500+c.random.IntN(1000)) * time.Millisecond)
		down := time.Now()
		server.Stop(t, true)
		time.Sleep(time.Duration(c.random.IntN(300)) * time.Millisecond)
		server.Start(t)
		c.hit(everyone, down)
		if i == kills/2 {
			c.fire()
		}
	}
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("%d ends of the database in %.1f s, at rest %.1f s later", kills, disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
}

// TestCommitsAreCut ends connections to the database in the middle of a commit:
// before it was sent, once it was sent, and once it was done but not answered.
func TestCommitsAreCut(t *testing.T) {
	t.Parallel()
	times := trialKills(t, 60, 12)
	server := pgtest.Start(t, pgtest.Config{})
	look := server.URL(t)
	var cutters []*cutter
	var through []string
	for range 3 {
		k := newCutter(t, server.Socket())
		cutters, through = append(cutters, k), append(through, k.through(t, look))
	}
	c := newCluster(t, trialConfig{look: look, databases: through, people: 12, quorum: 8, wait: time.Second, readers: true, faulty: true})
	begun := time.Now()
	c.begin()
	for i := range times {
		k := cutters[c.random.IntN(len(cutters))]
		k.next(cuts[i%len(cuts)])
		c.until("a commit is cut", func() bool { return !k.waiting() })
		time.Sleep(time.Duration(c.random.IntN(200)) * time.Millisecond)
		if i == times/2 {
			c.fire()
		}
	}
	disturbed := time.Since(begun)
	c.calm()
	c.verdict(fmt.Sprintf("%d commits cut in %.1f s, at rest %.1f s later", times, disturbed.Seconds(), (time.Since(begun) - disturbed).Seconds()))
	for _, where := range cuts {
		n := 0
		for _, k := range cutters {
			n += k.count(where)
		}
		t.Logf("%4d %s", n, where)
	}
}
