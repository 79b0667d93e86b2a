package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// permit is a Permit that we hold, and when the platform gave it.
type permit struct {
	Permit
	givenAt time.Time
}

// permitBody is what a permit's record keeps beside its columns.
type permitBody struct {
	Title     string    `json:"title,omitempty"`
	Frequency string    `json:"frequency,omitempty"`
	Zone      string    `json:"zone,omitempty"`
	LastSent  time.Time `json:"last_sent,omitzero"`
}

func permitFrom(r storage.Permit) (permit, error) {
	var body permitBody
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &body); err != nil {
			return permit{}, fmt.Errorf("permit: %w", err)
		}
	}
	return permit{givenAt: r.UpdatedAt, Permit: Permit{
		Lane: r.Lane, Topic: r.Topic, Token: r.Token, ExpiresAt: r.ExpiresAt, NextEligible: r.NextEligible,
		Title: body.Title, Frequency: body.Frequency, Zone: body.Zone, LastSent: body.LastSent,
	}}, nil
}

// given keeps a permit for a topic that the platform gave at a time. One that is
// older than what we hold changes nothing; one with the same token still rests
// after what it carried.
func (t *turn) given(p Permit, topic string, at time.Time) error {
	p.Topic = topic
	for _, old := range t.permits {
		if old.Lane != p.Lane || old.Topic != topic {
			continue
		}
		if at.Before(old.givenAt) {
			return nil
		}
		if old.Token == p.Token && p.LastSent.IsZero() {
			p.LastSent = old.LastSent
		}
		if old.Token == p.Token && p.NextEligible.IsZero() {
			p.NextEligible = old.NextEligible
		}
	}
	return t.putPermit(permit{p, at})
}

// putPermit keeps a permit, in the store and in the turn.
func (t *turn) putPermit(p permit) error {
	raw, err := json.Marshal(permitBody{Title: p.Title, Frequency: p.Frequency, Zone: p.Zone, LastSent: p.LastSent})
	if err != nil {
		return fmt.Errorf("permit: %w", err)
	}
	err = t.tx.PutPermit(storage.Permit{
		Contact: t.contact.ID, Lane: p.Lane, Topic: p.Topic, Token: p.Token, Body: raw,
		NextEligible: p.NextEligible, ExpiresAt: p.ExpiresAt, UpdatedAt: p.givenAt,
	})
	if err != nil {
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

func (t *turn) dropPermit(p permit) error {
	t.permits = slices.DeleteFunc(t.permits, func(q permit) bool { return q.Lane == p.Lane && q.Topic == p.Topic })
	return t.tx.DeletePermit(t.contact.ID, p.Lane, p.Topic)
}

// permit is the first permit that some lane could use for a topic; nil if none.
func (t *turn) permit(topic string) *permit {
	for _, lane := range t.lanes() {
		if p := t.permitFor(lane.Name(), topic); p != nil && (p.ExpiresAt.IsZero() || p.ExpiresAt.After(t.now)) {
			return p
		}
	}
	return nil
}

// permitFor finds a lane's permit for a topic: its own, else the whole Page's.
func (t *turn) permitFor(lane, topic string) *permit {
	var page *permit
	for i := range t.permits {
		switch p := &t.permits[i]; {
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
