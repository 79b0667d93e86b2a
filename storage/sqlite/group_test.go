package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/groupcommit"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "relance.db"), Config{CheckTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// commitTogether runs functions as one group: they are in the queue before the
// write that holds the committer is over.
func commitTogether(t *testing.T, s *Store, fs ...func(tx storage.Tx) error) []error {
	t.Helper()
	var requests []*groupcommit.Request
	err := s.Write(context.Background(), func(storage.Tx) error {
		for _, f := range fs {
			requests = append(requests, s.writer.Submit(f))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, r := range requests {
		errs = append(errs, r.Wait())
	}
	return errs
}

func setMeta(key string) func(tx storage.Tx) error {
	return func(tx storage.Tx) error { return tx.SetMeta(key, []byte("v")) }
}

// haveMeta fails the test unless exactly the keys with true are kept.
func haveMeta(t *testing.T, s *Store, keys map[string]bool) {
	t.Helper()
	for key, want := range keys {
		err := s.Read(context.Background(), func(r storage.Reader) error {
			_, err := r.Meta(key)
			return err
		})
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
		if got := err == nil; got != want {
			t.Errorf("%s kept: %v, want %v", key, got, want)
		}
	}
}

func TestPanicIsReturnedWithItsStack(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for _, err := range commitTogether(t, s,
		func(storage.Tx) error { panic("one of two") }, func(storage.Tx) error { panic("one of two") }) {
		var p *storage.PanicError
		if !errors.As(err, &p) || p.Value != "one of two" || len(p.Stack) == 0 {
			t.Errorf("%v, want a PanicError with a stack", err)
		}
	}
}

func TestFunctionThatEndsItsGoroutineLosesItsGroupAndNoMore(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	errs := commitTogether(t, s, setMeta("before"), func(storage.Tx) error { runtime.Goexit(); return nil }, setMeta("after"))
	for _, err := range errs {
		if err == nil {
			t.Error("kept")
		}
	}
	if err := s.Write(context.Background(), setMeta("next")); err != nil {
		t.Errorf("the next write: %v", err)
	}
	haveMeta(t, s, map[string]bool{"before": false, "after": false, "next": true})
}

func TestSwallowedFailureOfSQLiteFailsItsWrite(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	swallow := func(tx storage.Tx) error {
		_ = tx.SetMeta("half", nil)
		if err := tx.(*transaction).c.exec(`INSERT INTO nowhere VALUES (1)`); err == nil {
			t.Error("no error to swallow")
		}
		_ = tx.SetMeta("other half", nil)
		return nil
	}
	if err := s.Write(context.Background(), swallow); err == nil {
		t.Error("alone, it was kept")
	}
	errs := commitTogether(t, s, setMeta("before"), swallow, setMeta("after"))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("errors %v, want the second only", errs)
	}
	haveMeta(t, s, map[string]bool{"half": false, "other half": false, "before": true, "after": true})
}

// A function cannot end the transaction by the methods of Tx, but a full disk
// can, inside any of them.
func TestLostTransactionFailsTheWholeGroup(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	lose := func(tx storage.Tx) error {
		if err := tx.(*transaction).c.exec(sqlRollback); err != nil {
			t.Errorf("losing the transaction: %v", err)
		}
		return errors.New("disk full")
	}
	for _, err := range commitTogether(t, s, setMeta("before"), lose, setMeta("after")) {
		if err == nil {
			t.Error("acknowledged in a transaction that was lost")
		}
	}
	if err := s.Write(context.Background(), setMeta("next")); err != nil {
		t.Errorf("the next write: %v", err)
	}
	haveMeta(t, s, map[string]bool{"before": false, "after": false, "next": true})
}

// failing is a statement that cannot be run.
type failing struct{ driver.Stmt }

func (failing) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	return nil, errors.New("on purpose")
}

func TestConnectionThatCannotRollBackIsReplaced(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	cripple := func(c *conn) error {
		s, err := c.prepared(sqlRollback)
		s.stmt = failing{s.stmt}
		return err
	}
	if err := s.Write(context.Background(), func(tx storage.Tx) error {
		return errors.Join(cripple(tx.(*transaction).c), tx.SetMeta("lost", nil), errors.New("on purpose"))
	}); err == nil {
		t.Error("a write that failed was kept")
	}
	if err := s.Write(context.Background(), setMeta("next")); err != nil {
		t.Errorf("the next write: %v", err)
	}
	haveMeta(t, s, map[string]bool{"lost": false, "next": true})

	for range 3 * defaultReaders { // each reader in turn
		if err := s.Read(context.Background(), func(r storage.Reader) error { return cripple(r.(reader).c) }); err != nil {
			t.Error(err)
		}
	}
	haveMeta(t, s, map[string]bool{"next": true})
}

// TestFullFile fills the file to a bound of pages: then it is statements that
// fail, not the commit, and space comes back by deleting.
func TestFullFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTest(t)
	err := s.Write(ctx, func(tx storage.Tx) error {
		var n int
		return tx.(*transaction).c.row(`PRAGMA max_page_count = 400`, nil, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int) func(tx storage.Tx) error {
		return func(tx storage.Tx) error {
			for i := range 10 {
				c := storage.Contact{ID: fmt.Sprintf("c%04d-%d", n, i), Session: make([]byte, 4000)}
				if err := tx.PutContact(c); err != nil {
					return err
				}
			}
			return nil
		}
	}
	fits := 0
	for err == nil {
		if err = s.Write(ctx, put(fits)); err == nil {
			fits++
		}
	}
	if !errors.Is(err, storage.ErrUnavailable) || fits < 5 {
		t.Fatalf("after %d writes: %v, want %v after some", fits, err, storage.ErrUnavailable)
	}
	for err = nil; err == nil; fits++ { // what is left, in small pieces
		err = s.Write(ctx, func(tx storage.Tx) error {
			return tx.PutContact(storage.Contact{ID: fmt.Sprintf("d%04d", fits), Session: make([]byte, 4000)})
		})
	}
	if err := s.Check(ctx); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("check: %v, want %v", err, storage.ErrUnavailable)
	}
	// Those of a group that need no room are kept.
	errs := commitTogether(t, s, setMeta("small"), put(9999), func(tx storage.Tx) error { return tx.DeleteTimer("a", "b", "c") })
	if errs[0] != nil || !errors.Is(errs[1], storage.ErrUnavailable) || errs[2] != nil {
		t.Errorf("errors %v, want the second only", errs)
	}
	haveMeta(t, s, map[string]bool{"small": true})

	if err := s.Write(ctx, func(tx storage.Tx) error {
		for i := range 10 {
			if err := tx.Erase(fmt.Sprintf("c0000-%d", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatalf("making room: %v", err)
	}
	if err := s.Check(ctx); err != nil {
		t.Errorf("check with room again: %v", err)
	}
	if err := s.Write(ctx, func(tx storage.Tx) error {
		return tx.PutContact(storage.Contact{ID: "last", Session: make([]byte, 4000)})
	}); err != nil {
		t.Errorf("write with room again: %v", err)
	}
	err = s.Read(ctx, func(r storage.Reader) error {
		if _, err := r.Contact("c9999-0"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("half of a write: %v, want %v", err, storage.ErrNotFound)
		}
		_, err := r.Contact("last")
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLedgerIsAppendOnlyForThisProgramToo(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	err := s.Write(context.Background(), func(tx storage.Tx) error {
		for range 2 {
			if _, err := tx.Append(storage.Entry{Page: "p", Contact: "a", Action: "granted"}); err != nil {
				return err
			}
		}
		return tx.Seal(storage.Entry{ID: 1, Seq: 1, Hash: []byte("h")})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`DELETE FROM ledger WHERE id = 1`,
		`DELETE FROM ledger WHERE id = 2`,
		`UPDATE ledger SET hash = x'00' WHERE id = 1`,
		`UPDATE ledger SET seq = 0 WHERE id = 1`,
		`UPDATE ledger SET action = 'stopped' WHERE id = 2`,
		`UPDATE ledger SET contact = 'b' WHERE id = 2`,
	} {
		err := s.Write(context.Background(), func(tx storage.Tx) error { return tx.(*transaction).c.exec(statement) })
		if err == nil {
			t.Errorf("%s: was done", statement)
		}
	}
}
