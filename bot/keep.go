package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// What a turn keeps is what changed: nothing else is written.

// keepConsents writes the consents that are new or other than they were, and of those
// that only carried a message no more than that.
func (t *turn) keepConsents() error {
	for _, c := range t.topics {
		var err error
		switch {
		case c.changed || c.sent && c.was == nil:
			err = t.keepConsent(c)
		case c.sent:
			err = t.tx.NoteSent(t.contact.ID, c.Topic, c.LastSent, c.Carrier)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepConsent writes a consent whole. The terms of interests that did not change stay
// where they are.
func (t *turn) keepConsent(c *agreed) error {
	record, err := c.Record()
	if err != nil {
		return err
	}
	if c.was != nil && bytes.Equal(c.was.Interests, record.Interests) {
		record.Terms = nil
	}
	return t.tx.PutConsent(record)
}

// keep writes the contact's row, if anything in it is new, and the session's timer.
func (t *turn) keep() (err error) {
	if t.saved || !t.stored {
		if t.contact.Fields, err = json.Marshal(t.fields); err != nil {
			return fmt.Errorf("fields of a contact: %w", err)
		}
	}
	if t.preferred {
		if t.contact.Prefs, err = t.prefs.encode(); err != nil {
			return err
		}
	}
	if t.ran || t.lost != nil {
		t.contact.Session, t.contact.Program = nil, ""
		if !t.session.Empty() {
			if t.contact.Session, err = t.session.MarshalJSON(); err != nil {
				return fmt.Errorf("session: %w", err)
			}
			t.contact.Program = strings.Join(t.session.Programs(), " ")
		}
	}
	if !t.stored || !sameContact(t.contact, t.was) {
		if err := t.tx.PutContact(t.contact); err != nil {
			return err
		}
	}
	if err := t.released(); err != nil {
		return err
	}
	wake := t.session.Wake()
	if t.handed() || isStranger(t.contact.ID) {
		wake = time.Time{} // no wait ends while others have the conversation, or nobody knows who it is
	}
	switch {
	case !wake.IsZero() && wake.Equal(t.wake) && wake.After(t.now):
		return nil // its timer stands
	case !wake.IsZero():
		return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: kindWake, At: wake})
	case !t.wake.IsZero() || t.lost != nil:
		return t.tx.DeleteTimer(t.contact.ID, kindWake, "")
	}
	return nil
}

// sameContact says whether two rows of a contact hold the same.
func sameContact(a, b storage.Contact) bool {
	return a.FirstName == b.FirstName && a.LastName == b.LastName && a.Locale == b.Locale && a.Timezone == b.Timezone &&
		a.Unreachable == b.Unreachable && a.Program == b.Program && a.LastAct.Equal(b.LastAct) &&
		bytes.Equal(a.Fields, b.Fields) && bytes.Equal(a.Session, b.Session) && bytes.Equal(a.Prefs, b.Prefs)
}
