package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/relance-bot/relance/storage"
)

// letters are sends as they are put to be handed over at once.
func letters(person ...string) (sends []storage.Send) {
	for _, p := range person {
		sends = append(sends, storage.Send{
			ID: "to-" + p, Contact: p, Page: "m:1", State: storage.SendClaimed, Ready: benchNow, At: benchNow, ClaimAt: benchNow,
			Body: []byte("words for " + p),
		})
	}
	return sends
}

func openFile(t *testing.T, path string, exclusive bool) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Config{Exclusive: exclusive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func writeTo(t *testing.T, s *Store, f func(tx *transaction) error) {
	t.Helper()
	if err := s.Write(context.Background(), func(tx storage.Tx) error { return f(tx.(*transaction)) }); err != nil {
		t.Fatal(err)
	}
}

func putAll(tx *transaction, sends []storage.Send) error {
	for _, s := range sends {
		if err := tx.PutSend(s); err != nil {
			return err
		}
	}
	return nil
}

// logged is what stands in the log of sends in flight, and how many rows it has.
func logged(t *testing.T, s *Store) (content []byte, rows int) {
	t.Helper()
	writeTo(t, s, func(tx *transaction) error {
		list, err := many(tx.c, scanFlightRow, sqlInflight)
		for _, r := range list {
			content = append(content, r.packed...)
		}
		rows = len(list)
		return err
	})
	return content, rows
}

func TestPackedSendsComeBack(t *testing.T) {
	t.Parallel()
	text := rapid.StringN(0, 40, 200)
	moment := rapid.Int64Range(-1e12, 1e14)
	rapid.Check(t, func(rt *rapid.T) {
		want := storage.Send{
			ID: text.Draw(rt, "id"), Contact: text.Draw(rt, "contact"), Seq: rapid.Int64().Draw(rt, "seq"), Page: text.Draw(rt, "page"),
			State: storage.SendClaimed, Ready: instant(moment.Draw(rt, "ready")), Attempt: rapid.IntRange(0, 9).Draw(rt, "attempt"),
			Bulk: rapid.Bool().Draw(rt, "bulk"), Topic: text.Draw(rt, "topic"), Lane: text.Draw(rt, "lane"), At: instant(moment.Draw(rt, "at")),
			ClaimAt: instant(moment.Draw(rt, "claim")), Claimer: "7", MID: text.Draw(rt, "mid"), Error: text.Draw(rt, "error"),
		}
		if rapid.Bool().Draw(rt, "has a body") {
			want.Body = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "body")
		}
		var carried []numbered
		for range rapid.IntRange(0, 3).Draw(rt, "decisions") {
			var d numbered
			for i := range d.words {
				d.words[i] = rapid.Int64().Draw(rt, "word")
			}
			d.Contact, d.Send = want.Contact, want.ID
			d.Values, d.Event = rapid.SliceOf(rapid.Byte()).Draw(rt, "values"), rapid.SliceOf(rapid.Byte()).Draw(rt, "event")
			for _, at := range timesOf(&d.Decision) {
				*at = instant(moment.Draw(rt, "time"))
			}
			carried = append(carried, d)
		}
		packed := appendSend([]byte("before"), &want, len(carried))
		for i := range carried {
			packed = appendDecision(packed, &carried[i].Decision, &carried[i].words)
		}
		packed = packed[len("before"):]
		got, with, n, err := unpackFlight(append(bytes.Clone(packed), "behind"...), 7)
		if err != nil || n != len(packed) || !cmp.Equal(got, want) || (got.Body == nil) != (want.Body == nil) {
			rt.Fatalf("%d of %d bytes, %v\n%s", n, len(packed), err, cmp.Diff(want, got))
		}
		if diff := cmp.Diff(carried, with, cmp.AllowUnexported(numbered{})); diff != "" {
			rt.Fatal(diff)
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(rt, "cut")
		if _, _, _, err := unpackFlight(packed[:cut], 7); !errors.Is(err, errPackedSend) {
			rt.Fatalf("cut at %d of %d: %v", cut, len(packed), err)
		}
	})
}

func TestSendsThatAreClaimedAsTheyArePutTakeOneRow(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "relance.db"), true)
	sends := letters("a", "b", "c")
	writeTo(t, s, func(tx *transaction) error { return putAll(tx, sends) })
	if _, rows := logged(t, s); rows != 1 {
		t.Errorf("%d rows, want 1", rows)
	}
	writeTo(t, s, func(tx *transaction) error { return tx.DeleteSend("to-a") })
	writeTo(t, s, func(tx *transaction) error {
		if n, err := many(tx.c, scanText, `SELECT id FROM outbox`); err != nil || len(n) > 0 {
			t.Errorf("in the outbox: %v %v", n, err)
		}
		sends[1].State, sends[1].MID, sends[1].Body = storage.SendSent, "m_b", []byte("rest")
		return tx.AcceptSend(sends[1])
	})
	if content, rows := logged(t, s); rows != 1 || !bytes.Contains(content, []byte("words for a")) {
		t.Errorf("%d rows with %q: while one is in flight its row stays as it is", rows, content)
	}
	writeTo(t, s, func(tx *transaction) error { return tx.DeleteSend("to-c") })
	if _, rows := logged(t, s); rows != 0 {
		t.Errorf("%d rows are left", rows)
	}
}

