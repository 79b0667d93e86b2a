package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/storage"
)

// erase begins a round of a property with nothing left of the one before.
func erase(tx storage.Tx, contacts []string) error {
	var errs []error
	for _, contact := range contacts {
		errs = append(errs, tx.Erase(contact))
	}
	return all(errs...)
}

// inboxProperty drives an inbox at random beside a model of it: a list per
// contact. Whatever happens, what is pending is the first of each list that is
// ready, and nothing is lost or doubled.
func inboxProperty(t *testing.T, open Open) {
	s := &store{Store: openClosed(t, open, t.TempDir()), open: open}
	rapid.Check(t, func(rt *rapid.T) {
		type input struct {
			seq   int64
			ready int
		}
		model := make(map[string][]input)
		contacts := []string{"a", "b", "c"}
		s.write(rt, func(tx storage.Tx) error { return erase(tx, contacts) })
		now := 0
		readyAt := func(seconds int) time.Time {
			if seconds == 0 {
				return time.Time{}
			}
			return at(seconds)
		}
		pick := func(rt *rapid.T) (string, int) {
			contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
			if len(model[contact]) == 0 {
				rt.Skip("nothing to pick")
			}
			return contact, rapid.IntRange(0, len(model[contact])-1).Draw(rt, "index")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"enqueue": func(rt *rapid.T) {
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				ready := rapid.SampledFrom([]int{0, 0, now, now + 5, now + 50}).Draw(rt, "ready")
				s.write(rt, func(tx storage.Tx) error {
					seq, err := tx.Enqueue(storage.Input{Contact: contact, At: at(now), Ready: readyAt(ready)})
					model[contact] = append(model[contact], input{seq, ready})
					return err
				})
			},
			"delete": func(rt *rapid.T) {
				contact, i := pick(rt)
				s.write(rt, func(tx storage.Tx) error { return tx.DeleteInput(contact, model[contact][i].seq) })
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"put off": func(rt *rapid.T) {
				contact, i := pick(rt)
				in := &model[contact][i]
				in.ready = now + rapid.IntRange(0, 20).Draw(rt, "delay")
				s.write(rt, func(tx storage.Tx) error {
					return tx.PutInput(storage.Input{Contact: contact, Seq: in.seq, Ready: readyAt(in.ready)})
				})
			},
			"fail": func(rt *rapid.T) {
				contact, i := pick(rt)
				s.refuse(rt, errOnPurpose, func(tx storage.Tx) error {
					return all(tx.DeleteInput(contact, model[contact][i].seq), enqueue(tx, contact, time.Time{}, "lost"), errOnPurpose)
				})
			},
			"wait": func(rt *rapid.T) { now += rapid.IntRange(1, 30).Draw(rt, "seconds") },
			"": func(rt *rapid.T) {
				var want, got []string
				for _, contact := range contacts {
					if line := model[contact]; len(line) > 0 && line[0].ready <= now {
						want = append(want, fmt.Sprint(contact, line[0].seq))
					}
					var seqs, kept []int64
					for _, in := range model[contact] {
						seqs = append(seqs, in.seq)
					}
					for _, in := range inputs(rt, s, contact) {
						kept = append(kept, in.Seq)
					}
					same(rt, "inputs", kept, seqs)
				}
				for _, in := range get(rt, s, func(r storage.Reader) ([]storage.Input, error) { return r.Pending(at(now), 0) }) {
					got = append(got, fmt.Sprint(in.Contact, in.Seq))
				}
				slices.Sort(got)
				slices.Sort(want)
				same(rt, "pending", got, want)
			},
		})
	})
}

