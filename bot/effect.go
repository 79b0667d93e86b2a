package bot

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// apply does one effect of a turn.
func (t *turn) apply(e flows.Effect) error {
	switch e := e.(type) {
	case flows.Say:
		if e.Notification {
			return nil // notify sends it, with its lane and decision
		}
		if t.mute {
			return nil
		}
		return t.reply(e.Message, e.Flow, e.Step)
	case flows.SetField:
		return t.setField(e.Name, e.Value)
	case flows.Ask:
		return t.ask(e)
	case flows.Declined:
		return t.change(e.Topic, Change{Action: Declined, At: t.at, Request: e.Request, Source: SourceButton, Button: e.Button})
	case flows.Grant:
		return t.change(e.Topic, Change{
			Action: Granted, At: t.at, Cadence: e.Cadence, About: e.About, Source: SourceButton,
			Wording: e.Wording, Button: e.Button, Locale: e.Locale, Flow: e.Flow, Step: e.Step, Program: e.Program,
		})
	case flows.Watch:
		return t.change(e.Topic, Change{Action: Watched, At: t.at, About: e.About, Source: SourceStep})
	case flows.Unwatch:
		return t.change(e.Topic, Change{Action: Unwatched, At: t.at, About: e.About, Source: SourceButton})
	case flows.SetCadence:
		return t.change(e.Topic, Change{Action: CadenceSet, At: t.at, Cadence: e.Cadence, Source: SourceButton})
	case flows.Snooze:
		return t.change(e.Topic, Change{
			Action: Snoozed, At: t.at, Until: e.Until, Source: SourceButton, Button: e.Button, Locale: t.language(), Flow: e.Flow, Step: e.Step,
		})
	case flows.QuietHours:
		return t.setQuiet(e.Hours)
	case flows.Forget:
		t.gone = true
		return nil
	case flows.Withdraw:
		return t.withdraw(e)
	case flows.Chose:
		return t.chose(e)
	case flows.Offered:
		return t.offered(e)
	case flows.HandOver:
		return t.handOver(e)
	case flows.Track:
		return t.track(e)
	case flows.Call:
		return t.wantCall(e)
	case flows.Called:
		t.called(e)
		return nil
	case flows.Fault:
		observer := t.b.observer
		t.tx.whenKept(func() { observer.Fault(e.Flow) })
		t.b.log.Error("a flow was ended", "flow", e.Flow, "step", e.Step, "problem", e.Message)
		return nil
	case flows.Started, flows.Silent:
		return nil
	}
	return fmt.Errorf("effect %T is not known", e)
}

// change applies a change to a consent, with its ledger entry and what follows
// for the contact's schedules and held notifications.
func (t *turn) change(topic string, ch Change) error {
	c := t.topic(topic)
	if c == nil {
		c = &agreed{Consent: t.untold(topic)}
		t.topics = append(t.topics, c)
	}
	if ch.Input = t.input; ch.Program == "" {
		ch.Program = t.program.Hash
	}
	next, proof, changed := c.Apply(ch)
	if err := t.prove(topic, proof); err != nil {
		return err
	}
	was, rhythm := c.Status, c.Cadence
	c.Consent, c.changed = next, true
	if changed {
		if err := errors.Join(t.noteConsent(topic, was, next, ch), t.tellConsent(topic, was, next, ch)); err != nil {
			return err
		}
	}
	switch {
	case !changed:
		return nil
	case next.Status == StatusStopped:
		if ch.Source != SourcePlatform {
			if err := t.giveUp(); err != nil {
				return err
			}
		}
		return t.silence(topic)
	case next.Status == StatusActive && was != StatusActive:
		if err := t.b.ensureZone(t.tx, topic, t.contact.Timezone, t.now); err != nil {
			return err
		}
		return t.reconsider(topic)
	case ch.Action == CadenceSet, next.Cadence != rhythm:
		return t.reconsider(topic) // it may go earlier now
	}
	return nil
}

// prove writes the ledger entry of a change, unsealed.
func (t *turn) prove(topic string, body LedgerBody) error {
	page, _, _ := splitID(t.contact.ID)
	salt, err := t.tx.Salt(t.contact.ID)
	if errors.Is(err, storage.ErrNotFound) {
		salt = randomSalt()
		err = t.tx.PutSalt(t.contact.ID, salt)
	}
	if err != nil {
		return err
	}
	entry, err := body.Entry(page, t.contact.ID, topic, salt)
	if err != nil {
		return err
	}
	_, err = t.tx.Append(entry)
	return err
}

