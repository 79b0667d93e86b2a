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
func FromRecord(r storage.Consent) (c Consent, err error) {
	if err := c.read(&r); err != nil {
		return Consent{}, err
	}
	return c, nil
}

// read makes an empty consent what is stored.
func (c *Consent) read(r *storage.Consent) error {
	c.Contact, c.Topic, c.Status, c.Cadence = r.Contact, r.Topic, r.Status, r.Cadence
	c.ActiveSince, c.SnoozedUntil, c.ChangedAt, c.LastSent = r.ActiveSince, r.SnoozedUntil, r.ChangedAt, r.LastSent
	c.Carrier = r.Carrier
	if len(r.Interests) > 0 {
		p := plain{raw: r.Interests}
		if c.Interests = p.maps(); !p.whole() {
			c.Interests = nil
			if err := json.Unmarshal(r.Interests, &c.Interests); err != nil {
				return fmt.Errorf("interests of consent %q: %w", r.Topic, err)
			}
		}
	}
	if len(r.Body) == 0 || c.readBody(r.Body) {
		return nil
	}
	var body consentBody
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return fmt.Errorf("body of consent %q: %w", r.Topic, err)
	}
	c.StoppedBy, c.Cleared, c.Requests = body.StoppedBy, body.Cleared, body.Requests
	c.StoppedAt, c.Ended, c.CadenceAt, c.SnoozedAt = body.StoppedAt, body.Ended, body.CadenceAt, body.SnoozedAt
	c.AgreedAt, c.DroppedAt = body.AgreedAt, body.DroppedAt
	return nil
}

// readBody reads what consentBody is written as, unless that is odd.
func (c *Consent) readBody(raw []byte) bool {
	p := plain{raw: raw}
	for key := range p.members {
		switch string(key) {
		case "stopped_by":
			c.StoppedBy = p.text()
		case "cleared":
			c.Cleared = p.maps()
		case "requests":
			for range p.items {
				c.Requests = append(c.Requests, p.request())
			}
		case "stopped_at":
			c.StoppedAt = p.instant()
		case "ended":
			c.Ended = p.flag()
		case "cadence_at":
			c.CadenceAt = p.instant()
		case "snoozed_at":
			c.SnoozedAt = p.instant()
		case "agreed_at":
			c.AgreedAt = p.instants()
		case "dropped_at":
			c.DroppedAt = p.instants()
		default:
			p.odd = true
		}
	}
	return p.whole()
}

func (p *plain) request() (r Request) {
	for key := range p.members {
		switch string(key) {
		case "id":
			r.ID = p.text()
		case "title":
			r.Title = p.text()
		case "cadence":
			r.Cadence = p.text()
		case "about":
			r.About, _ = p.value(1).(map[string]any)
			p.odd = p.odd || r.About == nil
		case "flow":
			r.Flow = p.text()
		case "step":
			r.Step = p.text()
		case "image":
			r.Image = p.text()
		case "locale":
			r.Locale = p.text()
		case "program":
			r.Program = p.text()
		case "at":
			r.At = p.instant()
		case "declined":
			r.Declined = p.flag()
		default:
			p.odd = true
		}
	}
	return r
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