func TestNothingOfWhoIsErasedStaysInFlight(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{false, true} {
		s := openFile(t, filepath.Join(t.TempDir(), "relance.db"), true)
		writeTo(t, s, func(tx *transaction) error { return putAll(tx, letters("a", "b", "c")) })
		if gone {
			writeTo(t, s, func(tx *transaction) error { return tx.DeleteSend("to-b") })
		}
		writeTo(t, s, func(tx *transaction) error { return tx.Erase("b") })
		content, rows := logged(t, s)
		if rows != 1 || bytes.Contains(content, []byte("words for b")) || !bytes.Contains(content, []byte("words for c")) {
			t.Errorf("settled before: %v: %d rows with %q", gone, rows, content)
		}
		writeTo(t, s, func(tx *transaction) error {
			for _, id := range []string{"to-a", "to-c"} {
				if got, err := tx.Send(id); err != nil || string(got.Body) != "words for "+id[3:] {
					t.Errorf("%s is %q %v", id, got.Body, err)
				}
				if err := tx.DeleteSend(id); err != nil {
					return err
				}
			}
			return nil
		})
		if _, rows := logged(t, s); rows != 0 {
			t.Errorf("%d rows are left", rows)
		}
	}
}

func TestLettersThatAreAlikeTakeLittleRoomInTheLog(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "relance.db"), true)
	var contacts []string
	for i := range 50 {
		contacts = append(contacts, fmt.Sprintf("person-%04d", i*i))
	}
	sends := letters(contacts...)
	for i := range sends {
		sends[i].Body = fmt.Appendf(nil, `{"message":{"text":"La Gazelle est de retour en %d !"},"token":"%016x"}`, i, i*i*7919)
	}
	writeTo(t, s, func(tx *transaction) error { return putAll(tx, sends) })
	packed, _ := logged(t, s)
	writeTo(t, s, func(tx *transaction) error {
		var takes int
		err := tx.c.row(`SELECT length(packed) FROM inflight`, nil, &takes)
		if takes > len(packed)/3 {
			t.Errorf("%d bytes for %d", takes, len(packed))
		}
		return err
	})
}

