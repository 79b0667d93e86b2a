package postgres_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// benchPeople is how many the benchmarks' database knows.
const benchPeople = 10_000

// openBench opens a filled store on a server of its own, and says how much time of
// processors the server's connections have used, in µs, where /proc tells.
func openBench(b *testing.B) (*postgres.Store, func() float64) {
	b.Helper()
	server := pgtest.Start(b, pgtest.Config{})
	s := open(b, server.URL(b), postgres.Config{})
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	fill(b, s, benchPeople)
	parent := strconv.Itoa(server.PID(b))
	return s, func() (used float64) {
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, name := range stats {
			raw, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			_, rest, _ := strings.Cut(string(raw), ") ")
			fields := strings.Fields(rest)
			if len(fields) > 12 && fields[1] == parent {
				user, _ := strconv.ParseFloat(fields[11], 64)
				system, _ := strconv.ParseFloat(fields[12], 64)
				used += (user + system) * 10_000
			}
		}
		return used
	}
}

// each reports what an item costs beside the operation's time.
func each(b *testing.B, s *postgres.Store, used func() float64, f func(run int) (items int)) {
	b.Helper()
	b.ReportAllocs()
	items, before, trips := 0, used(), s.Exchanges()
	b.ResetTimer()
	for run := range b.N {
		items += f(run)
	}
	b.StopTimer()
	n := float64(max(items, 1))
	b.ReportMetric(float64(b.Elapsed().Microseconds())/n, "µs/item")
	b.ReportMetric((used()-before)/n, "server-µs/item")
	b.ReportMetric(float64(s.Exchanges()-trips)/float64(b.N), "trips/op")
}

// BenchmarkWebhooks is 64 webhooks in one group.
func BenchmarkWebhooks(b *testing.B) {
	s, used := openBench(b)
	each(b, s, used, func(run int) int {
		webhooks(b, s, run, run*turnBatch%(benchPeople-turnBatch), turnBatch)
		return turnBatch
	})
}

// BenchmarkTurns is 64 turns in one write: read all, put the contact, an answer and a
// timer.
func BenchmarkTurns(b *testing.B) {
	s, used := openBench(b)
	for run := range b.N {
		write(b, s, func(tx storage.Tx) error {
			for i := range turnBatch {
				in := storage.Input{Contact: contactID((run*turnBatch + i) % benchPeople), Kind: "message", Body: []byte(`{"text":"stock ?"}`), At: now}
				if _, err := tx.Enqueue(in); err != nil {
					return err
				}
			}
			return nil
		})
	}
	each(b, s, used, func(run int) (n int) {
		write(b, s, func(tx storage.Tx) (err error) {
			n, err = turns(tx, run)
			return err
		})
		return n
	})
}

// BenchmarkChunk is 200 subscribers decided in one write: read all, put the consent,
// the decision and the message.
func BenchmarkChunk(b *testing.B) {
	s, used := openBench(b)
	occurrence := func(n int) {
		write(b, s, func(tx storage.Tx) error {
			return tx.PutOccurrence(storage.Occurrence{Trigger: "monday#1", ID: fmt.Sprint(n), Flow: "monday", Topic: "restock", State: "running", At: now})
		})
	}
	each(b, s, used, func(run int) (n int) {
		if run%(benchPeople/chunk) == 0 { // everyone was asked: the next occurrence
			b.StopTimer()
			write(b, s, func(tx storage.Tx) error {
				for old := range run / (benchPeople / chunk) {
					if err := tx.PutOccurrence(storage.Occurrence{Trigger: "monday#1", ID: fmt.Sprint(old * benchPeople / chunk), State: "done"}); err != nil {
						return err
					}
				}
				return nil
			})
			occurrence(run)
			b.StartTimer()
		}
		write(b, s, func(tx storage.Tx) (err error) {
			n, err = decide(tx, run)
			return err
		})
		return n
	})
}

// BenchmarkSettle is 256 notifications settled in one write: their decisions get the
// platform's ids and the messages are deleted.
func BenchmarkSettle(b *testing.B) {
	s, used := openBench(b)
	for run := range b.N {
		write(b, s, func(tx storage.Tx) error {
			for i := range settleSize {
				contact := contactID(settledFrom(run) + i)
				d := notified(contact, sendID(run, i))
				d.Occurrence = strconv.Itoa(run)
				err := tx.PutNotification(storage.Send{
					ID: sendID(run, i), Contact: contact, Page: page, State: storage.SendClaimed, Ready: now, At: now, ClaimAt: now,
					Bulk: true, Topic: "restock", Lane: "recurring", Body: []byte(`{"message":{"text":"La Gazelle est de retour en 42, Zoé !"}}`),
				}, []storage.Decision{d})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	each(b, s, used, func(run int) int {
		write(b, s, func(tx storage.Tx) error { return settle(tx, run, settledFrom(run), settleSize, strconv.Itoa(run)) },
			settled(settledFrom(run), settleSize))
		return settleSize
	})
}

// settledFrom is the first of whom a run settles.
func settledFrom(run int) int { return run % (benchPeople / settleSize) * settleSize }

// BenchmarkIdle is a look that finds nothing to do.
func BenchmarkIdle(b *testing.B) {
	s, used := openBench(b)
	each(b, s, used, func(int) int {
		err := s.Read(context.Background(), func(r storage.Reader) error {
			_, _, err1 := r.NextTimer()
			_, err2 := r.Pending(now, 1)
			_, _, err3 := r.NextReady(now)
			_, err4 := r.Occurrences("running", 1)
			_, err5 := r.SendsIn(storage.SendWaiting, 1)
			_, _, err6 := r.NextSend(nil)
			_, err7 := r.Unsealed(1)
			for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		return 1
	})
}
