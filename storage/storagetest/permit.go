package storagetest

import (
	"testing"

	"github.com/relance-bot/relance/storage"
)

func permits(t tester, s *store, contact string) []storage.Permit {
	t.Helper()
	return get(t, s, func(r storage.Reader) ([]storage.Permit, error) { return r.Permits(contact) })
}

var permitCases = []testCase{
	{"a permit comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Permit{
			Contact: "a", Lane: "recurring", Topic: "restock", Token: "tok'en", Body: []byte(`{"é":1}`),
			NextEligible: at(1), ExpiresAt: at(2), UpdatedAt: at(3),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutPermit(want) })
		same(t, "permits", permits(t, s, "a"), []storage.Permit{want})
	}},
	{"putting a permit again replaces all of it", func(t *testing.T, s *store) {
		want := storage.Permit{Contact: "a", Lane: "recurring", Topic: "t", Token: "2", Body: []byte("{}"), NextEligible: at(1), ExpiresAt: at(2), UpdatedAt: at(3)}
		s.write(t, func(tx storage.Tx) error {
			return tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "t", Token: "1"})
		})
		s.write(t, func(tx storage.Tx) error { return tx.PutPermit(want) })
		same(t, "permits", permits(t, s, "a"), []storage.Permit{want})
	}},
	{"a contact has one permit for each lane and topic", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "u", Token: "1"}),
				tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "t", Token: "2"}),
				tx.PutPermit(storage.Permit{Contact: "a", Lane: "marketing", Topic: "v", Token: "3"}),
				tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "t", Token: "4"}),
				tx.PutPermit(storage.Permit{Contact: "b", Lane: "recurring", Topic: "t", Token: "5"}))
		})
		same(t, "tokens", ids(permits(t, s, "a"), func(p storage.Permit) string { return p.Token }), []string{"3", "4", "1"})
	}},
	{"a deleted permit is gone, and only it", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "t", Token: "1"}),
				tx.PutPermit(storage.Permit{Contact: "a", Lane: "recurring", Topic: "", Token: "2"}),
				tx.DeletePermit("a", "recurring", "t"), tx.DeletePermit("a", "marketing", "t"), tx.DeletePermit("b", "recurring", ""))
		})
		same(t, "tokens", ids(permits(t, s, "a"), func(p storage.Permit) string { return p.Token }), []string{"2"})
	}},
}