// The version before left its rows as they were packed.
func TestALogThatIsNotSqueezedIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	s := openFile(t, path, true)
	want := letters("a", "b")
	writeTo(t, s, func(tx *transaction) error { return putAll(tx, want) })
	packed, _ := logged(t, s)
	writeTo(t, s, func(tx *transaction) error { return tx.c.exec(`UPDATE inflight SET packed = ?1, squeezed = 0`, packed) })
	other := openFile(t, path, false)
	for i := range want {
		err := other.Read(context.Background(), func(r storage.Reader) error {
			got, err := r.Send(want[i].ID)
			if !bytes.Equal(got.Body, want[i].Body) {
				t.Errorf("%s has %q, want %q", got.ID, got.Body, want[i].Body)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	writeTo(t, other, func(tx *transaction) error { return tx.Erase("a") }) // packs the row anew
	if left, _ := logged(t, other); bytes.Contains(left, want[0].Body) || !bytes.Contains(left, want[1].Body) {
		t.Errorf("%q is left", left)
	}
}

// TestSomebodyElseWritesWhatIsInFlight is a command beside a running bot.
func TestSomebodyElseWritesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	ours, other := openFile(t, path, true), openFile(t, path, false)
	writeTo(t, ours, func(tx *transaction) error { return putAll(tx, letters("a", "b")) })
	writeTo(t, other, func(tx *transaction) error {
		s, err := tx.Send("to-a")
		if err != nil {
			return err
		}
		s.State = storage.SendWaiting
		return tx.PutSend(s)
	})
	writeTo(t, other, func(tx *transaction) error { return tx.Erase("b") })
	writeTo(t, ours, func(tx *transaction) error {
		if s, err := tx.Send("to-a"); err != nil || s.State != storage.SendWaiting {
			t.Errorf("%q %v, want it as the other left it", s.State, err)
		}
		if _, err := tx.Send("to-b"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("of somebody who is erased: %v", err)
		}
		return putAll(tx, letters("c"))
	})
	writeTo(t, other, func(tx *transaction) error {
		s, err := tx.Send("to-c")
		if err == nil && s.Claimer == "" {
			t.Error("it has no claimer")
		}
		return err
	})
}

// An erasure that failed leaves a row of the log to be packed anew: as it is by then, and not
// as it is remembered.
func TestWhatOthersSettledDoesNotComeBackAfterAFailedErasure(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	ours, other := openFile(t, path, true), openFile(t, path, false)
	writeTo(t, ours, func(tx *transaction) error { return putAll(tx, letters("a", "b")) })
	undone := errors.New("undone")
	err := ours.Write(context.Background(), func(tx storage.Tx) error { return errors.Join(tx.Erase("a"), undone) })
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	writeTo(t, other, func(tx *transaction) error { return tx.DeleteSend("to-b") })
	writeTo(t, ours, func(tx *transaction) error { return tx.SetMeta("anything", []byte("else")) })
	writeTo(t, ours, func(tx *transaction) error {
		if _, err := tx.Send("to-b"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%v, want it gone", err)
		}
		_, err := tx.Send("to-a")
		return err
	})
}

func TestWhatFlewInAFunctionThatFailsWasNever(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "relance.db"), true)
	writeTo(t, s, func(tx *transaction) error { return putAll(tx, letters("a")) })
	failed := errors.New("failed")
	for round := range 3 { // alone, and in a group with others that do not fail
		var others []chan error
		for i := range round * 10 {
			done := make(chan error, 1)
			others = append(others, done)
			go func() {
				done <- s.Write(context.Background(), func(tx storage.Tx) error {
					return putAll(tx.(*transaction), letters(fmt.Sprint(round, "-", i)))
				})
			}()
		}
		err := s.Write(context.Background(), func(tx storage.Tx) error {
			if err := errors.Join(tx.DeleteSend("to-a"), putAll(tx.(*transaction), letters("b"))); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		for _, done := range others {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	writeTo(t, s, func(tx *transaction) error {
		if _, err := tx.Send("to-b"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what was put: %v", err)
		}
		list, err := tx.SendsIn(storage.SendClaimed, 0)
		if len(list) != 31 {
			t.Errorf("%d are claimed, want 31", len(list))
		}
		return err
	})
}

// TestWhatIsInFlightIsAnOrphanAfterACrash counts that nothing is lost, and nothing of it
// left where it was.
func TestWhatIsInFlightIsAnOrphanAfterACrash(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	s := openFile(t, path, true)
	writeTo(t, s, func(tx *transaction) error { return putAll(tx, letters("a", "b", "c")) })
	writeTo(t, s, func(tx *transaction) error {
		next := letters("a")[0]
		next.ID, next.State = "next", storage.SendPending
		return errors.Join(tx.DeleteSend("to-b"), tx.PutSend(next))
	})
	if err := s.Close(); err != nil { // which changes no row
		t.Fatal(err)
	}
	s = openFile(t, path, true)
	writeTo(t, s, func(tx *transaction) error {
		orphans, err := tx.Orphans(0)
		if err != nil {
			return err
		}
		var got []string
		for _, o := range orphans {
			got = append(got, o.ID+": "+string(o.Body))
		}
		if diff := cmp.Diff([]string{"to-a: words for a", "to-c: words for c"}, got); diff != "" {
			t.Errorf("orphans (-want +got):\n%s", diff)
		}
		line, err := tx.Sends("a")
		if len(line) != 2 || line[1].ID != "next" {
			t.Errorf("the line is %v", line)
		}
		if claimed, err := tx.ClaimSends(benchNow, 9, nil); err != nil || len(claimed) > 0 {
			t.Errorf("claimed %v %v past an orphan", claimed, err)
		}
		return err
	})
	if _, rows := logged(t, s); rows != 0 {
		t.Errorf("%d rows are left", rows)
	}
}
