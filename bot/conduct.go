package bot

import (
	"math"
	"strconv"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Actions of an EventPolicy.
const (
	policyBlock   = "block"
	policyUnblock = "unblock"
)

// RatingText is the Type of a Rating that is a text in the person's own words.
const RatingText = "free_form"

// maxRated is how many answers of one form are kept.
const maxRated = 20

// enforced follows what the platform does about the Page's conduct. A Page that is barred
// rests, as after a refusal that says so; one that may send again is tried at once. Why
// stands in what is kept: those who run the bot must read it.
func (b *Bot) enforced(tx *txn, page string, e *Event, now time.Time) error {
	switch e.Action {
	case policyBlock:
		length := func(int) time.Duration { return pageRest }
		if _, err := b.pages.refused(tx, page, ClassPage.String(), now, now, length); err != nil {
			return err
		}
		tx.whenKept(func() {
			b.log.Error("the platform bars the page for its conduct: everything is kept until it may send again", "page", page)
		})
	case policyUnblock:
		if err := b.pages.lifted(tx, page, now); err != nil {
			return err
		}
		tx.leave(partOutbox, now)
		tx.whenKept(func() { b.log.Info("the platform lets the page send again", "page", page) })
	default:
		tx.whenKept(func() { b.log.Warn("the platform warns the page of its conduct", "page", page) })
	}
	body, err := e.seal()
	if err != nil {
		return err
	}
	return tx.PutStray(storage.Stray{At: now, Source: page, Reason: "policy", Body: body})
}

// noteKept tells those who run the bot of what concerns them, and the reason an event is
// kept under.
func (b *Bot) noteKept(tx *txn, page string, e *Event) (reason string) {
	if e.Kind == EventTemplate {
		name, status := e.Name, e.Action
		tx.whenKept(func() {
			b.log.Warn("the platform tells of a message it was to approve: see relance templates status", "page", page, "template", name, "status", status)
		})
	}
	return string(e.Kind)
}

// lifted ends a page's rest, as far as that: one message tries whether it is well.
func (p *pages) lifted(tx *txn, page string, now time.Time) error {
	r, err := storedRest(tx, page)
	if err != nil || r.Since.IsZero() || !r.Until.After(now) {
		return err
	}
	r.Since, r.Until = now, now
	return p.put(tx, page, r)
}

// rated keeps what a person chose in a form of the platform's, each answer once. What
// they wrote there is for people to read.
func (t *turn) rated(e *Event, at time.Time) error {
	wrote := false
	for _, r := range e.Ratings[:min(len(e.Ratings), maxRated)] {
		if r.Type == RatingText {
			wrote = true
			continue
		}
		value, err := strconv.ParseFloat(r.Value, 64)
		if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
			value = 0
		}
		o := storage.Outcome{
			Contact: t.contact.ID, Kind: OutcomeRated, Name: r.Question, Variant: r.Value, Value: value, At: at,
			Input: actOn(t.input, r.Question), Locale: t.language(),
		}
		if err := t.tx.PutOutcome(o); err != nil {
			return err
		}
	}
	if wrote {
		return t.astray(e, string(EventFeedback))
	}
	return nil
}
