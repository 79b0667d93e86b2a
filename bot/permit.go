package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// permitBody is what a permit's record keeps beside its columns.
type permitBody struct {
	Title     string    `json:"title,omitempty"`
	Frequency string    `json:"frequency,omitempty"`
	Zone      string    `json:"zone,omitempty"`
	LastSent  time.Time `json:"last_sent,omitzero"`
}

func permitFrom(r storage.Permit) (Permit, error) {
	var body permitBody
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &body); err != nil {
			return Permit{}, fmt.Errorf("permit: %w", err)
		}
	}
	return Permit{
		Lane: r.Lane, Topic: r.Topic, Token: r.Token, ExpiresAt: r.ExpiresAt, NextEligible: r.NextEligible,
		Title: body.Title, Frequency: body.Frequency, Zone: body.Zone, LastSent: body.LastSent,
	}, nil
}

// putPermit keeps a permit, in the store and in the turn.
func (t *turn) putPermit(p Permit, at time.Time) error {
	if err := writePermit(t.tx, t.contact.ID, p, at); err != nil {
		return err
	}
	for i := range t.permits {
		if t.permits[i].Lane == p.Lane && t.permits[i].Topic == p.Topic {
			t.permits[i] = p
			return nil
		}
	}
	t.permits = append(t.permits, p)
	return nil
}

func writePermit(tx storage.Tx, contact string, p Permit, at time.Time) error {
	raw, err := json.Marshal(permitBody{Title: p.Title, Frequency: p.Frequency, Zone: p.Zone, LastSent: p.LastSent})
	if err != nil {
		return fmt.Errorf("permit: %w", err)
	}
	return tx.PutPermit(storage.Permit{
		Contact: contact, Lane: p.Lane, Topic: p.Topic, Token: p.Token, Body: raw,
		NextEligible: p.NextEligible, ExpiresAt: p.ExpiresAt, UpdatedAt: at,
	})
}

// permit is the first permit that some lane could use for a topic; nil if none.
func (t *turn) permit(topic string) *Permit {
	for _, lane := range t.lanes() {
		if p := permitFor(t.permits, lane.Name(), topic); p != nil && (p.ExpiresAt.IsZero() || p.ExpiresAt.After(t.now)) {
			return p
		}
	}
	return nil
}

// permitFor finds a lane's permit for a topic: its own, else the whole Page's.
func permitFor(permits []Permit, lane, topic string) *Permit {
	var page *Permit
	for i := range permits {
		switch p := &permits[i]; {
		case p.Lane != lane:
		case p.Topic == topic:
			return p
		case p.Topic == "":
			page = p
		}
	}
	return page
}

// lanes are those of the contact's channel.
func (t *turn) lanes() []Lane {
	if ch := t.b.channelOf(t.contact.ID); ch != nil {
		return ch.Lanes()
	}
	return nil
}
