package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// TestWhatIsErasedLeavesTheLogToo looks for somebody's words in the files of an open
// database, also when a long read keeps the log for a while.
func TestWhatIsErasedLeavesTheLogToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(context.Background(), filepath.Join(dir, "relance.db"), Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(f func(tx storage.Tx) error) {
		t.Helper()
		if err := s.Write(context.Background(), f); err != nil {
			t.Fatal(err)
		}
	}
	found := func(word string) (in []string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte(word)) {
				in = append(in, filepath.Base(file))
			}
		}
		return in
	}
	lives := func(id, word string) {
		write(func(tx storage.Tx) error {
			return tx.PutContact(storage.Contact{ID: id, FirstName: word, Session: bytes.Repeat([]byte(word), 1000)})
		})
	}
	lives("m:1:1", "Sesam")
	if len(found("Sesam")) == 0 {
		t.Fatal("nothing was planted")
	}
	write(func(tx storage.Tx) error { return tx.Erase("m:1:1") })
	if in := found("Sesam"); len(in) > 0 {
		t.Errorf("left in %v", in)
	}

	lives("m:1:2", "Alibaba")
	err = s.Read(context.Background(), func(r storage.Reader) error {
		if _, err := r.Contact("m:1:2"); err != nil {
			return err
		}
		write(func(tx storage.Tx) error { return tx.Erase("m:1:2") }) // and does not wait for the reader
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range emptyEvery + 1 {
		write(func(tx storage.Tx) error { return tx.SetMeta("k", []byte(fmt.Sprint(i))) })
	}
	if in := found("Alibaba"); len(in) > 0 {
		t.Errorf("left in %v after a read was over", in)
	}
}
