package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Whoever wrote a comment is a stranger: the platform names them by an id that no
// message can go to, and says who they are only with its answer to the private reply.
// So a comment that a trigger is for is the one input of a contact of its own,
//
//	accept ─ CHANNEL:PAGE:comment-ID ─ turn: one message, and the flow parked behind it
//	       ─ sender ─ answer or echo, with the person ─ their inbox: what was parked
//
// which is gone, with all it had, in the transaction that learns who it is; or when
// the reply is refused; or when it is too late for one. Of a comment there is never a
// second reply: one of unknown outcome waits for its echo and is not sent again.

const (
	// strangerPrefix begins the person in the id of a contact who is only known by a
	// comment.
	strangerPrefix = "comment-"

	// replyWithin is how long the platform takes a private reply ("Private Replies" of
	// the Messenger Platform).
	replyWithin = 7 * 24 * time.Hour

	// timerComment is the kind of the timer that ends a stranger.
	timerComment = "comment"
)

// isStranger says whether a contact is only known by a comment.
func isStranger(contact string) bool {
	_, person, _ := splitID(contact)
	return strings.HasPrefix(person, strangerPrefix)
}

// wanted says whether a comment may start a flow. Of any other nothing is kept.
func (b *Bot) wanted(tx *txn, page string, e *Event, now time.Time) bool {
	if _, ours := b.channels[page]; !ours || e.Comment == "" || len(e.Comment) > maxPersonID-len(strangerPrefix) ||
		strings.ContainsRune(e.Comment, ':') || !now.Before(replyEnd(e, now)) {
		return false
	}
	_, starts := tx.program.Comment(e.Text)
	return starts || !b.leads.Load() // a newer program may know better
}

// replyEnd is when it is too late to reply to a comment.
func replyEnd(e *Event, now time.Time) time.Time {
	if e.At.IsZero() || e.At.After(now.Add(clockSlack)) {
		return now.Add(replyWithin)
	}
	return e.At.Add(replyWithin)
}

// commented is the turn of a stranger: it runs the flow up to its first message, and
// parks it there. What a stranger cannot do is not done.
func (t *turn) commented(e *Event) error {
	trigger, ok := t.program.Comment(e.Text)
	end := replyEnd(e, t.now)
	switch {
	case !ok && !t.b.leads.Load():
		t.later = true
		return nil
	case !ok, t.stored, !t.now.Before(end):
		t.void = true
		return nil
	}
	t.contact.FirstName, t.contact.LastName, _ = strings.Cut(strings.TrimSpace(e.Name), " ")
	t.ran = true
	next := t.program.Advance(t.session, flows.Input{Kind: flows.InComment, ID: e.Key, At: t.at, Text: e.Text, Trigger: trigger.ID}, t.world())
	say, some, _ := notificationOf(next.Effects)
	for _, effect := range next.Effects {
		switch effect.(type) {
		case flows.Fault:
		case flows.SetField, flows.Chose, flows.Track:
			if !some {
				continue
			}
		default:
			continue
		}
		if err := t.apply(effect); err != nil {
			return err
		}
	}
	if !some {
		t.b.log.Warn("a comment started a flow that has no private reply for it", "flow", trigger.Flow)
		t.void = true
		return nil
	}
	t.session = next.Session
	err := t.put(letter{
		Send: storage.Send{Lane: LaneWindow},
		body: sendBody{Message: say.Message, Flow: say.Flow, Step: say.Step, Comment: e.Comment, Expires: end},
	})
	if err != nil {
		return err
	}
	return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerComment, At: end})
}

// settleReply writes what became of a private reply.
func (b *Bot) settleReply(tx *txn, sent letter, o Outcome) error {
	line, err := tx.Sends(sent.Contact)
	if err != nil {
		return err
	}
	author := ""
	if o.Person != "" {
		author = sent.Page + ":" + o.Person
	}
	at := slices.IndexFunc(line, func(s storage.Send) bool { return s.ID == sent.ID })
	if at < 0 || !sameClaim(line[at], sent.Send) {
		if o.Status == Accepted {
			_, err = b.echoed(tx, sent.ID, o.MID, author, tx.now)
		}
		return err
	}
	l := letter{Send: line[at], body: sent.body}
	switch o.Status {
	case Accepted:
		return b.recognised(tx, &l, o.MID, author, tx.now)
	case Unknown:
		l.Error = o.Code
		return b.unknown(tx, &l, tx.now)
	case notSent:
		l.State, l.Ready = storage.SendPending, tx.now
		return tx.PutSend(l.Send)
	}
	l.Error = o.Class.String() + " " + o.Code
	t, err := b.begin(tx, l.Contact, tx.now)
	if err != nil {
		return err
	}
	switch o.Class {
	case ClassBackoff: // the platform counts private replies apart: others go on
		l.Attempt++
		return t.putBack(&l, tx.now.Add(delay(l.Attempt, o.RetryAfter)))
	case ClassTransient, ClassThread, ClassToken, ClassPage:
		err = t.refused(&l, o)
	default:
		l.State = storage.SendFailed
	}
	if err != nil || l.State != storage.SendFailed {
		return err
	}
	return tx.Erase(l.Contact)
}

