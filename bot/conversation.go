package bot

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Conversation is where a person stands when a flow calls a handler. It cannot be
// changed: what the handler returns is its only effect.
type Conversation struct {
	call   call
	try    int
	world  flows.World
	topics map[string]string // how they stand with those there is a consent of
}

// ID names the call. It is the same whenever this call is tried again, also after the
// process ended in the middle of it: a handler that must not do a thing twice remembers it.
func (c *Conversation) ID() string { return c.call.ID }

// Handler is the name the flow calls.
func (c *Conversation) Handler() string { return c.call.Handler }

// Flow is the flow that calls.
func (c *Conversation) Flow() string { return c.call.Flow }

// Step is the id or place of the step that calls, within its flow.
func (c *Conversation) Step() string { return c.call.Step }

// Try counts the tries that this process has made, from 1.
func (c *Conversation) Try() int { return c.try }

// Now is the time on the bot's clock when the call began.
func (c *Conversation) Now() time.Time { return c.world.Now }

// Contact is the person. Their fields are a copy.
func (c *Conversation) Contact() flows.Contact {
	who := c.world.Contact
	who.Fields = maps.Clone(who.Fields)
	return who
}

// Consent is where they stand with a topic: asked, active, snoozed, stopped, or empty.
func (c *Conversation) Consent(topic string) string { return c.topics[topic] }

// conversation reads where the person of a call stands; nil if nobody waits for the
// call any more.
func (b *Bot) conversation(ctx context.Context, c *call) (*Conversation, error) {
	var out *Conversation
	err := b.store.Read(ctx, func(r storage.Reader) error {
		out = nil
		t, err := b.stand(r, b.Program(), c.Contact, b.clock.Now())
		if err != nil {
			return err
		}
		if slices.Contains(t.session.Calls(), c.ID) {
			out = &Conversation{call: *c, world: t.world(), topics: make(map[string]string, len(t.topics))}
			for _, c := range t.topics {
				out.topics[c.Topic] = out.world.Topics.Standing(c.Topic).Status
			}
			out.world.Topics = nil // it looks into what is read, and that is over
		}
		return nil
	})
	return out, err
}
