package sqlite

import (
	"testing"

	"pgregory.net/rapid"
)

func TestContactsAreTakenApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contact, page string
		person        any
	}{
		{"messenger:104857600000000:2401234567890123", "messenger:104857600000000", int64(2401234567890123)},
		{"messenger:1:999999999999999999", "messenger:1", int64(999999999999999999)},
		{"messenger:1:1000000000000000000", "messenger:1", "1000000000000000000"},
		{"messenger:1:0", "messenger:1", int64(0)},
		{"messenger:1:007", "messenger:1", "007"},
		{"messenger:1:-7", "messenger:1", "-7"},
		{"messenger:1:+7", "messenger:1", "+7"},
		{"messenger:1:zoé", "messenger:1", "zoé"},
		{"messenger:1:", "messenger:1", ""},
		{"messenger:7", "messenger", int64(7)},
		{":7", "", ":7"},
		{":", "", ":"},
		{"7", "", "7"},
		{"", "", ""},
	} {
		page, person := splitContact(c.contact)
		if page != c.page || person != c.person {
			t.Errorf("%q is %q and %v, want %q and %v", c.contact, page, person, c.page, c.person)
		}
	}
}

func TestEveryContactIsPutTogetherAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		contact := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c:]{0,4}:?[0-9]{0,20}`)).Draw(t, "contact")
		if got := contactOf(splitContact(contact)); got != contact {
			t.Fatalf("%q came back as %q", contact, got)
		}
	})
}
