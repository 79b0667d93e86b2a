package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// uploadLasts is how long a file that a platform keeps is sent by its id: Messenger keeps
// one for 90 days, and a message may wait a while.
const uploadLasts = 89 * 24 * time.Hour

// uploads are the files that platforms keep, by their id there, for each Page. They are
// kept in the store: a file is sent by its address once, and again when the platform has
// lost it. Only files whose address stands in a flow are kept, so there are few, and
// none is anybody's own.
type uploads struct {
	mu    sync.Mutex
	known map[string]upload // by key; one without ID is known not to be there
}

// upload is one file that a platform keeps.
type upload struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
}

// uploadMeta is the key a file's id is kept under.
func uploadMeta(page string, m *flows.Message) string {
	sum := sha256.Sum256([]byte(string(m.Kind) + "\x00" + m.URL))
	return "file:" + page + ":" + hex.EncodeToString(sum[:12])
}

// fileID is the platform's id of the file that a message shows, or "": then it goes by its
// address. A message is never held up by that.
func (b *Bot) fileID(ctx context.Context, page string, m *flows.Message) string {
	if !m.Fixed {
		return ""
	}
	key := uploadMeta(page, m)
	b.uploads.mu.Lock()
	defer b.uploads.mu.Unlock()
	u, ok := b.uploads.known[key]
	if !ok {
		var err error
		if u, err = b.findUpload(ctx, key); err != nil {
			b.log.Warn("the id of a file could not be read: it goes by its address", "page", page, "error", err)
			return ""
		}
		b.uploads.note(key, u)
	}
	if !b.clock.Now().Before(u.Until) {
		return ""
	}
	return u.ID
}

func (u *uploads) note(key string, is upload) {
	if u.known == nil {
		u.known = make(map[string]upload)
	}
	u.known[key] = is
}

// findUpload reads what is kept of a file, if anything is.
func (b *Bot) findUpload(ctx context.Context, key string) (u upload, err error) {
	var kept []byte
	err = b.store.Read(ctx, func(r storage.Reader) (err error) {
		kept, err = r.Meta(key)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrNotFound), err == nil && len(kept) == 0:
		return upload{}, nil
	case err != nil:
		return upload{}, err
	}
	return u, json.Unmarshal(kept, &u)
}

// uploaded notes what an outcome tells of the file that was sent. Of two processes that
// upload one at once the later keeps its own, and both go on.
func (b *Bot) uploaded(ctx context.Context, page string, d *Delivery, o Outcome) {
	if !d.Message.Fixed || o.FileID == "" && !o.FileGone {
		return
	}
	key, now := uploadMeta(page, &d.Message), b.clock.Now()
	b.uploads.mu.Lock()
	defer b.uploads.mu.Unlock()
	old := b.uploads.known[key]
	if !o.FileGone && now.Before(old.Until) || o.FileGone && old.ID != d.FileID {
		return // another message was first
	}
	u := upload{ID: o.FileID, Until: now.Add(uploadLasts)}
	if o.FileID == "" {
		u = upload{}
	}
	b.uploads.note(key, u)
	body, err := json.Marshal(u)
	if err == nil {
		err = b.write(ctx, func(tx *txn) error { return tx.SetMeta(key, body) })
	}
	if err != nil {
		b.log.Warn("the id of a file could not be kept", "page", page, "error", err)
	}
}
