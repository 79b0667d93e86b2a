package sealed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/sealed"
	"github.com/relance-bot/relance/storage/sqlite"
	"github.com/relance-bot/relance/storage/storagetest"
)

const day = 24 * time.Hour

// coded is a key in base64, of 32 times a letter.
func coded(letter byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{letter}, 32))
}

func keys(t testing.TB, letters string) (out []sealed.Key) {
	t.Helper()
	var parts []string
	for i := range len(letters) {
		parts = append(parts, coded(letters[i]))
	}
	out, err := sealed.ParseKeys(strings.Join(parts, ","))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// file opens a SQLite file under keys, without closing it if they are the wrong ones.
func file(t testing.TB, dir, letters string) (storage.Store, error) {
	t.Helper()
	inner, err := sqlite.Open(context.Background(), filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := sealed.Open(context.Background(), inner, keys(t, letters))
	if err != nil {
		if err := inner.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s, err
}

func mustFile(t testing.TB, dir, letters string) storage.Store {
	t.Helper()
	s, err := file(t, dir, letters)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, s storage.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSealedSQLiteIsAStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t testing.TB, dir string) storage.Store { return mustFile(t, dir, "a") })
}

func TestSealedPostgresIsAStore(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	urls := map[string]string{}
	storagetest.Run(t, func(t testing.TB, dir string) storage.Store {
		mu.Lock()
		if urls[dir] == "" {
			urls[dir] = pgtest.URL(t)
		}
		url := urls[dir]
		mu.Unlock()
		inner, err := postgres.Open(context.Background(), url, postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := sealed.Open(context.Background(), inner, keys(t, "a"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Abilities().Shared == nil {
			t.Error("a sealed PostgreSQL database is not shared any more")
		}
		return s
	})
}

const secret = "Sesamöffnedich"

// plants puts the secret wherever a person's own words can be.
func plants(t testing.TB, s storage.Store, id string) {
	t.Helper()
	raw := []byte(`{"card":"` + secret + `"}`)
	err := s.Write(context.Background(), func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Input{Contact: id, Kind: "event", Body: raw, At: time.UnixMilli(1)})
		return errors.Join(err,
			tx.PutContact(storage.Contact{ID: id, FirstName: secret, LastName: secret, Fields: []byte(`{"card":"` + secret + id + `"}`), Prefs: raw, Session: raw, CreatedAt: time.UnixMilli(1)}),
			tx.PutUnique(id, "card", secret+id),
			tx.PutPermit(storage.Permit{Contact: id, Lane: "recurring", Topic: "restock", Token: secret, Body: raw}),
			tx.PutTimer(storage.Timer{Contact: id, Kind: "wake", At: time.UnixMilli(1), Body: raw}),
			tx.PutDecision(storage.Decision{Contact: id, Trigger: "t", Occurrence: "o", Kind: "held", Event: raw, At: time.UnixMilli(1)}),
			tx.PutSend(storage.Send{ID: "s" + id, Contact: id, Page: "messenger:1", State: storage.SendPending, Body: raw}),
			tx.PutStray(storage.Stray{At: time.UnixMilli(1), Source: "messenger", Reason: "unknown", Body: raw}),
			tx.PutSalt(id, []byte(secret)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// reads looks for the secret in all of these places.
func reads(t testing.TB, s storage.Store, id string) {
	t.Helper()
	err := s.Read(context.Background(), func(r storage.Reader) error {
		c, err1 := r.ContactByField("card", secret+id)
		permits, err2 := r.Permits(id)
		timers, err3 := r.Timers(id)
		inputs, err4 := r.Inputs(id, 0)
		decision, err5 := r.Decision(id, "t", "o")
		send, err6 := r.Send("s" + id)
		strays, err7 := r.Strays(0, 1)
		salt, err8 := r.Salt(id)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		for name, value := range map[string]string{
			"first name": c.FirstName, "last name": c.LastName, "fields": string(c.Fields), "prefs": string(c.Prefs), "session": string(c.Session),
			"token": permits[0].Token, "permit": string(permits[0].Body), "timer": string(timers[0].Body), "input": string(inputs[0].Body),
			"decision": string(decision.Event), "send": string(send.Body), "stray": string(strays[0].Body), "salt": string(salt),
		} {
			if !strings.Contains(value, secret) || len(value) > len(secret)+len(id)+11 {
				t.Errorf("%s is %q", name, value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// onDisk says whether a text stands in any file of a folder.
func onDisk(t testing.TB, dir, text string) bool {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, e := range list {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(content, []byte(text))
	}
	return found
}

func TestNothingPersonalStandsInTheFile(t *testing.T) {
	t.Parallel()
	for letters, want := range map[string]bool{"": true, "a": false} {
		dir := t.TempDir()
		s := mustFile(t, dir, letters)
		plants(t, s, "messenger:1:7")
		reads(t, s, "messenger:1:7")
		if got := onDisk(t, dir, secret); got != want {
			t.Errorf("keys %q: the secret stands in the files: %v, want %v", letters, got, want)
		}
		closed(t, s)
	}
}

func TestAWrongKeyIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustFile(t, dir, "a")
	plants(t, s, "messenger:1:7")
	closed(t, s)
	a, b := keys(t, "a")[0].ID(), keys(t, "b")[0].ID()
	for letters, want := range map[string]string{"": "not set, and values are sealed with key " + a, "b": "sealed with key " + a + ", given is " + b} {
		if _, err := file(t, dir, letters); !errors.Is(err, sealed.ErrKey) || !strings.Contains(err.Error(), want) {
			t.Errorf("keys %q: %v, want %q", letters, err, want)
		}
	}
	s = mustFile(t, dir, "ba")
	plants(t, s, "messenger:1:8") // now b seals, and a is needed still
	closed(t, s)
	if _, err := file(t, dir, "b"); !errors.Is(err, sealed.ErrKey) || !strings.Contains(err.Error(), "older key "+a) {
		t.Errorf("without the older key: %v", err)
	}
	s = mustFile(t, dir, "ab") // and back
	reads(t, s, "messenger:1:7")
	reads(t, s, "messenger:1:8")
	closed(t, s)
}

func TestValuesMoveToTheFirstKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustFile(t, dir, "")
	var people []string
	for i := range 120 { // three steps
		people = append(people, "messenger:1:"+string(rune('A'+i/26))+string(rune('a'+i%26)))
		plants(t, s, people[i])
	}
	closed(t, s)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	walk := func(s storage.Store) (steps int, retired []string) {
		for more := true; more; steps++ {
			m, gone, err := s.Abilities().Resealer.Reseal(context.Background(), now)
			if err != nil {
				t.Fatal(err)
			}
			more, retired = m, append(retired, gone...)
		}
		return steps, retired
	}
	taken := func(s storage.Store) {
		t.Helper()
		err := s.Write(context.Background(), func(tx storage.Tx) error { return tx.PutUnique("messenger:1:other", "card", secret+people[5]) })
		if !errors.Is(err, storage.ErrTaken) {
			t.Errorf("another takes a unique value: %v, want ErrTaken", err)
		}
	}

	s = mustFile(t, dir, "a") // from clear to a
	taken(s)
	reads(t, s, people[0])
	if steps, _ := walk(s); steps < 3 {
		t.Errorf("120 people in %d steps", steps)
	}
	for _, id := range people {
		reads(t, s, id)
	}
	taken(s)
	closed(t, s)

	s = mustFile(t, dir, "ba") // from a to b, which asks for a during forty days
	walk(s)
	closed(t, s)
	if _, err := file(t, dir, "b"); !errors.Is(err, sealed.ErrKey) {
		t.Errorf("too early without the old key: %v", err)
	}
	now = now.Add(41 * day)
	s = mustFile(t, dir, "ba")
	if _, retired := walk(s); !slices.Equal(retired, []string{keys(t, "a")[0].ID()}) {
		t.Errorf("retired %v", retired)
	}
	closed(t, s)
	s = mustFile(t, dir, "b")
	err := s.Read(context.Background(), func(r storage.Reader) error {
		for _, id := range people {
			c, err1 := r.ContactByField("card", secret+id)
			permits, err2 := r.Permits(id)
			if err := errors.Join(err1, err2); err != nil || c.FirstName != secret || permits[0].Token != secret {
				return errors.Join(err, errors.New("a value is lost"))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	closed(t, s)
}

// walked does whatever Reseal has to do at a time, and says which keys are needed no more.
func walked(t testing.TB, s storage.Store, now time.Time) (retired []string) {
	t.Helper()
	for more := true; more; {
		var gone []string
		var err error
		if more, gone, err = s.Abilities().Resealer.Reseal(context.Background(), now); err != nil {
			t.Fatal(err)
		}
		retired = append(retired, gone...)
	}
	return retired
}

// TestWhatWaitsForLongIsReadWithoutTheKeyThatIsRetired keeps under a key that goes what outlives
// it: a schedule that fires once a year, a message that waits for a Page, and more decisions
// than are looked at together.
func TestWhatWaitsForLongIsReadWithoutTheKeyThatIsRetired(t *testing.T) {
	t.Parallel()
	const id, many = "messenger:1:7", 2500
	ctx, dir, now := context.Background(), t.TempDir(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	raw := []byte(`{"a":1}`)
	s := mustFile(t, dir, "a")
	err := s.Write(ctx, func(tx storage.Tx) error {
		err := errors.Join(
			tx.PutContact(storage.Contact{ID: id, CreatedAt: now}),
			tx.PutTimer(storage.Timer{Kind: "cron", Key: "yearly", At: now.AddDate(1, 0, 0), Body: raw}),
			tx.PutSend(storage.Send{ID: "s", Contact: id, Page: "messenger:1", State: storage.SendPending, Ready: now.AddDate(1, 0, 0), Body: raw}))
		for i := range many {
			d := storage.Decision{Contact: id, Trigger: "t", Occurrence: strconv.Itoa(i), Kind: "sent", Event: raw, At: now.Add(time.Duration(i) * time.Minute)}
			err = errors.Join(err, tx.PutDecision(d))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	s = mustFile(t, dir, "ba")
	walked(t, s, now)
	if gone := walked(t, s, now.Add(41*day)); len(gone) != 1 {
		t.Fatalf("retired %v", gone)
	}
	closed(t, s)
	s = mustFile(t, dir, "b")
	defer closed(t, s)
	err = s.Read(ctx, func(r storage.Reader) error {
		_, err1 := r.Timers("")
		_, err2 := r.Sends(id)
		list, err3 := r.Decisions(storage.DecisionQuery{Contact: id, Limit: many})
		if err3 == nil && len(list) != many {
			t.Errorf("%d decisions", len(list))
		}
		return errors.Join(err1, err2, err3)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestATokenThatAPersonIsFoundByIsSealedToo is kept in clear, and found under the first key.
func TestATokenThatAPersonIsFoundByIsSealedToo(t *testing.T) {
	t.Parallel()
	const id = "messenger:1:7"
	ctx, dir, now := context.Background(), t.TempDir(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := mustFile(t, dir, "")
	err := s.Write(ctx, func(tx storage.Tx) error {
		return errors.Join(
			tx.PutContact(storage.Contact{ID: id, CreatedAt: now}),
			tx.PutPermit(storage.Permit{Contact: id, Lane: "marketing", Token: secret}),
			tx.PutUnique(id, storage.TokenField, secret))
	})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	s = mustFile(t, dir, "a")
	walked(t, s, now)
	err = s.Read(ctx, func(r storage.Reader) error {
		_, err := r.ContactByField(storage.TokenField, secret)
		return err
	})
	if err != nil {
		t.Errorf("whose token it is: %v", err)
	}
	closed(t, s)
	if onDisk(t, dir, secret) {
		t.Error("the token stands in the file")
	}
}

func TestAMovedOrAlteredValueDoesNotOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	inner, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := sealed.Open(ctx, inner, keys(t, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	plants(t, s, "messenger:1:7")
	for name, change := range map[string]func(c *storage.Contact){
		"moved to another":  func(c *storage.Contact) { c.ID = "messenger:1:8" },
		"moved to a column": func(c *storage.Contact) { c.Fields = c.Prefs },
		"altered":           func(c *storage.Contact) { c.Session[len(c.Session)-1] ^= 1 },
		"cut":               func(c *storage.Contact) { c.Session = c.Session[:len(c.Session)-1] },
	} {
		var id string
		err := inner.Write(ctx, func(tx storage.Tx) error {
			c, err := tx.Contact("messenger:1:7")
			change(&c)
			id = c.ID
			return errors.Join(err, tx.PutContact(c))
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Read(ctx, func(r storage.Reader) error { _, err := r.Contact(id); return err })
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want an error", name, err)
		}
		plants(t, s, "messenger:1:7")
	}
}

func TestKeysAreRefusedWithoutQuotingThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"hunter2!":                     "key 1 is not base64",
		coded('a') + ",c2hvcnQ=":       "key 2: a key has 5 bytes, want 32",
		coded('a') + ", " + coded('a'): "key 2 stands twice",
		strings.Repeat(",", 8):         "9 keys, at most 8",
	} {
		if _, err := sealed.ParseKeys(text); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestEveryMethodIsDecided fails when a role of storage gains a method: whoever adds it
// says here whether what it carries is personal, and seals it then.
func TestEveryMethodIsDecided(t *testing.T) {
	t.Parallel()
	const clear = ` AddCampaignCounts AddOutcome Append Campaign CampaignCounts CampaignOccurrences Chains ChainHead Consents CountOutcomes CountSubscribers CountTimers DeleteInput DeletePermit DeleteProgram DeleteSend DeleteTimer
		Entries Erase ForgetOnce Has Lives MakeCampaign Meta Need NextReady NextSend NextTimer NoteSent Occurrence Occurrences Once Outcomes PeekOccurrences Program Programs
		PruneDecisions PruneOccurrences PruneOutcomes PruneSends PruneStrays PutCampaign PutConsent PutOccurrence PutOutcome PutProgram RecentCampaigns RecentOccurrences Seal Sealed SetMeta Subscribers SweptCampaigns Unsealed Zones `
	const opened = ` AcceptNotification AcceptSend ClaimSends Contact ContactByField Contacts Decision Decisions DecisionsByMID DecisionsBySend DueTimers Enqueue Inputs
		Orphans Pending Permits PutContact PutDecision PutInput PutNotification PutPermit PutSalt PutSend PutStray PutTimer PutUnique Salt Send SendByMID
		Sends SendsIn SettledSends Strays Timers `
	known := append(strings.Fields(clear), strings.Fields(opened)...)
	tx := reflect.TypeFor[storage.Tx]()
	for i := range tx.NumMethod() {
		if name := tx.Method(i).Name; !slices.Contains(known, name) {
			t.Errorf("%s of storage.Tx: is what it carries personal? Seal it, and name it here", name)
		}
	}
}

// BenchmarkSeal is the price of one value of a usual session.
func BenchmarkSeal(b *testing.B) {
	for _, letters := range []string{"", "a"} {
		b.Run("keys="+letters, func(b *testing.B) {
			s := mustFile(b, b.TempDir(), letters)
			defer closed(b, s)
			body := bytes.Repeat([]byte("x"), 600)
			c := storage.Contact{ID: "messenger:1:7", FirstName: "Zoé", LastName: "Martin", Fields: body[:60], Session: body, CreatedAt: time.UnixMilli(1)}
			for b.Loop() {
				err := s.Write(b.Context(), func(tx storage.Tx) error {
					for range 500 {
						if _, err := tx.Contact(c.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
							return err
						}
						if err := tx.PutContact(c); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
