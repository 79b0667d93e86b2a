package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// turn is one input of one contact, from reading where they stand to writing
// where they stand then. All of it happens in one transaction.
type turn struct {
	b   *Bot
	r   storage.Reader
	tx  storage.Tx // nil while somebody only asks
	now time.Time
	at  time.Time // the act the turn answers, by the platform's clock; now if none does

	contact storage.Contact
	fields  map[string]any
	program *flows.Program // the session's own, today's if it has none
	session flows.Session

	topics  map[string]*Consent // those the contact has
	changed map[string]bool     // topics to write back
	permits []Permit
	zone    *time.Location // the contact's, once somebody asked
	stored  bool           // the contact's row exists already

	input string // names the input in the ledger
	first bool   // the person never acted before
}

// turns handles the first input of up to turnBatch contacts. If their common
// transaction fails each is tried by itself, so that one cannot hold up the rest.
func (b *Bot) turns(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	var lookups []string
	var done []string
	started := time.Now()
	err = b.store.Write(ctx, func(tx storage.Tx) error {
		lookups, done = nil, nil
		inputs, err := tx.Pending(now, turnBatch)
		if err != nil {
			return err
		}
		for _, in := range inputs {
			wait, err := b.handle(tx, in, now)
			if err != nil {
				return fmt.Errorf("%s input: %w", in.Kind, err)
			}
			if wait {
				lookups = append(lookups, in.Contact)
				continue
			}
			done = append(done, in.Kind)
		}
		return nil
	})
	if err != nil {
		b.log.Warn("a batch of turns failed, trying them one by one", "error", err)
		return b.turnsSingly(ctx, now)
	}
	for _, kind := range done {
		b.observer.Turn(kind, time.Since(started)/time.Duration(len(done)))
	}
	for _, contact := range lookups {
		b.lookUp(ctx, contact)
	}
	if len(done) > 0 {
		b.mail.raise()
	}
	return len(done)+len(lookups) > 0, nil
}

// turnsSingly gives each pending input a transaction of its own. One that fails
// again and again is set aside as a stray, so that its contact's later inputs go on.
func (b *Bot) turnsSingly(ctx context.Context, now time.Time) (bool, error) {
	var inputs []storage.Input
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		inputs, err = r.Pending(now, turnBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	var last error
	worked := false
	for _, in := range inputs {
		err := b.store.Write(ctx, func(tx storage.Tx) error {
			_, err := b.handle(tx, in, now)
			return err
		})
		if err == nil {
			worked = true
			continue
		}
		b.observer.Fault("")
		b.log.Error("an input could not be handled", "kind", in.Kind, "attempt", in.Attempt+1, "error", err)
		last = b.store.Write(ctx, func(tx storage.Tx) error { return b.setAside(tx, in, now) })
		worked = worked || last == nil
	}
	return worked, last
}

// setAside puts a failing input off, and in the end among the strays.
func (b *Bot) setAside(tx storage.Tx, in storage.Input, now time.Time) error {
	in.Attempt++
	if in.Attempt < maxTurnAttempts {
		in.Ready = now.Add(time.Second << in.Attempt)
		return tx.PutInput(in)
	}
	err := tx.PutStray(storage.Stray{At: now, Source: "inbox", Reason: "failed " + in.Kind, Body: in.Body})
	if err != nil {
		return err
	}
	return tx.DeleteInput(in.Contact, in.Seq)
}

// handle does one input. wait says that the contact is new and their profile is
// to be looked up first; the input stays for a moment.
func (b *Bot) handle(tx storage.Tx, in storage.Input, now time.Time) (wait bool, err error) {
	t, err := b.begin(tx, in.Contact, now)
	if err != nil {
		return false, err
	}
	if !t.stored && in.Attempt == 0 && b.profiler(in.Contact) != nil {
		in.Attempt, in.Ready = 1, now.Add(profilePatience)
		return true, tx.PutInput(in)
	}
	t.input = fmt.Sprintf("%s:%d", in.Kind, in.Seq)
	switch in.Kind {
	case kindEvent:
		var e Event
		if err := json.Unmarshal(in.Body, &e); err != nil {
			return false, fmt.Errorf("event in the inbox: %w", err)
		}
		t.input = e.Key
		err = t.event(&e)
	case kindWake:
		if wake := t.session.Wake(); !wake.IsZero() && !wake.After(now) {
			err = t.advance(flows.Input{Kind: flows.InWake, At: now})
		}
	case kindNotify:
		var n notifyInput
		if err := json.Unmarshal(in.Body, &n); err != nil {
			return false, fmt.Errorf("notification in the inbox: %w", err)
		}
		err = t.notify(n)
	case kindShop:
		var s shopInput
		if err := json.Unmarshal(in.Body, &s); err != nil {
			return false, fmt.Errorf("shop event in the inbox: %w", err)
		}
		t.input = "event:" + s.ID
		err = t.shop(s)
	default:
		err = tx.PutStray(storage.Stray{At: now, Source: "inbox", Reason: "unknown kind " + in.Kind, Body: in.Body})
	}
	if err != nil {
		return false, err
	}
	if err := t.commit(); err != nil {
		return false, err
	}
	return false, tx.DeleteInput(in.Contact, in.Seq)
}

// begin is stand with the means to change it.
func (b *Bot) begin(tx storage.Tx, contact string, now time.Time) (*turn, error) {
	t, err := b.stand(tx, contact, now)
	if err != nil {
		return nil, err
	}
	t.tx = tx
	return t, nil
}

// stand reads where a contact stands. A contact who is not known yet stands
// nowhere, and is written by commit.
func (b *Bot) stand(r storage.Reader, contact string, now time.Time) (*turn, error) {
	t := &turn{b: b, r: r, now: now, at: now, program: b.program, topics: map[string]*Consent{}, changed: map[string]bool{}, fields: map[string]any{}}
	row, err := r.Contact(contact)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		t.contact = storage.Contact{ID: contact, CreatedAt: now}
		return t, nil
	case err != nil:
		return nil, err
	}
	t.contact, t.stored = row, true
	if len(row.Fields) > 0 {
		if err := json.Unmarshal(row.Fields, &t.fields); err != nil {
			return nil, fmt.Errorf("fields of a contact: %w", err)
		}
	}
	if len(row.Session) > 0 {
		if t.session, err = flows.ParseSession(row.Session); err != nil {
			return nil, err
		}
		if t.program, err = b.old.get(row.Program, b.data.Load(), r); err != nil {
			return nil, err
		}
	}
	consents, err := r.Consents(contact)
	if err != nil {
		return nil, err
	}
	for _, record := range consents {
		c, err := FromRecord(record)
		if err != nil {
			return nil, err
		}
		t.topics[c.Topic] = &c
	}
	permits, err := r.Permits(contact)
	if err != nil {
		return nil, err
	}
	for _, record := range permits {
		p, err := permitFrom(record)
		if err != nil {
			return nil, err
		}
		t.permits = append(t.permits, p)
	}
	return t, nil
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
	if t.session.Empty() {
		t.program = t.b.program
	}
	next := t.program.Advance(t.session, in, t.world())
	t.session = next.Session
	for _, e := range next.Effects {
		if err := t.apply(e); err != nil {
			return nil, err
		}
	}
	return next.Effects, nil
}

