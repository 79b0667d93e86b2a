package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/storage"
)

// notice is a notification that is claimed as it is put, for somebody who is known, with n
// decisions that it carries, of so many seconds.
func notice(id, contact string, n, seconds int) (s storage.Send, carried []storage.Decision) {
	s = claimed(id, contact)
	s.Bulk, s.Topic, s.Lane, s.At, s.Ready, s.ClaimAt = true, "restock", "recurring", at(seconds), at(seconds), at(seconds)
	for i := range n {
		carried = append(carried, storage.Decision{
			Contact: contact, Trigger: fmt.Sprint("back_in_stock#", i), Occurrence: "for " + id, Flow: "back_in_stock", Topic: s.Topic,
			Kind: "sent", Lane: s.Lane, Values: []byte(`{"refused":{"window":"closed"}}`), At: at(seconds), FirstDue: at(seconds - 1),
			Expires: at(seconds + 60), Event: []byte(`{"model":"Gazelle"}`), Send: id,
		})
	}
	return s, carried
}

// settle is write for what is to touch the line of a contact alone, as who settles does.
func (s *store) settle(t tester, contact string, f func(tx storage.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f, storage.Need{Lines: []string{contact}}); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// meet puts contacts.
func meet(tx storage.Tx, contacts ...string) error {
	var errs []error
	for _, c := range contacts {
		errs = append(errs, tx.PutContact(storage.Contact{ID: c}))
	}
	return all(errs...)
}

// accepted are the decisions with the platform's id.
func accepted(list []storage.Decision) []storage.Decision {
	list = slices.Clone(list)
	for i := range list {
		list[i].MID = "m_" + list[i].Send
	}
	return list
}

// carryingCases are about notifications that are put with the decisions they carry.
var carryingCases = []testCase{
	{"a notification and what it carries are there at once", func(t *testing.T, s *store) {
		for i, of := range []string{"one", "two"} {
			n, want := notice("to "+of, of, i+1, 5)
			s.write(t, func(tx storage.Tx) error {
				return all(meet(tx, of), decided(tx, storage.Decision{Contact: of, Occurrence: "before"}))
			})
			var names []string
			for range want {
				names = append(names, of+"/for "+n.ID)
			}
			found := func(r storage.Reader) error {
				first, err1 := r.Decision(of, want[0].Trigger, want[0].Occurrence)
				same(t, "the decision", first, want[0])
				ofContact, err2 := r.Decisions(storage.DecisionQuery{Contact: of})
				same(t, "of the contact", ids(ofContact, decisionName), append(slices.Clone(names), of+"/before"))
				ofTopic, err3 := r.Decisions(storage.DecisionQuery{Topic: "restock", Kinds: []string{"sent"}, Since: at(5), Limit: i + 1})
				same(t, "of the topic", ids(ofTopic, decisionName), names)
				late, err4 := r.Decisions(storage.DecisionQuery{Contact: of, Since: at(6)})
				same(t, "since later", late, nil)
				bySend, err5 := r.DecisionsBySend(n.ID)
				same(t, "by the send", bySend, want)
				lives, err6 := r.Lives(of[:1], 1)
				same(t, "in the life", ids(lives[0].Decisions, decisionName), append([]string{of + "/before"}, names...))
				return all(err1, err2, err3, err4, err5, err6)
			}
			s.write(t, func(tx storage.Tx) error { return tx.PutNotification(n, want) })
			s.reading(t, found)
			same(t, "line", line(t, s, of), []string{n.ID})
			s.write(t, func(tx storage.Tx) error { return found(tx) })
			s.reading(t, found)
			s.write(t, func(tx storage.Tx) error { return tx.Erase(of) })
		}
	}},
	{"a notification comes back as it was put, and so does what it carries", func(t *testing.T, s *store) {
		want, carried := notice("n", "a", 1, 5)
		want.Ready, want.ClaimAt, want.At, want.Attempt, want.Body = at(6), at(7), at(5), 2, []byte(`{"text":"é👟"}`)
		carried[0].Rule, carried[0].Next, carried[0].Delivered, carried[0].Read = "cadence", at(8), at(9), at(10)
		s.write(t, func(tx storage.Tx) error { return all(meet(tx, "a"), tx.PutNotification(want, carried)) })
		got := send(t, s, "n")
		want.Seq, want.Claimer = got.Seq, got.Claimer
		same(t, "send", got, want)
		same(t, "in the line", get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.Sends("a") }), []storage.Send{want})
		same(t, "decision", get(t, s, decision("a", carried[0].Trigger, carried[0].Occurrence)), carried[0])
	}},
	{"what a notification carried gets its mid when it is accepted, and the outbox is rid of it", func(t *testing.T, s *store) {
		for i, of := range []string{"one", "two", "another"} {
			n, carried := notice("to "+of, of, i%2+1, 5)
			want := accepted(carried)
			s.write(t, func(tx storage.Tx) error { return all(meet(tx, of), tx.PutNotification(n, carried)) })
			s.settle(t, of, func(tx storage.Tx) error {
				err := tx.AcceptNotification(n.ID, want)
				if i > 0 {
					return err
				}
				first, err1 := tx.Decision(of, want[0].Trigger, want[0].Occurrence)
				same(t, "at once", first, want[0])
				line, err2 := tx.Sends(of)
				same(t, "the line", line, nil)
				return all(err, err1, err2)
			})
			same(t, "by its mid", get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsByMID(of, "m_"+n.ID) }), want)
			missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send(n.ID) })
			s.write(t, func(tx storage.Tx) error { return tx.AcceptNotification(n.ID, want) })
			same(t, "accepted twice", len(decisions(t, s, storage.DecisionQuery{Contact: of})), len(want))
		}
	}},
	{"a notification that ends in another way leaves what it carried as it was", func(t *testing.T, s *store) {
		for _, end := range []struct {
			name string
			do   func(tx storage.Tx, n storage.Send) error
		}{
			{"deleted", func(tx storage.Tx, n storage.Send) error { return tx.DeleteSend(n.ID) }},
			{"accepted as a reply is", func(tx storage.Tx, n storage.Send) error {
				n.State, n.MID = storage.SendSent, "m"
				return tx.AcceptSend(n)
			}},
			{"accepted as if it had carried nothing", func(tx storage.Tx, n storage.Send) error { return tx.AcceptNotification(n.ID, nil) }},
			{"unknown", func(tx storage.Tx, n storage.Send) error {
				n.State, n.Ready = storage.SendWaiting, at(9)
				return tx.PutSend(n)
			}},
		} {
			n, want := notice(end.name, end.name, 1, 5)
			s.write(t, func(tx storage.Tx) error { return all(meet(tx, end.name), tx.PutNotification(n, want)) })
			s.settle(t, n.Contact, func(tx storage.Tx) error { return end.do(tx, n) })
			same(t, end.name, get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsBySend(n.ID) }), want)
		}
	}},
	{"what was changed since, acceptance leaves alone", func(t *testing.T, s *store) {
		n, carried := notice("n", "a", 1, 5)
		want := carried[0]
		want.Delivered = at(6)
		s.write(t, func(tx storage.Tx) error { return all(meet(tx, "a"), tx.PutNotification(n, carried)) })
		s.write(t, func(tx storage.Tx) error { return tx.PutDecision(want) })
		s.settle(t, "a", func(tx storage.Tx) error { return tx.AcceptNotification("n", accepted(carried)) })
		want.MID = "m_n"
		same(t, "decision", get(t, s, decision("a", want.Trigger, want.Occurrence)), want)
	}},
	{"what somebody erased was told is not made again by acceptance", func(t *testing.T, s *store) {
		n, carried := notice("n", "a", 1, 5)
		s.write(t, func(tx storage.Tx) error { return all(meet(tx, "a"), tx.PutNotification(n, carried)) })
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		s.write(t, func(tx storage.Tx) error {
			bySend, err := tx.DecisionsBySend("n")
			same(t, "by the send", bySend, nil)
			return all(err, tx.AcceptNotification("n", accepted(carried)))
		})
		same(t, "decisions", decisions(t, s, storage.DecisionQuery{}), nil)
		same(t, "line", line(t, s, "a"), nil)
	}},
	{"what was not made again by acceptance is not told in the same write either", func(t *testing.T, s *store) {
		told := func(tx storage.Tx, carried []storage.Decision) error {
			err1 := tx.AcceptNotification(carried[0].Send, accepted(carried))
			list, err2 := tx.Decisions(storage.DecisionQuery{Contact: "a"})
			same(t, "decisions", list, nil)
			if _, err := tx.Decision("a", carried[0].Trigger, carried[0].Occurrence); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("the decision: %v", err)
			}
			return all(err1, err2)
		}
		n, carried := notice("n", "a", 1, 5)
		put := func() {
			s.write(t, func(tx storage.Tx) error { return all(meet(tx, "a"), tx.PutNotification(n, carried)) })
		}
		put()
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		s.write(t, func(tx storage.Tx) error { return told(tx, carried) })
		put()
		s.write(t, func(tx storage.Tx) error { return all(tx.Erase("a"), told(tx, carried)) })
		same(t, "decisions", decisions(t, s, storage.DecisionQuery{}), nil)
	}},
	{"a notification put and accepted in one write is accepted", func(t *testing.T, s *store) {
		n, carried := notice("n", "a", 1, 5)
		want := accepted(carried)
		s.write(t, func(tx storage.Tx) error {
			return all(meet(tx, "a"), tx.PutNotification(n, carried), tx.AcceptNotification("n", want))
		})
		same(t, "decision", get(t, s, decision("a", want[0].Trigger, want[0].Occurrence)), want[0])
		same(t, "line", line(t, s, "a"), nil)
	}},
	{"a function that fails puts no notification, and accepts none", func(t *testing.T, s *store) {
		n, want := notice("n", "a", 1, 5)
		other, never := notice("other", "b", 1, 5)
		s.write(t, func(tx storage.Tx) error { return all(meet(tx, "a", "b"), tx.PutNotification(n, want)) })
		s.refuse(t, errOnPurpose, func(tx storage.Tx) error {
			return all(tx.AcceptNotification("n", accepted(want)), tx.PutNotification(other, never), errOnPurpose)
		})
		same(t, "line of a", line(t, s, "a"), []string{"n"})
		same(t, "line of b", line(t, s, "b"), nil)
		same(t, "decision", get(t, s, decision("a", want[0].Trigger, want[0].Occurrence)), want[0])
		same(t, "decisions", decisions(t, s, storage.DecisionQuery{}), []string{"a/for n"})
	}},
}

