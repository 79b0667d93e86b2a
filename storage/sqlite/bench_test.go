package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

var benchNow = time.UnixMilli(1_790_000_000_000).UTC()

func benchContact(i int) string { return fmt.Sprintf("messenger:104857600000000:%016d", i) }

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "bench.db"), Config{Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

func mustWrite(b *testing.B, s *Store, f func(tx storage.Tx) error) {
	b.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		b.Fatal(err)
	}
}

// fill puts n contacts with an active consent and two interests each.
func fill(b *testing.B, s *Store, n int) {
	b.Helper()
	for from := 0; from < n; from += 5000 {
		mustWrite(b, s, func(tx storage.Tx) error {
			for i := from; i < min(n, from+5000); i++ {
				if err := tx.PutContact(storage.Contact{
					ID: benchContact(i), FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris",
					Fields: []byte(`{"size":42}`), CreatedAt: benchNow, LastAct: benchNow,
				}); err != nil {
					return err
				}
				if err := tx.PutConsent(storage.Consent{
					Contact: benchContact(i), Topic: "restock", Status: "active", Cadence: "weekly",
					Interests:   []byte(`[{"model":"Gazelle","size":42}]`),
					Terms:       [][]string{{"model=Gazelle", fmt.Sprintf("size=%d", 35+i%14)}},
					ActiveSince: benchNow, ChangedAt: benchNow,
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// turn is what a turn of a conversation does to the store.
func turn(tx storage.Tx, contact string, seq int64, send string) error {
	c, err := tx.Contact(contact)
	if err != nil {
		return err
	}
	if _, err := tx.Consents(contact); err != nil {
		return err
	}
	c.LastAct = benchNow
	c.Session = []byte(`{"stack":[{"flow":"restock","step":3,"waits":"answer"}],"names":{"found":[]},"v":1}`)
	if err := tx.PutContact(c); err != nil {
		return err
	}
	if err := tx.PutSend(storage.Send{
		ID: send, Contact: contact, Page: "messenger:104857600000000", State: storage.SendPending,
		Ready: benchNow, At: benchNow, Lane: "window",
		Body: []byte(`{"message":{"text":"Quelle pointure cherches-tu ?","quick_replies":[{"title":"39"},{"title":"40"},{"title":"41"}]}}`),
	}); err != nil {
		return err
	}
	return tx.DeleteInput(contact, seq)
}

func enqueue(tx storage.Tx, contact string) (int64, error) {
	return tx.Enqueue(storage.Input{Contact: contact, Kind: "message", Body: []byte(`{"text":"stock"}`), At: benchNow})
}

// BenchmarkTurn is one whole turn per Write: alone, and with others to share the
// commit with.
func BenchmarkTurn(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openBench(b)
			fill(b, s, 10_000)
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(writers)
			body := func() {
				i := n.Add(1)
				contact := benchContact(int(i) % 10_000)
				var seq int64
				mustWrite(b, s, func(tx storage.Tx) (err error) {
					seq, err = enqueue(tx, contact)
					return err
				})
				mustWrite(b, s, func(tx storage.Tx) error { return turn(tx, contact, seq, fmt.Sprintf("s%024d", i)) })
			}
			b.ResetTimer()
			if writers == 1 {
				for range b.N {
					body()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					body()
				}
			})
		})
	}
}

// BenchmarkStatement is what each method costs beside the commit.
func BenchmarkStatement(b *testing.B) {
	const contacts = 10_000
	cases := []struct {
		name string
		do   func(tx storage.Tx, i int) error
	}{
		{"Contact", func(tx storage.Tx, i int) error { _, err := tx.Contact(benchContact(i % contacts)); return err }},
		{"Consents", func(tx storage.Tx, i int) error { _, err := tx.Consents(benchContact(i % contacts)); return err }},
		{"Inputs", func(tx storage.Tx, i int) error { _, err := tx.Inputs(benchContact(i%contacts), 1); return err }},
		{"PutContact", func(tx storage.Tx, i int) error {
			return tx.PutContact(storage.Contact{
				ID: benchContact(i % contacts), FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris",
				Fields: []byte(`{"size":42}`), CreatedAt: benchNow, LastAct: benchNow,
			})
		}},
		{"PutConsent", func(tx storage.Tx, i int) error {
			return tx.PutConsent(storage.Consent{
				Contact: benchContact(i % contacts), Topic: "restock", Status: "active", Cadence: "weekly",
				Interests: []byte(`[{"model":"Gazelle","size":42}]`), ActiveSince: benchNow, ChangedAt: benchNow, LastSent: benchNow,
			})
		}},
		{"Once", func(tx storage.Tx, i int) error {
			_, err := tx.Once(fmt.Sprintf("messenger:m_%060d", i), benchNow)
			return err
		}},
		{"EnqueueDelete", func(tx storage.Tx, i int) error {
			seq, err := enqueue(tx, benchContact(i%contacts))
			if err != nil {
				return err
			}
			return tx.DeleteInput(benchContact(i%contacts), seq)
		}},
		{"SendLife", func(tx storage.Tx, i int) error {
			send := storage.Send{
				ID: fmt.Sprintf("s%024d", i), Contact: benchContact(i % contacts), Page: "messenger:104857600000000",
				State: storage.SendPending, Ready: benchNow, At: benchNow, Body: []byte(`{"message":{"text":"Bonjour"}}`),
			}
			if err := tx.PutSend(send); err != nil {
				return err
			}
			send.State, send.MID = storage.SendSent, fmt.Sprintf("m_%060d", i)
			return tx.PutSend(send)
		}},
		{"PutDecision", func(tx storage.Tx, i int) error {
			return tx.PutDecision(storage.Decision{
				Contact: benchContact(i % contacts), Trigger: "monday#1", Occurrence: fmt.Sprint(i), Flow: "monday",
				Topic: "nouveautes", Kind: "sent", Lane: "recurring", At: benchNow, Send: fmt.Sprintf("s%024d", i),
			})
		}},
		{"PutDeleteTimer", func(tx storage.Tx, i int) error {
			if err := tx.PutTimer(storage.Timer{Contact: benchContact(i % contacts), Kind: "wait", Key: "1", At: benchNow}); err != nil {
				return err
			}
			return tx.DeleteTimer(benchContact(i%contacts), "wait", "1")
		}},
		{"Turn", func(tx storage.Tx, i int) error {
			contact := benchContact(i % contacts)
			seq, err := enqueue(tx, contact)
			if err != nil {
				return err
			}
			return turn(tx, contact, seq, fmt.Sprintf("s%024d", i))
		}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			s := openBench(b)
			fill(b, s, contacts)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; {
				mustWrite(b, s, func(tx storage.Tx) error {
					for n := 0; n < 200 && i < b.N; n++ {
						if err := c.do(tx, i); err != nil {
							return err
						}
						i++
					}
					return nil
				})
			}
		})
	}
}

// BenchmarkGroupCommit is the smallest write there is, by 64 writers at once.
func BenchmarkGroupCommit(b *testing.B) {
	s := openBench(b)
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			contact := benchContact(int(n.Add(1)) % 10_000)
			mustWrite(b, s, func(tx storage.Tx) error {
				_, err := enqueue(tx, contact)
				return err
			})
		}
	})
}

