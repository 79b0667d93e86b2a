package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// ContactView is what the bot knows about a person, for the API and the terminal.
type ContactView struct {
	ID          string         `json:"id"`
	FirstName   string         `json:"first_name,omitempty"`
	LastName    string         `json:"last_name,omitempty"`
	Locale      string         `json:"locale,omitempty"`
	Timezone    string         `json:"timezone,omitempty"`
	CreatedAt   time.Time      `json:"created_at"`
	LastAct     time.Time      `json:"last_act,omitzero"`
	Unreachable string         `json:"unreachable,omitempty"`
	Fields      map[string]any `json:"fields"`
	Step        string         `json:"step,omitempty"` // flow#id of where they stand
	Consents    []ConsentView  `json:"consents"`
}

// ConsentView is one consent of a ContactView.
type ConsentView struct {
	Topic        string           `json:"topic"`
	Status       string           `json:"status"`
	Cadence      string           `json:"cadence,omitempty"`
	Interests    []map[string]any `json:"interests,omitempty"`
	ActiveSince  time.Time        `json:"active_since,omitzero"`
	SnoozedUntil time.Time        `json:"snoozed_until,omitzero"`
	LastSent     time.Time        `json:"last_sent,omitzero"`
}

// DecisionView is one decision, for the API and the terminal.
type DecisionView struct {
	Kind       string         `json:"kind"`
	Rule       string         `json:"rule,omitempty"`
	Lane       string         `json:"lane,omitempty"`
	At         time.Time      `json:"at"`
	Next       time.Time      `json:"next,omitzero"`
	Flow       string         `json:"flow"`
	Topic      string         `json:"topic"`
	Occurrence string         `json:"occurrence"`
	Contact    string         `json:"contact"`
	Send       string         `json:"send,omitempty"` // the message that carried it; several may share one
	Values     map[string]any `json:"values,omitempty"`
	Delivered  time.Time      `json:"delivered,omitzero"`
	Read       time.Time      `json:"read,omitzero"`
	Text       string         `json:"text"` // the same in words, as `relance why` says it
}

// ErrUnknownContact says that nobody is known by an id.
var ErrUnknownContact = errors.New("nobody is known by that id")

// Contact tells what is known about a person; id may also be field=value of a
// unique field. ErrUnknownContact if there is nobody.
func (b *Bot) Contact(ctx context.Context, id string) (ContactView, error) {
	var view ContactView
	err := b.store.Read(ctx, func(r storage.Reader) error {
		t, err := b.known(r, id)
		if err != nil {
			return err
		}
		view = t.view()
		return nil
	})
	return view, err
}

// known is stand for somebody who must be known.
func (b *Bot) known(r storage.Reader, id string) (*turn, error) {
	contact, err := b.find(r, id)
	if err != nil {
		return nil, err
	}
	return b.stand(r, b.Program(), contact, b.clock.Now())
}

// find is the id of somebody who must be known, by id or by field=value.
func (b *Bot) find(r storage.ContactReader, id string) (string, error) {
	contact, err := b.resolve(r, id)
	var nobody *EventError
	if errors.As(err, &nobody) || err == nil && contact == "" {
		return "", ErrUnknownContact
	}
	return contact, err
}

func (t *turn) view() ContactView {
	c := t.contact
	v := ContactView{
		ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Locale: c.Locale, Timezone: c.Timezone, CreatedAt: c.CreatedAt,
		LastAct: c.LastAct, Unreachable: c.Unreachable, Fields: t.fields, Step: t.session.Step(), Consents: []ConsentView{},
	}
	for _, topic := range t.program.Bot.Topics {
		if stored := t.topic(topic.Name); stored != nil {
			v.Consents = append(v.Consents, stored.awake(t.now).view())
		}
	}
	return v
}

func (c Consent) view() ConsentView {
	return ConsentView{
		Topic: c.Topic, Status: c.Status, Cadence: c.Cadence, Interests: c.Interests,
		ActiveSince: c.ActiveSince, SnoozedUntil: endOf(c.SnoozedUntil), LastSent: c.LastSent,
	}
}

// Contacts lists people in order of id, after one ("" from the start).
func (b *Bot) Contacts(ctx context.Context, after string, limit int) ([]ContactView, error) {
	var views []ContactView
	err := b.store.Read(ctx, func(r storage.Reader) error {
		views = nil
		contacts, err := r.Contacts(after, limit)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			t, err := b.stand(r, b.Program(), c.ID, b.clock.Now())
			if err != nil {
				return err
			}
			views = append(views, t.view())
		}
		return nil
	})
	return views, err
}

