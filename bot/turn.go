package bot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// turn is one input of one contact, from reading where they stand to writing
// where they stand then. All of it happens in one transaction:
//
//	handle ─ begin: contact, session, consents, permits
//	       ─ the input's own part: act.go, notification.go, shop.go
//	       ─ run: flows.Advance decides, apply (effect.go) does its effects
//	       ─ commit: what changed, and the messages (letter.go), of which the first
//	         goes to a sender from memory once all is kept (handover.go)
type turn struct {
	b   *Bot
	r   storage.Reader
	tx  *txn // nil while somebody only asks
	now time.Time
	at  time.Time // the act the turn answers, by the platform's clock; now if none does

	contact storage.Contact
	was     storage.Contact // as it is stored
	fields  map[string]any
	program *flows.Program // today's; what runs already goes on in those of older
	older   map[string]*flows.Program
	session flows.Session
	wake    time.Time // what its timer was set to
	lost    error     // why the stored session cannot go on
	prefs   Prefs

	stood   []agreed  // as the contact's were when the turn began
	topics  []*agreed // those the contact has
	out     []*letter // messages to put
	permits []permit
	// What came is decided in came, and carried from carrying.
	came     *notice
	carrying []storage.Decision
	ways     []Lane         // the lanes, once somebody asked
	zone     *time.Location // the contact's, once somebody asked

	input   string                  // names the input in the ledger
	seq     int64                   // of the input, if it stood in the inbox
	asking  map[string]flows.Asking // how a topic may be asked for, where this turn knows better
	answer  *Answer                 // of the call whose result the turn is about; nil: of none
	calling []string                // what the session waited for when the turn began: ids of calls
	became  string                  // what was decided last; empty if nothing was
	stopped campaignKey             // that the person's stop was counted to
	again   map[string]bool         // triggers whose held notifications will be decided again

	line      lineState // whether others stand before the messages
	stored    bool      // the contact's row exists already
	saved     bool      // a field was
	ran       bool      // the flows decided something
	preferred bool      // prefs were changed
	spoke     bool      // the person wrote or tapped
	reacted   bool      // or did something else that opens the window
	first     bool      // they never acted before
	hushed    bool      // they stopped everything
	mute      bool      // others have the conversation: nothing is said
	leaving   bool      // the platform is to end their subscription to the whole Page
	// everything says that what the turn does to consents is about all of them.
	everything bool
	gone       bool // the person is to be forgotten
	void       bool // nothing of the turn is to be kept
	later      bool // a newer program's process is to do it
	waits      bool // a notification waits for its slot
	once       bool // the notification cannot have been decided already
	alone      bool // there is no other notification, neither held nor waiting for its slot
	passes     bool // the cursor of an occurrence passes
	queued     bool // and its campaign is to count this person as queued
}

// empty makes it a new turn, which keeps the memory of its lists.
func (t *turn) empty() {
	clear(t.stood)
	clear(t.topics)
	clear(t.permits)
	clear(t.carrying)
	*t = turn{stood: t.stood[:0], topics: t.topics[:0], permits: t.permits[:0], came: t.came, carrying: t.carrying[:0]}
}

// handle does one input. wait says that the contact is new and their profile is
// to be looked up first; the input stays for a moment.
func (b *Bot) handle(tx *txn, in storage.Input, now time.Time) (wait bool, err error) {
	t, err := b.begin(tx, in.Contact, now)
	if err != nil {
		return false, err
	}
	switch {
	case t.stored:
	case in.Kind != kindEvent && in.Kind != kindComment:
		if in.Kind == kindNotify {
			tx.unqueue(in.Body, countGone)
		}
		return false, tx.DeleteInput(in.Contact, in.Seq) // nobody is there any more
	case in.Attempt == 0 && b.profiler(in.Contact) != nil:
		in.Attempt, in.Ready = 1, now.Add(profilePatience)
		return true, tx.PutInput(in)
	}
	t.seq = in.Seq
	if done, err := t.holdForCall(in); err != nil || done {
		return false, err
	}
	if err := t.take(in); err != nil {
		return false, err
	}
	if t.later {
		in.Ready = now.Add(leaveAlone)
		return false, tx.PutInput(in)
	}
	if err := t.commit(); err != nil {
		return false, err
	}
	return false, tx.DeleteInput(in.Contact, in.Seq)
}

