package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// letter is a message in the outbox, with what is needed to send it.
type letter struct {
	storage.Send
	body    sendBody
	mark    uint64             // of the line, if it is all there is in it
	carried []storage.Decision // if it is a notification just decided; as they are stored, or are to be
	fresh   bool               // they are put with it
	probe   bool               // it tries a page that was unwell, by itself
}

// sendBody is what the outbox keeps of a message.
type sendBody struct {
	Message  flows.Message `json:"message"`
	Language string        `json:"language,omitempty"`
	Flow     string        `json:"flow,omitempty"`
	Step     string        `json:"step,omitempty"`
	Request  string        `json:"request,omitempty"` // of an opt-in request
	Asks     string        `json:"asks,omitempty"`    // with Request: the lane whose permit it asks for
	Zone     string        `json:"zone,omitempty"`    // with Request: the person's
	Resent   bool          `json:"resent,omitempty"`
	Control  Control       `json:"control,omitempty"`  // instead of a message
	Note     string        `json:"note,omitempty"`     // with Control, for people
	Farewell bool          `json:"farewell,omitempty"` // it is all there is of somebody who was forgotten

	// Trial says that it is to be looked at: it counts for nothing.
	Trial bool `json:"trial,omitempty"`

	// Comment is that of a private reply.
	Comment string    `json:"comment,omitempty"`
	Expires time.Time `json:"expires,omitzero"` // of a notification, or a private reply

	// Of a notification. Trigger and Campaigns name the campaigns it belongs to.
	Trigger   string   `json:"trigger,omitempty"`
	Campaigns []string `json:"campaigns,omitempty"`
	Token     string   `json:"token,omitempty"`  // of the permit that carries it
	Closed    []string `json:"closed,omitempty"` // lanes the platform refused
	Ends      ended    `json:"ends,omitempty"`
	// DecidedAt is what the consent and the permit now say of their last message;
	// before this one they said LastWas and PermitWas, and the consent CarrierWas, which is
	// put back if it does not go.
	DecidedAt  time.Time `json:"decided_at,omitzero"`
	LastWas    time.Time `json:"last_was,omitzero"`
	CarrierWas int64     `json:"carrier_was,omitempty"`
	PermitWas  time.Time `json:"permit_was,omitzero"`
	// Doubt says that the person's day or night has changed since it was decided.
	Doubt bool `json:"doubt,omitempty"`
}

// ended are the interests that end when a message arrives. What was put by an earlier version
// has one, without a list around it.
type ended []map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (e *ended) UnmarshalJSON(raw []byte) error {
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]map[string]any)(e))
	}
	*e = make(ended, 1)
	return json.Unmarshal(raw, &(*e)[0])
}

// open reads a message of the outbox.
func open(s storage.Send) (letter, error) {
	l := letter{Send: s}
	if err := json.Unmarshal(s.Body, &l.body); err != nil {
		return l, fmt.Errorf("message in the outbox: %w", errors.Join(errCorrupt, err))
	}
	return l, nil
}

// reply puts a message of the conversation into the outbox.
func (t *turn) reply(m flows.Message, flow, step string) error {
	return t.put(letter{Send: storage.Send{Lane: LaneWindow}, body: sendBody{Message: m, Flow: flow, Step: step}})
}

// put lets the turn's end put a message for this person into the outbox.
func (t *turn) put(l letter) error {
	page, _, ok := splitID(t.contact.ID)
	if !ok {
		return errors.New("a contact's id is not CHANNEL:PAGE:PERSON")
	}
	l.body.Language = t.language()
	if l.ID == "" {
		l.ID = t.b.newID()
	}
	l.Contact, l.Page, l.State, l.Ready, l.At = t.contact.ID, page, storage.SendPending, t.now, t.now
	t.out = append(t.out, t.b.letters.keep(l))
	return nil
}

// post puts the turn's messages into the outbox. If nothing stands before the first it
// is claimed with them, and handed over once that is kept: consent was read in this
// very transaction.
func (t *turn) post() error {
	if t.leaving { // behind what the turn says
		t.leaving = false
		if err := t.put(letter{Send: storage.Send{Lane: LaneWindow}, body: sendBody{Control: ControlUnsubscribe}}); err != nil {
			return err
		}
	}
	if len(t.out) == 0 {
		return nil
	}
	free, err := t.lineFree()
	if err != nil {
		return err
	}
	for _, l := range t.out {
		if err := t.trackLinks(l); err != nil {
			return err
		}
		now := free && t.contact.Unreachable == "" && t.tx.mayHandOver(l.Send)
		if l.fresh && !now {
			err = t.decided(l.carried)
		}
		if err != nil {
			return err
		}
		if now && l.Bulk {
			err = l.sealRest()
		} else {
			err = l.seal()
		}
		if err != nil {
			return err
		}
		switch {
		case !free: // what stands before it lets it go
			err = t.tx.putSend(l.Send)
		case now:
			l.State, l.ClaimAt, l.Claimer = storage.SendClaimed, t.tx.now, t.b.claimer()
			if l.fresh {
				err = t.tx.putNotification(l.Send, l.carried)
			} else {
				err = t.tx.putSend(l.Send)
			}
			if len(t.out) == 1 {
				l.mark = t.b.lines.mark(l.Contact)
			}
			t.tx.letters = append(t.tx.letters, l)
		default:
			err = t.tx.PutSend(l.Send)
		}
		if err != nil {
			return err
		}
		free = false
	}
	t.out = nil
	return nil
}

