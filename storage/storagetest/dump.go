package storagetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// Dumped is what a store keeps, without the numbers that it gave.
func Dumped(t testing.TB, s storage.Store) []storage.Record {
	t.Helper()
	var list []storage.Record
	err := s.Abilities().Dumper.Dump(context.Background(), func(r storage.Record) error {
		switch v := r.(type) {
		case storage.Input:
			v.Seq = 0
			r = v
		case storage.Send:
			v.Seq = 0
			r = v
		case storage.Outcome:
			v.ID = 0
			r = v
		case storage.Entry:
			v.ID = 0
			r = v
		case storage.Stray:
			v.ID = 0
			r = v
		case storage.Numbers:
			return nil
		}
		list = append(list, r)
		return nil
	})
	if err != nil {
		t.Fatalf("dump: %v", err)
	}
	return list
}

// byKind brings records into an order that all stores can have: of what has no order, that
// of its text.
func byKind(t testing.TB, list []storage.Record) []string {
	t.Helper()
	kinds := make(map[string][]string)
	for _, r := range list {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		kind := fmt.Sprintf("%T", r)
		kinds[kind] = append(kinds[kind], kind+" "+string(text))
	}
	var out []string
	for kind, texts := range kinds {
		if kind != "storage.Decision" {
			slices.Sort(texts)
		}
		out = append(out, texts...)
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(kindOf(a), kindOf(b)) })
	return out
}

func kindOf(text string) string {
	var kind string
	_, _ = fmt.Sscan(text, &kind) // it has one
	return kind
}