// ask sends the platform's opt-in request and remembers what it was about.
func (t *turn) ask(e flows.Ask) error {
	image := ""
	if e.Message.OptIn != nil {
		image = e.Message.OptIn.Image
	}
	err := t.change(e.Topic, Change{
		Action: Asked, At: t.at, Cadence: e.Cadence, About: e.About, Request: e.Request, Source: SourceStep,
		Wording: e.Message.Text, Image: image, Locale: e.Locale, Flow: e.Flow, Step: e.Step, Program: e.Program,
	})
	if err != nil {
		return err
	}
	asks, _ := t.asks()
	return t.put(letter{
		Send: storage.Send{Topic: e.Topic, Lane: LaneWindow},
		body: sendBody{Message: e.Message, Flow: e.Flow, Step: e.Step, Request: e.Request, Asks: asks, Zone: t.location().String()},
	})
}

// withdraw ends one consent or all of them, those that are stopped included: what the
// person did between the two stops may still be on its way, and ends with the newer.
func (t *turn) withdraw(e flows.Withdraw) error {
	topics := []string{e.Topic}
	if e.Topic == "" {
		t.hushed, t.everything = true, true
		if t.at.After(t.prefs.Stopped) {
			t.prefer(func(p *Prefs) { p.Stopped = t.at })
		}
		topics = nil
		for _, c := range t.topics {
			topics = append(topics, c.Topic)
		}
		slices.Sort(topics)
	}
	for _, topic := range topics {
		err := t.change(topic, Change{
			Action: Stopped, At: t.at, Source: e.Source, Button: e.Wording, Locale: t.language(), Flow: e.Flow, Step: e.Step, Program: e.Program,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// silence takes back what was decided for a topic and not yet claimed: what is held,
// and what is in the outbox, requests for consent as well. What a sender has already
// is settled before any later message of this person goes out.
func (t *turn) silence(topic string) error {
	t.out = slices.DeleteFunc(t.out, func(l *letter) bool { return l.Topic == topic && !l.Bulk })
	sends, err := t.tx.sends(t.contact.ID)
	if err != nil {
		return err
	}
	stopped := Verdict{Kind: DecisionSkipped, Rule: RuleConsent}
	for _, s := range sends {
		if s.Topic != topic || s.State != storage.SendPending {
			continue
		}
		l, err := open(s)
		if err != nil {
			return err
		}
		if err := t.end(&l, storage.SendDropped, stopped); err != nil {
			return err
		}
		if c := t.topic(topic); c != nil && l.body.Request != "" && !l.body.Resent {
			c.unasked(l.body.Request)
		}
	}
	held, err := t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Topic: topic, Kinds: []string{DecisionHeld}, Limit: maxHeld})
	if err != nil {
		return err
	}
	for _, d := range held {
		if _, err := t.b.putDecision(t.tx, d, t.now, stopped); err != nil {
			return err
		}
		if err := t.tx.DeleteTimer(t.contact.ID, timerHeld, d.Trigger); err != nil {
			return err
		}
	}
	return nil
}

// setField saves what a flow set: a declared field, or what the contact itself is.
func (t *turn) setField(name string, value any) error {
	text, _ := value.(string)
	switch name {
	case "first_name":
		t.contact.FirstName = text
	case "last_name":
		t.contact.LastName = text
	case "locale":
		t.contact.Locale = text
	case "timezone":
		return t.setTimezone(text)
	default:
		for _, f := range t.program.Bot.Fields {
			if f.Name == name && f.Unique {
				return t.setUnique(name, value)
			}
		}
		t.store(name, value)
	}
	return nil
}

func (t *turn) store(name string, value any) {
	t.saved = true
	if value == nil {
		delete(t.fields, name)
		return
	}
	t.fields[name] = value
}

// setUnique saves a value that names one person only. If it is another's already
// it is not saved, and the operator is told.
func (t *turn) setUnique(name string, value any) error {
	err := t.tx.PutUnique(t.contact.ID, name, uniqueText(value))
	if errors.Is(err, storage.ErrTaken) {
		t.b.log.Warn("a unique value is another contact's already and was not saved", "field", name)
		return nil
	}
	if err != nil {
		return err
	}
	t.store(name, value)
	return nil
}

// uniqueText spells a value as a shop does that names a person by it.
func uniqueText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// setTimezone also sees to it that the schedules know the zone, and that no fire is
// missed by moving there.
func (t *turn) setTimezone(zone string) error {
	if zone != "" {
		if _, err := Location(zone); err != nil {
			t.b.log.Warn("a time zone that does not exist was not saved")
			return nil
		}
	}
	from := t.location()
	t.contact.Timezone = zone
	for _, c := range t.topics {
		if c.reachesAudience() {
			if err := t.b.ensureZone(t.tx, c.Topic, zone, t.now); err != nil {
				return err
			}
		}
	}
	to := t.location()
	if to.String() == from.String() {
		return nil
	}
	if err := t.reconsider(""); err != nil { // there it may be day
		return err
	}
	if err := t.doubt(); err != nil { // or night
		return err
	}
	return t.moved(from, to)
}
