package storage

import "time"

// Contact is one person on one channel of one bot, with where they stand.
// Its id is CHANNEL:PAGE:PERSON.
type Contact struct {
	ID        string
	FirstName string
	LastName  string
	Locale    string // as the platform or the person gave it, "fr_FR"; empty if unknown
	Timezone  string // IANA name; empty if unknown
	Fields    []byte // JSON object of the declared fields
	CreatedAt time.Time

	// LastAct is the platform's timestamp of the last act that opens the window
	// (a message, a tap, a reaction). Zero: never.
	LastAct time.Time
	// Unreachable says why nothing may be tried until the person writes again
	// ("blocked", "gone"); empty if they can be reached.
	Unreachable string

	// Prefs is what the runtime keeps about the person beside the flows, as JSON; nil
	// while there is nothing to keep.
	Prefs []byte

	Program string // hash of the program the session runs on; empty without a session
	Session []byte // flows.Session as JSON, at most 16 KiB; nil when nothing waits
}

// TokenField is the name under which the token is found that a person's message went to last,
// where the platform may report a failure of it by that token alone. No field can have it.
const TokenField = "~token"

// ContactReader finds people.
type ContactReader interface {
	Contact(id string) (Contact, error)
	// ContactByField finds the contact whose unique field has that value.
	ContactByField(field, value string) (Contact, error)
	// Contacts lists contacts in order of id, after the given one ("" from the start).
	Contacts(after string, limit int) ([]Contact, error)
}

// ContactWriter keeps people, and erases them.
type ContactWriter interface {
	PutContact(Contact) error
	// PutUnique makes value of field name this contact; an empty value removes it.
	// ErrTaken if another contact has it.
	PutUnique(contact, field, value string) error
	// Erase deletes everything kept about a contact but its ledger entries: they no
	// longer name it, and their salt goes. "" is nobody: what no contact has, such as schedules, stays.
	Erase(contact string) error
}
