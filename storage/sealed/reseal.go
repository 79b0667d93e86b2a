package sealed

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	// resealBatch is how many people one step writes anew, and resealMost how many of their
	// decisions, but for those of the last.
	resealBatch = 50
	resealMost  = 5000
	// keyRest is how long an older key is needed after the first walk. What lives for
	// days only (settled sends, strays) is not written anew, it ends.
	keyRest = 40 * 24 * time.Hour
)

// Reseal does one bounded step of writing values anew under the first key, at a time,
// and says whether another one should follow at once. It walks over everybody as soon
// as a key is new (or the first), and again when the older one has rested for 40 days;
// then that is no longer needed, and retired names it. Steps are kept as they are done:
// any process goes on where one ended.
func (s *Store) Reseal(ctx context.Context, now time.Time) (more bool, retired []string, err error) {
	err = s.Write(ctx, func(outer storage.Tx) error {
		more, retired = false, nil
		t, ok := outer.(*tx)
		if !ok {
			return errors.New("not a transaction of this store")
		}
		r, err := readRecord(t.Tx)
		if err != nil || r == nil || r.First != s.keys[0].ID() {
			return err
		}
		switch {
		case !r.Begun.IsZero():
		case r.Walked.IsZero() && (r.Clear || len(r.Keys) > 1):
			r.Begun, r.After = now, ""
			if r.Since.IsZero() {
				r.Since = now
			}
		case len(r.Keys) > 1 && !r.Walked.Before(r.Since.Add(keyRest)):
			for _, id := range r.Keys {
				if id != r.First {
					retired = append(retired, id)
				}
			}
			r.Keys = []string{r.First}
			return r.write(t.Tx)
		case len(r.Keys) > 1 && !now.Before(r.Since.Add(keyRest)):
			r.Begun, r.After = now, ""
		default:
			return nil
		}
		if r.After == "" { // schedules are nobody's
			timers, err := t.Timers("")
			if err := putAll(timers, err, t.PutTimer); err != nil {
				return err
			}
		}
		people, err := t.Tx.Contacts(r.After, resealBatch)
		if err != nil {
			return err
		}
		left, wrote := people, 0
		for len(left) > 0 && wrote < resealMost {
			n, err := t.reseal(left[0].ID)
			if err != nil {
				return err
			}
			r.After, left, wrote = left[0].ID, left[1:], wrote+n
		}
		more = true
		if len(people) < resealBatch && len(left) == 0 {
			r.Walked, r.Begun, r.After, r.Clear = r.Begun, time.Time{}, "", false
			more = len(r.Keys) > 1 && !r.Walked.Before(r.Since.Add(keyRest))
		}
		return r.write(t.Tx)
	})
	if err == nil && !more {
		s.state.Store(nil) // read anew: nothing may be mixed any more
	}
	return more, retired, err
}

// reseal writes anew what is kept of a person: reading opens it, writing seals it. It says
// how many decisions those were.
func (t *tx) reseal(contact string) (wrote int, err error) {
	c, err := t.Contact(contact)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if err := t.PutContact(c); err != nil {
		return 0, err
	}
	salt, err := t.Salt(contact)
	if err == nil {
		err = t.PutSalt(contact, salt)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return 0, err
	}
	permits, err := t.Permits(contact)
	if err := putAll(permits, err, t.PutPermit); err != nil {
		return 0, err
	}
	if t.r.st.mixed {
		if err := errors.Join(t.blindFields(c), t.blindToken(contact, permits)); err != nil {
			return 0, err
		}
	}
	timers, err := t.Timers(contact)
	if err := putAll(timers, err, t.PutTimer); err != nil {
		return 0, err
	}
	inputs, err := t.Inputs(contact, 0)
	if err := putAll(inputs, err, t.PutInput); err != nil {
		return 0, err
	}
	sends, err := t.Sends(contact)
	err = putAll(sends, err, func(s storage.Send) error {
		if s.State != storage.SendPending { // it waits as long as its Page rests; others end
			return nil
		}
		return t.PutSend(s)
	})
	if err != nil {
		return 0, err
	}
	decisions, err := t.Decisions(storage.DecisionQuery{Contact: contact, Limit: math.MaxInt32})
	return len(decisions), putAll(decisions, err, func(d storage.Decision) error {
		if d.Event == nil {
			return nil
		}
		return t.PutDecision(d)
	})
}

func putAll[T any](list []T, err error, put func(T) error) error {
	for i := 0; i < len(list) && err == nil; i++ {
		err = put(list[i])
	}
	return err
}

// blindFields puts the hash where a unique field still stands in clear.
func (t *tx) blindFields(c storage.Contact) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.Fields, &fields) != nil {
		return nil // none
	}
	for name, raw := range fields {
		for _, text := range spellings(raw) {
			owner, err := t.Tx.ContactByField(name, text)
			if errors.Is(err, storage.ErrNotFound) || err == nil && owner.ID != c.ID {
				continue
			}
			if err != nil {
				return err
			}
			if err := t.PutUnique(c.ID, name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// blindToken puts the hash where the token still stands in clear that somebody is found by.
// One of a permit that is gone is of no use any more.
func (t *tx) blindToken(contact string, permits []storage.Permit) error {
	for _, p := range permits {
		owner, err := t.ContactByField(storage.TokenField, p.Token)
		switch {
		case err == nil && owner.ID == contact:
			return t.PutUnique(contact, storage.TokenField, p.Token)
		case err != nil && !errors.Is(err, storage.ErrNotFound):
			return err
		}
	}
	return t.PutUnique(contact, storage.TokenField, "")
}

// spellings are the texts that a field's value may be found by.
func spellings(raw json.RawMessage) []string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []string{text}
	}
	out := []string{string(raw)}
	if number, err := strconv.ParseFloat(string(raw), 64); err == nil {
		out = append(out, strconv.FormatFloat(number, 'f', -1, 64))
	}
	return out
}
