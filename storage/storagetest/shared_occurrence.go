package storagetest

import (
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// dealtCases are about occurrences and campaigns that several stores have to do with.
var dealtCases = []sharedCase{
	{"a chunk of an occurrence is one store's", 3, false, func(t *testing.T, s *shared) {
		const people = 50
		s.write(t, 0, func(tx storage.Tx) error {
			errs := []error{tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "running", At: at(0)})}
			for i := range people {
				errs = append(errs, tx.PutConsent(active(fmt.Sprintf("c%02d", i))))
			}
			return all(errs...)
		})
		s.work(t, func(tx storage.Tx) (int, error) {
			running, err := tx.Occurrences("running", 1)
			if err != nil || len(running) == 0 {
				return 0, err
			}
			o := running[0]
			chunk, err := tx.Subscribers(storage.Subscribers{Topic: "t", After: o.Cursor, Limit: 3})
			errs := []error{err, tx.Need(storage.Need{Contacts: chunk})}
			for _, contact := range chunk {
				errs = append(errs, note(tx, contact, "decided"))
				o.Cursor = contact
			}
			if len(chunk) == 0 {
				o.State = "done"
			}
			return 1, all(append(errs, tx.PutOccurrence(o))...)
		})
		for i := range people {
			same(t, "decided", notes(t, s.all[0], fmt.Sprintf("c%02d", i)), []string{"decided"})
		}
	}},
	{"a peek sees the occurrence that another store has in hand", 2, false, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error {
			return tx.PutOccurrence(storage.Occurrence{Trigger: "monday", ID: "1", State: "running", At: at(0), Cursor: "a"})
		})
		free := s.hold(t, 0, func(tx storage.Tx) error {
			list, err := tx.Occurrences("running", 1)
			if err == nil && len(list) == 1 {
				list[0].Cursor = "b"
				err = tx.PutOccurrence(list[0])
			}
			return err
		})
		var handed, seen []storage.Occurrence
		s.write(t, 1, func(tx storage.Tx) (err error) {
			if handed, err = tx.Occurrences("running", 1); err != nil {
				return err
			}
			seen, err = tx.PeekOccurrences("running", 1)
			return err
		})
		if len(handed) > 0 || len(seen) != 1 || seen[0].Cursor != "a" {
			t.Errorf("%d handed out, seen %+v", len(handed), seen)
		}
		free()
	}},
	{"after a campaign was paused by one store nobody decides by it", 3, false, func(t *testing.T, s *shared) {
		const people = 5
		s.write(t, 0, func(tx storage.Tx) error {
			return all(tx.MakeCampaign(storage.Campaign{Trigger: "x", ID: "1", State: "running", At: at(0)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "1", Campaign: "1", State: "running", At: at(0)}))
		})
		paused := make(chan int, 1)
		s.everywhere(people, func(i int) {
			for n := 0; ; n++ {
				if i == 0 && n == 10 {
					s.write(t, i, func(tx storage.Tx) error {
						list, err := tx.CampaignOccurrences("x", "1")
						if err != nil || list[0].State != "running" {
							return err // another of the five did
						}
						list[0].State = "paused"
						return all(tx.PutOccurrence(list[0]), tx.PutCampaign(storage.Campaign{Trigger: "x", ID: "1", State: "paused", At: at(0)}))
					})
					select {
					case paused <- get(t, &store{Store: s.all[0]}, counts("x", "1"))["sent"]:
					default:
					}
					return
				}
				over := false
				s.write(t, i, func(tx storage.Tx) error {
					over = false
					c, err := tx.Campaign("x", "1")
					if err != nil || c.State != "running" {
						over = true
						return err
					}
					contact := fmt.Sprint("c", n%people)
					return all(tx.AddCampaignCounts("x", "1", map[string]int{"sent": 1}), note(tx, contact, "sent"))
				})
				if over {
					return
				}
			}
		})
		same(t, "sent", get(t, &store{Store: s.all[0]}, counts("x", "1"))["sent"], <-paused)
	}},
}
