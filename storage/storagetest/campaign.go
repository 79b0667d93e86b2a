package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

func campaign(trigger, id string) func(r storage.Reader) (storage.Campaign, error) {
	return func(r storage.Reader) (storage.Campaign, error) { return r.Campaign(trigger, id) }
}

func counts(trigger, id string) func(r storage.Reader) (map[string]int, error) {
	return func(r storage.Reader) (map[string]int, error) { return r.CampaignCounts(trigger, id) }
}

func campaignName(c storage.Campaign) string { return c.Trigger + "/" + c.ID }

var campaignCases = []testCase{
	{"a campaign comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Campaign{
			Trigger: "monday/cron:0 9 * * MON", ID: "2026-03-30T09:00", Flow: "monday", Topic: "news", At: at(1), State: "paused", Rate: 2.5,
			By: "terminal", Why: "a wrong price, é", Changed: at(2), Freed: true, Sweep: "resume", Cursor: "messenger:1:7",
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutCampaign(want) })
		same(t, "campaign", get(t, s, campaign(want.Trigger, want.ID)), want)
		missing(t, s, campaign(want.Trigger, "2026-03-31T09:00"))
		plain := storage.Campaign{Trigger: "x", ID: "1", At: at(0), State: "running"}
		s.write(t, func(tx storage.Tx) error {
			if err := tx.PutCampaign(plain); err != nil {
				return err
			}
			got, err := tx.Campaign("x", "1")
			same(t, "in the write", got, plain)
			return err
		})
		same(t, "what it does not have", get(t, s, campaign("x", "1")), plain)
	}},
	{"a campaign is made once and changed by putting it again", func(t *testing.T, s *store) {
		c := storage.Campaign{
			Trigger: "x", ID: "1", Flow: "monday", Topic: "news", At: at(1), State: "paused", Rate: 2.5, By: "terminal", Why: "é",
			Changed: at(2), Freed: true, Sweep: "resume", Cursor: "messenger:1:7",
		}
		s.write(t, func(tx storage.Tx) error { return tx.MakeCampaign(c) })
		same(t, "made", get(t, s, campaign("x", "1")), c)
		second := c
		second.State = "running"
		s.write(t, func(tx storage.Tx) error { return tx.MakeCampaign(second) })
		same(t, "made twice", get(t, s, campaign("x", "1")), c)
		s.write(t, func(tx storage.Tx) error { return tx.PutCampaign(second) })
		same(t, "put", get(t, s, campaign("x", "1")), second)
	}},
	{"putting a campaign again replaces all of it", func(t *testing.T, s *store) {
		want := storage.Campaign{
			Trigger: "x", ID: "1", Flow: "monday", Topic: "news", At: at(1), State: "paused", Rate: 2.5, By: "terminal", Why: "é",
			Changed: at(2), Freed: true, Sweep: "resume", Cursor: "messenger:1:7",
		}
		s.write(t, func(tx storage.Tx) error {
			return tx.PutCampaign(storage.Campaign{Trigger: "x", ID: "1", At: at(0), State: "running"})
		})
		s.write(t, func(tx storage.Tx) error { return tx.PutCampaign(want) })
		same(t, "campaign", get(t, s, campaign("x", "1")), want)
	}},
	{"campaigns are listed newest first, and those to be swept oldest first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutCampaign(storage.Campaign{Trigger: "x", ID: "2", At: at(2), Sweep: "cancel"}),
				tx.PutCampaign(storage.Campaign{Trigger: "y", ID: "1", At: at(1), Sweep: "resume"}),
				tx.PutCampaign(storage.Campaign{Trigger: "x", ID: "3", At: at(3)}))
		})
		recent := func(limit int) []string {
			return ids(get(t, s, func(r storage.Reader) ([]storage.Campaign, error) { return r.RecentCampaigns(limit) }), campaignName)
		}
		same(t, "all", recent(0), []string{"x/3", "x/2", "y/1"})
		same(t, "one", recent(1), []string{"x/3"})
		s.write(t, func(tx storage.Tx) error {
			swept, err := tx.SweptCampaigns(10)
			same(t, "swept", ids(swept, campaignName), []string{"y/1", "x/2"})
			one, err2 := tx.SweptCampaigns(1)
			same(t, "one swept", ids(one, campaignName), []string{"y/1"})
			return errors.Join(err, err2)
		})
	}},
	{"a campaign has its occurrences", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "9 Paris", Campaign: "9", State: "running", At: at(2)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "9 Cairo", Campaign: "9", State: "done", At: at(1)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: "10 Paris", Campaign: "10", State: "running", At: at(3)}),
				tx.PutOccurrence(storage.Occurrence{Trigger: "y", ID: "9 Paris", Campaign: "9", State: "running", At: at(3)}))
		})
		s.write(t, func(tx storage.Tx) error {
			o := storage.Occurrence{Trigger: "x", ID: "9 Cairo", Campaign: "9", State: "paused", At: at(1), Cursor: "c"}
			if err := tx.PutOccurrence(o); err != nil {
				return err
			}
			list, err := tx.CampaignOccurrences("x", "9")
			same(t, "in a write", ids(list, func(o storage.Occurrence) string { return o.ID + " " + o.State + " " + o.Cursor }),
				[]string{"9 Cairo paused c", "9 Paris running "})
			return err
		})
		list := get(t, s, func(r storage.Reader) ([]storage.Occurrence, error) { return r.CampaignOccurrences("x", "10") })
		same(t, "another", ids(list, func(o storage.Occurrence) string { return o.ID }), []string{"10 Paris"})
		list = get(t, s, func(r storage.Reader) ([]storage.Occurrence, error) { return r.CampaignOccurrences("x", "11") })
		same(t, "none", len(list), 0)
	}},
	{"counts are added up, and what comes to nothing is left out", func(t *testing.T, s *store) {
		add := func(tx storage.Tx, id string, pairs map[string]int) error {
			return tx.AddCampaignCounts("x", id, pairs)
		}
		s.write(t, func(tx storage.Tx) error {
			return all(add(tx, "1", map[string]int{"sent": 3, "held:cadence": 2, "missed": 0}), add(tx, "2", map[string]int{"sent": 9}))
		})
		s.write(t, func(tx storage.Tx) error {
			if err := all(add(tx, "1", map[string]int{"sent": 1, "held:cadence": -1}), add(tx, "1", map[string]int{"held:cadence": -1, "failed": 1})); err != nil {
				return err
			}
			got, err := tx.CampaignCounts("x", "1")
			same(t, "in the write", got, map[string]int{"sent": 4, "failed": 1})
			return errors.Join(err, add(tx, "1", map[string]int{"sent": 2}))
		})
		same(t, "counts", get(t, s, counts("x", "1")), map[string]int{"sent": 6, "failed": 1})
		same(t, "of another", get(t, s, counts("x", "2")), map[string]int{"sent": 9})
		same(t, "of none", get(t, s, counts("y", "1")), map[string]int{})
	}},
	{"counts of a write that fails are not kept", func(t *testing.T, s *store) {
		mine := errors.New("mine")
		for i := range 20 {
			ok := make(chan error, 1)
			go func() {
				ok <- s.Write(t.Context(), func(tx storage.Tx) error {
					return tx.AddCampaignCounts("x", "1", map[string]int{"sent": 1})
				})
			}()
			s.refuse(t, mine, func(tx storage.Tx) error {
				return all(tx.AddCampaignCounts("x", "1", map[string]int{"sent": 100, fmt.Sprint("other ", i): 1}), mine)
			})
			if err := <-ok; err != nil {
				t.Fatal(err)
			}
		}
		same(t, "counts", get(t, s, counts("x", "1")), map[string]int{"sent": 20})
	}},
	{"a campaign is pruned with the last of its occurrences", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i, state := range []string{"done", "cancelled", "running"} {
				id := fmt.Sprint(i)
				errs = append(errs, tx.PutOccurrence(storage.Occurrence{Trigger: "x", ID: id, Campaign: id, State: state, At: at(i)}),
					tx.PutCampaign(storage.Campaign{Trigger: "x", ID: id, At: at(i), State: "running"}),
					tx.AddCampaignCounts("x", id, map[string]int{"sent": 1}))
			}
			return errors.Join(errs...)
		})
		s.write(t, func(tx storage.Tx) error { _, err := tx.PruneOccurrences(at(100), 0); return err })
		left := get(t, s, func(r storage.Reader) ([]storage.Campaign, error) { return r.RecentCampaigns(0) })
		same(t, "left", ids(left, campaignName), []string{"x/2"})
		same(t, "counts of one that is gone", get(t, s, counts("x", "0")), map[string]int{})
		same(t, "counts of one that is left", get(t, s, counts("x", "2")), map[string]int{"sent": 1})
	}},
	{"subscribers are counted as they are listed", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i := range 30 {
				id := fmt.Sprintf("messenger:1:%02d", i)
				zone := []string{"Europe/Paris", "Africa/Cairo", ""}[i%3]
				terms := [][]string{{"model=A", fmt.Sprint("size=", i%2)}, {"model=A", "size=0", fmt.Sprint("x=", i)}}
				errs = append(errs, tx.PutContact(storage.Contact{ID: id, Timezone: zone, CreatedAt: at(0)}),
					tx.PutConsent(storage.Consent{Contact: id, Topic: "t", Status: "active", ActiveSince: at(i), Terms: terms, Interests: []byte("[]")}))
			}
			return errors.Join(errs...)
		})
		for _, q := range []storage.Subscribers{
			{Topic: "t"}, {Topic: "u"}, {Topic: "t", After: "messenger:1:11"}, {Topic: "t", ActiveAt: at(20)},
			{Topic: "t", Zone: "Africa/Cairo"}, {Topic: "t", Zone: "Europe/Paris", DefaultZone: "Europe/Paris", ActiveAt: at(11)},
			{Topic: "t", Terms: []string{"size=1"}}, {Topic: "t", Terms: []string{"model=A", "size=0"}, After: "messenger:1:20", Zone: "Africa/Cairo"},
		} {
			list := get(t, s, func(r storage.Reader) ([]string, error) { return r.Subscribers(q) })
			q.Limit = 3
			n := get(t, s, func(r storage.Reader) (int, error) { return r.CountSubscribers(q) })
			if n != len(list) {
				t.Errorf("%+v: counted %d, listed %d", q, n, len(list))
			}
		}
	}},
	{"times of a campaign are kept to the millisecond", func(t *testing.T, s *store) {
		c := storage.Campaign{Trigger: "x", ID: "1", At: at(0).Add(1500 * time.Microsecond), Changed: at(1).Add(999 * time.Microsecond)}
		s.write(t, func(tx storage.Tx) error { return tx.PutCampaign(c) })
		got := get(t, s, campaign("x", "1"))
		same(t, "times", []time.Time{got.At, got.Changed}, []time.Time{at(0).Add(time.Millisecond), at(1)})
	}},
}