var dumpCases = []testCase{
	{"a dump tells everything as it was put, on its way or not", func(t *testing.T, s *store) {
		dumperOf(t, s)
		Fill(t, s)
		same(t, "dump", byKind(t, Dumped(t, s)), byKind(t, filled()))
		same(t, "another dump", byKind(t, Dumped(t, s)), byKind(t, filled()))
	}},
	{"a dump ends with the error of who is told", func(t *testing.T, s *store) {
		from := dumperOf(t, s)
		Fill(t, s)
		told := 0
		err := from.Dump(context.Background(), func(storage.Record) error {
			told++
			return errOnPurpose
		})
		if !errors.Is(err, errOnPurpose) || told != 1 {
			t.Errorf("told %d, %v", told, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := from.Dump(ctx, func(storage.Record) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}},
	{"what was dumped is loaded, and what is given next is new", func(t *testing.T, s *store) {
		from, into := dumperOf(t, s), loadedStore(t, s)
		Fill(t, s)
		same(t, "load", into.Abilities().Loader.Load(context.Background(), from.Dump, fine), nil)
		Loaded(t, into)
	}},
	{"a store that keeps something is not loaded", func(t *testing.T, s *store) {
		into := loadedStore(t, s)
		same(t, "write", into.Write(context.Background(), func(tx storage.Tx) error { return tx.SetMeta("k", nil) }), nil)
		err := into.Abilities().Loader.Load(context.Background(), dumperOf(t, s).Dump, fine)
		if !errors.Is(err, storage.ErrOccupied) {
			t.Errorf("%v, want %v", err, storage.ErrOccupied)
		}
	}},
	{"a load that fails keeps nothing", func(t *testing.T, s *store) {
		into := loadedStore(t, s)
		twice := func(_ context.Context, put func(storage.Record) error) error {
			return all(put(storage.Contact{ID: zoe}), put(storage.Contact{ID: zoe}))
		}
		once := func(_ context.Context, put func(storage.Record) error) error { return put(storage.Contact{ID: zoe}) }
		broken := func(_ context.Context, put func(storage.Record) error) error {
			return all(put(storage.Contact{ID: zoe}), errOnPurpose)
		}
		wrong := func(storage.Dump) error { return errOnPurpose }
		load := into.Abilities().Loader.Load
		if err := load(context.Background(), twice, fine); err == nil {
			t.Error("somebody who comes twice was taken")
		}
		for what, err := range map[string]error{
			"the dump broke off": load(context.Background(), broken, fine), "what is there is not right": load(context.Background(), once, wrong),
		} {
			if !errors.Is(err, errOnPurpose) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := load(context.Background(), once, fine); err != nil {
			t.Errorf("after that: %v", err)
		}
	}},
}

// fine is the check of who trusts that all has arrived.
func fine(storage.Dump) error { return nil }

func dumperOf(t *testing.T, s *store) storage.Dumper {
	t.Helper()
	from := s.Abilities().Dumper
	if from == nil {
		t.Skip("this store tells nobody what it keeps")
	}
	return from
}

// loadedStore is an empty store of the same kind, that can be loaded.
func loadedStore(t *testing.T, s *store) storage.Store {
	t.Helper()
	into := openClosed(t, s.open, t.TempDir())
	if into.Abilities().Loader == nil {
		t.Skip("this store takes nothing of another")
	}
	return into
}

// Loaded fails the test unless a store that was loaded with what Fill put goes on where
// the other ended.
func Loaded(t testing.TB, s storage.Store) {
	t.Helper()
	if diff := gocmp.Diff(byKind(t, filled()), byKind(t, Dumped(t, s))); diff != "" {
		t.Errorf("what was loaded (-want +got):\n%s", diff)
	}
	err := s.Write(context.Background(), func(tx storage.Tx) error {
		orphans, err := tx.Orphans(0)
		if len(orphans) != 1 || orphans[0].ID != "0e flown" {
			t.Errorf("orphans: %v", orphans)
		}
		pending, err2 := tx.Pending(at(10), 0)
		if got := ids(pending, func(in storage.Input) string { return in.Contact }); !slices.Equal(got, []string{zoe, stranger}) {
			t.Errorf("pending: %q", got)
		}
		due, err3 := tx.DueTimers(at(1000), 0)
		if len(due) != 3 {
			t.Errorf("due: %v", due)
		}
		claims, err4 := tx.ClaimSends(at(10), 10, nil)
		if got := ids(claims, func(s storage.Send) string { return s.ID }); !slices.Equal(got, []string{"0d alone"}) {
			t.Errorf("claimed: %q, of others something stands before", got)
		}
		who, err5 := tx.Subscribers(storage.Subscribers{Topic: "t", Zone: "Europe/Paris", Terms: []string{"size=42", "model=\x00"}, Limit: 9})
		if !slices.Equal(who, []string{zoe}) {
			t.Errorf("subscribers: %q", who)
		}
		owner, err6 := tx.ContactByField("email", "zoe@shop.example")
		if owner.ID != zoe {
			t.Errorf("by e-mail: %q", owner.ID)
		}
		seen, err7 := tx.Once("webhook m_1", at(20))
		if seen {
			t.Error("a webhook that was seen is new")
		}
		inputs, err8 := tx.Inputs(zoe, 0)
		next, err9 := tx.Enqueue(storage.Input{Contact: zoe, Kind: "next", At: at(20)})
		if len(inputs) != 2 || next <= inputs[1].Seq+1 { // one was given, and deleted
			t.Errorf("input %d behind %v", next, inputs)
		}
		id, err10 := tx.Append(storage.Entry{Page: "messenger:1", Contact: zoe, Action: "stopped", At: at(20)})
		entries, err11 := tx.Entries(zoe)
		if len(entries) != 3 || entries[2].ID != id {
			t.Errorf("entry %d of %v", id, entries)
		}
		return all(err, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11,
			tx.PutSend(storage.Send{ID: "0i", Contact: zoe, Page: "messenger:1", State: storage.SendPending, Ready: at(1)}),
			tx.PutDecision(storage.Decision{Contact: zoe, Trigger: "monday.1", Occurrence: "4", Kind: "sent", At: at(5)}),
			tx.PutOutcome(storage.Outcome{Contact: zoe, Kind: "goal", Name: "n", At: at(4)}), tx.PutStray(storage.Stray{Reason: "new"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Read(context.Background(), func(r storage.Reader) error {
		line, err := r.Sends(zoe)
		if got := ids(line, func(s storage.Send) string { return s.ID }); !slices.Equal(got, []string{"0e flown", "0i"}) {
			t.Errorf("line: %q", got)
		}
		decisions, err2 := r.Decisions(storage.DecisionQuery{Contact: zoe})
		if len(decisions) != 4 || decisions[0].Occurrence != "4" {
			t.Errorf("decisions: %v", decisions)
		}
		strays, err3 := r.Strays(0, 9)
		if len(strays) != 3 || strays[2].Reason != "new" {
			t.Errorf("strays: %v", strays)
		}
		return all(err, err2, err3)
	})
	if err != nil {
		t.Fatal(err)
	}
}
