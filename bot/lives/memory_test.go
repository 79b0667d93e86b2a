package lives

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// memory is a store that keeps everything in maps: most lives are lived on it, since a
// real database costs four fifths of a life. What a process had claimed when it died is
// known by the opening that claimed it.
type memory struct {
	mu      sync.Mutex
	opening int
	serial  int64

	contacts    map[string]storage.Contact
	uniques     map[[2]string]string
	inbox       map[string][]storage.Input // by contact, in order
	once        map[string]time.Time
	consents    map[string]map[string]storage.Consent // by contact and topic
	permits     map[string]map[[2]string]storage.Permit
	timers      map[[3]string]storage.Timer
	occurrences map[[2]string]storage.Occurrence
	decisions   map[string]map[[2]string]kept // by contact
	bySend      map[string][][3]string
	sends       map[string]storage.Send
	lines       map[string][]string // ids of unsettled sends, by contact, in order
	campaigns   map[[2]string]storage.Campaign
	counts      map[[2]string]map[string]int
	outcomes    []storage.Outcome
	ledger      []storage.Entry
	salts       map[string][]byte
	meta        map[string][]byte
	programs    map[string]storage.Program
	sources     map[string][]byte
	strays      []storage.Stray
}

// kept is a decision with when it was put.
type kept struct {
	storage.Decision
	n int64
}

func newMemory() *memory {
	return &memory{
		contacts: map[string]storage.Contact{}, uniques: map[[2]string]string{}, inbox: map[string][]storage.Input{}, once: map[string]time.Time{},
		consents: map[string]map[string]storage.Consent{}, permits: map[string]map[[2]string]storage.Permit{}, timers: map[[3]string]storage.Timer{},
		occurrences: map[[2]string]storage.Occurrence{}, decisions: map[string]map[[2]string]kept{}, bySend: map[string][][3]string{},
		sends: map[string]storage.Send{}, lines: map[string][]string{}, salts: map[string][]byte{}, meta: map[string][]byte{},
		campaigns: map[[2]string]storage.Campaign{}, counts: map[[2]string]map[string]int{},
		programs: map[string]storage.Program{}, sources: map[string][]byte{},
	}
}

// open is the store as a process has it that starts now.
func (m *memory) open() storage.Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opening++
	return &opened{m: m, claimer: strconv.Itoa(m.opening)}
}

type opened struct {
	m       *memory
	claimer string
	closed  bool
}

func (o *opened) Write(ctx context.Context, f func(storage.Tx) error, _ ...storage.Need) error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	if o.closed {
		return storage.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	x := &memoryTx{memory: o.m, claimer: o.claimer}
	err := f(x)
	if err != nil {
		for _, undo := range slices.Backward(x.undo) {
			undo()
		}
	}
	return err
}

func (o *opened) Read(ctx context.Context, f func(storage.Reader) error) error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	if o.closed {
		return storage.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(&memoryTx{memory: o.m, claimer: o.claimer})
}

func (o *opened) Check(context.Context) error { return nil }

func (o *opened) Close() error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	o.closed = true
	return nil
}

// memoryTx is one transaction. Methods that lives do not need are those of a nil
// interface.
type memoryTx struct {
	storage.Tx
	*memory
	claimer string
	undo    []func()
}

func (x *memoryTx) next() int64 {
	x.serial++
	return x.serial
}

// set and drop change a map so that it can be undone.
func set[K comparable, V any](x *memoryTx, in map[K]V, key K, v V) {
	old, had := in[key]
	x.undo = append(x.undo, func() {
		if had {
			in[key] = old
		} else {
			delete(in, key)
		}
	})
	in[key] = v
}

func drop[K comparable, V any](x *memoryTx, in map[K]V, key K) {
	if old, had := in[key]; had {
		x.undo = append(x.undo, func() { in[key] = old })
		delete(in, key)
	}
}

// assign changes a variable so that it can be undone.
func assign[V any](x *memoryTx, v *V, to V) {
	old := *v
	x.undo = append(x.undo, func() { *v = old })
	*v = to
}

// inside is a map within a map, made if it is not there.
func inside[K comparable, L comparable, V any](in map[K]map[L]V, key K) map[L]V {
	if in[key] == nil {
		in[key] = map[L]V{}
	}
	return in[key]
}

func milli(times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Truncate(time.Millisecond).UTC()
		}
	}
}

func found[V any](v V, ok bool) (V, error) {
	if !ok {
		return v, storage.ErrNotFound
	}
	return v, nil
}

