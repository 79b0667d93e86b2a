package bot

import (
	"github.com/relance-bot/relance/storage"
)

// When somebody asks in the chat to be forgotten, the transaction of that very turn
// erases them, and leaves in the outbox the goodbye that they were told in it; and, where
// they let the whole Page write to them on the platform, the end of that. Both go out as
// any reply does, whatever dies meanwhile, and are removed with their outcomes. Nothing
// else is there, so no notification can follow them, and whoever writes again is somebody
// new.

// farewell ends the turn of a person who is to be forgotten.
func (t *turn) farewell() error {
	contact, subscribed := t.contact.ID, t.subscribed()
	inputs, err := t.tx.Inputs(contact, 0)
	if err != nil {
		return err
	}
	if err := t.b.erase(t.tx, contact, SourceButton, t.now); err != nil {
		return err
	}
	for _, in := range inputs {
		if in.Seq <= t.seq || in.Kind != kindEvent {
			continue
		}
		// They acted again since, as somebody we do not know.
		if _, err := t.tx.Enqueue(storage.Input{Contact: contact, Kind: in.Kind, Body: in.Body, At: in.At}); err != nil {
			return err
		}
	}
	t.line = lineFree
	if subscribed { // it would let the Page write about anything
		if err := t.put(letter{Send: storage.Send{Lane: LaneWindow}, body: sendBody{Control: ControlUnsubscribe}}); err != nil {
			return err
		}
	}
	for i := range t.out {
		t.out[i].body.Farewell = true
	}
	return t.post()
}

// conclude settles a message for good. Of a goodbye nothing is kept.
func (x *txn) conclude(l *letter) error {
	if !l.body.Farewell {
		return x.PutSend(l.Send)
	}
	x.leave(partOutbox, x.now)
	return x.removeSend(l.Send)
}
