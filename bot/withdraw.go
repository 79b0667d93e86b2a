package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
)

// ErrWithdrawal is wrapped by the errors of Withdraw that say, in words for people, what
// is wrong with what was asked.
var ErrWithdrawal = errors.New("cannot be withdrawn so")

// AllTopics stands for every topic, as in `opt_out: all`.
const AllTopics = "all"

// Withdrawal is a stop that a person spoke out elsewhere than in the chat: on the shop's
// page for unsubscribing, on the telephone, in a letter.
type Withdrawal struct {
	Topic string `json:"topic"` // one of bot.yaml, or AllTopics
	// At is when they said so; zero: now. A yes that is newer stands.
	At time.Time `json:"at,omitzero"`
	// Source is where they said so, in the shop's words, at most 200 characters. The consent
	// ledger keeps it.
	Source string `json:"source,omitempty"`
	// By is SourceAPI or SourceConsole; empty: SourceAPI.
	By string `json:"-"`
}

// Withdraw ends consents of a person, as their own stop in the chat would, and tells how
// all of them stand then. Once it returns nothing more is claimed for what was stopped.
// It says nothing to the person: only an opted_out flow does, while their window is open.
// id may be field=value of a unique field.
//
// To withdraw what is stopped already is no error, and is kept in the ledger too. The
// errors are ErrUnknownContact, those that wrap ErrWithdrawal, and those of the store.
func (b *Bot) Withdraw(ctx context.Context, id string, w Withdrawal) ([]ConsentView, error) {
	now := b.clock.Now()
	w, err := b.checkWithdrawal(w, now)
	if err != nil {
		return nil, err
	}
	input := "withdrawal:" + randomID(now)
	var views []ConsentView
	err = b.write(ctx, func(tx *txn) error {
		contact, err := b.find(tx, id)
		if err != nil {
			return err
		}
		t, err := b.begin(tx, contact, now)
		if err != nil {
			return err
		}
		if err := t.unsubscribe(w, input); err != nil {
			return err
		}
		views = t.view().Consents
		return nil
	})
	return views, err
}

func (b *Bot) checkWithdrawal(w Withdrawal, now time.Time) (Withdrawal, error) {
	wrong := func(err error) (Withdrawal, error) { return w, fmt.Errorf("%w: %w", ErrWithdrawal, err) }
	if w.By == "" {
		w.By = SourceAPI
	}
	_, known := b.Program().Topic(w.Topic)
	switch {
	case w.Topic == "":
		return wrong(errors.New("topic is missing: one of bot.yaml, or all"))
	case !known && w.Topic != AllTopics:
		return wrong(fmt.Errorf("bot.yaml has no topic %q", clipped(w.Topic)))
	case w.At.After(now.Add(clockSlack)):
		return wrong(errors.New("at lies in the future"))
	case w.By != SourceAPI && w.By != SourceConsole:
		return wrong(fmt.Errorf("by must be %s or %s", SourceAPI, SourceConsole))
	}
	if err := checkTexts([]boundedText{{"source", w.Source, maxImportName}}); err != nil {
		return wrong(err)
	}
	return w, nil
}

// unsubscribe is the turn of a withdrawal. It waits for nothing that stands in the inbox,
// as a stop does not that comes during a call.
func (t *turn) unsubscribe(w Withdrawal, input string) error {
	topic := w.Topic
	if topic == AllTopics {
		topic = ""
	}
	if err := t.overtakesAll(); err != nil {
		return err
	}
	t.at = t.stopTime(topic, w.At)
	t.input = input
	if w.Source != "" {
		t.input += ": " + w.Source
	}
	err := t.advance(flows.Input{Kind: flows.InWithdraw, ID: input, At: t.at, Topic: topic, Source: w.By})
	if err != nil {
		return err
	}
	return t.commit()
}

// stopTime is when a withdrawal counts from. One that names no time is the newest there
// is: the platform's clock, which the person's last yes was read from, may be ahead of ours.
func (t *turn) stopTime(topic string, said time.Time) time.Time {
	if !said.IsZero() {
		return said.Truncate(time.Millisecond) // as it is stored
	}
	at := t.now
	for _, c := range t.topics {
		if topic == "" || c.Topic == topic {
			at = latest(at, c.ChangedAt)
		}
	}
	return at
}

// overtakesAll notes of every notification that waits for its turn that it counts: see
// overtakes.
func (t *turn) overtakesAll() error {
	inputs, err := t.tx.Inputs(t.contact.ID, maxLooked)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if in.Kind != kindNotify {
			continue
		}
		if err := t.overtakes(in); err != nil {
			return err
		}
	}
	return nil
}
