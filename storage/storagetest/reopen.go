package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// reopenCase opens and closes the store itself.
type reopenCase struct {
	name string
	run  func(t *testing.T, open Open)
}

var reopenCases = []reopenCase{
	{"everything is there after the store was closed and opened", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := &store{Store: open(t, dir), open: open}
		s.write(t, func(tx storage.Tx) error {
			return all(fillContact(tx, "a"), tx.SetMeta("k", []byte("v")), tx.PutProgram("h", []byte("{}"), at(0)),
				tx.PutStray(storage.Stray{Reason: "unknown"}), tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "running"}),
				tx.PutCampaign(storage.Campaign{Trigger: "monday", ID: "1", State: "paused", Why: "rain"}),
				tx.AddCampaignCounts("monday", "1", map[string]int{"sent": 2}))
		})
		before := everything(t, s)
		closeStore(t, s)

		s = &store{Store: openClosed(t, open, dir), open: open}
		same(t, "everything", everything(t, s), before)
	}},
	{"what came once has come after a restart, too", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := &store{Store: open(t, dir), open: open}
		for i := range 3 { // of this opening, of the one before, and of the one before that
			for old := range i + 1 {
				s.write(t, func(tx storage.Tx) error {
					fresh, err := tx.Once(fmt.Sprint("mid ", old), at(old))
					if fresh != (old == i) {
						t.Errorf("opening %d: the key of opening %d is fresh: %v", i, old, fresh)
					}
					return err
				})
			}
			closeStore(t, s)
			s = &store{Store: openClosed(t, open, dir), open: open}
		}
	}},
	{"numbers rise through a restart, even when their records are gone", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := &store{Store: open(t, dir), open: open}
		var seq int64
		s.write(t, func(tx storage.Tx) (err error) {
			seq, err = tx.Enqueue(storage.Input{Contact: "a"})
			return all(err, tx.DeleteInput("a", seq), tx.PutSend(waiting("s1", "a")))
		})
		place := send(t, s, "s1").Seq
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		closeStore(t, s)

		s = &store{Store: openClosed(t, open, dir), open: open}
		s.write(t, func(tx storage.Tx) error {
			next, err := tx.Enqueue(storage.Input{Contact: "a"})
			if next <= seq {
				t.Errorf("input %d after %d", next, seq)
			}
			return all(err, tx.PutSend(waiting("s2", "a")))
		})
		if next := send(t, s, "s2").Seq; next <= place {
			t.Errorf("send %d after %d", next, place)
		}
	}},
	{"a closed store refuses and may be closed again", func(t *testing.T, open Open) {
		s := open(t, t.TempDir())
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
		}
		ctx := context.Background()
		if err := s.Write(ctx, func(storage.Tx) error { return nil }); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("write: %v, want %v", err, storage.ErrClosed)
		}
		if err := s.Read(ctx, func(storage.Reader) error { return nil }); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("read: %v, want %v", err, storage.ErrClosed)
		}
		if err := s.Check(ctx); err == nil {
			t.Error("check: a closed store cannot take a write")
		}
	}},
	{"a write that returned before the store was closed is kept, any other is refused", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := open(t, dir)
		var mu sync.Mutex
		acknowledged := make(map[string]bool)
		var writers sync.WaitGroup
		begun := make(chan struct{}, 16)
		for w := range 16 {
			writers.Go(func() {
				for i := 0; ; i++ {
					id := fmt.Sprintf("c%d-%d", w, i)
					err := s.Write(context.Background(), func(tx storage.Tx) error { return names(tx, id) })
					if i == 0 {
						begun <- struct{}{}
					}
					if errors.Is(err, storage.ErrClosed) {
						return
					}
					if err != nil {
						t.Errorf("write: %v", err)
						return
					}
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			})
		}
		for range 16 {
			<-begun
		}
		closeStore(t, s)
		writers.Wait()

		again := &store{Store: openClosed(t, open, dir), open: open}
		list := kept(t, again)
		for _, id := range list {
			if !acknowledged[id] {
				t.Errorf("%s was refused and kept", id)
			}
		}
		same(t, "acknowledged and kept", len(list), len(acknowledged))
	}},
}

func closeStore(t *testing.T, s storage.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// everything reads what fillContact and the case above keep.
func everything(t *testing.T, s *store) []any {
	t.Helper()
	var out []any
	s.reading(t, func(r storage.Reader) error {
		var errs []error
		add := func(v any, err error) {
			out = append(out, v)
			errs = append(errs, err)
		}
		v1, err := r.Contact("a")
		add(v1, err)
		v2, err := r.ContactByField("n", "a")
		add(v2, err)
		v3, err := r.Inputs("a", 10)
		add(v3, err)
		v4, err := r.Consents("a")
		add(v4, err)
		v5, err := r.Subscribers(storage.Subscribers{Topic: "t", Zone: "Europe/Paris", Terms: []string{"x=1"}, Limit: 10})
		add(v5, err)
		v6, err := r.Permits("a")
		add(v6, err)
		v7, err := r.Timers("a")
		add(v7, err)
		v8, err := r.Sends("a")
		add(v8, err)
		v9, err := r.SendByMID("a", "mid a")
		add(v9, err)
		v10, err := r.Decisions(storage.DecisionQuery{})
		add(v10, err)
		v11, err := r.Entries("a")
		add(v11, err)
		v12, err := r.Salt("a")
		add(v12, err)
		v13, err := r.Meta("k")
		add(v13, err)
		v14, err := r.Program("h")
		add(v14, err)
		v15, err := r.Strays(0, 10)
		add(v15, err)
		v16, err := r.Occurrences("running", 10)
		add(v16, err)
		v17, err := r.Outcomes(storage.OutcomeQuery{})
		add(v17, err)
		v18, err := r.Campaign("monday", "1")
		add(v18, err)
		v19, err := r.CampaignCounts("monday", "1")
		add(v19, err)
		return all(errs...)
	})
	return out
}
