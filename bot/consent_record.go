package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// consentBody is what a consent's record keeps beside its columns.
type consentBody struct {
	StoppedBy string               `json:"stopped_by,omitempty"`
	Cleared   []map[string]any     `json:"cleared,omitempty"`
	Requests  []Request            `json:"requests,omitempty"`
	StoppedAt time.Time            `json:"stopped_at,omitzero"`
	Ended     bool                 `json:"ended,omitempty"`
	CadenceAt time.Time            `json:"cadence_at,omitzero"`
	SnoozedAt time.Time            `json:"snoozed_at,omitzero"`
	AgreedAt  map[string]time.Time `json:"agreed_at,omitempty"`
	DroppedAt map[string]time.Time `json:"dropped_at,omitempty"`
}

// FromRecord reads a stored consent.
func FromRecord(r storage.Consent) (Consent, error) {
	c := Consent{
		Contact: r.Contact, Topic: r.Topic, Status: r.Status, Cadence: r.Cadence,
		ActiveSince: r.ActiveSince, SnoozedUntil: r.SnoozedUntil, ChangedAt: r.ChangedAt, LastSent: r.LastSent,
		Carrier: r.Carrier,
	}
	if len(r.Interests) > 0 {
		if err := json.Unmarshal(r.Interests, &c.Interests); err != nil {
			return Consent{}, fmt.Errorf("interests of consent %q: %w", r.Topic, err)
		}
	}
	var body consentBody
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &body); err != nil {
			return Consent{}, fmt.Errorf("body of consent %q: %w", r.Topic, err)
		}
	}
	c.StoppedBy, c.Cleared, c.Requests = body.StoppedBy, body.Cleared, body.Requests
	c.StoppedAt, c.Ended, c.CadenceAt, c.SnoozedAt = body.StoppedAt, body.Ended, body.CadenceAt, body.SnoozedAt
	c.AgreedAt, c.DroppedAt = body.AgreedAt, body.DroppedAt
	return c, nil
}

// Record is the consent as it is stored, with the terms its interests are found
// by.
func (c Consent) Record() (storage.Consent, error) {
	r := storage.Consent{
		Contact: c.Contact, Topic: c.Topic, Status: c.Status, Cadence: c.Cadence,
		ActiveSince: c.ActiveSince, SnoozedUntil: c.SnoozedUntil, ChangedAt: c.ChangedAt, LastSent: c.LastSent,
		Carrier: c.Carrier,
	}
	var err error
	if len(c.Interests) > 0 {
		if r.Interests, err = json.Marshal(c.Interests); err != nil {
			return storage.Consent{}, fmt.Errorf("interests of consent %q: %w", c.Topic, err)
		}
	}
	for _, about := range c.Interests {
		r.Terms = append(r.Terms, flows.InterestTerms(about))
	}
	r.Body, err = json.Marshal(consentBody{
		StoppedBy: c.StoppedBy, Cleared: c.Cleared, Requests: c.Requests,
		StoppedAt: c.StoppedAt, Ended: c.Ended, CadenceAt: c.CadenceAt, SnoozedAt: c.SnoozedAt, AgreedAt: c.AgreedAt,
		DroppedAt: c.DroppedAt,
	})
	if err != nil {
		return storage.Consent{}, fmt.Errorf("body of consent %q: %w", c.Topic, err)
	}
	return r, nil
}
