package storage

import "time"

// Consent is what stands between a contact and a topic.
type Consent struct {
	Contact string
	Topic   string
	Status  string // asked, active, snoozed, stopped
	Cadence string // daily, weekly, monthly; empty while only asked

	// Interests are what the consent is about: a set of flat objects, as a JSON list.
	Interests []byte
	// Terms index the interests: one list of "field=value" for each of them.
	// Storage keeps them in a table of their own and returns them empty. So nil
	// beside Interests that did not change keeps the terms there are.
	Terms [][]string

	ActiveSince  time.Time // of the present run of active, snoozes included; zero otherwise
	SnoozedUntil time.Time
	ChangedAt    time.Time // the platform's timestamp of the change that counts now
	LastSent     time.Time // of the last notification that went out, or may have
	// Carrier marks the permit that LastSent went by, which rests since then too: a number
	// from 1 to 1<<31-1 that the bot makes of its token; 0 if there is none.
	Carrier int64
	// Body is the rest of what the bot keeps about it (open requests, what a stop
	// cleared, who stopped it), as JSON; storage does not read it.
	Body []byte
}

// Permit is what the platform gave to carry a topic to a person. It is never
// consent.
type Permit struct {
	Contact      string
	Lane         string // recurring, marketing, one_time
	Topic        string // empty: the whole Page
	Token        string
	Body         []byte // what the lane keeps about it, JSON
	NextEligible time.Time
	ExpiresAt    time.Time // zero: never
	UpdatedAt    time.Time
}

// Subscribers asks for the consents of a topic that are active or snoozed, one chunk at
// a time.
type Subscribers struct {
	Topic string
	// Zone keeps those whose contact has this time zone; "" keeps all. Contacts
	// without a zone count as DefaultZone.
	Zone, DefaultZone string
	// ActiveAt keeps consents that were active at this instant already; zero keeps
	// all.
	ActiveAt time.Time
	// Terms keeps consents that have one interest with all these terms.
	Terms []string
	After string // the last contact of the chunk before
	Limit int
}

// ConsentReader finds who agreed to what, and what carries it to them.
type ConsentReader interface {
	// Consents returns a contact's consents in order of topic.
	Consents(contact string) ([]Consent, error)
	// Subscribers returns contact ids in order.
	Subscribers(Subscribers) ([]string, error)
	// CountSubscribers says how many Subscribers would return without a Limit.
	CountSubscribers(Subscribers) (int, error)
	// Zones lists the distinct time zones ("" where unknown) of the contacts with
	// a consent of this topic that is active or snoozed.
	Zones(topic string) ([]string, error)
	// Permits returns a contact's permits in order of lane and topic.
	Permits(contact string) ([]Permit, error)
}

// ConsentWriter keeps consents and permits.
type ConsentWriter interface {
	PutConsent(Consent) error
	// NoteSent sets LastSent and Carrier of a consent that is there, and nothing else.
	NoteSent(contact, topic string, at time.Time, carrier int64) error
	PutPermit(Permit) error
	DeletePermit(contact, lane, topic string) error
}