// Decisions lists decisions, newest first. Empty filters do not filter; limit 0
// is 100, at most 1,000.
func (b *Bot) Decisions(ctx context.Context, contact, flow string, limit int) ([]DecisionView, error) {
	var views []DecisionView
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		views, err = b.viewDecisions(r, storage.DecisionQuery{Contact: contact, Flow: flow, Limit: min(limit, 1000)})
		return err
	})
	return views, err
}

func (b *Bot) viewDecisions(r storage.Reader, q storage.DecisionQuery) ([]DecisionView, error) {
	decisions, err := r.Decisions(q)
	if err != nil {
		return nil, err
	}
	views := make([]DecisionView, 0, len(decisions))
	readers := map[string]*turn{} // whose language and zone a decision is told in
	for _, d := range decisions {
		t := readers[d.Contact]
		if t == nil {
			if t, err = b.reader(r, d.Contact); err != nil {
				return nil, err
			}
			readers[d.Contact] = t
		}
		view, err := t.explain(d)
		if err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	return views, nil
}

// reader is somebody of whom only language and zone are asked; the bot's, if nobody is
// known by that id.
func (b *Bot) reader(r storage.ContactReader, contact string) (*turn, error) {
	c, err := r.Contact(contact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, err
	}
	return &turn{b: b, program: b.Program(), contact: c}, nil
}

// viewDecision is a decision with its sentence, which names the topic by its title and
// times by the clocks of zone.
func viewDecision(d storage.Decision, title string, zone *time.Location) (DecisionView, error) {
	v := DecisionView{
		Kind: d.Kind, Rule: d.Rule, Lane: d.Lane, At: d.At, Next: d.Next, Flow: d.Flow, Topic: d.Topic, Occurrence: d.Occurrence,
		Contact: d.Contact, Send: d.Send, Delivered: d.Delivered, Read: d.Read, Text: Sentence(d, title, zone),
	}
	if len(d.Values) > 0 {
		if err := json.Unmarshal(d.Values, &v.Values); err != nil {
			return v, fmt.Errorf("values of a decision: %w", err)
		}
	}
	return v, nil
}

// mostExported is how many decisions, and how many outcomes, an Export has at most: more than
// anybody gets in a lifetime, and what a process can hold.
const mostExported = 50_000

// Export is everything kept about a person.
type Export struct {
	Cut         bool           `json:"cut,omitempty"` // it has 50,000 decisions or outcomes, the newest: there may be more
	Contact     ContactView    `json:"contact"`
	Preferences Prefs          `json:"preferences"`
	Decisions   []DecisionView `json:"decisions"`
	Outcomes    []OutcomeView  `json:"outcomes"`
	Ledger      []LedgerLine   `json:"ledger"`
}

// LedgerLine is one entry of the consent ledger, as it is shown.
type LedgerLine struct {
	Seq    int64     `json:"seq"` // 0 until it is sealed
	At     time.Time `json:"at"`
	Topic  string    `json:"topic"`
	Action Action    `json:"action"`
	LedgerBody
	Personal Personal `json:"personal"`
	Hash     []byte   `json:"hash,omitempty"`
}

// Export gathers everything kept about a person. ErrUnknownContact if there is nobody.
func (b *Bot) Export(ctx context.Context, id string) (Export, error) {
	view, err := b.Contact(ctx, id)
	if err != nil {
		return Export{}, err
	}
	out := Export{Contact: view, Outcomes: []OutcomeView{}, Ledger: []LedgerLine{}}
	err = b.store.Read(ctx, func(r storage.Reader) error {
		contact, err := r.Contact(view.ID)
		if err != nil {
			return err
		}
		if out.Preferences, err = readPrefs(contact.Prefs); err != nil {
			return err
		}
		if out.Decisions, err = b.viewDecisions(r, storage.DecisionQuery{Contact: view.ID, Limit: mostExported}); err != nil {
			return err
		}
		outcomes, err := r.Outcomes(storage.OutcomeQuery{Contact: view.ID, Limit: mostExported})
		if err != nil {
			return err
		}
		out.Cut = max(len(out.Decisions), len(outcomes)) == mostExported
		out.Outcomes = out.Outcomes[:0]
		for _, o := range outcomes {
			out.Outcomes = append(out.Outcomes, outcomeView(o))
		}
		entries, err := r.Entries(view.ID)
		if err != nil {
			return err
		}
		salt, err := r.Salt(view.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		out.Ledger = out.Ledger[:0]
		for _, e := range entries {
			body, err := OpenEntry(e, salt)
			if err != nil {
				return err
			}
			out.Ledger = append(out.Ledger, LedgerLine{
				Seq: e.Seq, At: e.At, Topic: e.Topic, Action: body.Action, LedgerBody: body, Personal: body.Personal, Hash: e.Hash,
			})
		}
		return nil
	})
	return out, err
}
