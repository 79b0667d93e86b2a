package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/relance-bot/relance/storage"
)

// shut remembers which lanes the platform has closed for a whole Page for a time: a
// campaign that is not warm yet, a budget that is used up. They are kept in the store: a
// restart does not ask the platform once more for each person. Other processes learn
// of it by a refusal of their own.
type shut struct {
	some atomic.Bool // nothing is shut, as a rule: then nobody waits for the lock
	mu   sync.Mutex
	till map[string]map[string]LaneAnswer // by CHANNEL:PAGE and lane
}

// shutBody is what the store keeps about a lane that is shut.
type shutBody struct {
	Code  string    `json:"code"` // of the platform
	Until time.Time `json:"until"`
}

func shutMeta(page, lane string) string { return "shut:" + page + " " + lane }

// laneShut is the word of a lane that is closed for the whole Page.
const laneShut = "shut"

// load reads what is shut of the lanes that the channels have.
func (s *shut) load(r storage.MetaReader, channels map[string]Channel) error {
	for page, ch := range channels {
		for _, lane := range ch.Lanes() {
			body, err := storedShut(r, page, lane.Name())
			if err != nil {
				return err
			}
			if !body.Until.IsZero() {
				s.note(page, lane.Name(), body.Until)
			}
		}
	}
	return nil
}

// storedShut is what is stored about a lane; the zero body if it never was shut.
func storedShut(r storage.MetaReader, page, lane string) (out shutBody, err error) {
	raw, err := r.Meta(shutMeta(page, lane))
	if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
		return shutBody{}, nil
	}
	if err != nil {
		return shutBody{}, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return shutBody{}, fmt.Errorf("lane %s of %s: %w", lane, page, err)
	}
	return out, nil
}

// shut closes a lane of a page until a time. An earlier end changes nothing.
func (s *shut) shut(tx *txn, page, lane, code string, until time.Time) error {
	if old := s.of(page)[lane]; !old.Next.Before(until) {
		return nil
	}
	raw, err := json.Marshal(shutBody{strings.TrimSpace(code), until})
	if err != nil {
		return fmt.Errorf("lane %s of %s: %w", lane, page, err)
	}
	tx.whenKept(func() { s.note(page, lane, until) })
	return tx.SetMeta(shutMeta(page, lane), raw)
}

func (s *shut) note(page, lane string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lanes := map[string]LaneAnswer{lane: {Why: laneShut, Next: until}} // a new one: the old is being read
	for name, answer := range s.till[page] {
		if name != lane {
			lanes[name] = answer
		}
	}
	if s.till == nil {
		s.till = map[string]map[string]LaneAnswer{}
	}
	s.till[page] = lanes
	s.some.Store(true)
}

// of are the lanes of a page that are shut now, and maybe some that were.
func (s *shut) of(page string) map[string]LaneAnswer {
	if !s.some.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.till[page]
}
