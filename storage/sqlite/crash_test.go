package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// writeForever writes from several goroutines at once and says each time what was
// acknowledged. Every write has two parts, in two tables.
func writeForever(path string) error {
	s, err := sqlite.Open(context.Background(), path, sqlite.Config{Exclusive: true})
	if err != nil {
		return err
	}
	var out sync.Mutex
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				var seq int64
				err := s.Write(context.Background(), func(tx storage.Tx) (err error) {
					seq, err = tx.Enqueue(storage.Input{Contact: "a", Kind: "message", Body: make([]byte, 300)})
					if err != nil {
						return err
					}
					return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: strconv.FormatInt(seq, 10)})
				})
				if err != nil {
					failed <- err
				}
				out.Lock()
				fmt.Println(seq)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relance.db")
	acknowledged := make(map[int64]bool)
	for round := range 6 {
		cmd := child(t, "write", path)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		for n := 0; lines.Scan(); n++ {
			seq, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				break // cut by the kill
			}
			acknowledged[seq] = true
			if n == 150+round*97 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the child was not killed: %v", err)
		}

		s := open(t, path, sqlite.Config{Exclusive: true})
		err = s.Read(context.Background(), func(r storage.Reader) error {
			inputs, err1 := r.Inputs("a", 0)
			timers, err2 := r.Timers("a")
			if err1 != nil || err2 != nil {
				return fmt.Errorf("%w, %w", err1, err2)
			}
			kept := make(map[string]bool)
			for _, in := range inputs {
				kept[strconv.FormatInt(in.Seq, 10)] = true
			}
			for seq := range acknowledged {
				if !kept[strconv.FormatInt(seq, 10)] {
					t.Errorf("round %d: write %d was acknowledged and lost", round, seq)
				}
			}
			for _, timer := range timers {
				if !kept[timer.Key] {
					t.Errorf("round %d: half of write %s was kept", round, timer.Key)
				}
			}
			if len(timers) != len(inputs) {
				t.Errorf("round %d: %d halves and %d halves", round, len(inputs), len(timers))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) < 1000 {
		t.Errorf("only %d writes were acknowledged: the test shows little", len(acknowledged))
	}
}