// commentInput is what a stranger was, for the person they turn out to be.
type commentInput struct {
	FirstName string            `json:"first_name,omitempty"`
	LastName  string            `json:"last_name,omitempty"`
	Fields    map[string]any    `json:"fields,omitempty"`
	Timezone  string            `json:"timezone,omitempty"`
	Locale    string            `json:"locale,omitempty"`
	Variants  map[string]string `json:"variants,omitempty"`
	Outcomes  []storage.Outcome `json:"outcomes,omitempty"`
	Program   string            `json:"program,omitempty"`
	Session   json.RawMessage   `json:"session,omitempty"`
}

// recognised follows the platform's word that it has a private reply, and whose comment
// it was about: the stranger ends, and what they had goes to that person's inbox. If it
// does not say whose, the echo may.
func (b *Bot) recognised(tx *txn, l *letter, mid, author string, now time.Time) error {
	l.State, l.MID, l.Error = storage.SendUnknown, mid, ""
	if was, err := b.pages.well(tx, l.Page, l.ClaimAt); err != nil {
		return err
	} else if was {
		b.log.Info("a page takes messages again", "page", l.Page)
	}
	if _, person, ok := splitID(author); !ok || len(person) > maxPersonID || isStranger(author) {
		return tx.PutSend(l.Send)
	}
	row, err := tx.Contact(l.Contact)
	if err != nil {
		return err
	}
	in := commentInput{
		FirstName: row.FirstName, LastName: row.LastName, Timezone: row.Timezone, Locale: row.Locale, Program: row.Program, Session: row.Session,
	}
	if err := json.Unmarshal(row.Fields, &in.Fields); err != nil {
		return fmt.Errorf("fields of a contact: %w", errors.Join(errCorrupt, err))
	}
	prefs, err := readPrefs(row.Prefs)
	if err != nil {
		return err
	}
	in.Variants = prefs.Variants
	if in.Outcomes, err = tx.Outcomes(storage.OutcomeQuery{Contact: l.Contact}); err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	if err := tx.Erase(l.Contact); err != nil {
		return err
	}
	tx.emptied = append(tx.emptied, emptyLine{l.Contact, b.lines.mark(l.Contact)})
	l.Contact, l.Seq, l.State = author, 0, storage.SendSent
	if err := tx.putSend(l.Send); err != nil {
		return err
	}
	_, err = tx.Enqueue(storage.Input{Contact: author, Kind: kindComment, Body: body, At: now})
	return err
}

// join takes over what a stranger was who turned out to be this person. What is known
// of the person already stands, but for what the flow saved.
func (t *turn) join(in commentInput) error {
	if t.contact.FirstName == "" {
		t.contact.FirstName, t.contact.LastName = in.FirstName, in.LastName
	}
	for name, v := range in.Fields {
		value, err := t.program.ConvertField(name, v)
		if err != nil {
			continue // the program of today has no such field
		}
		if err := t.setField(name, value); err != nil {
			return err
		}
	}
	if in.Locale != "" {
		t.contact.Locale = in.Locale
	}
	if in.Timezone != "" {
		if err := t.setTimezone(in.Timezone); err != nil {
			return err
		}
	}
	for _, o := range in.Outcomes {
		if o.Kind == OutcomeVariant && t.prefs.Variants[o.Name] != "" {
			continue // they keep theirs
		}
		o.ID, o.Contact = 0, t.contact.ID
		if err := t.tx.PutOutcome(o); err != nil {
			return err
		}
	}
	for split, variant := range in.Variants {
		if t.prefs.Variants[split] == "" {
			t.prefer(func(p *Prefs) { p.Variants = withVariant(p.Variants, split, variant) })
		}
	}
	parked, err := flows.ParseSession(in.Session)
	if err != nil {
		return fmt.Errorf("session: %w", errors.Join(errCorrupt, err))
	}
	own, _, _ := strings.Cut(in.Program, " ")
	t.session, t.ran = t.session.Join(parked.On(own)), true
	return nil
}
