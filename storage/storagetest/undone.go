package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// undoneCases are about what others of a group see of a record after a write that failed
// has changed it: that one had not looked at it, or looked at it after it had changed it.
var undoneCases = func() (cases []testCase) {
	for _, c := range changes {
		for _, way := range []struct {
			name  string
			looks bool
		}{{"changed blindly", false}, {"changed and then read", true}} {
			cases = append(cases, testCase{c.name + ", " + way.name + " by a write that failed", func(t *testing.T, s *store) {
				s.write(t, c.keep)
				fail := func(tx storage.Tx) error {
					err := c.put(tx)
					if way.looks {
						_, _ = c.look(tx)
					}
					return all(err, errOnPurpose)
				}
				var want string
				s.write(t, func(tx storage.Tx) (err error) {
					want, err = c.look(tx)
					return err
				})
				looking := func(tx storage.Tx) error {
					found, err := c.look(tx)
					if err == nil && found != want {
						err = fmt.Errorf("found %q, want %q", found, want)
					}
					return err
				}
				// Whoever is started first or last comes first.
				for range 3 {
					for i, err := range group(t, s, fail, looking, looking, fail) {
						if fails := i%3 == 0; fails != errors.Is(err, errOnPurpose) || !fails && err != nil {
							t.Errorf("write %d: %v", i, err)
						}
					}
				}
				s.write(t, looking)
			}})
		}
	}
	return append(cases, testCase{"an input, deleted blindly by a write that failed", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", at(0), "first", "second") })
		want := inputs(t, s, "a")
		in := want[1]
		lost := func(tx storage.Tx) error { return all(tx.DeleteInput("a", in.Seq), errOnPurpose) }
		again := func(tx storage.Tx) error { return tx.PutInput(in) }
		errs := group(t, s, lost, again, again, lost)
		if err := all(errs[1:3]...); err != nil {
			t.Errorf("putting it again: %v", err)
		}
		same(t, "inputs", inputs(t, s, "a"), want)
	}})
}()
