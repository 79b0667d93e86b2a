package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

const roomPage = "messenger:104857600000000"

// audience is people in the order they came, which is not that of their ids.
type audience struct{ n int }

func (a audience) person(i int) string {
	return fmt.Sprintf("%s:24%014d", roomPage, i*10_000_000_019%99_999_999_977)
}

func (a audience) fill(s *Store) error {
	for from := 0; from < a.n; from += 1000 {
		err := s.Write(context.Background(), func(tx storage.Tx) error {
			for i := from; i < min(a.n, from+1000); i++ {
				id := a.person(i)
				if err := tx.PutContact(storage.Contact{
					ID: id, FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris",
					Fields: []byte(`{"size":42}`), CreatedAt: benchNow, LastAct: benchNow,
				}); err != nil {
					return err
				}
				if err := tx.PutConsent(consentOf(id)); err != nil {
					return err
				}
				if err := tx.PutPermit(permitOf(id)); err != nil {
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
}

func consentOf(id string) storage.Consent {
	return storage.Consent{
		Contact: id, Topic: "restock", Status: "active", Cadence: "weekly",
		Interests: []byte(`[{"model":"Gazelle","size":42}]`), Terms: [][]string{{"model=Gazelle", "size=42"}},
		ActiveSince: benchNow, ChangedAt: benchNow, Body: []byte(`{"by":"person"}`),
	}
}

func permitOf(id string) storage.Permit {
	return storage.Permit{
		Contact: id, Lane: "recurring", Topic: "restock", Token: "token-of-" + id, UpdatedAt: benchNow,
		Body: []byte(`{"title":"Les retours en stock","frequency":"weekly"}`), ExpiresAt: benchNow.Add(200 * 24 * time.Hour),
	}
}

// messageID is like the platform's: 86 characters that look random.
func messageID(n int) string {
	a, b := sha256.Sum256(fmt.Append(nil, "a", n)), sha256.Sum256(fmt.Append(nil, "b", n))
	return "m_" + base64.RawURLEncoding.EncodeToString(append(a[:], b[:]...))
}

// sendID is like ours: it begins with the time.
func sendID(n int) string {
	a := sha256.Sum256(fmt.Append(nil, "s", n))
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	id := fmt.Sprintf("01k%07d", n/100)
	for _, c := range a[:16] {
		id += digits[c%32 : c%32+1]
	}
	return id
}

// notification is one person's part of a campaign.
type notification struct {
	decision storage.Decision
	send     storage.Send
}

// decide is what a turn writes that notifies one person: what was decided, the
// message, already claimed by whoever sends it, and what it used up.
func decide(tx storage.Tx, id string, n int, occurrence string) (out notification, err error) {
	at := benchNow.Add(time.Duration(n) * time.Millisecond)
	out.send = storage.Send{
		ID: sendID(n), Contact: id, Page: roomPage, State: storage.SendClaimed, Ready: at, At: at, ClaimAt: at, Bulk: true,
		Topic: "restock", Lane: "recurring", Body: make([]byte, 500),
	}
	out.decision = storage.Decision{
		Contact: id, Trigger: "back_in_stock#0", Occurrence: occurrence, Flow: "back_in_stock", Topic: "restock",
		Kind: "sent", Lane: "recurring", Values: []byte(`{"refused":{"utility":"no template"}}`), At: at, FirstDue: benchNow,
		Expires: benchNow.Add(time.Hour), Send: out.send.ID,
	}
	if err := tx.PutNotification(out.send, []storage.Decision{out.decision}); err != nil {
		return out, err
	}
	return out, tx.NoteSent(id, "restock", at, 1<<30)
}

// accept is what is written when the platform took the message.
func accept(tx storage.Tx, n notification, i int) error {
	d := n.decision
	d.MID = messageID(i)
	return tx.AcceptNotification(d.Send, []storage.Decision{d})
}

// campaign notifies the whole audience as the runtime does: a chunk is decided
// while the one before it is sent. first is the number of the first notification.
func (a audience) campaign(s *Store, occurrence string, first int) error {
	ctx := context.Background()
	const chunk = 250
	after := ""
	var out []notification
	for n := first; ; {
		var ids []string
		err := s.Write(ctx, func(tx storage.Tx) (err error) {
			ids, err = tx.Subscribers(storage.Subscribers{Topic: "restock", After: after, Limit: chunk})
			return err
		})
		if err != nil {
			return err
		}
		sent, sentFrom := out, n-len(out)
		out = nil
		err = s.Write(ctx, func(tx storage.Tx) error {
			for i, id := range ids {
				one, err := decide(tx, id, n+i, occurrence)
				if err != nil {
					return err
				}
				out = append(out, one)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = s.Write(ctx, func(tx storage.Tx) error {
			for i, one := range sent {
				if err := accept(tx, one, sentFrom+i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		n, after = n+len(ids), ids[len(ids)-1]
	}
}

// fileSize is what a closed database takes on the disk.
func fileSize(tb testing.TB, path string) int64 {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// reopened runs do on the file at path and returns how large it is then.
func reopened(tb testing.TB, path string, do func(s *Store) error) int64 {
	tb.Helper()
	s, err := Open(context.Background(), path, Config{Exclusive: true})
	if err != nil {
		tb.Fatal(err)
	}
	if err := do(s); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return fileSize(tb, path)
}

// BenchmarkNotificationRoom is what campaigns add to the file: the first one, and
// one more.
func BenchmarkNotificationRoom(b *testing.B) {
	people := audience{100_000}
	for range b.N {
		path := filepath.Join(b.TempDir(), "bench.db")
		before := reopened(b, path, people.fill)
		for i, name := range []string{"first", "second"} {
			start := cpuTime()
			forgetPeak()
			after := reopened(b, path, func(s *Store) error { return people.campaign(s, fmt.Sprint("restock-", i), i*people.n) })
			b.ReportMetric(float64(after-before)/(1<<20), "MiB/"+name)
			b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(people.n), "cpu-ns/"+name)
			b.ReportMetric(float64(peak())/(1<<20), "MiB-peak/"+name)
			before = after
		}
	}
}

// TestNotificationsTakeLittleRoom is the promise of 40 MiB for 100,000 of them, with
// everything kept: also on the first campaign, which makes the records of consents
// longer.
func TestNotificationsTakeLittleRoom(t *testing.T) {
	t.Parallel()
	const promised = 40 << 20 / 100_000
	people := audience{8000}
	path := filepath.Join(t.TempDir(), "relance.db")
	before := reopened(t, path, people.fill)
	for i := range 2 {
		after := reopened(t, path, func(s *Store) error { return people.campaign(s, fmt.Sprint("restock-", i), i*people.n) })
		if each := (after - before) / int64(people.n); each > promised {
			t.Errorf("campaign %d: %d bytes for each notification, want at most %d", i+1, each, promised)
		}
		before = after
	}
	reopened(t, path, func(s *Store) error {
		return s.Read(context.Background(), func(r storage.Reader) error {
			order, err := r.Subscribers(storage.Subscribers{Topic: "restock", Limit: 18})
			if err != nil {
				return err
			}
			list, err := r.DecisionsByMID(order[17], messageID(people.n+17))
			if len(list) != 1 || list[0].Send != sendID(people.n+17) || list[0].Occurrence != "restock-1" {
				t.Errorf("found %v, want the 18th decision of the second campaign", list)
			}
			return err
		})
	})
}