// lineFree says whether nothing of this person's is on its way or waits for that.
func (t *turn) lineFree() (bool, error) {
	if t.line == lineUnknown {
		sends, err := t.tx.sends(t.contact.ID)
		if err != nil {
			return false, err
		}
		t.line = lineTaken
		if len(sends) == 0 {
			t.line = lineFree
		}
	}
	return t.line == lineFree, nil
}

// What a turn knows of its contact's line.
type lineState uint8

const (
	lineUnknown lineState = iota
	lineFree
	lineTaken
)

// useLane addresses a notification by a lane, and notes that the consent and the
// permit carry it now.
func (t *turn) useLane(l *letter, name string) error {
	l.Lane = name
	l.body.DecidedAt, l.body.Token, l.body.Doubt = t.now, "", false
	if p := t.permitFor(name, l.Topic); p != nil && name != LaneWindow {
		l.body.Token, l.body.PermitWas = p.Token, p.LastSent
	}
	var traits LaneTraits
	if lane := t.lane(name); lane != nil {
		traits = ownTraits(lane)
	}
	mark := carrierOf(l.body.Token)
	c := t.topic(l.Topic)
	if c != nil && !l.body.Trial {
		l.body.LastWas, l.body.CarrierWas = c.LastSent, c.Carrier
		carrier := int64(0)
		if !traits.Single { // else the permit itself changes
			carrier = mark
		}
		if err := t.carried(c, t.now, carrier); err != nil {
			return err
		}
	}
	if l.body.Token == "" {
		return nil
	}
	if traits.Late {
		// Where the platform gave two people one token, no report tells which is meant.
		if err := t.tx.PutUnique(t.contact.ID, storage.TokenField, l.body.Token); err != nil && !errors.Is(err, storage.ErrTaken) {
			return err
		}
	}
	if c != nil && c.Carrier == mark && c.LastSent.Equal(t.now) {
		t.restSince(l.body.Token, t.now) // the consent tells
		return nil
	}
	return t.lastUsed(l.body.Token, t.now)
}

// restore puts back what useLane noted. Something else that went meanwhile stays
// noted.
func (t *turn) restore(l *letter) error {
	if !l.Bulk || l.body.DecidedAt.IsZero() {
		return nil
	}
	if c := t.topic(l.Topic); c != nil && sameMilli(c.LastSent, l.body.DecidedAt) {
		c.LastSent, c.Carrier = l.body.LastWas, l.body.CarrierWas
		c.sent = true
	}
	p := t.byToken(l.body.Token)
	switch {
	case p == nil || !sameMilli(p.LastSent, l.body.DecidedAt):
		return nil
	case sameMilli(p.kept, l.body.DecidedAt):
		return t.lastUsed(l.body.Token, l.body.PermitWas)
	}
	t.restSince(l.body.Token, l.body.PermitWas)
	return nil
}

// sameMilli compares times of which one may have been stored, which keeps
// milliseconds.
func sameMilli(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }

// end settles a message that will not be delivered: it leaves no trace in what
// counts for later ones, and its decisions say why.
func (t *turn) end(l *letter, state string, v Verdict) error {
	l.State = state
	if err := t.tx.conclude(l); err != nil {
		return err
	}
	if state == storage.SendDropped {
		lane := l.Lane
		t.tx.whenKept(func() { t.b.observer.Send(lane, "dropped") })
	}
	if !l.Bulk {
		return nil
	}
	if err := t.restore(l); err != nil {
		return err
	}
	return t.b.redecide(t.tx, l.ID, t.now, v)
}

// hold takes a message out of the outbox and holds its notifications, or skips
// those whose end comes before their next chance.
func (t *turn) hold(l *letter, v Verdict) error {
	decisions, err := t.tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	if err := t.end(l, storage.SendDropped, v); err != nil {
		return err
	}
	triggers := map[string]bool{}
	for _, d := range decisions {
		if v.Next.After(t.now) && v.Next.After(d.Expires) {
			late := Verdict{Kind: DecisionSkipped, Rule: v.Rule, Values: v.Values}
			d.Kind, d.Rule, d.Send = v.Kind, v.Rule, "" // as end has put it
			if _, err := t.b.putDecision(t.tx, d, t.now, late); err != nil {
				return err
			}
		}
		triggers[d.Trigger] = true
	}
	for trigger := range triggers {
		if err := t.armHeld(trigger); err != nil {
			return err
		}
	}
	return nil
}
