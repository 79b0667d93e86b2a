package bot

import (
	"errors"

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
	if len(records) == 0 {
		return nil
	}
	all := make([]agreed, len(records)) // made at once; what the turn adds lies elsewhere
	t.topics = make([]*agreed, len(records))
	for i := range records {
		if err := all[i].read(&records[i]); err != nil {
			return errors.Join(errCorrupt, err)
		}
		all[i].was, t.topics[i] = &records[i], &all[i]
	}
	return nil
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
