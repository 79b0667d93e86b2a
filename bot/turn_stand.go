package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// stand reads where a contact stands, for a turn of a program. A contact who is not known yet stands
// nowhere, and is written by commit.
func (b *Bot) stand(r storage.Reader, today *flows.Program, contact string, now time.Time) (*turn, error) {
	return b.standAs(new(turn), r, today, contact, now)
}

// standAs is stand with an empty turn to fill.
func (b *Bot) standAs(t *turn, r storage.Reader, today *flows.Program, contact string, now time.Time) (*turn, error) {
	t.b, t.r, t.now, t.at, t.program = b, r, now, now, today
	row, err := r.Contact(contact)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		t.contact, t.fields = storage.Contact{ID: contact, CreatedAt: now}, map[string]any{}
		return t, nil
	case err != nil:
		return nil, err
	}
	t.contact, t.was, t.stored = row, row, true
	if t.fields, err = readFields(row.Fields); err != nil {
		return nil, err
	}
	if t.prefs, err = readPrefs(row.Prefs); err != nil {
		return nil, err
	}
	if err := t.standSession(); err != nil {
		return nil, err
	}
	consents, err := r.Consents(contact)
	if err != nil {
		return nil, err
	}
	if err := t.standConsents(consents); err != nil {
		return nil, err
	}
	permits, err := r.Permits(contact)
	if err != nil {
		return nil, err
	}
	t.permits = slices.Grow(t.permits, len(permits))[:len(permits)]
	for i := range permits {
		if err := t.permits[i].read(&permits[i]); err != nil {
			return nil, errors.Join(errCorrupt, err)
		}
	}
	t.rested()
	return t, nil
}

// readFields reads what is known of a contact.
func readFields(raw []byte) (map[string]any, error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	fields, err := readMap(raw)
	if err != nil {
		return nil, fmt.Errorf("fields of a contact: %w", errors.Join(errCorrupt, err))
	}
	return fields, nil
}

// standSession reads the session and the older programs it runs on. One that cannot be
// read is over: whoever was in the middle of it must still be able to stop, and to begin
// anew.
func (t *turn) standSession() error {
	if len(t.contact.Session) == 0 {
		return nil
	}
	session, err := flows.ParseSession(t.contact.Session)
	if err != nil {
		t.lost = err
		return nil
	}
	own, _, several := strings.Cut(t.contact.Program, " ")
	if t.session = session.On(own); !t.handed() { // else it has no timer
		t.wake = session.Wake()
	}
	t.calling = session.Calls()
	if own == t.program.Hash && !several {
		return nil
	}
	t.older, err = t.b.old.of(t.session, t.program.Hash, t.r)
	return err
}