// BenchmarkSubscribers is one chunk of 500 of 100,000.
func BenchmarkSubscribers(b *testing.B) {
	s := openBench(b)
	fill(b, s, 100_000)
	for _, q := range []struct {
		name string
		q    storage.Subscribers
	}{
		{"all", storage.Subscribers{Topic: "restock", Limit: 500}},
		{"zone", storage.Subscribers{Topic: "restock", Zone: "Europe/Paris", DefaultZone: "Europe/Paris", Limit: 500}},
		{"terms", storage.Subscribers{Topic: "restock", Terms: []string{"model=Gazelle", "size=42"}, Limit: 500}},
	} {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				q.q.After = benchContact(i % 90_000)
				err := s.Read(context.Background(), func(r storage.Reader) error {
					_, err := r.Subscribers(q.q)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPending looks for 256 inputs to handle among those of 100,000 people
// who all have three: ready ones, and ones that are not.
func BenchmarkPending(b *testing.B) {
	for _, c := range []struct {
		name  string
		ready time.Time
	}{{"ready", time.Time{}}, {"waiting", benchNow.Add(time.Hour)}} {
		b.Run(c.name, func(b *testing.B) {
			s := openBench(b)
			for from := 0; from < 100_000; from += 5000 {
				mustWrite(b, s, func(tx storage.Tx) error {
					for i := range 15_000 {
						if _, err := tx.Enqueue(storage.Input{
							Contact: benchContact(from + i/3), Kind: "message", Body: make([]byte, 100), At: benchNow, Ready: c.ready,
						}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				err := s.Read(context.Background(), func(r storage.Reader) error {
					list, err := r.Pending(benchNow, 256)
					if want := map[bool]int{true: 256, false: 0}[c.ready.IsZero()]; len(list) != want {
						b.Fatalf("%d pending, want %d", len(list), want)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkClaimSends claims 500 with as many again settled before, as in a
// campaign; one operation is one chunk.
func BenchmarkClaimSends(b *testing.B) {
	s := openBench(b)
	for i := range b.N {
		b.StopTimer()
		mustWrite(b, s, func(tx storage.Tx) error {
			for n := range 500 {
				if err := tx.PutSend(storage.Send{
					ID: fmt.Sprintf("s%012d-%012d", i, n), Contact: benchContact(n), Page: "messenger:104857600000000",
					State: storage.SendPending, Ready: benchNow, At: benchNow, Bulk: true, Body: []byte(`{"message":{"text":"Bonjour"}}`),
				}); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
		var sends []storage.Send
		mustWrite(b, s, func(tx storage.Tx) (err error) {
			sends, err = tx.ClaimSends(benchNow, 500, nil)
			return err
		})
		if len(sends) != 500 {
			b.Fatalf("claimed %d, want 500", len(sends))
		}
		b.StopTimer()
		mustWrite(b, s, func(tx storage.Tx) error {
			for _, send := range sends {
				send.State = storage.SendSent
				if err := tx.PutSend(send); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
	}
}
