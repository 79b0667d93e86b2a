package transfer_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/sqlite"
	"github.com/relance-bot/relance/storage/storagetest"
	"github.com/relance-bot/relance/storage/transfer"
)

// TestAFileMovesToPostgreSQL: what Fill put is all there, and goes on there.
func TestAFileMovesToPostgreSQL(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := pgtest.URL(t)
	from, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	into, err := postgres.Open(ctx, url, postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	storagetest.Fill(t, from)
	tally, err := transfer.Move(ctx, from, into, storage.NamedValue{Key: "k", Value: []byte("v")})
	if err != nil {
		t.Fatal(err)
	}
	if tally["Contact"].N != 2 || tally["Decision"].N != 5 || tally["Entry"].N != 3 {
		t.Errorf("%v", tally)
	}
	storagetest.Loaded(t, into)
}

// TestWhatArrivedOtherwiseIsNotKept: a record that is lost, changed or new on the way, or two
// decisions that come in another order, end the move, and nothing is there.
func TestWhatArrivedOtherwiseIsNotKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	into, err := postgres.Open(ctx, pgtest.URL(t), postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	person := func(id, name string) storage.Contact { return storage.Contact{ID: id, FirstName: name} }
	decision := func(occurrence string) storage.Decision {
		return storage.Decision{Contact: "a", Trigger: "monday", Occurrence: occurrence, Kind: "sent"}
	}
	sent := records{person("a", "Ana"), person("b", "Bo"), decision("1"), decision("2"), storage.Numbers{}}
	for name, arrives := range map[string]records{
		"lost":      {person("a", "Ana"), decision("1"), decision("2")},
		"changed":   {person("a", "Ana"), person("b", "Bob"), decision("1"), decision("2")},
		"new":       {person("a", "Ana"), person("b", "Bo"), decision("1"), decision("2"), storage.ContactSalt{Contact: "a", Salt: []byte{1}}},
		"reordered": {person("a", "Ana"), person("b", "Bo"), decision("2"), decision("1")},
	} {
		_, err := transfer.Move(ctx, sent, loses{into, arrives}, storage.NamedValue{Key: "mark"})
		if !errors.Is(err, transfer.ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := transfer.Move(ctx, sent, into, storage.NamedValue{Key: "mark"}); err != nil {
		t.Errorf("in the end: %v", err)
	}
}

// records are all there is in a store.
type records []storage.Record

func (r records) Dump(_ context.Context, put func(storage.Record) error) error {
	for _, one := range r {
		if err := put(one); err != nil {
			return err
		}
	}
	return nil
}

// loses is a loader that takes other records than it is given.
type loses struct {
	storage.Loader
	arrives records
}

func (l loses) Load(ctx context.Context, fill storage.Dump, check func(storage.Dump) error) error {
	return l.Loader.Load(ctx, func(ctx context.Context, put func(storage.Record) error) error {
		if err := fill(ctx, func(storage.Record) error { return nil }); err != nil {
			return err
		}
		return l.arrives.Dump(ctx, put)
	}, check)
}
