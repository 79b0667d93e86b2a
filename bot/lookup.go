package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/relance-bot/relance/storage"
)

// profiler is the channel of a contact, if it can look people up. Of a stranger nobody
// knows anything.
func (b *Bot) profiler(contact string) Profiler {
	if isStranger(contact) {
		return nil
	}
	p, _ := b.channelOf(contact).(Profiler)
	return p
}

// lookUp asks the platform who a new contact is, in the background while the bot
// runs. Whatever comes of it, the contact's first input goes on; it would have
// after profilePatience anyway.
func (b *Bot) lookUp(ctx context.Context, contact string) {
	if !b.running.Load() {
		b.introduce(ctx, contact)
		return
	}
	b.asked.Add(1)
	b.tasks.Go(func() {
		defer b.asked.Add(-1)
		b.introduce(ctx, contact)
	})
}

func (b *Bot) introduce(ctx context.Context, contact string) {
	page, _, _ := splitID(contact)
	profile, err := b.profile(ctx, contact)
	if err != nil {
		b.log.Debug("a profile could not be looked up", "page", page, "error", err)
		profile = Profile{}
	}
	now := b.clock.Now()
	err = b.write(context.WithoutCancel(ctx), func(tx *txn) error {
		first, err := tx.Inputs(contact, 1)
		if err != nil || len(first) == 0 {
			return err // nobody waits for it: erased meanwhile, or it came too late
		}
		if _, err := tx.Contact(contact); !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		err = tx.PutContact(storage.Contact{
			ID: contact, FirstName: profile.FirstName, LastName: profile.LastName, Locale: profile.Locale,
			Timezone: b.zoneFromOffset(profile.TimezoneOffset, now), CreatedAt: now, Fields: []byte("{}"),
		})
		if err != nil {
			return err
		}
		first[0].Ready = time.Time{}
		return tx.PutInput(first[0])
	}, storage.Need{Contacts: []string{contact}})
	if err != nil {
		b.log.Error("a new contact could not be stored", "page", page, "error", err)
	}
}

// profile asks the platform, a few people at a time. A panic there is an error.
func (b *Bot) profile(ctx context.Context, contact string) (profile Profile, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the channel panicked")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, profilePatience)
	defer cancel()
	page, person, _ := splitID(contact)
	places := b.lookUps[page] // of its own: a page that does not answer keeps no other waiting
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return Profile{}, ctx.Err()
	}
	return b.profiler(contact).Profile(ctx, person)
}

// partHours are zones that are some part of an hour beside all others. Where two are, the one
// with more people comes first.
var partHours = [...]string{
	"Asia/Kolkata", "Asia/Kathmandu", "Asia/Kabul", "Asia/Yangon", "Asia/Tehran", "America/St_Johns", "Australia/Adelaide",
	"Australia/Darwin", "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Chatham", "Pacific/Marquesas",
}

// zoneFromOffset makes the best of what the platform tells: hours from Greenwich
// now. If the bot's own zone is there, nothing is known that it does not say better.
func (b *Bot) zoneFromOffset(offset *float64, now time.Time) string {
	if offset == nil || !(*offset >= -12 && *offset <= 14) {
		return ""
	}
	seconds := int(math.Round(*offset * 3600))
	at := func(loc *time.Location) bool {
		_, there := now.In(loc).Zone()
		return there == seconds
	}
	switch {
	case at(b.home()):
		return ""
	case seconds == 0:
		return "Etc/GMT"
	case seconds%3600 == 0:
		return fmt.Sprintf("Etc/GMT%+d", -seconds/3600) // the sign is turned round in these names
	}
	for _, name := range partHours { // of these the names above know none
		if loc, err := b.zones.get(name); err == nil && at(loc) {
			return name
		}
	}
	return ""
}
