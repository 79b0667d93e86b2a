package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// personaRest is how long nobody tries again to make a persona that the platform
// refused. Until then its messages go in the name of the Page.
const personaRest = time.Minute

// personas are what platforms call the personas of the bot. They are kept in the
// store: each is made once, and again when its name or picture changes.
type personas struct {
	mu   sync.Mutex
	ids  map[string]string
	rest map[string]time.Time // until when a persona is not tried
}

// personaMeta is the key a persona's id is kept under.
func personaMeta(page string, p flows.Persona) string {
	sum := sha256.Sum256([]byte(p.Name + "\x00" + p.Picture))
	return "persona:" + page + ":" + hex.EncodeToString(sum[:12])
}

// personaID is the platform's id of a persona, made if there is none. It is empty if
// the platform has no personas, or does not give one now: a message is never held up
// by the name it goes in.
func (b *Bot) personaID(ctx context.Context, page string, p flows.Persona) string {
	channel, able := b.channels[page].(PersonaChannel)
	if !able || p.Name == "" {
		return ""
	}
	key := personaMeta(page, p)
	b.personas.mu.Lock() // while it is made, too: it is made once
	defer b.personas.mu.Unlock()
	if id, ok := b.personas.ids[key]; ok {
		return id
	}
	now := b.clock.Now()
	if now.Before(b.personas.rest[key]) {
		return ""
	}
	id, err := b.findPersona(ctx, channel, key, p)
	if err != nil {
		b.log.Warn("a persona could not be made: its messages go in the name of the page", "page", page, "error", err)
		if b.personas.rest == nil {
			b.personas.rest = make(map[string]time.Time)
		}
		b.personas.rest[key] = now.Add(personaRest)
		return ""
	}
	if b.personas.ids == nil {
		b.personas.ids = make(map[string]string)
	}
	b.personas.ids[key] = id
	return id
}

// findPersona reads the id of a persona, or has one made and keeps it. Of two processes
// that make one at once the later keeps its own, and both go on.
func (b *Bot) findPersona(ctx context.Context, channel PersonaChannel, key string, p flows.Persona) (string, error) {
	var kept []byte
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		kept, err = r.Meta(key)
		return err
	})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", err
	}
	if len(kept) > 0 {
		return string(kept), nil
	}
	id, err := channel.CreatePersona(ctx, p)
	if err != nil {
		return "", err
	}
	return id, b.write(ctx, func(tx *txn) error { return tx.SetMeta(key, []byte(id)) })
}

// forgetPersona lets an id go that the platform does not know any more.
func (b *Bot) forgetPersona(ctx context.Context, page string, p flows.Persona) {
	key := personaMeta(page, p)
	b.personas.mu.Lock()
	defer b.personas.mu.Unlock()
	delete(b.personas.ids, key)
	if err := b.write(ctx, func(tx *txn) error { return tx.SetMeta(key, nil) }); err != nil {
		b.log.Warn("a persona that is gone could not be forgotten", "page", page, "error", err)
	}
}
