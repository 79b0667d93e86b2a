package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// leaveCases are about callers who leave before they have their answer.
var leaveCases = []testCase{
	{"a write whose caller has left is not run", func(t *testing.T, s *store) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := s.Write(ctx, func(storage.Tx) error {
			t.Error("it ran")
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
	}},
	{"a caller may leave while the write waits for its turn", func(t *testing.T, s *store) {
		ctx, cancel := context.WithCancel(context.Background())
		left := make(chan error, 1)
		s.write(t, func(storage.Tx) error {
			go func() {
				left <- s.Write(ctx, func(tx storage.Tx) error { return names(tx, "a") })
			}()
			cancel()
			return nil
		})
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
		same(t, "kept", kept(t, s), nil)
	}},
	{"once a write runs, its caller's leaving changes nothing", func(t *testing.T, s *store) {
		ctx, cancel := context.WithCancel(context.Background())
		err := s.Write(ctx, func(tx storage.Tx) error {
			err := names(tx, "a")
			cancel()
			return all(err, names(tx, "b"))
		})
		if err != nil {
			t.Errorf("write: %v", err)
		}
		same(t, "kept", kept(t, s), []string{"a", "b"})
	}},
	{"a read whose caller has left ends", func(t *testing.T, s *store) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := s.Read(ctx, func(r storage.Reader) error {
			_, err := r.Contacts("", 1)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
		same(t, "kept", kept(t, s), nil)
	}},
}