func limited[V any](list []V, limit int) []V {
	if limit > 0 && len(list) > limit {
		return list[:limit]
	}
	return list
}

// Need implements storage.Tx.
func (x *memoryTx) Need(storage.Need) error { return nil }

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

func (x *memoryTx) PutPermit(p storage.Permit) error {
	milli(&p.NextEligible, &p.ExpiresAt, &p.UpdatedAt)
	set(x, inside(x.permits, p.Contact), [2]string{p.Lane, p.Topic}, p)
	return nil
}

func (x *memoryTx) DeletePermit(contact, lane, topic string) error {
	drop(x, inside(x.permits, contact), [2]string{lane, topic})
	return nil
}

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

func (x *memoryTx) AcceptDecision(d storage.Decision) error {
	if _, err := x.Decision(d.Contact, d.Trigger, d.Occurrence); err != nil {
		return nil
	}
	return x.PutDecision(d)
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

// Outbox.

func unsettled(state string) bool {
	return state == storage.SendPending || state == storage.SendClaimed || state == storage.SendWaiting
}

func (x *memoryTx) Send(id string) (storage.Send, error) {
	s, ok := x.sends[id]
	return found(s, ok)
}

func (x *memoryTx) Sends(contact string) (list []storage.Send, err error) {
	for _, id := range x.lines[contact] {
		list = append(list, x.sends[id])
	}
	return list, nil
}

func (x *memoryTx) sendsBy(limit int, is func(storage.Send) bool, less func(a, b storage.Send) int) []storage.Send {
	var list []storage.Send
	for _, line := range x.lines {
		for _, id := range line {
			if s := x.sends[id]; is(s) {
				list = append(list, s)
			}
		}
	}
	slices.SortFunc(list, less)
	return limited(list, limit)
}

func (x *memoryTx) SendsIn(state string, limit int) ([]storage.Send, error) {
	if !unsettled(state) {
		return nil, errors.New("lives do not ask for settled messages")
	}
	return x.sendsBy(limit, func(s storage.Send) bool { return s.State == state }, func(a, b storage.Send) int {
		return cmp.Or(a.Ready.Compare(b.Ready), cmp.Compare(a.ID, b.ID))
	}), nil
}

func (x *memoryTx) Orphans(limit int) ([]storage.Send, error) {
	return x.sendsBy(limit, func(s storage.Send) bool { return s.State == storage.SendClaimed && s.Claimer != x.claimer }, func(a, b storage.Send) int {
		return cmp.Compare(a.ID, b.ID)
	}), nil
}

func (x *memoryTx) SendByMID(contact, mid string) (storage.Send, error) {
	for _, s := range x.sends {
		if s.MID == mid && mid != "" && s.Contact == contact {
			return s, nil
		}
	}
	return storage.Send{}, storage.ErrNotFound
}

// heads are the pending messages that stand first in their line.
func (x *memoryTx) heads(skip []string) (list []storage.Send) {
	for _, line := range x.lines {
		if s := x.sends[line[0]]; s.State == storage.SendPending && !slices.Contains(skip, s.Page) {
			list = append(list, s)
		}
	}
	return list
}

func (x *memoryTx) NextSend(skip []string) (at time.Time, ok bool, err error) {
	for _, s := range x.heads(skip) {
		if !ok || s.Ready.Before(at) {
			at, ok = s.Ready, true
		}
	}
	return at, ok, nil
}

func (x *memoryTx) ClaimSends(now time.Time, limit int, skip []string) ([]storage.Send, error) {
	if limit <= 0 {
		return nil, nil
	}
	list := slices.DeleteFunc(x.heads(skip), func(s storage.Send) bool { return s.Ready.After(now) })
	slices.SortFunc(list, func(a, b storage.Send) int {
		if a.Bulk != b.Bulk {
			if b.Bulk {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Ready.Compare(b.Ready), cmp.Compare(a.Seq, b.Seq))
	})
	list = limited(list, limit)
	for i := range list {
		list[i].State, list[i].ClaimAt, list[i].Claimer = storage.SendClaimed, now, x.claimer
		milli(&list[i].ClaimAt)
		set(x, x.sends, list[i].ID, list[i])
	}
	return list, nil
}

func (x *memoryTx) PutSend(s storage.Send) error {
	milli(&s.Ready, &s.At, &s.ClaimAt)
	was, had := x.sends[s.ID]
	if had {
		s.Contact, s.Seq = was.Contact, was.Seq
	} else if s.Seq == 0 {
		s.Seq = x.next()
	}
	if s.Claimer = was.Claimer; s.State != storage.SendClaimed {
		s.Claimer = ""
	} else if !had || was.State != storage.SendClaimed {
		s.Claimer = x.claimer
	}
	set(x, x.sends, s.ID, s)
	line := slices.DeleteFunc(slices.Clone(x.lines[s.Contact]), func(id string) bool { return id == s.ID })
	if unsettled(s.State) {
		line = append(line, s.ID)
		slices.SortFunc(line, func(a, b string) int { return cmp.Compare(x.sends[a].Seq, x.sends[b].Seq) })
	}
	x.line(s.Contact, line)
	return nil
}

func (x *memoryTx) AcceptSend(s storage.Send) error { return x.PutSend(s) }

func (x *memoryTx) line(contact string, line []string) {
	if len(line) == 0 {
		drop(x, x.lines, contact)
	} else {
		set(x, x.lines, contact, line)
	}
}

func (x *memoryTx) DeleteSend(id string) error {
	s, had := x.sends[id]
	if !had {
		return nil
	}
	drop(x, x.sends, id)
	x.line(s.Contact, slices.DeleteFunc(slices.Clone(x.lines[s.Contact]), func(other string) bool { return other == id }))
	return nil
}

// Ledger.

func (x *memoryTx) entriesBy(limit int, is func(storage.Entry) bool) (list []storage.Entry, err error) {
	for _, e := range x.ledger {
		if is(e) {
			list = append(list, e)
		}
	}
	return limited(list, limit), nil
}

func (x *memoryTx) Unsealed(limit int) ([]storage.Entry, error) {
	return x.entriesBy(limit, func(e storage.Entry) bool { return e.Seq == 0 })
}

func (x *memoryTx) Sealed(page string, after int64, limit int) ([]storage.Entry, error) {
	list, err := x.entriesBy(0, func(e storage.Entry) bool { return e.Page == page && e.Seq > after })
	slices.SortFunc(list, func(a, b storage.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return limited(list, limit), err
}

func (x *memoryTx) ChainHead(page string) (storage.Entry, error) {
	list, err := x.Sealed(page, 0, 0)
	if err != nil || len(list) == 0 {
		return storage.Entry{}, storage.ErrNotFound
	}
	return list[len(list)-1], nil
}

func (x *memoryTx) Chains() ([]string, error) {
	pages := map[string]bool{}
	for _, e := range x.ledger {
		pages[e.Page] = true
	}
	return slices.Sorted(maps.Keys(pages)), nil
}

func (x *memoryTx) Entries(contact string) ([]storage.Entry, error) {
	return x.entriesBy(0, func(e storage.Entry) bool { return e.Contact == contact && contact != "" })
}

func (x *memoryTx) Salt(contact string) ([]byte, error) {
	salt, ok := x.salts[contact]
	return found(salt, ok)
}

func (x *memoryTx) Append(e storage.Entry) (int64, error) {
	e.ID, e.Seq = x.next(), 0
	milli(&e.At)
	assign(x, &x.ledger, append(slices.Clip(x.ledger), e))
	return e.ID, nil
}

func (x *memoryTx) Seal(e storage.Entry) error {
	for i := range x.ledger {
		if x.ledger[i].ID == e.ID {
			if x.ledger[i].Seq != 0 {
				return storage.ErrTaken
			}
			sealed := x.ledger[i]
			sealed.Seq, sealed.Prev, sealed.Hash = e.Seq, e.Prev, e.Hash
			assign(x, &x.ledger[i], sealed)
			return nil
		}
	}
	return storage.ErrNotFound
}

func (x *memoryTx) PutSalt(contact string, salt []byte) error {
	set(x, x.salts, contact, salt)
	return nil
}

// Outcomes, strays, programs and what has a name.

func (x *memoryTx) Outcomes(q storage.OutcomeQuery) (list []storage.Outcome, err error) {
	for _, o := range slices.Backward(x.outcomes) {
		if (q.Contact == "" || o.Contact == q.Contact) && (q.Kind == "" || o.Kind == q.Kind) && (q.Name == "" || o.Name == q.Name) &&
			(q.Trigger == "" || o.Trigger == q.Trigger) && (q.Occurrence == "" || o.Occurrence == q.Occurrence) && !o.At.Before(q.Since) {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, b storage.Outcome) int { return b.At.Compare(a.At) })
	if q.Limit == 0 {
		q.Limit = 100
	}
	return limited(list, q.Limit), nil
}

func (x *memoryTx) CountOutcomes(trigger, occurrence string) (list []storage.OutcomeCount, err error) {
	people := map[[3]string]bool{}
	for _, o := range x.outcomes {
		if o.Trigger != trigger || occurrence != "" && o.Occurrence != occurrence {
			continue
		}
		i := slices.IndexFunc(list, func(c storage.OutcomeCount) bool { return c.Kind == o.Kind && c.Name == o.Name })
		if i < 0 {
			i, list = len(list), append(list, storage.OutcomeCount{Kind: o.Kind, Name: o.Name})
		}
		if who := [3]string{o.Kind, o.Name, o.Contact}; !people[who] {
			people[who] = true
			list[i].People++
		}
		list[i].Outcomes++
	}
	slices.SortFunc(list, func(a, b storage.OutcomeCount) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

func (x *memoryTx) PutOutcome(o storage.Outcome) error {
	milli(&o.At)
	if slices.ContainsFunc(x.outcomes, func(p storage.Outcome) bool {
		return p.Contact == o.Contact && p.Kind == o.Kind && p.Name == o.Name && p.Input == o.Input
	}) {
		return nil
	}
	o.ID = x.next()
	assign(x, &x.outcomes, append(slices.Clip(x.outcomes), o))
	return nil
}

func (x *memoryTx) AddOutcome(o storage.Outcome) (first bool, err error) {
	for i, p := range x.outcomes {
		if p.Contact == o.Contact && p.Kind == o.Kind && p.Name == o.Name && p.Input == o.Input {
			p.Value += o.Value
			assign(x, &x.outcomes[i], p)
			return false, nil
		}
	}
	return true, x.PutOutcome(o)
}

// Campaigns.

func (x *memoryTx) Campaign(trigger, id string) (storage.Campaign, error) {
	c, ok := x.campaigns[[2]string{trigger, id}]
	return found(c, ok)
}

func (x *memoryTx) SweptCampaigns(limit int) (list []storage.Campaign, err error) {
	for _, c := range x.campaigns {
		if c.Sweep != "" {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b storage.Campaign) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Trigger, b.Trigger), cmp.Compare(a.ID, b.ID))
	})
	return limited(list, limit), nil
}

func (x *memoryTx) CampaignOccurrences(trigger, id string) (list []storage.Occurrence, err error) {
	for _, o := range x.occurrences {
		if o.Trigger == trigger && o.Campaign == id {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b storage.Occurrence) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

func (x *memoryTx) CampaignCounts(trigger, id string) (map[string]int, error) {
	out := maps.Clone(x.counts[[2]string{trigger, id}])
	if out == nil {
		out = map[string]int{}
	}
	return out, nil
}

func (x *memoryTx) MakeCampaign(c storage.Campaign) error {
	if _, had := x.campaigns[[2]string{c.Trigger, c.ID}]; had {
		return nil
	}
	return x.PutCampaign(c)
}

func (x *memoryTx) PutCampaign(c storage.Campaign) error {
	milli(&c.At, &c.Changed)
	set(x, x.campaigns, [2]string{c.Trigger, c.ID}, c)
	return nil
}

func (x *memoryTx) AddCampaignCounts(trigger, id string, add map[string]int) error {
	counts := inside(x.counts, [2]string{trigger, id})
	for name, n := range add {
		set(x, counts, name, counts[name]+n)
	}
	return nil
}

func (x *memoryTx) Meta(key string) ([]byte, error) {
	v, ok := x.meta[key]
	return found(v, ok)
}

func (x *memoryTx) SetMeta(key string, value []byte) error {
	set(x, x.meta, key, value)
	return nil
}

func (x *memoryTx) Program(hash string) ([]byte, error) {
	v, ok := x.sources[hash]
	return found(v, ok)
}

func (x *memoryTx) Programs() (list []storage.Program, err error) {
	for _, hash := range slices.Sorted(maps.Keys(x.programs)) {
		list = append(list, x.programs[hash])
	}
	return list, nil
}

func (x *memoryTx) PutProgram(hash string, sources []byte, at time.Time) error {
	if _, had := x.sources[hash]; !had {
		set(x, x.sources, hash, sources)
	}
	if p := x.programs[hash]; p.At.Before(at) {
		milli(&at)
		set(x, x.programs, hash, storage.Program{Hash: hash, At: at})
	}
	return nil
}

func (x *memoryTx) PutStray(s storage.Stray) error {
	s.ID = x.next()
	assign(x, &x.strays, append(slices.Clip(x.strays), s))
	return nil
}
