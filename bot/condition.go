package bot

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Condition is how what a bot has stored stands, for whoever looks after it. Of each
// backlog at most 1,000 are counted, and an oldest time is zero if there is none.
type Condition struct {
	Inputs        int       // that are ready and not handled
	InputSince    time.Time // when the oldest became ready
	Sends         int       // that are ready and not handed over
	SendSince     time.Time // when the oldest became ready
	Unsealed      int       // ledger entries that no chain holds yet
	UnsealedSince time.Time // when the oldest was written

	Resting []Resting
	Shut    []ShutLane
	// Unknown are time zones of people that this machine does not know.
	Unknown []string
}

// Resting is a page that is left alone because the platform refused its messages.
type Resting struct {
	Page   string    // CHANNEL:PAGE
	Reason string    // token, page, backoff
	Since  time.Time // the first refusal in a row
	Until  time.Time // when one message tries again
}

// ShutLane is a lane that the platform has closed for a whole page for a time: its budget is
// used up, say. What no other lane carries is held.
type ShutLane struct {
	Page  string // CHANNEL:PAGE
	Lane  string
	Code  string // of the platform's refusal
	Until time.Time
}

// mostCounted bounds what Condition counts of a backlog.
const mostCounted = 1_000

// Condition looks at the store, once.
func (b *Bot) Condition(ctx context.Context) (Condition, error) {
	var out Condition
	err := b.store.Read(ctx, func(r storage.Reader) error {
		out = Condition{}
		now := b.clock.Now()
		inputs, err := r.Pending(now, mostCounted)
		if err != nil {
			return err
		}
		for _, in := range inputs {
			ready := in.Ready
			if ready.IsZero() {
				ready = in.At
			}
			out.Inputs, out.InputSince = out.Inputs+1, earlier(out.InputSince, ready)
		}
		sends, err := r.SendsIn(storage.SendPending, mostCounted)
		if err != nil {
			return err
		}
		for _, s := range sends {
			if !s.Ready.After(now) {
				out.Sends, out.SendSince = out.Sends+1, earlier(out.SendSince, s.Ready)
			}
		}
		entries, err := r.Unsealed(mostCounted)
		if err != nil {
			return err
		}
		for _, e := range entries {
			out.Unsealed, out.UnsealedSince = out.Unsealed+1, earlier(out.UnsealedSince, e.At)
		}
		if out.Resting, err = b.resting(r); err != nil {
			return err
		}
		if out.Shut, err = b.shutLanes(r, now); err != nil {
			return err
		}
		out.Unknown, err = b.unknownZones(r)
		return err
	})
	return out, err
}

func (b *Bot) resting(r storage.Reader) (out []Resting, err error) {
	for _, page := range slices.Sorted(maps.Keys(b.channels)) {
		rest, err := storedRest(r, page)
		if err != nil {
			return nil, err
		}
		if !rest.Since.IsZero() {
			out = append(out, Resting{Page: page, Reason: rest.Reason, Since: earlier(rest.First, rest.Since), Until: rest.Until})
		}
	}
	return out, nil
}

func (b *Bot) shutLanes(r storage.Reader, now time.Time) (out []ShutLane, err error) {
	for _, page := range slices.Sorted(maps.Keys(b.channels)) {
		for _, lane := range b.channels[page].Lanes() {
			body, err := storedShut(r, page, lane.Name())
			if err != nil {
				return nil, err
			}
			if body.Until.After(now) {
				out = append(out, ShutLane{Page: page, Lane: lane.Name(), Code: body.Code, Until: body.Until})
			}
		}
	}
	return out, nil
}

func (b *Bot) unknownZones(r storage.Reader) (out []string, err error) {
	for _, topic := range b.Program().Bot.Topics {
		zones, err := r.Zones(topic.Name)
		if err != nil {
			return nil, err
		}
		for _, zone := range zones {
			if _, err := Location(zone); zone != "" && err != nil && !slices.Contains(out, zone) {
				out = append(out, zone)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}
