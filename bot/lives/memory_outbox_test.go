package lives

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

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

func (x *memoryTx) SettledSends(contact string, limit int) (list []storage.Send, err error) {
	for _, s := range x.sends {
		if s.Contact == contact && !unsettled(s.State) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b storage.Send) int { return cmp.Compare(b.Seq, a.Seq) })
	return list[:min(len(list), limit)], nil
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
