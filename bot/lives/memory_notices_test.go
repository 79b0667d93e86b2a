package lives

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Timers.

func (x *memoryTx) timersBy(is func(storage.Timer) bool) (list []storage.Timer) {
	for _, t := range x.timers {
		if is(t) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b storage.Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return list
}

func (x *memoryTx) DueTimers(now time.Time, limit int) ([]storage.Timer, error) {
	return limited(x.timersBy(func(t storage.Timer) bool { return !t.At.After(now) }), limit), nil
}

func (x *memoryTx) NextTimer() (at time.Time, ok bool, err error) {
	for _, t := range x.timers {
		if !ok || t.At.Before(at) {
			at, ok = t.At, true
		}
	}
	return at, ok, nil
}

func (x *memoryTx) Timers(contact string) ([]storage.Timer, error) {
	list := x.timersBy(func(t storage.Timer) bool { return t.Contact == contact })
	slices.SortFunc(list, func(a, b storage.Timer) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key)) })
	return list, nil
}

func (x *memoryTx) PutTimer(t storage.Timer) error {
	milli(&t.At)
	set(x, x.timers, [3]string{t.Contact, t.Kind, t.Key}, t)
	return nil
}

func (x *memoryTx) DeleteTimer(contact, kind, key string) error {
	drop(x, x.timers, [3]string{contact, kind, key})
	return nil
}

// Occurrences and decisions.

func (x *memoryTx) Occurrence(trigger, id string) (storage.Occurrence, error) {
	o, ok := x.occurrences[[2]string{trigger, id}]
	return found(o, ok)
}

func (x *memoryTx) PeekOccurrences(state string, limit int) ([]storage.Occurrence, error) {
	return x.Occurrences(state, limit)
}

func (x *memoryTx) Occurrences(state string, limit int) (list []storage.Occurrence, err error) {
	for _, o := range x.occurrences {
		if o.State == state {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, earlier)
	return limited(list, limit), nil
}

func earlier(a, b storage.Occurrence) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Trigger, b.Trigger), cmp.Compare(a.ID, b.ID))
}

func (x *memoryTx) RecentOccurrences(limit int) ([]storage.Occurrence, error) {
	list := slices.SortedFunc(maps.Values(x.occurrences), func(a, b storage.Occurrence) int { return earlier(b, a) })
	return limited(list, limit), nil
}

func (x *memoryTx) PutOccurrence(o storage.Occurrence) error {
	milli(&o.At, &o.Expires)
	set(x, x.occurrences, [2]string{o.Trigger, o.ID}, o)
	return nil
}

func (x *memoryTx) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	d, ok := x.decisions[contact][[2]string{trigger, occurrence}]
	return found(d.Decision, ok)
}

func (x *memoryTx) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	var list []kept
	look := func(of map[[2]string]kept) {
		for _, d := range of {
			if (q.Flow == "" || d.Flow == q.Flow) && (q.Trigger == "" || d.Trigger == q.Trigger) && (q.Topic == "" || d.Topic == q.Topic) &&
				(len(q.Kinds) == 0 || slices.Contains(q.Kinds, d.Kind)) && (q.Since.IsZero() || !d.At.Before(q.Since)) {
				list = append(list, d)
			}
		}
	}
	if q.Contact != "" {
		look(x.decisions[q.Contact])
	} else {
		for _, of := range x.decisions {
			look(of)
		}
	}
	slices.SortFunc(list, func(a, b kept) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.n, a.n)) })
	if q.Limit == 0 {
		q.Limit = 100
	}
	return plain(limited(list, q.Limit)), nil
}

func plain(list []kept) (out []storage.Decision) {
	for _, d := range list {
		out = append(out, d.Decision)
	}
	return out
}

func (x *memoryTx) decisionsBy(keys [][3]string, is func(kept) bool) []storage.Decision {
	var list []kept
	for _, key := range keys {
		if d, ok := x.decisions[key[0]][[2]string{key[1], key[2]}]; ok && is(d) && !slices.ContainsFunc(list, func(e kept) bool { return e.n == d.n }) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b kept) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.n, b.n)) })
	return plain(list)
}

func (x *memoryTx) DecisionsBySend(send string) ([]storage.Decision, error) {
	if send == "" {
		return nil, nil
	}
	return x.decisionsBy(x.bySend[send], func(d kept) bool { return d.Send == send }), nil
}

func (x *memoryTx) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	if mid == "" {
		return nil, nil
	}
	return x.decisionsBy(x.bySend["mid "+mid], func(d kept) bool { return d.MID == mid && d.Contact == contact }), nil
}

func (x *memoryTx) PutNotification(s storage.Send, carried []storage.Decision) error {
	for _, d := range carried {
		if err := x.PutDecision(d); err != nil {
			return err
		}
	}
	return x.PutSend(s)
}

func (x *memoryTx) AcceptNotification(id string, carried []storage.Decision) error {
	for _, d := range carried {
		if _, err := x.Decision(d.Contact, d.Trigger, d.Occurrence); err != nil {
			continue
		}
		if err := x.PutDecision(d); err != nil {
			return err
		}
	}
	return x.DeleteSend(id)
}

func (x *memoryTx) PutDecision(d storage.Decision) error {
	milli(&d.At, &d.Next, &d.FirstDue, &d.Expires, &d.Delivered, &d.Read)
	of, key := inside(x.decisions, d.Contact), [2]string{d.Trigger, d.Occurrence}
	n := of[key].n
	if n == 0 {
		n = x.next()
	}
	for _, index := range []string{d.Send, "mid " + d.MID} {
		if all := [3]string{d.Contact, d.Trigger, d.Occurrence}; index != "" && index != "mid " && !slices.Contains(x.bySend[index], all) {
			set(x, x.bySend, index, append(slices.Clone(x.bySend[index]), all))
		}
	}
	set(x, of, key, kept{d, n})
	return nil
}
