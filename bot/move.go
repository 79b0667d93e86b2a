package bot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// moved sees to it that nobody misses a fire by moving. Who goes east may come to
// where a fire is over that was still to come where they left; and who leaves may
// be ahead of the cursor of an occurrence that runs there.
func (t *turn) moved(from, to *time.Location) error {
	running, err := t.running(from)
	if err != nil {
		return err
	}
	timers, err := t.tx.Timers("")
	if err != nil {
		return err
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		c := t.topic(trigger.Topic)
		if !scheduled(trigger) || trigger.Zone != "" || c == nil || !c.reachesAudience() {
			continue
		}
		missed, err := skipped(t.program, trigger, from, to, timers, t.now)
		if err != nil {
			return err
		}
		for _, o := range running {
			if o.Trigger == trigger.ID && o.Zone == from.String() && o.Cursor < t.contact.ID {
				missed = append(missed, o)
			}
		}
		for _, o := range missed {
			n := notifyInput{Trigger: o.Trigger, Occurrence: occurrenceKey(o.ID, o.Zone), Due: o.At, Expires: o.Expires}
			if err := t.b.enqueueNotify(t.tx, t.contact.ID, n, t.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// rezoned does the same for all whom a schedule takes to live elsewhere than under the program
// before: it got another zone of its own, or none, or the bot's is another, which is taken for
// that of people whose own is unknown. Of those who live there some may have had the fire:
// nobody is told twice.
func (b *Bot) rezoned(tx *txn) error {
	hash, err := tx.Meta(programMeta)
	if errors.Is(err, storage.ErrNotFound) || err == nil && string(hash) == tx.program.Hash {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := b.old.get(string(hash), tx)
	if err != nil || was == nil {
		return err
	}
	timers, err := tx.Timers("")
	if err != nil {
		return err
	}
	for i := range tx.program.Triggers {
		trigger := &tx.program.Triggers[i]
		before, ok := was.Trigger(trigger.ID)
		if !ok || !scheduled(trigger) || before.Zone == trigger.Zone && was.Bot.Timezone == tx.program.Bot.Timezone {
			continue
		}
		zones, err := tx.Zones(trigger.Topic)
		if err != nil {
			return err
		}
		looked := map[[2]string]bool{}
		for _, zone := range zones {
			move := [2]string{zoneOf(was, before, zone), zoneOf(tx.program, trigger, zone)}
			if looked[move] || move[0] == move[1] {
				continue
			}
			looked[move] = true
			if err := b.catchUp(tx, was, trigger, move, timers); err != nil {
				return err
			}
		}
	}
	return nil
}

// catchUp makes the fires of a schedule that are over in the second of two zones, and that the
// program before had still to make in the first.
func (b *Bot) catchUp(tx *txn, was *flows.Program, trigger *flows.Trigger, move [2]string, timers []storage.Timer) error {
	from, err := b.zones.get(move[0])
	if err != nil {
		return nil // it has no schedule there
	}
	to, err := b.zones.get(move[1])
	if err != nil {
		return nil
	}
	missed, err := skipped(was, trigger, from, to, timers, tx.now)
	if err != nil {
		return err
	}
	for _, o := range missed {
		if err := b.occurAgain(tx, o); err != nil {
			return err
		}
	}
	return nil
}

// occurAgain makes an occurrence, or lets one that there is come to everybody anew.
func (b *Bot) occurAgain(tx *txn, o storage.Occurrence) error {
	have, err := tx.Occurrence(o.Trigger, o.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return b.occur(tx, o)
	}
	if err != nil || have.State != occurrenceRunning && have.State != occurrenceDone || !have.Expires.After(tx.now) {
		return err
	}
	have.State, have.Cursor = occurrenceRunning, ""
	return tx.PutOccurrence(have)
}

// running are the occurrences that may be on their way through a zone, or are paused there.
// Those that another process moves on at this moment are not among the ones handed out, so
// the newest fires are asked for by name.
func (t *turn) running(zone *time.Location) ([]storage.Occurrence, error) {
	running, err := t.tx.Occurrences(occurrenceRunning, chunk)
	if err != nil {
		return nil, err
	}
	paused, err := t.tx.Occurrences(occurrencePaused, chunk)
	if running = append(running, paused...); err != nil || t.b.shared == nil {
		return running, err
	}
	have := map[string]bool{}
	for _, o := range running {
		have[o.Trigger+" "+o.ID] = true
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		if c := t.topic(trigger.Topic); !scheduled(trigger) || trigger.Zone != "" || c == nil || !c.reachesAudience() {
			continue
		}
		cron, err := scheduleOf(trigger)
		if err != nil {
			return nil, err
		}
		at, local := cron.Next(t.now.Add(-trigger.Expires), zone)
		for range lastFires {
			id := occurrenceID(trigger, local, zone.String())
			if local == "" || at.After(t.now) {
				break
			}
			o, err := t.tx.Occurrence(trigger.ID, id)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, err
			}
			if err == nil && (o.State == occurrenceRunning || o.State == occurrencePaused) && !have[o.Trigger+" "+o.ID] {
				running = append(running, o)
			}
			if at, local, err = cron.After(local, zone); err != nil {
				return nil, err
			}
		}
	}
	return running, nil
}

// skipped are the fires of a schedule that are over in one zone and were still to
// come in another, or were due there by the timers of a program and not made yet. Only the
// newest may still go.
func skipped(program *flows.Program, trigger *flows.Trigger, from, to *time.Location, timers []storage.Timer, now time.Time) ([]storage.Occurrence, error) {
	cron, err := scheduleOf(trigger)
	if err != nil {
		return nil, err
	}
	_, local := cron.Next(now, from)
	for _, timer := range timers {
		if _, s, ok := schedule(program, timer); ok && timer.Key == scheduleKey(trigger.ID, from.String()) && !timer.At.After(now) {
			local = s.Local
		}
	}
	var out []storage.Occurrence
	for local != "" && len(out) < maxMissedFires {
		wall, err := time.Parse(wallLayout, local)
		if err != nil {
			return nil, fmt.Errorf("schedule: %w", err)
		}
		at := instantOf(wall, to)
		if at.After(now) {
			break
		}
		if trigger.Kind != flows.OnDate {
			for i := range out {
				out[i].Expires = out[i].At
			}
		}
		out = append(out, fired(trigger, to.String(), local, at, at.Add(trigger.Expires)))
		if _, local, err = cron.After(local, from); err != nil {
			return nil, err
		}
	}
	return slices.Clip(out), nil
}
