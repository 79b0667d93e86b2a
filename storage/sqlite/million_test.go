package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// million is how many people the benchmarks of large files have, unless
// RELANCE_BENCH_PEOPLE says otherwise.
func million(b *testing.B) int {
	b.Helper()
	text := os.Getenv("RELANCE_BENCH_PEOPLE")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkMillionContacts has a file of a million people, each with a consent, two
// interests and a permit: opening it, reading one of them, and a whole audience
// chunk by chunk, with and without interests.
func BenchmarkMillionContacts(b *testing.B) {
	people := audience{million(b)}
	path := filepath.Join(b.TempDir(), "bench.db")
	size := reopened(b, path, people.fill)

	b.Run("open", func(b *testing.B) {
		b.ReportMetric(float64(size)/(1<<20), "MiB")
		for b.Loop() {
			s, err := Open(context.Background(), path, Config{Exclusive: true})
			if err != nil {
				b.Fatal(err)
			}
			err = s.Read(context.Background(), func(r storage.Reader) error {
				_, err := r.Contact(people.person(people.n / 2))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := Open(context.Background(), path, Config{Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, q := range []struct {
		name string
		q    storage.Subscribers
		want int
	}{
		{"all", storage.Subscribers{Topic: "restock"}, people.n},
		{"zone", storage.Subscribers{Topic: "restock", Zone: "Europe/Paris", DefaultZone: "Europe/Paris"}, people.n},
		{"terms", storage.Subscribers{Topic: "restock", Terms: []string{"model=Gazelle", "size=42"}}, people.n},
		{"nobody's term", storage.Subscribers{Topic: "restock", Terms: []string{"model=Gazelle", "size=99"}}, 0},
	} {
		b.Run("audience/"+q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.q.After, q.q.Limit = "", 500
				found := 0
				for {
					var ids []string
					err := s.Read(context.Background(), func(r storage.Reader) (err error) {
						ids, err = r.Subscribers(q.q)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
					if found += len(ids); len(ids) < q.q.Limit {
						break
					}
					q.q.After = ids[len(ids)-1]
				}
				if found != q.want {
					b.Fatalf("%d found, want %d", found, q.want)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(people.n), "ns/person")
		})
	}
}

// BenchmarkMillionTimers has a timer for each of a million people, in the order in
// which they came: how much room that is, and what looking at them costs while none
// is due, and when all are, at one instant.
func BenchmarkMillionTimers(b *testing.B) {
	people := audience{million(b)}
	path := filepath.Join(b.TempDir(), "bench.db")
	empty := reopened(b, path, func(*Store) error { return nil })
	due := benchNow.Add(time.Hour)
	start := time.Now()
	size := reopened(b, path, func(s *Store) error {
		for from := 0; from < people.n; from += 5000 {
			err := s.Write(context.Background(), func(tx storage.Tx) error {
				for i := from; i < from+5000; i++ {
					err := tx.PutTimer(storage.Timer{Contact: people.person(i), Kind: "held", Key: "monday#0", At: due})
					if err != nil {
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
	})
	put := time.Since(start)
	before := resident()
	s, err := Open(context.Background(), path, Config{Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		name string
		now  time.Time
		want int
	}{{"none due", benchNow, 0}, {"all due", due, 256}} {
		b.Run(c.name, func(b *testing.B) {
			used := cpuTime()
			for b.Loop() {
				err := s.Read(context.Background(), func(r storage.Reader) error {
					list, err := r.DueTimers(c.now, 256)
					if len(list) != c.want {
						b.Fatalf("%d due, want %d", len(list), c.want)
					}
					_, _, err2 := r.NextTimer()
					return errors.Join(err, err2)
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-used).Nanoseconds())/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(size-empty)/(1<<20), "MiB")
			b.ReportMetric(float64(resident()-before)/(1<<20), "MiB-resident")
			b.ReportMetric(float64(put.Nanoseconds())/float64(people.n), "ns/put")
		})
	}
}

// BenchmarkOpen is what a start costs: with a new file, and with one that is
// there.
func BenchmarkOpen(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for range b.N {
			openAndClose(b, filepath.Join(b.TempDir(), "bench.db"))
		}
	})
	b.Run("again", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "bench.db")
		for range b.N {
			openAndClose(b, path)
		}
	})
}

func openAndClose(b *testing.B, path string) {
	s, err := Open(context.Background(), path, Config{Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