// world is what the flows may know in this turn.
func (t *turn) world() flows.World {
	w := flows.World{
		Now: t.now, First: t.first, Data: t.b.data.Load(), FirstChoice: t.b.first, Seed: t.b.seed,
		WindowUntil: t.windowUntil(),
		Topics:      make(map[string]flows.Standing, len(t.topics)),
		Contact: flows.Contact{
			ID: t.contact.ID, FirstName: t.contact.FirstName, LastName: t.contact.LastName,
			Locale: t.contact.Locale, Timezone: t.contact.Timezone, CreatedAt: t.contact.CreatedAt, Fields: t.fields,
		},
	}
	if ch := t.b.channelOf(t.contact.ID); ch != nil {
		w.Contact.Channel = ch.Name()
	}
	for name, c := range t.topics {
		title := t.program.Title(name, t.language())
		w.Topics[name] = c.Standing(title, t.permit(name) != nil, true, t.now)
	}
	return w
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
		return t.b.zone
	}
	if t.zone == nil || t.zone.String() != t.contact.Timezone {
		zone, err := Location(t.contact.Timezone)
		if err != nil {
			return t.b.zone
		}
		t.zone = zone
	}
	return t.zone
}

// commit writes where the contact stands now.
func (t *turn) commit() error {
	for topic := range t.changed {
		record, err := t.topics[topic].Record()
		if err != nil {
			return err
		}
		if err := t.tx.PutConsent(record); err != nil {
			return err
		}
	}
	fields, err := json.Marshal(t.fields)
	if err != nil {
		return fmt.Errorf("fields of a contact: %w", err)
	}
	t.contact.Fields = fields
	t.contact.Session, t.contact.Program = nil, ""
	if !t.session.Empty() {
		if t.contact.Session, err = json.Marshal(t.session); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		t.contact.Program = t.program.Hash
	}
	if err := t.tx.PutContact(t.contact); err != nil {
		return err
	}
	if wake := t.session.Wake(); !wake.IsZero() {
		return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: kindWake, At: wake})
	}
	return t.tx.DeleteTimer(t.contact.ID, kindWake, "")
}

// channelOf is the channel a contact is on; nil if this bot has it no more.
func (b *Bot) channelOf(contact string) Channel {
	page, _, ok := splitID(contact)
	if !ok {
		return nil
	}
	return b.channels[page]
}
