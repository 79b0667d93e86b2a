package bot

import (
	"errors"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// agreed is a consent while a turn has it, and what of it is to be written back.
type agreed struct {
	Consent
	was     *storage.Consent // as it is stored; nil: not yet
	changed bool             // it is to be written
	sent    bool             // when the last message went is, if nothing else
}

// standConsents reads the consents of a turn's contact.
func (t *turn) standConsents(records []storage.Consent) error {
	t.stood = slices.Grow(t.stood, len(records))[:len(records)] // what the turn adds lies elsewhere
	for i := range records {
		c := &t.stood[i]
		if err := c.read(&records[i]); err != nil {
			return errors.Join(errCorrupt, err)
		}
		c.was = &records[i]
		t.topics = append(t.topics, c)
	}
	return nil
}

// untold is a consent of which nothing is known yet. Who stopped everything has stopped
// it too: an older yes to it may still be on its way, or stand in a file to import. Who
// stopped the whole Page on the platform has so for every topic, those to come as well.
func (t *turn) untold(topic string) Consent {
	c := Consent{Contact: t.contact.ID, Topic: topic}
	if at := t.prefs.Stopped; !at.IsZero() {
		c.Status, c.StoppedBy, c.StoppedAt, c.ChangedAt = StatusStopped, ByPerson, at, at
	}
	if at := t.prefs.Barred; !at.IsZero() {
		at = latest(at, c.ChangedAt)
		c.Status, c.StoppedBy, c.StoppedAt, c.ChangedAt = StatusStopped, ByPlatform, at, at
	}
	return c
}

// topic is the contact's consent to a topic; nil if there is none.
func (t *turn) topic(name string) *agreed {
	for _, c := range t.topics {
		if c.Topic == name {
			return c
		}
	}
	return nil
}