// outboxProperty drives an outbox at random beside a model of it: a list per
// contact. Whatever happens, what is claimed is what stands first in its line,
// pending and ready, in the order of claims.
func outboxProperty(t *testing.T, open Open) {
	s := &store{Store: openClosed(t, open, t.TempDir()), open: open}
	rapid.Check(t, func(rt *rapid.T) {
		type item struct {
			id, page, state string
			ready           int
			bulk            bool
		}
		model := make(map[string][]*item) // unsettled ones, in order
		pages := []string{"messenger:1", "messenger:2"}
		contacts := []string{"a", "b", "c", "d"}
		s.write(rt, func(tx storage.Tx) error { return erase(tx, contacts) })
		now, n := 0, 0
		order := make(map[string]int) // by id
		pick := func(rt *rapid.T, states ...string) (string, int) {
			contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
			var found []int
			for i, it := range model[contact] {
				if slices.Contains(states, it.state) {
					found = append(found, i)
				}
			}
			if len(found) == 0 {
				rt.Skip("nothing to pick")
			}
			return contact, rapid.SampledFrom(found).Draw(rt, "index")
		}
		change := func(rt *rapid.T, it *item) {
			s.write(rt, func(tx storage.Tx) error {
				send, err := tx.Send(it.id)
				send.State, send.Ready = it.state, at(it.ready)
				return all(err, tx.PutSend(send))
			})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				n++
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				it := &item{
					id: fmt.Sprint("s", n), page: rapid.SampledFrom(pages).Draw(rt, "page"), state: storage.SendPending,
					ready: rapid.SampledFrom([]int{now, now, now + 10}).Draw(rt, "ready"), bulk: rapid.Bool().Draw(rt, "bulk"),
				}
				s.write(rt, func(tx storage.Tx) error {
					return tx.PutSend(storage.Send{
						ID: it.id, Contact: contact, Page: it.page, State: it.state, Ready: at(it.ready), Bulk: it.bulk, At: at(now),
					})
				})
				model[contact] = append(model[contact], it)
				order[it.id] = n
			},
			"put claimed": func(rt *rapid.T) {
				n++
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				it := &item{id: fmt.Sprint("s", n), page: pages[0], state: storage.SendClaimed, ready: now}
				s.write(rt, func(tx storage.Tx) error {
					return tx.PutSend(storage.Send{
						ID: it.id, Contact: contact, Page: it.page, State: it.state, Ready: at(now), At: at(now), ClaimAt: at(now),
					})
				})
				model[contact] = append(model[contact], it)
				order[it.id] = n
			},
			"put a turn's": func(rt *rapid.T) {
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				s.write(rt, func(tx storage.Tx) error {
					for _, state := range []string{storage.SendClaimed, storage.SendPending} {
						n++
						it := &item{id: fmt.Sprint("s", n), page: pages[0], state: state, ready: now}
						err := tx.PutSend(storage.Send{
							ID: it.id, Contact: contact, Page: it.page, State: it.state, Ready: at(now), At: at(now), ClaimAt: at(now),
						})
						if err != nil {
							return err
						}
						model[contact] = append(model[contact], it)
						order[it.id] = n
					}
					return nil
				})
			},
			"accept": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendClaimed)
				s.write(rt, func(tx storage.Tx) error {
					send, err := tx.Send(model[contact][i].id)
					send.State, send.MID = storage.SendSent, "m_"+send.ID
					return all(err, tx.AcceptSend(send))
				})
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"fail": func(rt *rapid.T) {
				contact, i := pick(rt, unsettledStates...)
				failed := s.Write(context.Background(), func(tx storage.Tx) error {
					err := tx.DeleteSend(model[contact][i].id)
					return all(err, tx.PutSend(claimed("never", contact)), errOnPurpose)
				})
				if !errors.Is(failed, errOnPurpose) {
					rt.Fatalf("a write that fails: %v", failed)
				}
			},
			"delete": func(rt *rapid.T) {
				contact, i := pick(rt, unsettledStates...)
				s.write(rt, func(tx storage.Tx) error { return tx.DeleteSend(model[contact][i].id) })
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"claim": func(rt *rapid.T) {
				limit := rapid.IntRange(1, 4).Draw(rt, "limit")
				var skip []string
				if rapid.Bool().Draw(rt, "skip") {
					skip = pages[:1]
				}
				var want []*item
				for _, contact := range contacts {
					line := model[contact]
					if len(line) > 0 && line[0].state == storage.SendPending && line[0].ready <= now && !slices.Contains(skip, line[0].page) {
						want = append(want, line[0])
					}
				}
				rank := func(it *item) int {
					if it.bulk {
						return 1
					}
					return 0
				}
				slices.SortFunc(want, func(a, b *item) int {
					return cmp.Or(rank(a)-rank(b), a.ready-b.ready, order[a.id]-order[b.id])
				})
				want = want[:min(limit, len(want))]
				same(rt, "claimed", claim(rt, s, now, limit, skip...), ids(want, func(it *item) string { return it.id }))
				for _, it := range want {
					it.state = storage.SendClaimed
				}
			},
			"settle": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendClaimed, storage.SendWaiting)
				it := model[contact][i]
				it.state = rapid.SampledFrom(settledStates[:3]).Draw(rt, "state")
				change(rt, it)
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"withdraw": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendPending)
				it := model[contact][i]
				it.state = storage.SendDropped
				change(rt, it)
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"keep waiting": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendClaimed, storage.SendWaiting)
				it := model[contact][i]
				it.state = rapid.SampledFrom([]string{storage.SendPending, storage.SendWaiting}).Draw(rt, "state")
				it.ready = now + rapid.IntRange(0, 5).Draw(rt, "delay")
				change(rt, it)
			},
			"wait": func(rt *rapid.T) { now += rapid.IntRange(1, 10).Draw(rt, "seconds") },
			"": func(rt *rapid.T) {
				next := -1
				for _, contact := range contacts {
					same(rt, "line", line(rt, s, contact), ids(model[contact], func(it *item) string { return it.id }))
					if l := model[contact]; len(l) > 0 && l[0].state == storage.SendPending && (next < 0 || l[0].ready < next) {
						next = l[0].ready
					}
				}
				got, ok := nextSend(rt, s)
				if ok != (next >= 0) || ok && !got.Equal(at(next)) {
					rt.Fatalf("next send %v %v, want %d s", got, ok, next)
				}
			},
		})
	})
}
