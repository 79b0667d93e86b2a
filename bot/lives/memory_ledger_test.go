package lives

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

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
