package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// TestInputsThatComeTogetherShareTheirPages: a page for each was most of what it cost to
// accept a webhook when many waited.
func TestInputsThatComeTogetherShareTheirPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	s := openFile(t, path, true)
	put := func(from, to int) {
		writeTo(t, s, func(tx *transaction) error {
			for i := from; i < to; i++ {
				in := storage.Input{Contact: benchContact(i * 7919 % 5000), Kind: "event", Body: make([]byte, 250), At: benchNow}
				if _, err := tx.Enqueue(in); err != nil {
					return err
				}
			}
			return nil
		})
	}
	put(0, 5000)
	var busy, pages, moved int64
	c, err := openConn(sourceOf(path, forWriting, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.row(sqlEmptyLog, nil, &busy, &pages, &moved), c.close()); err != nil {
		t.Fatal(err)
	}
	put(5000, 5064)
	log, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if wrote := log.Size() / 4096; wrote < 1 || wrote > 16 {
		t.Errorf("64 inputs were %d pages to write, want at most 16", wrote)
	}
}

// TestInputsAreInOrderWhateverHappens drives two that write to one file beside a model.
func TestInputsAreInOrderWhateverHappens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, remembers := range []int{0, 3, maxRemembered} {
		t.Run(fmt.Sprint("of whom ", remembers, " are remembered"), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "relance.db")
			opened := func() *Store {
				s, err := Open(ctx, path, Config{Volatile: true})
				if err != nil {
					t.Fatal(err)
				}
				writeTo(t, s, func(tx *transaction) error { tx.remembers = remembers; return nil })
				return s
			}
			s, beside := opened(), opened()
			defer func() {
				if err := errors.Join(s.Close(), beside.Close()); err != nil {
					t.Error(err)
				}
			}()
			random := rand.New(rand.NewPCG(7, 11))
			model := map[string][]string{}
			contacts := []string{"a", "b", "c", "d"}
			errRefused := errors.New("refused")
			for step := range 600 {
				switch random.IntN(20) {
				case 0:
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = opened()
				case 1, 2, 3:
					s, beside = beside, s
				}
				var fs []func(tx storage.Tx) error
				fails := make([]bool, 1+random.IntN(3))
				for i := range fails {
					fails[i] = random.IntN(5) == 0
					contact, act := contacts[random.IntN(len(contacts))], random.IntN(9)
					body := fmt.Sprint(step, "-", i)
					line := model[contact]
					place := random.IntN(len(line) + 1)
					after := slices.Clone(line)
					switch {
					case act == 0:
						after = nil
					case act < 4 && place < len(line):
						after = slices.Delete(after, place, place+1)
					default:
						after = append(after, body)
					}
					if !fails[i] {
						model[contact] = after
					}
					fs = append(fs, func(tx storage.Tx) (err error) {
						list, err := tx.Inputs(contact, 0)
						if err != nil {
							return err
						}
						if diff := cmp.Diff(line, bodies(list)); diff != "" && len(line)+len(list) > 0 {
							return fmt.Errorf("inputs of %s (-want +got):\n%s", contact, diff)
						}
						switch {
						case act == 0:
							err = tx.Erase(contact)
						case act < 4 && place < len(list):
							err = tx.DeleteInput(contact, list[place].Seq)
						default:
							_, err = tx.Enqueue(storage.Input{Contact: contact, Body: []byte(body), At: benchNow})
						}
						if err == nil && fails[i] {
							err = errRefused
						}
						return err
					})
				}
				for i, err := range commitTogether(t, s, fs...) {
					if fails[i] != errors.Is(err, errRefused) || err != nil && !fails[i] {
						t.Fatalf("step %d, function %d of %d (fails %v): %v", step, i, len(fs), fails, err)
					}
				}
				havePending(t, beside, model, fmt.Sprint("step ", step))
			}
		})
	}
}

func bodies(list []storage.Input) (bodies []string) {
	for _, in := range list {
		bodies = append(bodies, string(in.Body))
	}
	return bodies
}

// havePending fails the test unless the first of each line is pending, and the lines are
// those that a reader finds.
func havePending(t *testing.T, s *Store, lines map[string][]string, when string) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	err := s.Read(context.Background(), func(r storage.Reader) error {
		for contact, line := range lines {
			if len(line) > 0 {
				want[contact] = line[0]
			}
			list, err := r.Inputs(contact, 0)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(line, bodies(list)); diff != "" && len(line)+len(list) > 0 {
				t.Fatalf("%s: a reader finds of %s (-want +got):\n%s", when, contact, diff)
			}
		}
		list, err := r.Pending(benchNow, 0)
		for _, in := range list {
			got[in.Contact] += string(in.Body)
		}
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%s: pending (-want +got): %v\n%s", when, err, diff)
	}
}

func TestInputsOfACommitThatFailedWereNever(t *testing.T) {
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
		if list, err := w.tx.Inputs("a", 0); err != nil || len(list) > 0 {
			t.Fatalf("inputs %v %v", list, err)
		}
		if _, err := w.tx.Enqueue(storage.Input{Contact: "a", At: benchNow}); err != nil {
			t.Fatal(err)
		}
		if err := w.tx.flush(); err != nil {
			t.Fatal(err)
		}
		w.rollback() // as when the disk is full
	}
}

// TestInputsOfAnOlderFileAreHandled opens a file of the schema in which they stood by
// contact.
func TestInputsOfAnOlderFileAreHandled(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, path, false, time.Second, func() (fs.FS, error) { return copied("0011") }); err != nil {
		t.Fatal(err)
	}
	c, err := openConn(sourceOf(path, forWriting, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for seq := range 30 {
		contact, body := string(rune('a'+seq%4)), fmt.Sprint("words ", seq)
		err := c.exec(`INSERT INTO inbox (contact, seq, head, ready, at, attempt, kind, body) VALUES (?1, ?2, ?3, 0, 1, 0, 'event', ?4)`,
			contact, seq+1, len(lines[contact]) == 0, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		lines[contact] = append(lines[contact], body)
	}
	if err := errors.Join(c.exec(`INSERT INTO counters (name, value) VALUES ('inbox', 30)`), c.close()); err != nil {
		t.Fatal(err)
	}

	s := openFile(t, path, true)
	havePending(t, s, lines, "opened")
	for round := range 9 {
		writeTo(t, s, func(tx *transaction) error {
			for contact, line := range lines {
				list, err := tx.Inputs(contact, 1)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					continue
				}
				if err := tx.DeleteInput(contact, list[0].Seq); err != nil {
					return err
				}
				lines[contact] = line[1:]
				if round == 0 {
					if _, err := tx.Enqueue(storage.Input{Contact: contact, Body: []byte("new"), At: benchNow}); err != nil {
						return err
					}
					lines[contact] = append(lines[contact], "new")
				}
			}
			return nil
		})
		havePending(t, s, lines, fmt.Sprint("round ", round))
	}
	if len(lines["a"])+len(lines["d"]) != 0 {
		t.Errorf("left: %v", lines)
	}
}