// take does what an input says.
func (t *turn) take(in storage.Input) error {
	t.input = fmt.Sprintf("%s:%d", in.Kind, in.Seq)
	var (
		e Event
		n notifyInput
		s shopInput
		r refusedInput
		i idleInput
		c commentInput
	)
	read := func(into any) error {
		if err := json.Unmarshal(in.Body, into); err != nil {
			return fmt.Errorf("its body: %w", err)
		}
		return nil
	}
	switch in.Kind {
	case kindEvent:
		if err := read(&e); err != nil {
			return err
		}
		t.input = e.Key
		return t.event(&e)
	case kindWake:
		if t.handed() {
			return nil // what waits for a time waits on
		}
		if wake := t.session.Wake(); wake.IsZero() || wake.After(t.now) {
			t.wake = time.Time{} // the clock that its timer was fired by is ahead: it needs another
			return nil
		}
		return t.advance(flows.Input{Kind: flows.InWake, At: t.now})
	case kindNotify:
		if err := read(&n); err != nil {
			return err
		}
		return t.unqueued(n)
	case kindShop:
		if err := read(&s); err != nil {
			return err
		}
		t.input = "event:" + s.ID
		return t.shop(s)
	case kindThread:
		return t.resumeDue()
	case kindComment:
		if err := read(&c); err != nil {
			return err
		}
		return t.join(c)
	case kindIdle:
		if err := read(&i); err != nil {
			return err
		}
		return t.idle(i)
	case kindRefused:
		if err := read(&r); err != nil {
			return err
		}
		return t.notShown(r)
	}
	return t.tx.PutStray(storage.Stray{At: t.now, Source: "inbox", Reason: "unknown kind " + in.Kind, Body: in.Body, Contact: in.Contact})
}

// begin is stand with the means to change it.
func (b *Bot) begin(tx *txn, contact string, now time.Time) (*turn, error) {
	t, err := b.standAs(tx.newTurn(), tx, tx.program, contact, now)
	if err != nil {
		return nil, err
	}
	t.tx = tx
	if t.lost != nil {
		b.log.Error("a session cannot go on and ends", "error", t.lost)
		tx.whenKept(func() { b.observer.Fault("") })
	}
	return t, nil
}

// jot writes into a map that few turns have anything to write into.
func jot[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// advance lets the flows decide about an input, and does what they want.
func (t *turn) advance(in flows.Input) error {
	_, err := t.run(in)
	return err
}

// run is advance for those who look at the effects themselves.
func (t *turn) run(in flows.Input) ([]flows.Effect, error) {
	if in.ID == "" {
		in.ID = t.input
	}
	w := t.world()
	t.ran = true
	next := t.program.Advance(t.session, in, w)
	if t.overtaken(in, next.Effects) {
		return nil, t.apply(next.Effects[0]) // only recorded
	}
	for _, e := range next.Effects {
		if err := t.apply(e); err != nil {
			return nil, err
		}
	}
	t.session = next.Session
	return next.Effects, nil
}

// world is what the flows may know in this turn.
func (t *turn) world() flows.World {
	w := flows.World{
		Now: t.now, Programs: t.older, First: t.first, Data: t.b.data.Load(), FirstChoice: t.b.first, Seed: t.b.seed, Trace: t.b.trace,
		WindowUntil: t.windowUntil(), Hushed: t.leftAlone(), Variants: t.prefs.Variants,
		Topics: standings{t},
		Contact: flows.Contact{
			ID: t.contact.ID, FirstName: t.contact.FirstName, LastName: t.contact.LastName,
			Locale: t.contact.Locale, Timezone: t.contact.Timezone, CreatedAt: t.contact.CreatedAt, Fields: t.fields,
			Quiet: t.ownQuiet(),
		},
	}
	if ch := t.b.channelOf(t.contact.ID); ch != nil {
		w.Contact.Channel = cmp.Or(t.b.accountOf(t.contact.ID).Name, ch.Name())
	}
	if t.handed() || t.mute {
		w.WindowUntil = time.Time{} // it is others who write
	}
	return w
}

// leftAlone says that the last thing the person did was to stop everything.
func (t *turn) leftAlone() bool {
	at := t.prefs.Stopped
	if at.IsZero() || t.contact.LastAct.After(at) {
		return false
	}
	return !slices.ContainsFunc(t.topics, func(c *agreed) bool { return c.consents() }) // else they agreed since
}

func (t *turn) windowUntil() time.Time {
	if t.contact.LastAct.IsZero() {
		return time.Time{}
	}
	return t.contact.LastAct.Add(windowLength)
}

func (t *turn) language() string {
	return t.program.Language(flows.Contact{Locale: t.contact.Locale})
}

// location is the person's time zone, the bot's where it is unknown.
func (t *turn) location() *time.Location {
	if t.contact.Timezone == "" {
		return t.b.home()
	}
	if t.zone == nil || t.zone.String() != t.contact.Timezone {
		zone, err := t.b.zones.get(t.contact.Timezone)
		if err != nil {
			return t.b.home()
		}
		t.zone = zone
	}
	return t.zone
}

// commit writes where the contact stands now (keep.go), and then the messages.
func (t *turn) commit() error {
	if t.void {
		return nil
	}
	if t.gone {
		return t.farewell()
	}
	if err := t.keepConsents(); err != nil {
		return err
	}
	if err := t.keep(); err != nil {
		return err
	}
	if err := t.expect(); err != nil {
		return err
	}
	return t.post()
}
