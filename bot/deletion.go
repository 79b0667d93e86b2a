package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Deletion is the platform's request to delete what is kept about a person.
type Deletion struct {
	Person string // as in contact ids of the channel
	Code   string // names the request; it tells nothing about the person
}

// DeletionChannel is a Channel whose platform asks for people's data to be deleted.
type DeletionChannel interface {
	Channel

	// Deletion reads a signed request at a time. ErrSignature if the platform did not
	// make it, ErrBody if it names nobody.
	Deletion(signed string, now time.Time) (Deletion, error)
}

// ErrUnknownDeletion says that no request has that code.
var ErrUnknownDeletion = errors.New("no deletion of that code")

// Delete does what a signed request of a channel's platform asks: the person is erased
// on every page of the channel whose app signed it, as by Forget. The code may be shown to anybody. Asked
// again with the same request it erases nobody: who came back since is somebody new.
// Somebody who is not known is no error, so that nobody learns who is.
// ErrSignature, ErrBody and ErrUnavailable are as for Receive.
func (b *Bot) Delete(ctx context.Context, channel, signed string) (code string, err error) {
	d, pages, err := b.readDeletion(channel, signed)
	if err != nil {
		return "", err
	}
	err = b.write(ctx, func(tx *txn) error {
		switch _, err := tx.Meta(deletionMeta(d.Code)); {
		case err == nil:
			return nil // done before
		case !errors.Is(err, storage.ErrNotFound):
			return err
		}
		for _, page := range pages {
			if err := b.erase(tx, page+":"+d.Person, SourcePlatform, tx.now); err != nil {
				return err
			}
		}
		return tx.SetMeta(deletionMeta(d.Code), []byte(tx.now.UTC().Format(time.RFC3339)))
	})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return d.Code, nil
}

// Deauthorised hears that somebody took back what they had let the app of a channel do
// ("Deauthorize callback" of the App Dashboard). The platform names them as they log in,
// not as they chat, and consent to messages is not given by logging in: nothing of it
// ends. But an access token that they made is dead from then on, so the log says so.
// ErrSignature and ErrBody are as for Delete.
func (b *Bot) Deauthorised(_ context.Context, channel, signed string) error {
	_, pages, err := b.readDeletion(channel, signed)
	if err != nil {
		return err
	}
	b.log.Warn("somebody took the app's permissions back: if the access token was theirs, it is dead now; 'relance connect' tells", "channel", channel, "pages", len(pages))
	return nil
}

// readDeletion finds the pages of the channel that the request is signed for.
func (b *Bot) readDeletion(channel, signed string) (d Deletion, pages []string, err error) {
	for page, ch := range b.channels {
		able, ok := ch.(DeletionChannel)
		if !ok || ch.Name() != channel {
			continue
		}
		switch one, fault := able.Deletion(signed, b.clock.Now()); {
		case fault == nil:
			d, pages = one, append(pages, page)
		case !errors.Is(fault, ErrSignature):
			return Deletion{}, nil, fault
		}
	}
	if len(pages) == 0 {
		return Deletion{}, nil, ErrSignature
	}
	return d, pages, nil
}

// Deletion is when the request of a code was done; ErrUnknownDeletion if there is none.
func (b *Bot) Deletion(ctx context.Context, code string) (at time.Time, err error) {
	err = b.store.Read(ctx, func(r storage.Reader) error {
		raw, err := r.Meta(deletionMeta(code))
		if err != nil {
			return err
		}
		at, err = time.Parse(time.RFC3339, string(raw))
		return err
	})
	if errors.Is(err, storage.ErrNotFound) {
		err = ErrUnknownDeletion
	}
	return at, err
}

func deletionMeta(code string) string { return "deletion " + code }
