package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// window is how long a Page may write freely after a person's act.
const window = 24 * time.Hour

// firstPSID is the id of the first person who joins without one.
const firstPSID = 7_100_000_000_000_001

// Person is someone with a phone.
type Person struct {
	PSID      string    `json:"psid"` // their id for this Page
	FirstName string    `json:"first_name"`
	LastName  string    `json:"last_name,omitempty"`
	Locale    string    `json:"locale,omitempty"`   // fr_FR
	Timezone  string    `json:"timezone,omitempty"` // Europe/Paris
	Blocked   bool      `json:"blocked,omitempty"`  // they blocked the Page
	Human     bool      `json:"human,omitempty"`    // people in the Page's inbox have the conversation
	Joined    time.Time `json:"joined"`
	// LastAct is when they last did what lets the Page write for 24 hours; zero: never.
	LastAct time.Time `json:"last_act,omitzero"`
}

// name is how a person is called in messages about them.
func (q Person) name() string {
	if q.FirstName != "" {
		return q.FirstName
	}
	return "person " + q.PSID
}

// zone is the person's time zone, UTC if unknown.
func (q Person) zone() *time.Location {
	if l, err := time.LoadLocation(q.Timezone); err == nil && q.Timezone != "" {
		return l
	}
	return time.UTC
}

// person is a Person with their thread.
type person struct {
	Person
	stamp  int64                // the last timestamp used in the thread, in ms
	asked  map[string]time.Time // opt-in titles, and when they were last shown
	seen   int                  // Seq of the last message they saw
	seq    int                  // of the last thing in the thread
	thread []Shown
	tokens []*token  // one for each topic they accepted, oldest first
	typing time.Time // dots until then
}

// Join gives a person an account and returns their PSID. With id "" they get the
// next number; a person who exists is updated by every value that is not empty.
// Nobody has written to anybody by joining: the 24-hour window is closed.
func (p *Platform) Join(id, firstName, lastName, locale, timezone string) (psid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id == "" {
		for n := int64(firstPSID) + int64(len(p.order)); ; n++ {
			id = strconv.FormatInt(n, 10)
			if p.people[id] == nil {
				break
			}
		}
	}
	q := p.people[id]
	if q == nil {
		q = &person{Person: Person{PSID: id, Joined: p.cfg.Now()}, asked: map[string]time.Time{}}
		p.people[id] = q
		p.order = append(p.order, id)
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&q.FirstName, firstName}, {&q.LastName, lastName}, {&q.Locale, locale}, {&q.Timezone, timezone}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	p.keepPerson(q)
	p.changed()
	return id
}

// People lists everyone in the order they joined.
func (p *Platform) People() []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Person, 0, len(p.order))
	for _, id := range p.order {
		list = append(list, p.people[id].Person)
	}
	return list
}

// unaccented writes the letters of western Europe as addresses do.
var unaccented = strings.NewReplacer("à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "æ", "ae", "ç", "c",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o",
	"õ", "o", "ö", "o", "ø", "o", "œ", "oe", "ß", "ss", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ý", "y", "ÿ", "y")

// email is the address of their account: zoe@people.example.
func (q Person) email() string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1 // no address has it
	}, unaccented.Replace(strings.ToLower(q.FirstName)))
	if name == "" {
		name = "person" + q.PSID[max(len(q.PSID)-3, 0):]
	}
	return name + "@people.example"
}

// phone is the number of their account, of those that France keeps for films.
func (q Person) phone() string {
	n := 0
	for _, r := range q.PSID {
		n = (n*10 + int(r-'0')) % 100
	}
	return fmt.Sprintf("+336399800%02d", max(n, 0))
}

// fillIn writes what only the platform knows into quick replies that offer it.
func (q *person) fillIn(replies []ShownButton) {
	for i := range replies {
		switch b := &replies[i]; b.Type {
		case "user_email":
			b.Label, b.Payload = q.email(), q.email()
		case "user_phone_number":
			b.Label, b.Payload = q.phone(), q.phone()
		}
	}
}

// UnknownPersonError is returned by acts of a PSID that nobody has.
type UnknownPersonError struct{ PSID string }

func (e UnknownPersonError) Error() string {
	return fmt.Sprintf("nobody here has the PSID %q: whoever comes gets one by POST /phone/join", e.PSID)
}

func (p *Platform) person(psid string) (*person, error) {
	if q := p.people[psid]; q != nil {
		return q, nil
	}
	return nil, UnknownPersonError{psid}
}

// tick returns the platform's timestamp for something in q's thread: now, and
// later than everything before it, so that a standing clock keeps the order.
func (p *Platform) tick(q *person) time.Time {
	q.stamp = max(p.cfg.Now().UnixMilli(), q.stamp+1)
	return time.UnixMilli(q.stamp).UTC()
}

// Latest is the newest timestamp of any chat. Where several things happened while the
// clock stood still, that is later than now by a few milliseconds.
func (p *Platform) Latest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	latest := int64(0)
	for _, q := range p.people {
		latest = max(latest, q.stamp)
	}
	return time.UnixMilli(latest).UTC()
}

// open reports whether the Page may write freely to q.
func (q *person) open(now time.Time) bool {
	return !q.LastAct.IsZero() && now.Before(q.LastAct.Add(window))
}

// languageOf is the language of a locale: "fr" for fr_CA.
func languageOf(locale string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_")
	return strings.ToLower(language)
}