// carryingProperty lets notifications come and go at random, beside a model of what was
// decided: it is there whatever becomes of the message, until its contact is erased.
func carryingProperty(t *testing.T, open Open) {
	dir := t.TempDir()
	s := &store{Store: open(t, dir), open: open}
	t.Cleanup(func() { _ = s.Close() })
	contacts := []string{"a", "b", "c"}
	rapid.Check(t, func(rt *rapid.T) {
		model := make(map[string][]storage.Decision) // newest first
		lines := make(map[string][]storage.Send)
		put := make(map[string][]storage.Decision) // as they were, by send
		n := 0
		s.write(rt, func(tx storage.Tx) error {
			return all(erase(tx, contacts), meet(tx, contacts...))
		})
		of := func(send storage.Send) (list []*storage.Decision) {
			for i := range model[send.Contact] {
				if d := &model[send.Contact][i]; d.Send == send.ID {
					list = append(list, d)
				}
			}
			return list
		}
		pick := func(rt *rapid.T) storage.Send {
			contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
			if len(lines[contact]) == 0 {
				rt.Skip("nothing on its way")
			}
			return rapid.SampledFrom(lines[contact]).Draw(rt, "send")
		}
		settle := func(send storage.Send) {
			lines[send.Contact] = slices.DeleteFunc(lines[send.Contact], func(s storage.Send) bool { return s.ID == send.ID })
		}
		rt.Repeat(map[string]func(*rapid.T){
			"notify": func(rt *rapid.T) {
				n++
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				send, carried := notice(fmt.Sprintf("n%05d", n), contact, rapid.SampledFrom([]int{1, 1, 1, 0, 2}).Draw(rt, "decisions"), n)
				s.write(rt, func(tx storage.Tx) error { return tx.PutNotification(send, carried) })
				put[send.ID] = carried
				for _, d := range carried {
					model[send.Contact] = slices.Insert(model[send.Contact], 0, d)
				}
				lines[send.Contact] = append(lines[send.Contact], send)
			},
			"accept": func(rt *rapid.T) {
				send := pick(rt)
				for _, d := range of(send) {
					d.MID = "m_" + send.ID
				}
				accept := func(tx storage.Tx) error { return tx.AcceptNotification(send.ID, accepted(put[send.ID])) }
				if rapid.Bool().Draw(rt, "the line alone") {
					s.settle(rt, send.Contact, accept)
				} else {
					s.write(rt, accept)
				}
				settle(send)
			},
			"give up": func(rt *rapid.T) {
				send := pick(rt)
				s.settle(rt, send.Contact, func(tx storage.Tx) error { return tx.DeleteSend(send.ID) })
				settle(send)
			},
			"fail": func(rt *rapid.T) {
				send := pick(rt)
				err := s.Write(context.Background(), func(tx storage.Tx) error {
					other, carried := notice("never", rapid.SampledFrom(contacts).Draw(rt, "other"), 1, n)
					return all(tx.AcceptNotification(send.ID, accepted(put[send.ID])), tx.PutNotification(other, carried), errOnPurpose)
				})
				if !errors.Is(err, errOnPurpose) {
					rt.Fatalf("a write that fails: %v", err)
				}
			},
			"deliver": func(rt *rapid.T) {
				for _, d := range of(pick(rt)) {
					d.Delivered = at(n)
					s.write(rt, func(tx storage.Tx) error { return tx.PutDecision(*d) })
				}
			},
			"erase": func(rt *rapid.T) {
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				s.write(rt, func(tx storage.Tx) error { return all(tx.Erase(contact), meet(tx, contact)) })
				model[contact], lines[contact] = nil, nil
			},
			"open again": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "seldom") > 0 {
					rt.Skip("open still")
				}
				if err := s.Close(); err != nil {
					rt.Fatalf("closing: %v", err)
				}
				s.Store = open(t, dir)
			},
			"look in a write": func(rt *rapid.T) {
				send := pick(rt)
				s.write(rt, func(tx storage.Tx) error {
					found, err := tx.DecisionsBySend(send.ID)
					same(rt, "by the send", len(found), len(of(send)))
					return err
				})
			},
			"": func(rt *rapid.T) {
				lives := get(rt, s, func(r storage.Reader) ([]storage.Life, error) { return r.Lives("", 0) })
				for i, contact := range contacts {
					same(rt, "line", line(rt, s, contact), ids(lines[contact], sendID))
					found := get(rt, s, func(r storage.Reader) ([]storage.Decision, error) {
						return r.Decisions(storage.DecisionQuery{Contact: contact})
					})
					byKey := func(a, b storage.Decision) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Trigger, b.Trigger)) }
					slices.SortFunc(found, byKey)
					same(rt, "decisions", found, slices.SortedFunc(slices.Values(model[contact]), byKey))
					same(rt, "decisions in the life", len(lives[i].Decisions), len(model[contact]))
				}
			},
		})
	})
}
