package lives

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Contacts.

func (x *memoryTx) Contact(id string) (storage.Contact, error) {
	c, ok := x.contacts[id]
	return found(c, ok)
}

func (x *memoryTx) ContactByField(field, value string) (storage.Contact, error) {
	return x.Contact(x.uniques[[2]string{field, value}])
}

func (x *memoryTx) Contacts(after string, limit int) (list []storage.Contact, err error) {
	for _, id := range slices.Sorted(maps.Keys(x.contacts)) {
		if id > after {
			list = append(list, x.contacts[id])
		}
	}
	return limited(list, limit), nil
}

func (x *memoryTx) PutContact(c storage.Contact) error {
	milli(&c.CreatedAt, &c.LastAct)
	set(x, x.contacts, c.ID, c)
	return nil
}

func (x *memoryTx) Erase(contact string) error {
	if contact == "" {
		return nil
	}
	drop(x, x.contacts, contact)
	drop(x, x.inbox, contact)
	drop(x, x.consents, contact)
	drop(x, x.permits, contact)
	drop(x, x.decisions, contact)
	drop(x, x.lines, contact)
	drop(x, x.salts, contact)
	for key, t := range x.timers {
		if t.Contact == contact {
			drop(x, x.timers, key)
		}
	}
	for id, s := range x.sends {
		if s.Contact == contact {
			drop(x, x.sends, id)
		}
	}
	for key, o := range x.occurrences {
		if o.Cursor == contact {
			o.Cursor = "" // the one before them, or nobody
			for id := range x.contacts {
				if id < contact {
					o.Cursor = max(o.Cursor, id)
				}
			}
			set(x, x.occurrences, key, o)
		}
	}
	ledger := slices.Clone(x.ledger)
	for i := range ledger {
		if ledger[i].Contact == contact {
			ledger[i].Contact = ""
		}
	}
	assign(x, &x.ledger, ledger)
	assign(x, &x.outcomes, slices.DeleteFunc(slices.Clone(x.outcomes), func(o storage.Outcome) bool { return o.Contact == contact }))
	assign(x, &x.strays, slices.DeleteFunc(slices.Clone(x.strays), func(s storage.Stray) bool { return s.Contact == contact }))
	return nil
}

// Inbox.

func (x *memoryTx) Pending(now time.Time, limit int) (list []storage.Input, err error) {
	for _, line := range x.inbox {
		if len(line) > 0 && !line[0].Ready.After(now) {
			list = append(list, line[0])
		}
	}
	since := func(in storage.Input) time.Time {
		if in.Ready.IsZero() {
			return in.At
		}
		return in.Ready
	}
	slices.SortFunc(list, func(a, b storage.Input) int {
		return cmp.Or(since(a).Compare(since(b)), cmp.Compare(a.Seq, b.Seq))
	})
	return limited(list, limit), nil
}

func (x *memoryTx) Inputs(contact string, limit int) ([]storage.Input, error) {
	return slices.Clone(limited(x.inbox[contact], limit)), nil
}

func (x *memoryTx) NextReady(now time.Time) (at time.Time, ok bool, err error) {
	for _, line := range x.inbox {
		if len(line) > 0 && line[0].Ready.After(now) && (!ok || line[0].Ready.Before(at)) {
			at, ok = line[0].Ready, true
		}
	}
	return at, ok, nil
}

func (x *memoryTx) Enqueue(in storage.Input) (int64, error) {
	in.Seq = x.next()
	milli(&in.At, &in.Ready)
	set(x, x.inbox, in.Contact, append(slices.Clone(x.inbox[in.Contact]), in))
	return in.Seq, nil
}

func (x *memoryTx) PutInput(in storage.Input) error {
	milli(&in.Ready)
	line := slices.Clone(x.inbox[in.Contact])
	for i := range line {
		if line[i].Seq == in.Seq {
			line[i].Body, line[i].Ready, line[i].Attempt = in.Body, in.Ready, in.Attempt
			set(x, x.inbox, in.Contact, line)
			return nil
		}
	}
	return storage.ErrNotFound
}

func (x *memoryTx) DeleteInput(contact string, seq int64) error {
	line := slices.DeleteFunc(slices.Clone(x.inbox[contact]), func(in storage.Input) bool { return in.Seq == seq })
	if len(line) == 0 {
		drop(x, x.inbox, contact)
		return nil
	}
	set(x, x.inbox, contact, line)
	return nil
}

func (x *memoryTx) Once(key string, at time.Time) (bool, error) {
	if _, had := x.once[key]; had {
		return false, nil
	}
	set(x, x.once, key, at)
	return true, nil
}

// Consents.

func (x *memoryTx) Consents(contact string) (list []storage.Consent, err error) {
	for _, topic := range slices.Sorted(maps.Keys(x.consents[contact])) {
		c := x.consents[contact][topic]
		c.Terms = nil
		list = append(list, c)
	}
	return list, nil
}

func (x *memoryTx) Subscribers(q storage.Subscribers) (ids []string, err error) {
	for contact, consents := range x.consents {
		c, ok := consents[q.Topic]
		zone := cmp.Or(x.contacts[contact].Timezone, q.DefaultZone)
		if !ok || contact <= q.After || c.Status != "active" && c.Status != "snoozed" || q.Zone != "" && zone != q.Zone ||
			!q.ActiveAt.IsZero() && c.ActiveSince.After(q.ActiveAt) {
			continue
		}
		if len(q.Terms) > 0 && !slices.ContainsFunc(c.Terms, func(terms []string) bool {
			return !slices.ContainsFunc(q.Terms, func(want string) bool { return !slices.Contains(terms, want) })
		}) {
			continue
		}
		ids = append(ids, contact)
	}
	slices.Sort(ids)
	return limited(ids, q.Limit), nil
}

func (x *memoryTx) Zones(topic string) ([]string, error) {
	zones := map[string]bool{}
	for contact, consents := range x.consents {
		if c := consents[topic]; c.Status == "active" || c.Status == "snoozed" {
			zones[x.contacts[contact].Timezone] = true
		}
	}
	return slices.Sorted(maps.Keys(zones)), nil
}

func (x *memoryTx) Permits(contact string) (list []storage.Permit, err error) {
	keys := slices.Collect(maps.Keys(x.permits[contact]))
	slices.SortFunc(keys, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, key := range keys {
		list = append(list, x.permits[contact][key])
	}
	return list, nil
}

func (x *memoryTx) PutConsent(c storage.Consent) error {
	milli(&c.ActiveSince, &c.SnoozedUntil, &c.ChangedAt, &c.LastSent)
	if was := x.consents[c.Contact][c.Topic]; c.Terms == nil && bytes.Equal(was.Interests, c.Interests) {
		c.Terms = was.Terms
	}
	set(x, inside(x.consents, c.Contact), c.Topic, c)
	return nil
}

func (x *memoryTx) NoteSent(contact, topic string, at time.Time, carrier int64) error {
	c, there := x.consents[contact][topic]
	if !there {
		return nil
	}
	milli(&at)
	c.LastSent, c.Carrier = at, carrier
	set(x, inside(x.consents, contact), topic, c)
	return nil
}

func (x *memoryTx) PutPermit(p storage.Permit) error {
	milli(&p.NextEligible, &p.ExpiresAt, &p.UpdatedAt)
	set(x, inside(x.permits, p.Contact), [2]string{p.Lane, p.Topic}, p)
	return nil
}

func (x *memoryTx) DeletePermit(contact, lane, topic string) error {
	drop(x, inside(x.permits, contact), [2]string{lane, topic})
	return nil
}
