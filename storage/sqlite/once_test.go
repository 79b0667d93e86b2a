package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// TestKeysAreKnownWhateverHappens draws what a bot's keys may go through: groups in which
// some functions fail, a restart, a second program that writes to the file, keys that are
// forgotten; many enough to be moved more than once. A map says what must come out.
func TestKeysAreKnownWhateverHappens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	opened := func() *Store {
		s, err := Open(ctx, path, Config{Volatile: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, beside := opened(), opened()
	defer func() {
		if err := errors.Join(s.Close(), beside.Close()); err != nil {
			t.Error(err)
		}
	}()

	random := rand.New(rand.NewPCG(3, 5))
	known := map[string]time.Time{}
	now, oldest := benchNow, benchNow
	errRefused := errors.New("refused")
	for step := range 160 {
		now = now.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		switch random.IntN(12) {
		case 0:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = opened()
		case 1:
			s, beside = beside, s
		case 2: // some are forgotten, in the bites that the limit allows
			before := oldest.Add(time.Duration(random.Int64N(int64(now.Sub(oldest)) + 1)))
			want := 0
			for key, at := range known {
				if at.Before(before) {
					delete(known, key)
					want++
				}
			}
			oldest = before
			got := 0
			for range 1000 {
				n := 0
				err := s.Write(ctx, func(tx storage.Tx) (err error) {
					n, err = tx.ForgetOnce(before, 1500)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if got += n; n == 0 {
					break
				}
			}
			if got != want {
				t.Fatalf("step %d: %d keys forgotten, want %d", step, got, want)
			}
		default:
			var fs []func(tx storage.Tx) error
			kept := map[string]time.Time{}
			fails := make([]bool, 1+random.IntN(4))
			forgets := random.IntN(8) == 0
			for i := range fails {
				fails[i] = random.IntN(6) == 0
				want := map[string]bool{}
				at := now.Add(-time.Duration(random.IntN(500)) * time.Millisecond)
				for range random.IntN(300) {
					key := fmt.Sprint("key ", random.IntN(40_000))
					if _, twice := want[key]; twice {
						continue
					}
					_, before := known[key]
					_, justNow := kept[key]
					if want[key] = !before && !justNow; want[key] && !fails[i] {
						kept[key] = at
					}
				}
				fs = append(fs, func(tx storage.Tx) error {
					for key, want := range want {
						if fresh, err := tx.Once(key, at); err != nil || fresh != want {
							return fmt.Errorf("%s is fresh: %v, %w; want %v", key, fresh, err, want)
						}
					}
					if forgets && fails[i] { // which is undone with the rest
						if _, err := tx.ForgetOnce(now.Add(time.Hour), 0); err != nil {
							return err
						}
					}
					if fails[i] {
						return errRefused
					}
					return nil
				})
			}
			for i, err := range commitTogether(t, s, fs...) {
				if fails[i] != errors.Is(err, errRefused) || err != nil && !fails[i] {
					t.Fatalf("step %d, function %d of %d (fails %v): %v", step, i, len(fs), fails, err)
				}
			}
			for key, at := range kept {
				known[key] = at
			}
		}
	}
	if len(known) < maxYoung/2 {
		t.Errorf("%d keys in the end: too few to tell anything", len(known))
	}
}

// TestKeysOfACommitThatFailedAreFresh: nobody knows of them.
func TestKeysOfACommitThatFailedAreFresh(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	w := &writer{from: sourceOf(s.path, forWriting, time.Second)}
	if err := w.open(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.c.close() }()
	for range 3 {
		if err := w.begin(); err != nil {
			t.Fatal(err)
		}
		for i := range maxYoung + 10 {
			if fresh, err := w.tx.Once(fmt.Sprint(i), benchNow); err != nil || !fresh {
				t.Fatalf("key %d is fresh: %v, %v", i, fresh, err)
			}
		}
		if err := w.tx.flush(); err != nil {
			t.Fatal(err)
		}
		w.rollback() // as when the disk is full
	}
}

// TestKeysAreMovedByShortLives: whoever writes a few keys and ends, or shares the file with
// another who does, must not leave a log that each of them reads from end to end.
func TestKeysAreMovedByShortLives(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	const lives, each = 80, 200
	most := 0
	for life := range lives {
		s, err := Open(ctx, path, Config{Volatile: true})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(ctx, func(tx storage.Tx) error {
			for i := range each {
				if fresh, err := tx.Once(fmt.Sprint(life, " ", i), benchNow); err != nil || !fresh {
					return fmt.Errorf("key %d of life %d is fresh: %v, %w", i, life, fresh, err)
				}
			}
			if fresh, err := tx.Once(fmt.Sprint(life/2, " 0"), benchNow); err != nil || fresh {
				return fmt.Errorf("a key of life %d is fresh: %v, %w", life/2, fresh, err)
			}
			most = max(most, len(tx.(*transaction).keys.young))
			return nil
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if limit := 2*maxYoung + 2*each; most > limit {
		t.Errorf("%d keys of %d were read from the log, want at most %d", most, lives*each, limit)
	}
}

// TestKeysOfAnOlderFileAreKnown opens a file of the schema before the log.
func TestKeysOfAnOlderFileAreKnown(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, path, false, time.Second, func() (fs.FS, error) { return copied("0008") }); err != nil {
		t.Fatal(err)
	}
	c, err := openConn(sourceOf(path, forWriting, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	const keys = 300
	for i := range keys {
		d := digestOf(fmt.Sprint("key ", i))
		if err := c.exec(`INSERT INTO once (digest, at) VALUES (?1, ?2)`, d[:], millis(benchNow.Add(time.Duration(i)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	err = c.exec(`INSERT INTO outbox (id, contact, seq, state, head, claimer, orphan, ready, at, claim_at, page, attempt, bulk, topic,
		lane, mid, error) VALUES ('before', 'c', 1, 2, 1, 1, 0, 0, 0, 0, 'p', 0, 0, '', '', '', '')`)
	if err := errors.Join(err, c.close()); err != nil {
		t.Fatal(err)
	}

	s, err := Open(ctx, path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Write(ctx, func(tx storage.Tx) error {
		for i := range keys + 1 {
			if fresh, err := tx.Once(fmt.Sprint("key ", i), benchNow.Add(time.Hour)); err != nil || fresh != (i == keys) {
				return fmt.Errorf("key %d is fresh: %v, %w", i, fresh, err)
			}
		}
		if n, err := tx.ForgetOnce(benchNow.Add(100*time.Second), 0); err != nil || n != 100 {
			return fmt.Errorf("%d keys forgotten, want 100: %w", n, err)
		}
		for i, want := range map[int]bool{99: true, 100: false, keys: false} {
			if fresh, err := tx.Once(fmt.Sprint("key ", i), benchNow.Add(time.Hour)); err != nil || fresh != want {
				return fmt.Errorf("key %d is fresh: %v, want %v, %w", i, fresh, want, err)
			}
		}
		if err := tx.AcceptSend(storage.Send{ID: "before", State: storage.SendSent, MID: "m_1"}); err != nil {
			return err
		}
		send, err := tx.SendByMID("c", "m_1")
		if err == nil && send.ID != "before" {
			return fmt.Errorf("found %v", send)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
