package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/relance-bot/relance/flows"
)

// Prefs is what the runtime keeps about a person beside the flows: what they chose of
// how we treat them, and what we chose for them once and for all. Most people have
// none, and then nothing is stored, read or written.
type Prefs struct {
	Quiet    *QuietHours       `json:"quiet,omitempty"`    // their own; nil: the bot's
	Variants map[string]string `json:"variants,omitempty"` // of each split the variant that is theirs
	Thread   *Thread           `json:"thread,omitempty"`   // nil: the bot has the conversation
	Back     time.Time         `json:"back,omitzero"`      // when people last gave it back, by the platform's clock
	Stopped  time.Time         `json:"stopped,omitzero"`   // when the person last stopped everything, by the same clock
	Barred   time.Time         `json:"barred,omitzero"`    // likewise, when they stopped the whole Page on the platform; zero once they agreed there again
}

// QuietHours are a person's own, in minutes after midnight by their clock. From and to
// the same: they want none.
type QuietHours struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Thread says that a human has the conversation.
type Thread struct {
	Since time.Time `json:"since"`
	Told  time.Time `json:"told,omitzero"`  // of the last act or word of the platform that led to it, by its clock
	Until time.Time `json:"until,omitzero"` // zero: until the platform says that it is ours again
	Note  string    `json:"note,omitempty"` // for the human who takes over
}

// readPrefs reads a stored preference; nil bytes hold none.
func readPrefs(raw []byte) (Prefs, error) {
	if len(raw) == 0 {
		return Prefs{}, nil
	}
	var p Prefs
	if err := json.Unmarshal(raw, &p); err != nil {
		return Prefs{}, fmt.Errorf("preferences of a contact: %w", errors.Join(errCorrupt, err))
	}
	return p, nil
}

// encode is how preferences are stored: nil if there are none.
func (p Prefs) encode() ([]byte, error) {
	if reflect.ValueOf(p).IsZero() {
		return nil, nil
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("preferences of a contact: %w", err)
	}
	return raw, nil
}

// prefer changes the person's preferences. They are written with the turn.
func (t *turn) prefer(change func(*Prefs)) {
	change(&t.prefs)
	if len(t.prefs.Variants) == 0 {
		t.prefs.Variants = nil
	}
	t.preferred = true
}

// quietHours are the person's own, else the bot's; nil if there are none.
func (t *turn) quietHours() *flows.Hours {
	if own := t.ownQuiet(); own != nil {
		return own
	}
	return t.program.Bot.QuietHours
}

// ownQuiet are the quiet hours that the person chose; nil if they never did.
func (t *turn) ownQuiet() *flows.Hours {
	if q := t.prefs.Quiet; q != nil {
		return &flows.Hours{From: q.From, To: q.To}
	}
	return nil
}

// setQuiet keeps the person's own quiet hours; nil are the bot's. What is held, or waits
// in the outbox, is decided again: it may be day now, or night.
func (t *turn) setQuiet(hours *flows.Hours) error {
	t.prefer(func(p *Prefs) {
		p.Quiet = nil
		if hours != nil {
			p.Quiet = &QuietHours{From: hours.From, To: hours.To}
		}
	})
	if err := t.doubt(); err != nil {
		return err
	}
	return t.reconsider("")
}
