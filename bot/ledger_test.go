package bot

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

const (
	somePage    = "messenger:1001"
	someContact = "messenger:1001:2002"
)

func someSalt() []byte { return []byte("0123456789abcdef0123456789abcdef") }

func someBody() LedgerBody {
	return LedgerBody{
		Action: Granted, At: at(0), Source: SourceButton, Cadence: Weekly, Image: "https://shop.example/r.png", Locale: "fr", Flow: "restock", Step: "4", Program: "abc",
		Personal: Personal{About: shoe(42.5), Wording: "Je peux t'écrire, Zoé ?", Button: "Oui", Input: "m_1"},
	}
}

func someEntry(t *testing.T, b LedgerBody) storage.Entry {
	t.Helper()
	e, err := b.Entry(somePage, someContact, "restock", someSalt())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestLedgerBody(t *testing.T) {
	t.Parallel()
	b := someBody()
	e := someEntry(t, b)
	if e.Page != somePage || e.Contact != someContact || e.Topic != "restock" || e.Action != "granted" || !e.At.Equal(at(0)) {
		t.Errorf("columns are %+v", e)
	}
	for _, personal := range []string{"Gazelle", "42.5", "Zoé", "écrire", "Oui", "m_1", "2002"} {
		if bytes.Contains(e.Body, []byte(personal)) {
			t.Errorf("the body holds %q in clear: %s", personal, e.Body)
		}
	}
	if again := someEntry(t, b); !bytes.Equal(again.Body, e.Body) || !bytes.Equal(again.Commit, e.Commit) {
		t.Error("a turn that is repeated writes another entry")
	}

	got, err := OpenEntry(e, someSalt())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}

	b.Personal = Personal{}
	got, err = OpenEntry(e, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Errorf("opened after the salt is gone (-want +got):\n%s", diff)
	}
}

func TestOpenEntryRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		salt []byte
		edit func(*storage.Entry)
	}{
		{"another person's salt", []byte("another salt"), func(*storage.Entry) {}},
		{"a body moved to another topic", someSalt(), func(e *storage.Entry) { e.Topic = "news" }},
		{"a body moved to another action", someSalt(), func(e *storage.Entry) { e.Action = "stopped" }},
		{"a body that is no JSON", someSalt(), func(e *storage.Entry) { e.Body = []byte("{") }},
		{"a sealed part cut short", someSalt(), func(e *storage.Entry) { e.Body = []byte(`{"sealed":"AAAA"}`) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := someEntry(t, someBody())
			test.edit(&e)
			if b, err := OpenEntry(e, test.salt); err == nil {
				t.Errorf("it opened as %+v", b)
			}
		})
	}
}

func TestEntryNeedsASalt(t *testing.T) {
	t.Parallel()
	if _, err := someBody().Entry(somePage, "", "restock", nil); !errors.Is(err, errNoSalt) {
		t.Errorf("something personal without a salt: %v", err)
	}
	erased := LedgerBody{Action: Erased, At: at(1), Source: SourceAPI}
	if _, err := erased.Entry(somePage, someContact, "", nil); !errors.Is(err, errNoSalt) {
		t.Errorf("a contact named without a salt: %v", err)
	}
	e, err := erased.Entry(somePage, "", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.Body); got != `{"source":"api"}` || e.Commit != nil {
		t.Errorf("the entry of an erasure is %s, commitment %x", got, e.Commit)
	}
}

func TestCommitment(t *testing.T) {
	t.Parallel()
	e := someEntry(t, someBody())
	if !CommitHolds(e, someSalt()) {
		t.Fatal("the commitment does not hold")
	}
	tests := []struct {
		name string
		edit func(*storage.Entry)
		salt []byte
	}{
		{"another contact", func(e *storage.Entry) { e.Contact = "messenger:1001:2003" }, someSalt()},
		{"another body", func(e *storage.Entry) { e.Body = append([]byte(" "), e.Body...) }, someSalt()},
		{"another salt", func(*storage.Entry) {}, []byte("another salt")},
		{"no commitment", func(e *storage.Entry) { e.Commit = nil }, someSalt()},
	}
	for _, test := range tests {
		other := e
		test.edit(&other)
		if CommitHolds(other, test.salt) {
			t.Errorf("%s: the commitment holds", test.name)
		}
	}
	if bytes.Equal(Commitment(nil, "ab", []byte("c")), Commitment(nil, "a", []byte("bc"))) {
		t.Error("contact and body run into each other")
	}
}
