package sealed

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// recordMeta is where the store says what keys it is under.
const recordMeta = "sealed"

const indexPlace = "index"

// record is what a store says about its keys. That Index opens shows that a key is the
// right one before anything is read with it.
type record struct {
	First string `json:"first"` // id of the key that seals
	Index []byte `json:"index"` // the key of blind, under First
	// Keys are the ids of all keys that values may be under.
	Keys []string `json:"keys"`
	// Since is when First became the first, as far as Reseal knows; Begun when the walk
	// that goes on began, zero if none does; After is whom it came to.
	Since time.Time `json:"since,omitzero"`
	Begun time.Time `json:"begun,omitzero"`
	After string    `json:"after,omitempty"`
	// Walked is when the last walk that came to its end began.
	Walked time.Time `json:"walked,omitzero"`
	// Clear says that values of the time before the first key may be left.
	Clear bool `json:"clear,omitempty"`
}

// readRecord is nil if nothing was ever sealed.
func readRecord(r storage.MetaReader) (*record, error) {
	raw, err := r.Meta(recordMeta)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out record
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("the database's note about its keys: %w", err)
	}
	return &out, nil
}

func (r *record) write(tx storage.MetaWriter) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.SetMeta(recordMeta, raw)
}

// admit says whether keys can read everything.
func (r *record) admit(keys ring) (*state, error) {
	given := map[string]Key{}
	for _, k := range keys {
		given[k.ID()] = k
	}
	if len(given) == 0 {
		return nil, fmt.Errorf("%w: it is not set, and values are sealed with key %s", ErrKey, r.First)
	}
	for _, id := range r.Keys {
		if _, ok := given[id]; ok {
			continue
		}
		have := strings.Join(slices.Sorted(maps.Keys(given)), ", ")
		if id == r.First {
			return nil, fmt.Errorf("%w: values are sealed with key %s, given is %s", ErrKey, id, have)
		}
		return nil, fmt.Errorf("%w: values under the older key %s may be left, give it behind the new one (given is %s)", ErrKey, id, have)
	}
	index, err := given[r.First].openOwn(indexPlace, r.Index)
	if err != nil {
		return nil, fmt.Errorf("%w: key %s does not open it", ErrKey, r.First)
	}
	return &state{index: index, mixed: r.Clear, noted: len(keys) > 0 && keys[0].ID() == r.First}, nil
}

func (k Key) openOwn(place string, value []byte) ([]byte, error) {
	if len(value) < head {
		return nil, errSealed
	}
	return ring{k}.open(place, value)
}

// note says in the store that the first key seals from now on, if it does not say so.
func note(tx storage.Tx, keys ring) (*state, error) {
	r, err := readRecord(tx)
	if err != nil {
		return nil, err
	}
	var st *state
	first := keys[0].ID()
	if r == nil {
		people, err := tx.Contacts("", 1)
		if err != nil {
			return nil, err
		}
		st = &state{index: make([]byte, secretSize), mixed: len(people) > 0}
		if _, err := rand.Read(st.index); err != nil {
			return nil, err
		}
		r = &record{Clear: st.mixed}
	} else if st, err = r.admit(keys); err != nil || st.noted {
		return st, err
	}
	st.noted = true
	r.First, r.Index = first, keys.seal(indexPlace, st.index)
	r.Since, r.Begun, r.Walked, r.After = time.Time{}, time.Time{}, time.Time{}, ""
	if !slices.Contains(r.Keys, first) {
		r.Keys = append(r.Keys, first)
	}
	return st, r.write(tx)
}
